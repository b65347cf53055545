"""check_migration: one fault each, with its code, row and facts; texts in both languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import county, squares
from told import only, written

from placesim.demography.residents.check_migration import check_migration
from placesim.errors import Finding
from placesim.messages import describe
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Break, Demography, Housing

AREAS = {"A": "P", "B": "P", "C": "Q"}
MOVES = [{"measure": "out_rate", "value": 0.01}]


def people(year: int = 2025, counts: tuple[float, ...] = (500, 300, 200), **more: Any) -> list[dict[str, Any]]:
    row = {"year": year, "sex": "both", "age_from": 0, "age_to": 130, **more}
    return [{"area_id": a, "residents": n, **row} for a, n in zip(AREAS, counts, strict=True)]


def total(value: float, where: str | None = None, **more: Any) -> dict[str, Any]:
    return {"planning_area": where, "year": 2026, "measure": "residents", "value": value, **more}


def counts(basis: str) -> list[dict[str, Any]]:
    row = {"area_id": "A", "cohort": 2020, "basis": basis, "children": 9}
    return [{**row, "as_of": f"{year}-08-31"} for year in (2022, 2023)]


def check(*, demography: dict[str, Any] | None = None, **tables: list[dict]) -> list[Finding]:
    areas = [{**s, "planning_area": AREAS[s["area_id"]]} for s in squares([*AREAS])]
    given = county({"areas": areas, "population": people(), "rates": MOVES, **tables})
    told = ProjectionOptions((2025, 2026, 2027), "08-31", Demography(**(demography or {})), Housing())
    return written(check_migration(given, told))


def test_a_county_in_order_has_nothing_to_tell():
    rows = [total(1010), total(800, "P"), total(210, "Q"), total(12, measure="births")]
    assert check(totals=rows, demography={"breaks": (Break(year=2020, areas=("A",)),)}) == []


def test_a_break_of_an_area_that_does_not_exist():
    finding = only(check(demography={"breaks": (Break(year=2020, areas=("A", "X")),)}))
    assert (finding.code, finding.column, finding.value) == ("E354", "demography.breaks", "X")


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        ([total(1000), total(760, "P"), total(150, "Q")], "910"),  # together fewer
        ([total(1000), total(1100, "P")], "1100"),  # one alone has more
    ],
)
def test_totals_that_contradict_each_other(rows, parts):
    finding = only(check(totals=rows))
    assert (finding.code, finding.row, finding.facts["parts"]) == ("E355", 2, parts)


def test_rounded_totals_and_a_rest_for_other_planning_areas_are_no_contradiction():
    assert check(totals=[total(1000.6), total(800, "P"), total(200, "Q")]) == []
    assert check(totals=[total(1000), total(800, "P")]) == []


def test_two_bases_in_one_year():
    rows = [*people(basis="resident")[:2], people(basis="registered")[2]]
    finding = only(check(population=rows))
    assert (finding.code, finding.row, finding.column) == ("E356", 4, "basis")


def test_two_years_of_different_bases():
    finding = only(check(population=[*people(2020, basis="registered"), *people(basis="resident")]))
    assert (finding.code, finding.row, finding.facts["before"]) == ("W354", 5, 2020)


def test_a_total_of_a_planning_area_without_areas():
    finding = only(check(totals=[total(100, "R")]))
    assert (finding.code, finding.row, finding.value) == ("E357", 2, "R")


def test_a_total_in_another_unit():
    finding = only(check(totals=[total(0.1)]))
    assert (finding.code, finding.row, finding.facts["people"]) == ("W355", 2, 1000)
    assert only(check(totals=[total(900, "Q")])).code == "W355"
    assert check(totals=[total(1800, year=2027)], population=people(2010)) == []  # too long ago to tell


def test_a_total_where_nobody_lives():
    finding = only(check(population=people(counts=(500, 300, 0)), totals=[total(100, "Q")]))
    assert (finding.code, finding.row) == ("W357", 2)


def test_sources_of_movement_are_told_where_the_rates_are_silent():
    codes = [f.code for f in check(children=counts("registration"), rates=[])]
    assert codes == ["N354", "W356"]
    finding = only(check(children=counts("vaccination"), rates=[]))
    assert describe(finding, "zh")[0].startswith("15 岁及以下")
    finding = only(check(population=[*people(2015), *people()], rates=[]))
    assert (finding.code, finding.facts["years"]) == ("N355", "2015–2025")
    assert check(children=counts("vaccination"), population=[*people(2015), *people()]) == []  # out_rate speaks


def test_totals_of_other_years():
    finding = only(check(totals=[total(1000, year=2025), total(1000, year=2031)]))
    assert (finding.code, finding.facts["years"], finding.facts["first"]) == ("N356", "2025, 2031", 2026)


@pytest.mark.parametrize("method", ["given", "none"])
def test_totals_without_a_projection_by_cohorts(method):
    assert only(check(totals=[total(1000)], demography={"method": method})).code == "N357"
    assert check(totals=[total(9, measure="pupils", stage="primary")], demography={"method": method}) == []


def test_nothing_is_changed():
    areas = [{**s, "planning_area": AREAS[s["area_id"]]} for s in squares([*AREAS])]
    given = county({"areas": areas, "population": people(), "totals": [total(3)]})
    before = given.frame("totals").copy()
    list(check_migration(given, ProjectionOptions((2025, 2026), "08-31", Demography(), Housing())))
    assert before.equals(given.frame("totals"))
    assert np.isfinite(given.frame("population")["residents"]).all()
