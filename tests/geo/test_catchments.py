"""Catchments dissolved from assignments: split ones, enclaves, rings, shared zones; addresses and their schools."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from handmade import county, squares
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box
from told import only, written

from placesim.errors import InputError
from placesim.geo import address_book, catchment_shapes, check_addresses, contiguity, locate_addresses

SIDE = 100.0
CRS = "EPSG:32650"


def grid(columns: int, rows: int, lane: float = 0.0) -> gpd.GeoDataFrame:
    """Squares a00, a01 … row by row from the south, `lane` metres between them."""
    shapes = [
        box(x * SIDE, y * SIDE, (x + 1) * SIDE - lane, (y + 1) * SIDE - lane)
        for y in range(rows)
        for x in range(columns)
    ]
    ids = [f"a{i:02}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"area_id": ids}, geometry=shapes, crs=CRS)


def middle(areas: gpd.GeoDataFrame, at: dict[str, int]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"school_id": list(at)}, geometry=[areas.geometry[i].centroid for i in at.values()], crs=CRS
    )


def assignment(letters: str, stage: str = "primary") -> pd.DataFrame:
    """One word per area: its schools, a letter each; "." = none."""
    rows = [(f"a{i:02}", s, stage) for i, word in enumerate(letters.split()) for s in word if s != "."]
    return pd.DataFrame(rows, columns=["area_id", "school_id", "stage"])


def catchments(areas: gpd.GeoDataFrame, letters: str, at: dict[str, int]) -> pd.DataFrame:
    found = catchment_shapes(areas, assignment(letters), contiguity(areas.geometry), schools=middle(areas, at))
    return found.set_index("zone")


def test_two_whole_catchments() -> None:
    found = catchments(grid(4, 1), "A A B B", {"A": 0, "B": 3})
    assert found.loc["A"].drop("geometry").to_dict() == {
        "stage": "primary", "school_id": "A", "school_ids": ("A",), "areas": 2, "parts": 1, "detached": (),
        "enclaves": (), "shared": False, "holds_school": True,
    }  # fmt: skip
    assert found.geometry["A"].equals(box(0, 0, 200, 100))
    assert found.crs == CRS


def test_a_split_catchment_names_the_areas_apart() -> None:
    found = catchments(grid(5, 1), "A B A A B", {"A": 0, "B": 4})
    assert (found.parts["A"], found.detached["A"]) == (2, ("a02", "a03"))  # the smaller piece holds the school
    assert (found.parts["B"], found.detached["B"]) == (2, ("a01",))


def test_pieces_that_meet_in_a_corner_are_apart() -> None:
    assert catchments(grid(2, 2), "A B B A", {"A": 0, "B": 1}).parts.to_dict() == {"A": 2, "B": 2}


def test_a_school_outside_its_catchment() -> None:
    found = catchments(grid(5, 1), "A B A A B", {"A": 4, "B": 4})
    assert (found.holds_school["A"], found.detached["A"]) == (False, ("a00",))  # all but the largest piece
    nowhere = catchments(grid(2, 1), "A A", {})
    assert (nowhere.holds_school["A"], nowhere.detached["A"]) == (False, ())


def test_a_school_on_the_border_lies_in_both_catchments() -> None:
    areas = grid(2, 1)
    schools = gpd.GeoDataFrame({"school_id": ["A", "B"]}, geometry=[Point(100, 50), Point(100.9, 50)], crs=CRS)
    found = catchment_shapes(areas, assignment("A B"), contiguity(areas.geometry), schools=schools)
    assert found.holds_school.tolist() == [True, True]


def test_rings_and_enclaves() -> None:
    found = catchments(grid(3, 3), "A A A A B A A A A", {"A": 0, "B": 4})
    assert found.enclaves.to_dict() == {"A": ("B",), "B": ()}
    assert found.geometry["A"].area == 8 * SIDE**2
    assert catchments(grid(3, 3), "A A A A B A A B A", {"A": 0, "B": 4}).enclaves["A"] == ()  # reaches the outside
    assert catchments(grid(3, 3), "A A A A . A A A A", {"A": 0}).enclaves["A"] == ()
    assert catchments(grid(3, 3), "AB AB AB AB B AB AB AB AB", {"A": 0, "B": 4}).enclaves["A+B"] == ()  # its own


def test_shared_zones() -> None:
    found = catchments(grid(4, 1), "A AB B AB", {"A": 0, "B": 2})
    assert found.index.tolist() == ["A", "A+B", "B"]
    shared = found.loc["A+B"]
    assert pd.isna(shared.school_id)
    assert (shared.school_ids, shared.shared, shared.areas) == (("A", "B"), True, 2)
    assert (shared.parts, shared.detached, shared.holds_school) == (2, (), True)  # a03 hangs together with B
    through = catchments(grid(3, 1), "A AB A", {"A": 0, "B": 1}).loc["A"]
    assert (through.parts, through.detached) == (2, ())  # two pieces, joined by the shared zone


def test_stages_apart_and_shares_of_nought() -> None:
    areas = grid(2, 1)
    rows = pd.concat([assignment("A B"), assignment("A A", "junior")]).assign(share=1.0)
    rows = pd.concat([rows, rows.iloc[[0]].assign(school_id="B", share=0.0), rows.iloc[[0]]])
    kept = rows.copy()
    found = catchment_shapes(areas, rows, contiguity(areas.geometry), schools=middle(areas, {"A": 0, "B": 1}))
    assert list(zip(found.stage, found.zone, found.areas, strict=True)) == [
        ("junior", "A", 2), ("primary", "A", 1), ("primary", "B", 1),
    ]  # fmt: skip
    pd.testing.assert_frame_equal(rows, kept)


@pytest.mark.parametrize("lane", [0.0, 0.3, 0.9, -0.6])
def test_slivers_between_areas_close(lane: float) -> None:
    areas = grid(3, 3, lane)
    found = catchments(areas, "A A A A B A A A A", {"A": 0, "B": 4})
    ring = found.geometry["A"]
    assert ring.geom_type == "Polygon"
    assert len(ring.interiors) == 1
    assert found.enclaves["A"] == ("B",)
    whole = catchments(areas, "A A A A A A A A A", {"A": 0}).geometry["A"]
    assert len(whole.interiors) == 0
    assert whole.area == pytest.approx(box(*areas.total_bounds).area, rel=1e-6)  # lanes closed, nothing beyond them


def test_what_lies_in_no_area_stays_open_when_it_is_wider_than_the_gap() -> None:
    whole = catchments(grid(2, 1, 1.5), "A A", {"A": 0}).geometry["A"]
    assert whole.geom_type == "MultiPolygon"


@pytest.mark.parametrize(
    ("assigned", "areas", "argument", "index"),
    [
        (assignment("A B A"), 2, "assigned", 2),
        (assignment("A")[["area_id", "stage"]], 2, "assigned", None),
        (assignment("A"), 3, "areas", None),
    ],
)
def test_wrong_arguments_are_named(assigned: pd.DataFrame, areas: int, argument: str, index: int | None) -> None:
    two = grid(2, 1)
    with pytest.raises(InputError) as error:
        catchment_shapes(grid(areas, 1), assigned, contiguity(two.geometry), schools=middle(two, {"A": 0}))
    assert (error.value.argument, error.value.index) == (argument, index)


@settings(max_examples=40)
@given(
    words=st.lists(st.sampled_from(["A", "B", "C", "AB", "BC", "ABC", "."]), min_size=12, max_size=12),
    lane=st.sampled_from([0.0, 0.5]),
    homes=st.lists(st.integers(0, 11), min_size=3, max_size=3),
)
def test_zones_cover_the_assigned_areas_once(words: list[str], lane: float, homes: list[int]) -> None:
    areas = grid(4, 3, lane)
    found = catchments(areas, " ".join(words), dict(zip("ABC", homes, strict=True)))
    taken = areas.geometry[[w != "." for w in words]]
    assert found.areas.sum() == len(taken)
    if not len(taken):
        return
    shapes = found.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    union = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(union.area, rel=1e-9)  # no overlap
    assert shapely.union_all(taken.to_numpy()).difference(union).area < 1e-6
    if lane == 0:
        assert union.area == pytest.approx(taken.area.sum(), rel=1e-6)
    assert union.intersection(shapely.union_all(areas.geometry[[w == "." for w in words]].to_numpy())).area < 1e-6
    for zone, row in found.iterrows():
        own = [f"a{i:02}" for i, w in enumerate(words) if "+".join(w) == zone]
        assert row.areas == len(own)
        assert set(row.detached) <= set(own)
        assert row.parts == plain_pieces({int(a[1:]) for a in own})


def plain_pieces(left: set[int]) -> int:
    """Pieces of a set of squares of a grid four wide, by flooding."""
    count = 0
    while left:
        count, flood = count + 1, [left.pop()]
        while flood:
            at = flood.pop()
            beside = [at - 4, at + 4] + [at - 1] * (at % 4 > 0) + [at + 1] * (at % 4 < 3)
            for near in left.intersection(beside):
                left.remove(near)
                flood.append(near)
    return count


def addresses(*rows: tuple[Any, Any]) -> gpd.GeoDataFrame:
    """(declared area, point) of each address."""
    frame = {"address_id": [f"d{i}" for i in range(len(rows))], "name": [f"Lane {i}" for i in range(len(rows))]}
    frame["area_id"] = [a for a, _ in rows]
    return gpd.GeoDataFrame(frame, geometry=[p and Point(p) for _, p in rows], crs=CRS)


def test_addresses_lie_where_they_say_or_where_their_point_is() -> None:
    homes = addresses(
        ("a01", (50, 50)), (None, (150, 50)), (None, (100, 50)), (None, (200.9, 50)), (None, (201.1, 50)), (None, None)
    )
    assert locate_addresses(homes, grid(2, 1)).tolist()[:4] == ["a01", "a01", "a00", "a01"]
    assert locate_addresses(homes, grid(2, 1)).isna().tolist() == [False] * 4 + [True] * 2
    backwards = locate_addresses(homes.iloc[::-1], grid(2, 1).iloc[::-1])  # no order changes anything
    assert backwards.dropna().to_dict() == {0: "a01", 1: "a01", 2: "a00", 3: "a01"}
    assert locate_addresses(homes.drop(columns="area_id"), grid(2, 1))[0] == "a00"


def test_the_book_names_the_schools_of_each_address() -> None:
    homes = addresses(("a01", None), ("a00", None), (None, None))
    rows = pd.concat([assignment("BA C"), assignment("J .", "junior")])
    book = address_book(homes, rows)
    assert book.columns.tolist() == ["address_id", "name", "area_id", "stage", "school_ids"]
    assert list(zip(book.address_id, book.stage, book.school_ids, strict=True)) == [
        ("d0", "primary", ("C",)), ("d0", "junior", ()), ("d1", "primary", ("A", "B")), ("d1", "junior", ("J",)),
        ("d2", "primary", ()), ("d2", "junior", ()),
    ]  # fmt: skip


def test_addresses_that_lie_elsewhere_or_nowhere_are_told() -> None:
    rows = [
        {"address_id": "d1", "name": "One", "area_id": "a", "geometry": Point(500, 500)},
        {"address_id": "d2", "name": "Two", "area_id": "b", "geometry": Point(500, 500)},
        {"address_id": "d3", "name": "Three", "area_id": "b", "geometry": Point(999.5, 500)},
        {"address_id": "d4", "name": "Four", "geometry": Point(5000, 500)},
        {"address_id": "d5", "name": "Five", "area_id": "gone", "geometry": Point(500, 500)},
        {"address_id": "d6", "name": "Six", "area_id": "a", "geometry": None},
    ]
    found = written(check_addresses(county({"areas": squares(["a", "b"]), "addresses": rows})))
    elsewhere = only([f for f in found if f.code == "W370"])
    assert (elsewhere.row, elsewhere.column, elsewhere.value) == (3, "area_id", "b")
    assert elsewhere.facts["metres"] == "500"
    nowhere = only([f for f in found if f.code == "W371"])
    assert (nowhere.row, nowhere.value) == (5, "d4")
    assert len(found) == 2
    assert not list(check_addresses(county({"areas": squares(["a"])})))


def test_a_real_looking_coast_keeps_its_ground() -> None:
    rng = np.random.default_rng(4)
    points = shapely.points(rng.uniform(0, 1000, (60, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=box(0, 0, 1000, 1000)))
    shapes = shapely.buffer(shapely.intersection(cells, box(0, 0, 1000, 1000)), -0.3, join_style="mitre")
    areas = gpd.GeoDataFrame({"area_id": [f"a{i:02}" for i in range(len(shapes))]}, geometry=shapes, crs=CRS)
    found = catchments(areas, " ".join(rng.choice(["A", "B", "C", "AB"], len(shapes))), {"A": 0, "B": 1, "C": 2})
    ground = found.geometry.to_numpy()
    assert shapely.area(ground).sum() == pytest.approx(shapely.union_all(ground).area, rel=1e-9)
    for zone, shape in found.geometry.items():
        holes = [shapely.polygons(h).area for p in shapely.get_parts(shape) for h in p.interiors]
        assert all(h > 100 for h in holes), zone  # other catchments, no slivers
