"""Areas that touch: grids, hexagons, slivers, enclaves, and the census units of a real city."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from handmade import county, squares
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from told import only, written

from placesim.errors import InputError
from placesim.geo import check_contiguity, contiguity

SIDE = 100.0


def grid(columns: int, rows: int) -> list[Polygon]:
    return [box(x * SIDE, y * SIDE, (x + 1) * SIDE, (y + 1) * SIDE) for y in range(rows) for x in range(columns)]


def hexagons(columns: int, rows: int) -> list[Polygon]:
    turn = np.radians(np.arange(30, 390, 60))
    wide, high = SIDE * np.sqrt(3), SIDE * 1.5
    middles = [((x + y % 2 / 2) * wide, y * high) for y in range(rows) for x in range(columns)]
    return [Polygon(np.stack([a + SIDE * np.cos(turn), b + SIDE * np.sin(turn)], axis=1)) for a, b in middles]


def touching(shapes: list[Any], **how: Any) -> list[list[int]]:
    return contiguity(gpd.GeoSeries(shapes), **how).pairs.tolist()


def plain(shapes: list[Any], gap: float, shared: float) -> list[list[int]]:
    """Walk along each border in small steps and count the steps near the other area; corners take two gaps a side."""
    found = []
    for i, one in enumerate(shapes):
        for j, other in enumerate(shapes[i + 1 :], i + 1):
            metres = []
            for a, b in ((one, other), (other, one)):
                steps = np.arange(0, a.exterior.length, 0.25)
                near = sum(a.exterior.interpolate(s).distance(b) <= gap for s in steps)
                metres.append(max(0.0, near * 0.25 - 2 * gap))
            if sum(metres) / 2 > shared:
                found.append([i, j])
    return found


@pytest.mark.parametrize("n", [1, 2, 7])
def test_rook_neighbours_of_a_grid(n: int) -> None:
    found = contiguity(gpd.GeoSeries(grid(n, n)))
    assert len(found.pairs) == 2 * n * (n - 1)
    assert np.allclose(found.metres, SIDE, rtol=0, atol=1e-6)
    assert found.islands.tolist() == ([0] if n == 1 else [])
    assert set(found.parts) == {0}


def test_hexagons_have_six_neighbours_inside() -> None:
    found = contiguity(gpd.GeoSeries(hexagons(4, 4)))
    assert np.bincount(found.pairs.ravel())[[5, 6, 9, 10]].tolist() == [6, 6, 6, 6]
    assert len(found.pairs) == 4 * 3 + 3 * 7
    assert np.allclose(found.metres, SIDE, rtol=0, atol=0.5)  # borders part at 120°: what is near runs on for 0.15 m


def test_gaps_overlaps_corners() -> None:
    base = box(0, 0, 100, 100)
    assert touching([base, box(100.9, 0, 200, 100)]) == [[0, 1]]
    assert touching([base, box(101.1, 0, 200, 100)]) == []
    assert touching([base, box(99.1, 0, 200, 100)]) == [[0, 1]]
    assert touching([base, box(100, 100, 200, 200)]) == []
    assert touching([base, box(99, 99, 200, 200)]) == []  # corners that overlap by a gap
    assert touching([base, box(100, 95.5, 200, 200)]) == []  # 4.5 m in common
    assert touching([base, box(100, 94.5, 200, 200)]) == [[0, 1]]
    assert touching([base, box(103, 0, 200, 100)], gap=4.0, shared=20.0) == [[0, 1]]


def test_enclaves_parts_missing_and_mended_shapes() -> None:
    ring = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    found = contiguity(gpd.GeoSeries([ring, box(40, 40, 60, 60), None, Polygon()]))
    assert (found.pairs.tolist(), found.metres.round(6).tolist()) == ([[0, 1]], [80])
    assert (found.islands.tolist(), found.parts.tolist()) == ([2, 3], [0, 0, 1, 2])
    split = MultiPolygon([box(0, 0, 10, 50), box(110, 0, 120, 50)])
    assert touching([box(10, 0, 110, 50), split]) == [[0, 1]]
    bow = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])  # crosses itself: two triangles
    assert touching([bow, box(100, 0, 200, 100), box(0, 100, 100, 200)]) == [[0, 1]]


@pytest.mark.parametrize(
    ("areas", "how", "argument"),
    [
        (gpd.GeoSeries([box(0, 0, 1, 1)], crs=4326), {}, "areas"),
        (gpd.GeoSeries([box(0, 0, 1, 1), Point(0, 0)]), {}, "areas"),
        (gpd.GeoSeries([box(0, 0, 1, 1)]), {"gap": 0.0}, "gap"),
        (gpd.GeoSeries([box(0, 0, 1, 1)]), {"gap": np.nan}, "gap"),
        (gpd.GeoSeries([box(0, 0, 1, 1)]), {"gap": 2.0}, "shared"),
    ],
)
def test_wrong_arguments_are_named(areas: gpd.GeoSeries, how: dict[str, float], argument: str) -> None:
    with pytest.raises(InputError) as error:
        contiguity(areas, **how)
    assert error.value.argument == argument


def noisy(shapes: list[Polygon], noise: float, rng: np.random.Generator) -> list[Polygon]:
    """Every vertex moved by at most `noise`, in each polygon for itself."""

    def move(points: np.ndarray) -> np.ndarray:
        turn, far = rng.uniform(0, 2 * np.pi, len(points)), rng.uniform(0, noise, len(points))
        moved = points + (far * np.array([np.cos(turn), np.sin(turn)])).T
        moved[-1] = moved[0]
        return moved

    return [shapely.transform(s, move) for s in shapes]


@given(
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    seed=st.integers(0, 999),
    shift=st.sampled_from([0.0, 1e5]),
    six=st.booleans(),
)
def test_order_place_and_noise_below_the_gap_change_nothing(
    size: tuple[int, int], seed: int, shift: float, six: bool
) -> None:
    shapes = (hexagons if six else grid)(*size)
    expected = {tuple(p) for p in touching(shapes)}
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(shapes))
    moved = [shapely.transform(s, lambda p: p + shift) for s in noisy(shapes, 0.45, rng)]
    found = touching([moved[i] for i in order])
    assert {tuple(sorted((int(order[i]), int(order[j])))) for i, j in found} == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_equal_to_the_plain_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 12, (10, 2)) * 10.0
    sizes = rng.integers(1, 4, (10, 2)) * 10.0
    shapes = [box(x, y, x + a, y + b) for (x, y), (a, b) in zip(corners, sizes, strict=True)]
    kept: list[Polygon] = []
    for shape in shapes:
        if all(shape.intersection(k).area == 0 for k in kept):
            kept.append(shape)
    assert touching(kept) == plain(kept, 1.0, 5.0)


def test_hamilton_has_the_neighbours_of_its_coordinates(real_data: Path) -> None:
    units = gpd.read_file(real_data / "zoning_hamilton_on" / "units_da2006.geojson").to_crs(26917).geometry
    found = contiguity(units)
    shapes = units.to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    common = shapely.length(shapely.intersection(shapely.boundary(shapes[i]), shapely.boundary(shapes[j])))
    exact = {pair for pair, metres in zip(zip(i, j, strict=True), common, strict=True) if metres > 5}
    ours = {(int(a), int(b)) for a, b in found.pairs}
    assert len(exact) == 2272  # borders of neighbours coincide
    assert exact <= ours
    assert len(ours - exact) == 2  # nearly meeting in a sharp corner, for 5.3 m and 5.6 m
    assert not len(found.islands)
    assert set(found.parts) == {0}


def test_islands_and_groups_apart_are_noted() -> None:
    areas = squares(["a", "b", "c", "d", "e", "f", "g"])
    apart = [{**a, "geometry": shapely.transform(a["geometry"], lambda p: p + 9)} for a in areas[3:5]]
    far = [{**areas[6], "geometry": box(9000, 9000, 9999, 9999)}]
    findings = written(check_contiguity(county({"areas": [*areas[:3], *apart, *far]})))
    assert [(f.code, f.facts["count"], f.facts["first"]) for f in findings] == [("N370", 1, "g"), ("N371", 2, "d")]
    assert only([f for f in findings if f.code == "N371"]).facts["groups"] == 1
    assert not list(check_contiguity(county({"areas": areas})))
    assert not list(check_contiguity(county({})))
