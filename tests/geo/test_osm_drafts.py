"""Draft tables from an extract: what tags say of roads, barriers and schools, and schools drawn twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from osm_text import STEP, area, extract, grid, node, way
from told import only, written

from placesim.dictionary import table_specs
from placesim.osm import Drafts, draft_tables
from placesim.osm.rules import speeds

STREET = way(1, [11, 12], highway="residential")
SQUARE = [33, 34, 44, 43, 33]  # its middle is column 3.5, row 3.5
SCHOOL = {"amenity": "school"}


@pytest.fixture
def draft(tmp_path: Path) -> Any:
    """Drafts from a small town with one street and the parts given."""

    def drafted(*parts: str) -> Drafts:
        file = tmp_path / "town.osm"
        file.write_text(extract(grid(), STREET, *parts), encoding="utf-8")
        return draft_tables(file)

    return drafted


def stages(drafts: Drafts) -> list[str | None]:
    return [None if pd.isna(s) else s for s in drafts.schools["stage"]]


# -------------------------------------------------------------------------------------------------------------- roads
@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("50", 50), ("30 mph", 48.3), ("30mph", 48.3), ("60 km/h", 60), ("walk", 7), ("50;30", 30), ("50|80", 50),
        ("140", 130), ("CN:urban", None), ("none", None), ("signals", None), ("", None), ("0", None), ("-5", None),
        ("1e9", None), ("５０", None), (None, None),
    ],
)  # fmt: skip
def test_speeds(text: str | None, speed: float | None) -> None:
    (found,) = speeds(pd.Series([text], dtype=object))
    assert found == speed if speed is not None else np.isnan(found)


@pytest.mark.parametrize(
    ("tags", "footway"),
    [
        ({"highway": "primary"}, None),
        ({"highway": "primary", "sidewalk": "both"}, True),
        ({"highway": "primary", "sidewalk": "separate"}, True),
        ({"highway": "primary", "sidewalk": "no"}, False),
        ({"highway": "primary", "sidewalk": "none"}, False),
        ({"highway": "primary", "sidewalk:left": "no", "sidewalk:right": "yes"}, True),
        ({"highway": "primary", "sidewalk:both": "no"}, False),
        ({"highway": "footway"}, True),
        ({"highway": "cycleway", "foot": "designated"}, True),
    ],
    ids=str,
)
def test_footways(draft: Any, tags: dict[str, str], footway: bool | None) -> None:
    found = draft(way(2, [21, 22], tags)).roads.set_index("road_id")["footway"]["2-1"]
    assert found is pd.NA if footway is None else bool(found) == footway


def test_roads_have_ids_that_stay_and_say_who_may_use_them(draft: Any) -> None:
    roads = draft(
        way(2, [12, 13, 14], highway="tertiary", oneway="-1", maxspeed="30 mph", bridge="yes"),
        way(3, [13, 23], highway="motorway", tunnel="no"),
    ).roads
    assert roads["road_id"].tolist() == ["1-1", "2-1", "2-2", "3-1"]
    second = roads.set_index("road_id").loc["2-1"]
    assert second["class"] == "tertiary"
    assert (second["speed"], second["one_way"], second["walk"], second["drive"]) == (48.3, True, True, True)
    assert (second["from_node"], second["to_node"]) == ("13", "12")
    assert roads["crosses"].tolist() == [False, True, True, False]
    assert roads["walk"].tolist() == [True, True, True, False]
    assert roads["unsafe"].isna().all()
    assert roads["length"].round(1).tolist() == [111.2] * 4
    assert roads.geometry.is_valid.all()


def test_two_nodes_of_one_way_at_one_place_become_one(draft: Any) -> None:
    drafts = draft(
        node(99, 2, 1), way(2, [31, 32], highway="path"), way(3, [12, 99], highway="path"),
        way(4, [99, 22], highway="path"),
    )  # fmt: skip
    roads = drafts.roads.set_index("road_id")
    assert "3-1" not in roads.index
    assert roads.loc["4-1", "from_node"] == roads.loc["1-1", "to_node"] == "12"


def test_the_columns_are_those_of_the_data_dictionary(draft: Any) -> None:
    drafts = draft(node(90, 3, 3, amenity="school"), way(2, [21, 22], railway="rail"))
    specs = table_specs()
    assert {c.id for c in specs["roads"].columns} <= set(drafts.roads.columns)
    assert [c.id for c in specs["barriers"].columns] == list(drafts.barriers.columns)[:-1]
    assert [c.id for c in specs["schools"].columns] == list(drafts.schools.columns)


# ----------------------------------------------------------------------------------------------------------- barriers
@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"railway": "rail"}, "railway"),
        ({"railway": "subway"}, "railway"),
        ({"railway": "subway", "tunnel": "yes"}, None),
        ({"railway": "rail", "bridge": "viaduct"}, None),
        ({"railway": "tram"}, None),
        ({"railway": "abandoned"}, None),
        ({"waterway": "river"}, "river"),
        ({"waterway": "canal"}, "river"),
        ({"waterway": "river", "tunnel": "culvert"}, None),
        ({"waterway": "stream"}, None),
        ({"highway": "motorway"}, "expressway"),
        ({"highway": "motorway", "bridge": "yes"}, None),
        ({"highway": "trunk"}, None),
    ],
    ids=str,
)
def test_barriers(draft: Any, tags: dict[str, str], kind: str | None) -> None:
    barriers = draft(way(2, [21, 22, 23], tags)).barriers
    assert barriers["kind"].tolist() == ([] if kind is None else [kind])
    assert barriers["barrier_id"].tolist() == ([] if kind is None else ["2"])


# ------------------------------------------------------------------------------------------------------------ schools
def test_schools_are_points_closed_ways_and_areas(draft: Any) -> None:
    drafts = draft(
        node(90, 1, 5, amenity="school", name="一小"),
        way(2, SQUARE, SCHOOL, name="二小"),
        way(3, [51, 52, 42, 41, 51]),
        area(4, [3], amenity="kindergarten", name="Krippe"),
        way(5, [14, 15, 25, 24, 14], SCHOOL, name="三小", area="yes"),
    )
    table = drafts.schools.set_index("school_id")
    assert table.index.tolist() == ["n90", "r4", "w2", "w5"]
    assert table.loc["w2", ["x", "y"]].tolist() == pytest.approx([3.5 * STEP, 3.5 * STEP])
    assert (drafts.counts["schools"], drafts.counts["kindergartens"]) == (3, 1)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"amenity": "kindergarten"}, ["kindergarten"]),
        ({"isced:level": "1"}, ["primary"]),
        ({"isced:level": "2;3"}, ["junior", "senior"]),
        ({"isced:level": "1-3", "name": "某小学"}, ["primary", "junior", "senior"]),
        ({"isced:level": "5"}, [None]),
        ({"amenity": "kindergarten", "isced:level": "1"}, ["primary"]),
        ({"school": "secondary"}, ["junior", "senior"]),
        ({"school:FR": "collège"}, ["junior"]),
        ({"name": "实验小学"}, ["primary"]),
        ({"name": "第一初级中学"}, ["junior"]),
        ({"name": "县高级中学"}, ["senior"]),
        ({"name": "第三中学"}, ["junior"]),
        ({"name": "某某完全中学"}, ["junior", "senior"]),
        ({"name": "溪口九年一贯制学校"}, ["primary", "junior"]),
        ({"name": "希望中小学"}, ["primary", "junior"]),
        ({"name": "东湖小学附属幼儿园"}, ["kindergarten", "primary"]),
        ({"name": "县职业高中"}, [None]),
        ({"name": "外国语学校"}, [None]),
        ({"name": "外国语学校", "name:en": "Foreign Language High School"}, ["senior"]),
        ({"name": "Lincoln Junior High School"}, ["junior"]),
        ({"name": "Lincoln High School"}, ["senior"]),
        ({"name": "Riverside Elementary"}, ["primary"]),
        ({"name": "King's Secondary School"}, ["junior"]),
        ({"name": "EMEF Padre José"}, ["primary", "junior"]),
        ({"name": "EMEI Monteiro Lobato"}, ["kindergarten"]),
        ({"name": "Escola Estadual"}, [None]),
        ({}, [None]),
    ],
    ids=str,
)
def test_stages(draft: Any, tags: dict[str, str], found: list[str | None]) -> None:
    drafts = draft(node(90, 3, 3, **{"amenity": "school", **tags}))
    assert stages(drafts) == found
    assert drafts.schools["school_id"].tolist() == ["n90"] * len(found)
    assert drafts.counts["stage_blank"] == (found == [None])


def test_what_else_tags_tell_of_a_school(draft: Any) -> None:
    drafts = draft(
        node(90, 1, 3, **SCHOOL, **{"name:en": "First Primary", "operator:type": "government", "capacity": "540"}),
        node(91, 2, 3, **SCHOOL, **{"capacity": "540", "isced:level": "1;2", "operator:type": "community"}),
        node(92, 3, 3, **SCHOOL, **{"capacity": "about 200"}),
    )
    table = drafts.schools
    assert table["name"].tolist()[0] == table["name_en"].tolist()[0] == "First Primary"
    assert table["sector"].fillna("").tolist() == ["public", "", "", ""]
    assert table["places"].fillna(-1).tolist() == [540, -1, -1, -1]  # a capacity of two stages is none of either


@pytest.mark.parametrize(
    ("point", "drawn", "left", "name"),
    [
        ("一小", "一小", ["w2"], "一小"),
        (None, "一小", ["w2"], "一小"),
        ("一小", None, ["w2"], "一小"),
        (None, None, ["w2"], None),
        ("二小", "一小", ["n90", "w2"], "一小"),
    ],
)
def test_a_school_drawn_as_point_and_area_counts_once(
    draft: Any, point: str | None, drawn: str | None, left: list[str], name: str | None
) -> None:
    drafts = draft(
        node(90, 3.2, 3.2, **SCHOOL, **({"name": point} if point else {}), capacity="300"),
        way(2, SQUARE, SCHOOL, **({"name": drawn} if drawn else {})),
    )
    assert drafts.schools["school_id"].tolist() == left
    told = drafts.schools.set_index("school_id").loc["w2"]
    assert told["name"] == name or (name is None and pd.isna(told["name"]))
    assert drafts.counts["merged"] == 2 - len(left)
    assert [f.code for f in drafts.findings].count("N630") == 2 - len(left)
    assert len(left) == 2 or told["places"] == 300


def test_an_unnamed_area_around_two_schools_is_neither(draft: Any) -> None:
    drafts = draft(
        node(90, 3.2, 3.2, **SCHOOL, name="一小"), node(91, 3.7, 3.7, **SCHOOL, name="二中"), way(2, SQUARE, SCHOOL)
    )
    assert drafts.schools["school_id"].tolist() == ["n90", "n91"]


def test_a_kindergarten_in_the_grounds_of_a_school_stays(draft: Any) -> None:
    drafts = draft(node(90, 3.2, 3.2, amenity="kindergarten"), way(2, SQUARE, SCHOOL, name="一小"))
    assert stages(drafts) == ["kindergarten", "primary"]


def test_the_same_area_as_way_and_relation_counts_once(draft: Any) -> None:
    drafts = draft(way(2, SQUARE, SCHOOL, name="一小"), area(4, [2], SCHOOL, name="一小"))
    assert len(drafts.schools) == 1


def test_an_area_that_crosses_itself_or_leaves_the_extract_is_a_school_still(draft: Any) -> None:
    drafts = draft(
        way(2, [33, 44, 34, 43, 33], SCHOOL), way(3, [51, 52, 42, 999, 51], SCHOOL), way(4, [14, 15], SCHOOL)
    )
    assert drafts.schools["school_id"].tolist() == ["w2", "w3", "w4"]
    assert drafts.schools[["x", "y"]].notna().all(axis=None)


# ------------------------------------------------------------------------------------------------------------ findings
def test_an_extract_without_schools_is_told(draft: Any) -> None:
    drafts = draft()
    assert only(written(drafts.findings)).code == "W630"
    assert drafts.schools.empty


def test_what_was_guessed_and_what_is_left_to_fill_is_told(draft: Any) -> None:
    drafts = draft(
        node(90, 1, 3, **SCHOOL, name="一小学"), node(91, 2, 3, **SCHOOL, name="外国语学校"),
        node(92, 3, 3, **SCHOOL, **{"isced:level": "3"}), node(93, 4, 3, amenity="kindergarten"),
    )  # fmt: skip
    told = {f.code: f for f in written(drafts.findings)}
    assert set(told) == {"W631", "N631"}
    facts = told["N631"].facts
    assert [facts[k] for k in ("stage_by_tags", "stage_by_kind", "stage_by_name", "stage_blank")] == [1, 1, 1, 1]
    assert (drafts.counts["schools"], drafts.counts["kindergartens"], drafts.counts["without_name"]) == (3, 1, 2)
    assert (drafts.counts["roads"], drafts.counts["km"]) == (1, 0.1)


def test_drafts_of_a_real_city(real_data: Path) -> None:
    drafts = draft_tables(real_data / "osm_helsinki_centre" / "Helsinki.osm.pbf")
    assert drafts.roads["road_id"].is_unique
    assert len(drafts.roads) == 4555
    assert drafts.roads.geometry.is_valid.all()
    assert set(drafts.barriers["kind"]) == {"railway"}
    assert drafts.schools["name"].notna().all()
