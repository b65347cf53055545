"""Catchments planned anew on a small county: what was assumed, what is found, the table and the files made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from handmade import no_access, squares
from shapely import box
from toy_run import Toy

from placesim import rezoning
from placesim.errors import DataError, Finding
from placesim.messages import LANGUAGES, line
from placesim.records import Results
from placesim.rezoning.plan import feeders, plan_table, school_table
from placesim.rezoning.transition import catchment_rows, entrants_moved, promised
from placesim.store import OutputError, Run, write_csv

AREAS = ("a", "b", "c", "d", "e", "f")
OPTIONS = rezoning.ZoneOptions(seeds=2, seconds=600)


def school(name: str, at: float, rooms: int, stage: str = "primary", **more: Any) -> dict[str, Any]:
    return {"school_id": name, "name": name.upper(), "stage": stage, "rooms": rooms, "x": at, "y": 500.0, **more}


def zones(stage: str, of: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"area_id": area, "school_id": name, "stage": stage} for name, areas in of.items() for area in areas]


# s has 60 places for five areas of 20 pupils, t in the last area 60 for one: c to e are nearer to t
TOY = Toy(
    schools=[school("s", 500, 6), school("t", 5500, 6)],
    minutes={(a, n): 5.0 + 10 * abs(i - at) for i, a in enumerate(AREAS) for n, at in (("s", 0), ("t", 5))},
    pupils={(a, "G1"): 20.0 for a in AREAS},
    areas=AREAS,
    tables={"catchments": zones("primary", {"s": "abcde", "t": "f"})},
)


def case_of(toy: Toy, stage: str = "primary") -> rezoning.RezoningCase:
    allocation = toy.allocate()
    results = Results(None, toy.demand, toy.travel, toy.places, allocation, no_access())
    return rezoning.rezoning_case(Run(None, toy.inputs, results, None, (), {}), stage, toy.years[0])


def designed(toy: Toy, stage: str = "primary") -> rezoning.Design:
    return rezoning.design_zones(case_of(toy, stage), OPTIONS, lambda _: None)


def codes(findings: tuple[Finding, ...]) -> list[str]:
    for finding in findings:
        assert all(line(finding, language) for language in LANGUAGES)
    return [f.code for f in findings]


def with_tables(toy: Toy, **tables: list[dict[str, Any]]) -> Toy:
    return replace(toy, tables={**toy.tables, **tables})


def hand(case: rezoning.RezoningCase, plan: str) -> rezoning.Design:
    """The plan that gives area after area the school of each letter."""
    return rezoning.price_zones(case, np.array([case.zones.index(s) for s in plan]), OPTIONS)


# ------------------------------------------------------------------------------------------------------------ the plan
def test_the_full_school_gives_its_farthest_areas_away() -> None:
    design = designed(TOY)
    table = plan_table(design).set_index("area_id")
    assert table["school_id"].tolist() == ["s", "s", "s", "t", "t", "t"]
    assert table["previous_school_id"].tolist() == ["s"] * 5 + ["t"]
    assert table["reason"].tolist() == ["home", "kept", "kept", "nearer", "nearer", "home"]
    assert table["minutes"].tolist() == [5, 15, 25, 25, 15, 5]
    assert table["minutes_before"].tolist() == [5, 15, 25, 35, 45, 5]
    assert (design.terms.imbalance, design.terms.over_places, design.terms.moved) == (0, 0, pytest.approx(40 / 120))
    assert design.before is not None
    assert design.before.over_places == pytest.approx(40 / 120)
    assert design.bound is not None
    assert design.bound <= design.objective == min(design.objectives)
    assert codes(design.findings) == []


def test_schools_of_one_area_share_a_zone() -> None:
    design = designed(replace(TOY, schools=[school("s", 400, 3), school("s2", 600, 3), school("t", 5500, 6)]))
    assert design.case.zones == ("s+s2", "t")
    assert design.case.places.tolist() == [60, 60]
    assert codes(design.findings) == ["N640"]
    rows = catchment_rows(design, rezoning.Transition())
    assert rows[(rows["area_id"] == "a") & (rows["valid_from"] == 2026)]["school_id"].tolist() == ["s", "s2"]


def test_a_school_beside_the_map_is_at_home_in_the_nearest_area() -> None:
    case = case_of(replace(TOY, schools=[school("s", -300, 6), school("t", 5500, 6)]))
    assert case.home.tolist() == [0, 5]
    assert codes(case.notes) == ["N641"]


def test_islands_are_bridged_to_the_nearest_area() -> None:
    shapes = [*squares(AREAS[:5]), {"area_id": "f", "geometry": box(5200, 0, 6200, 1000)}]
    case = case_of(with_tables(TOY, areas=shapes))
    assert case.pairs.tolist() == [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]
    assert [(f.code, f.facts["first"]) for f in case.notes] == [("N643", "e–f")]


def test_an_area_that_reaches_no_school_goes_by_the_straight_line() -> None:
    ways = {pair: minutes for pair, minutes in TOY.minutes.items() if pair[0] != "b"}
    case = case_of(replace(TOY, minutes=ways))
    assert codes(case.notes) == ["N644"]
    assert case.minutes[1] == pytest.approx([1000 * 1.3 / 60, 4000 * 1.3 / 60])  # 60 m a minute in this table


def test_without_catchments_the_present_school_is_where_most_pupils_go() -> None:
    case = case_of(replace(TOY, tables={}))
    assert case.present_ids == ("s", "s", "s", "t", "t", "t")
    assert codes(case.notes) == ["N642"]


def test_an_area_of_a_shared_zone_counts_as_its_first_schools() -> None:
    case = case_of(with_tables(TOY, catchments=zones("primary", {"s": "abcde", "t": "ef"})))
    assert (case.present.tolist(), case.present_ids[4]) == ([0, 0, 0, 0, 0, 1], "s+t")
    assert codes(case.notes) == ["N646"]


@pytest.mark.parametrize(("shares", "zone"), [((None, 0.3), 0), ((0.3, None), 1), ((0.6, 0.4), 0), ((0.5, None), 0)])
def test_an_area_of_a_shared_zone_counts_as_that_of_the_largest_share(
    shares: tuple[float | None, ...], zone: int
) -> None:
    rows = [*zones("primary", {"s": "abcd", "t": "f"})]
    rows += [{**row, "share": share} for row, share in zip(zones("primary", {"s": "e", "t": "e"}), shares, strict=True)]
    case = case_of(with_tables(TOY, catchments=rows))
    assert (case.present[4], case.present_ids[4]) == (zone, "s+t")


def test_pins_hold_where_they_can() -> None:
    def pinned(area: str, name: str) -> rezoning.Design:
        pin = {"pin_id": "1", "kind": "area_school", "area_id": area, "school_id": name, "reason": "promised"}
        return designed(with_tables(TOY, pins=[pin]))

    kept = plan_table(pinned("d", "s"))
    assert kept.loc[3, ["school_id", "reason"]].tolist() == ["s", "pin"]
    lost = pinned("a", "t")  # the home of s
    assert plan_table(lost).loc[0, "school_id"] == "s"
    assert codes(lost.findings) == ["W640"]


def test_schools_of_some_grades_and_private_ones_have_no_zone() -> None:
    point = school("p", 2500, 2, first_grade="G1", last_grade="G2")
    case = case_of(replace(TOY, schools=[*TOY.schools, point, school("q", 3500, 6, sector="private")]))
    assert case.zones == ("s", "t")
    assert codes(case.notes) == ["N645"]


def test_a_stage_without_schools_is_a_finding() -> None:
    with pytest.raises(DataError) as error:
        case_of(TOY, "junior")
    assert codes(error.value.findings) == ["E640"]


# u stands where s does, v where t does
JUNIOR = replace(
    TOY,
    schools=[*TOY.schools, school("u", 500, 6, "junior"), school("v", 5500, 6, "junior")],
    minutes={**TOY.minutes, **{(a, {"s": "u", "t": "v"}[n]): m for (a, n), m in TOY.minutes.items()}},
    pupils={**TOY.pupils, **{(a, "G4"): 10.0 for a in AREAS}},
)


def test_zones_of_the_stage_before_that_are_divided_are_told() -> None:
    design = hand(case_of(JUNIOR, "junior"), "uuuvvv")
    assert feeders(design).to_dict(orient="records") == [{"zone": "s", "schools": "u, v", "pupils_apart": 20}]
    assert design.terms.split_feeders == pytest.approx(20 / 60)
    assert feeders(designed(TOY)).empty
    for language, words in (("en", "apart from most of their zone"), ("zh", "与上一学段同片区多数学生分开")):
        assert any(words in text for text in rezoning.plan_lines(design, rezoning.Transition(), language))


@pytest.mark.parametrize(("weight", "plan"), [(0.0, "uuuvvv"), (None, "uuuvvv"), (60.0, "uuuuvv")])
def test_the_dearer_it_is_to_split_zones_of_the_stage_before_the_less_it_is_done(
    weight: float | None, plan: str
) -> None:
    """v's floor of 15 pupils asks for two areas, f, all of t's zone, and e, one of s's."""
    options = OPTIONS if weight is None else replace(OPTIONS, weights={"split_feeders": weight})
    design = rezoning.design_zones(case_of(JUNIOR, "junior"), options, lambda _: None)
    assert "".join(design.case.zones[s] for s in design.school) == plan
    assert design.weights.split_feeders == (2.0 if weight is None else weight)
    terms = design.terms.weighted(design.weights)
    assert design.objective == pytest.approx(terms)


def test_without_catchments_feeder_zones_are_where_pupils_go_if_feeders_are_named() -> None:
    named = [{"school_id": "s", "stage": "primary", "to_school_id": "u"}]
    case = case_of(replace(JUNIOR, tables={"feeders": named}), "junior")
    assert (case.feeder_zones, case.feeders.tolist()) == (("s", "t"), [0, 0, 0, 1, 1, 1])
    past = case_of(replace(JUNIOR, tables={"feeders": [{**named[0], "valid_to": 2020}]}), "junior")
    assert (past.feeder_zones, past.feeders.tolist()) == ((), [-1] * 6)
    assert rezoning.design_zones(past, OPTIONS, lambda _: None).weights.split_feeders == 0
    told = rezoning.price_zones(past, past.present, replace(OPTIONS, weights={"split_feeders": 1.0}))
    assert codes(told.findings)[-1] == "N647"


# ------------------------------------------------------------------------------------------------------- plans by hand
def test_a_plan_by_hand_is_priced_and_its_faults_are_told() -> None:
    design = hand(case_of(TOY), "tsstss")
    assert codes(design.findings) == ["W641", "W642"]
    told = rezoning.plan_data(design, rezoning.Transition())
    assert (told["pupils_moved"], told["areas_nearer"], told["areas_farther"]) == (60, ["d"], ["a", "f"])
    assert (told["bound"], told["gap"], told["objectives"]) == (None, None, [])
    schools = school_table(design).set_index("school_id")
    assert schools["pupils"].to_dict() == {"s": 80, "t": 40}
    assert not schools["holds_school"].any()
    json.dumps(told, allow_nan=False, default=str)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ["E643"]),
        ("", ["E643"]),
        ("area,school\na,s\n", ["E643"]),
        ("area_id,school_id\nx,s\na,z\na,s\n", ["E644", "E645"]),
        ("area_id,school_id\na,s\na,t\n", ["E646"]),
        ("area_id,school_id\na,s\n", ["E647"]),
    ],
)
def test_a_plan_that_cannot_be_read(tmp_path: Path, text: str | None, found: list[str]) -> None:
    file = tmp_path / "plan.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        rezoning.read_plan(file, case_of(TOY))
    assert codes(error.value.findings) == found


# ---------------------------------------------------------------------------------------------------------- transition
def test_old_rows_end_and_areas_that_move_may_choose_for_a_while() -> None:
    toy = with_tables(TOY, catchments=[*TOY.tables["catchments"], *zones("junior", {"u": "abcdef"})])
    design = hand(case_of(toy), "sssttt")
    rows = catchment_rows(design, rezoning.Transition(notice=2, optional=3))
    told = rows[rows["area_id"] == "d"].fillna(0)[["school_id", "stage", "valid_from", "valid_to"]]
    assert told.to_numpy().tolist() == [
        ["u", "junior", 0, 0],
        ["s", "primary", 0, 2026],
        ["s", "primary", 2027, 2029],
        ["t", "primary", 2027, 2029],
        ["t", "primary", 2030, 0],
    ]
    told = rows[(rows["area_id"] == "a") & (rows["stage"] == "primary")].fillna(0)
    assert told[["school_id", "valid_from", "valid_to"]].to_numpy().tolist() == [["s", 0, 2026], ["s", 2027, 0]]
    # 40 pupils who move, three grades: 13 entrants a year, half of them stay with a sibling
    assert entrants_moved(design, rezoning.Transition(siblings=0.5)) == (13, 7)


def runs(toy: Toy, rows: pd.DataFrame) -> dict[tuple[str, int], list[int]]:
    """entrants[area, year] at s and at t, with the rows as catchments."""
    told = rows.astype(object).where(rows.notna(), None).to_dict(orient="records")
    found = with_tables(toy, catchments=told).allocate().rows()
    found = found[found["grade"] == "G1"].pivot_table(
        index=["area_id", "year"], columns="school_id", values="pupils", aggfunc="sum", fill_value=0
    )
    return {(str(a), int(y)): [int(n) for n in row] for (a, y), row in zip(found.index, found.to_numpy(), strict=True)}


YEARS = replace(
    TOY,
    years=tuple(range(2025, 2031)),
    schools=[school("s", 500, 60), school("t", 5500, 60)],
    pupils={(a, g): 40.0 for a in AREAS for g in ("G1", "G2", "G3")},
)


@pytest.mark.parametrize(("optional", "there"), [(0, [40, 20, 10, 0, 0, 0]), (1, [40, 20, 10, 0, 0, 0]),
                                                 (2, [40, 20, 20, 0, 0, 0]), (3, [40, 20, 20, 20, 0, 0])])  # fmt: skip
def test_siblings_stay_at_the_old_school_when_the_rows_are_run(optional: int, there: list[int]) -> None:
    """Half of the entrants have a sibling in one of the two later grades: both of these are there in the first year,
    the upper one in the second. In years of choice both schools, of equal places, take half."""
    toy = replace(YEARS, parameters={"rule": "catchment"})
    rows = catchment_rows(hand(case_of(toy), "sssttt"), rezoning.Transition(optional=optional, siblings=0.5))
    entrants = runs(toy, rows)
    for area in "de":
        assert [entrants[area, year][0] for year in toy.years] == there
        assert all(sum(entrants[area, year]) == 40 for year in toy.years)
    assert all(entrants["a", year] == [40, 0] and entrants["f", year] == [0, 40] for year in toy.years)
    strict = catchment_rows(hand(case_of(toy), "sssttt"), rezoning.Transition())
    assert [runs(toy, strict)["d", year][0] for year in toy.years] == [40, 0, 0, 0, 0, 0]


def test_siblings_are_led_by_the_rule_that_knows_them_when_the_rows_are_run() -> None:
    """`tiers` is told how many have a sibling: who follows one needs no zone, nobody else goes to the old school."""
    toy = replace(YEARS, parameters={"rule": "tiers", "sibling_share": {"primary": 0.5}})
    transition = rezoning.Transition(siblings=0.5)
    design = hand(case_of(toy), "sssttt")
    rows = catchment_rows(design, transition)
    assert rows["share"].isna().all()
    entrants = runs(toy, rows)
    assert [entrants["d", year][0] for year in (2025, 2026)] == [40, 20]
    assert 0 < entrants["d", 2027][0] < 20
    for language in LANGUAGES:
        lines = rezoning.plan_lines(design, transition, language)
        assert any("allocation.sibling_share.primary = 0.5" in text for text in lines)


def test_rows_for_siblings_of_schools_that_share_a_zone() -> None:
    """Of the old shared zone the school that is in the new one too needs no row."""
    toy = with_tables(TOY, catchments=zones("primary", {"s": "abcde", "t": "def"}))
    design = hand(case_of(toy), "sssttt")
    rows = catchment_rows(design, rezoning.Transition(siblings=0.5))
    told = rows[(rows["area_id"] == "d") & (rows["valid_from"] == 2026)]
    assert told[["school_id", "share"]].fillna(-1).to_numpy().tolist() == [["s", 0.25], ["t", -1]]
    data = rezoning.plan_data(design, rezoning.Transition(siblings=0.5))
    assert data["siblings_until"] == 2027
    assert rezoning.plan_data(design, rezoning.Transition())["siblings_until"] is None


def test_homes_sold_under_the_old_zone_are_named() -> None:
    def homes(key: str, area: str, year: int, **more: Any) -> dict[str, Any]:
        told = {"development_id": key, "phase": "1", "dwelling_type": "x", "area_id": area, "year": year}
        return {**told, "dwellings": 100, **more}

    sold = [homes("D1", "d", 2026, name="新城"), homes("D2", "d", 2031), homes("D3", "a", 2026)]
    sold += [homes("D4", "e", 2025), homes("D5", "e", 2025, status="stalled"), homes("D6", "e", 2026, dwellings=-50)]
    design = hand(case_of(with_tables(TOY, developments=sold)), "sssttt")
    found = promised(design, rezoning.Transition(notice=2))
    assert found[["area_id", "name", "dwellings"]].to_numpy().tolist() == [["d", "新城", 100], ["e", "D4", 100]]


# --------------------------------------------------------------------------------------------------------------- files
@pytest.mark.parametrize("language", LANGUAGES)
def test_files_agree_and_read_back_as_the_same_plan(tmp_path: Path, language: str) -> None:
    design, transition = designed(TOY), rezoning.Transition(siblings=0.3)
    files = rezoning.write_plan(design, transition, tmp_path / "plan", language)
    names = ["areas_by_school.csv", "catchments.csv", "plan.csv", "promises.csv", "schools.csv", "zones.gpkg"]
    assert [f.name for f in files] == names
    for name in ("plan.csv", "catchments.csv"):
        assert rezoning.read_plan(tmp_path / "plan" / name, design.case).tolist() == design.school.tolist()
    shapes = gpd.read_file(tmp_path / "plan" / "zones.gpkg", layer="zones").set_index("school_id")
    assert shapes.geometry.area.to_dict() == {"s": 3e6, "t": 3e6}
    assert shapes["pupils"].to_dict() == {"s": 60, "t": 60}
    listed = pd.read_csv(tmp_path / "plan" / "areas_by_school.csv", encoding="utf-8-sig")
    assert listed["area_id"].tolist() == list(AREAS)
    with pytest.raises(OutputError) as error:
        rezoning.write_plan(design, transition, tmp_path / "plan", language)
    assert codes(error.value.findings) == ["E642"]
    lines = rezoning.plan_lines(design, rezoning.Transition(optional=2), language)
    assert ("buy into a zone" in lines[-1]) == (language == "en")


def test_a_plan_in_another_order_or_from_an_old_workbook_reads_the_same(tmp_path: Path) -> None:
    case = case_of(TOY)
    rows = pd.DataFrame({"school_id": list("tttsss"), "area_id": list("fedcba"), "备注": "划片"})
    write_csv(rows, tmp_path / "a.csv")
    rows.to_csv(tmp_path / "b.csv", index=False, encoding="gb18030")
    for name in ("a.csv", "b.csv"):
        assert rezoning.read_plan(tmp_path / name, case).tolist() == [0, 0, 0, 1, 1, 1]
