"""check_rates: each fault named with its row, and nothing told about sound tables."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import county, squares

from placesim.demography.residents.check_rates import check_rates
from placesim.errors import Finding
from placesim.messages import describe
from placesim.records import Inputs
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

AREAS = ["A", "B", "C", "D"]
POPULATION = [
    {"area_id": a, "year": 2023, "sex": "both", "age_from": 0, "age_to": 130, "residents": 100.0} for a in AREAS
]


def inputs(**tables: list[dict]) -> Inputs:
    return county({"areas": squares(AREAS), "population": POPULATION, **tables})


def rate(measure: str, first: int | None, last: int | None, value: float = 0.1, **where: object) -> dict:
    return {"measure": measure, "age_from": first, "age_to": last, "value": value, **where}


def found(table: Inputs, *, method: str = "cohort", day: str = "08-31") -> list[Finding]:
    told = ProjectionOptions(tuple(range(2025, 2031)), day, Demography(method=method), Housing())
    findings = list(check_rates(table, told))
    for finding in findings:
        for language in ("en", "zh"):
            text, fix = describe(finding, language)
            assert "{" not in text + fix
    return findings


def codes(table: Inputs, **told: str) -> list[tuple[str, int | None]]:
    return [(f.code, f.row) for f in found(table, **told)]


# ---------------------------------------------------------------------------------------------------------- rates
SOUND = [
    rate("fertility", 15, 19),
    rate("fertility", 20, 49),
    rate("fertility", 15, 49, area_type="rural"),
    rate("fertility", 15, 49, year=2027),
    rate("out_rate", 0, 20, sex="female"),
    rate("out_rate", 10, 20, sex="male"),
    rate("out_rate", 40, 60),
    rate("in_count", None, None, 80.0),
]


def test_sound_rates_tell_nothing():
    assert codes(inputs(rates=SOUND)) == []
    assert codes(inputs()) == []


@pytest.mark.parametrize(
    "rows",
    [
        [rate("fertility", 15, 24), rate("fertility", 20, 29)],
        [rate("mortality", 0, 4), rate("mortality", 4, 4)],
        [rate("out_rate", 0, 9, sex="female"), rate("out_rate", 5, 14)],
        [rate("out_rate", None, None), rate("out_rate", 5, 14)],
        [rate("fertility", 15, 49), rate("fertility", 15, 49, sex="female")],
    ],
)
def test_overlapping_ages_are_told_at_the_later_row(rows):
    (finding,) = [f for f in found(inputs(rates=rows)) if f.code[0] == "E"]
    assert (finding.code, finding.row, finding.column) == ("E352", 3, "age_from")
    assert finding.facts["other"] == 2


def test_every_group_that_overlaps_is_told_once():
    rows = [rate("out_rate", 0, 60), rate("out_rate", 10, 20), rate("out_rate", 30, 70)]
    assert codes(inputs(rates=rows)) == [("E352", 3), ("E352", 4)]


def test_a_gap_between_ages_is_told():
    rows = [rate("fertility", 30, 34), rate("fertility", 15, 24), rate("mortality", 0, 4), rate("mortality", 10, 130)]
    assert codes(inputs(rates=rows)) == [("W350", 2), ("W350", 5)]
    assert [f.facts["ages"] for f in found(inputs(rates=rows))] == ["25–29", "5–9"]


def test_a_measure_that_starts_late_is_told_but_fertility_is_told_elsewhere():
    rows = [rate("out_rate", 0, 9, year=2027), rate("total_fertility", None, None, 1.0, year=2027)]
    (finding,) = found(inputs(rates=rows))
    assert (finding.code, finding.row, finding.facts["years"]) == ("W351", 2, "2023–2026")
    assert codes(inputs(rates=[*rows, rate("out_rate", 0, 9)])) == []
    assert codes(inputs(rates=[rate("out_rate", 0, 9, year=2023)])) == []


def survivors(values: dict[int, float], **where: object) -> list[dict]:
    return [rate("survivors", age, age, value, **where) for age, value in values.items()]


def test_a_life_table_is_sound_or_told():
    assert codes(inputs(rates=survivors({0: 1e5, 1: 99e3, 5: 98e3, 60: 9e4}))) == []
    assert codes(inputs(rates=survivors({0: 1e5, 1: 99e3, 5: 99.5e3, 60: 9e4, 80: 9.1e4}))) == [
        ("E351", 4),
        ("E351", 6),
    ]
    assert codes(inputs(rates=survivors({0: 0.0, 1: 0.0, 5: 0.0, 60: 0.0}))) == [("E351", 2)]
    assert codes(inputs(rates=survivors({0: 1e5, 5: 99e3, 10: 98e3, 60: 9e4}))) == [("E353", 2)]
    assert codes(inputs(rates=survivors({0: 1e5, 1: 99e3}, sex="male"))) == [("E353", 2)]


def test_nothing_is_asked_of_rates_that_are_not_used():
    rows = [rate("fertility", 15, 24), rate("fertility", 20, 29)]
    assert codes(inputs(rates=rows), method="given") == []
    assert codes(county({"areas": squares(AREAS), "rates": rows})) == []


# --------------------------------------------------------------------------------------------------------- births
def births(year: int, count: float, *, area: str | None = None, month: int | None = None, basis="mother_residence"):
    return {"area_id": area, "year": year, "month": month, "basis": basis, "births": count}


def test_a_year_given_whole_and_by_month_is_told_at_the_month():
    rows = [births(2023, 50), births(2023, 4, month=3), births(2024, 4, month=3), births(2023, 4, area="A", month=3)]
    assert codes(inputs(births=rows)) == [("E350", 3)]


def test_the_same_period_twice_is_left_to_its_own_check():
    assert codes(inputs(births=[births(2023, 50), births(2023, 50)])) == []


def test_what_is_used_of_births_is_told():
    known = found(inputs(births=[births(2023, 50), births(2024, 40)]))
    assert [(f.code, f.facts.get("cohorts")) for f in known] == [("N351", "2024")]
    assert codes(inputs(births=[births(2024, 40)])) == [("N352", None)]
    assert codes(inputs(births=[births(2023, 50, basis="hospital"), births(2024, 40, basis="hospital")])) == [
        ("N350", None)
    ]


def test_areas_that_contradict_the_county_are_told():
    every = [births(y, 10, area=a) for y in (2023, 2024) for a in AREAS]
    assert codes(inputs(births=[*every, births(2023, 40), births(2024, 40)])) == [("N351", None)]
    fewer = found(inputs(births=[*every, births(2023, 50), births(2024, 50)]))
    assert [f.code for f in fewer] == ["N351", "W353"]
    assert (fewer[1].facts["areas"], fewer[1].facts["county"]) == (40, 50)
    some = [row for row in every if row["area_id"] in "AB"]
    assert codes(inputs(births=[*some, births(2023, 50), births(2024, 50)])) == [("N351", None)]
    assert codes(inputs(births=[*some, births(2023, 15), births(2024, 15)])) == [("N351", None), ("W353", None)]


# --------------------------------------------------------------------------------------------------------- children
def children(cohort: int, counts: list[float], *, as_of: str = "2025-08-31", basis="registration") -> list[dict]:
    return [
        {"area_id": a, "cohort": cohort, "basis": basis, "as_of": as_of, "children": n}
        for a, n in zip(AREAS, counts, strict=True)
    ]


FALLING = [
    births(y, n, area=a)
    for y in (2021, 2022, 2023)
    for a, n in zip(AREAS, np.array([60, 40, 30, 20]) - 2 * (y - 2021), strict=True)
]


def test_children_equal_to_the_births_of_the_calendar_year_are_told_at_the_first_row():
    rows = [*children(2022, [58, 38, 28, 18]), *children(2023, [57, 36, 26, 17])]
    told = [f for f in found(inputs(births=FALLING, children=rows)) if f.code == "W352"]
    assert [(f.row, f.column, f.facts["cohort"], f.facts["from"]) for f in told] == [(2, "cohort", 2022, "2021-09-01")]


def test_children_of_the_cohort_are_not_suspected():
    by_cohort = [round(2 / 3 * n + 1 / 3 * (n + 2)) for n in (58, 38, 28, 18)]
    assert "W352" not in [c for c, _ in codes(inputs(births=FALLING, children=children(2022, by_cohort)))]


def test_level_births_cannot_be_told_from_children():
    level = [births(y, 30, area=a) for y in (2021, 2022) for a in AREAS]
    assert "W352" not in [c for c, _ in codes(inputs(births=level, children=children(2022, [30, 30, 30, 30])))]


def test_cohorts_each_counted_at_the_end_of_its_own_year_are_told():
    rows = [row for c in (2021, 2022, 2023) for row in children(c, [9, 8, 7, 6], as_of=f"{c}-12-31")]
    (finding,) = found(inputs(children=rows))
    assert (finding.code, finding.row, finding.facts["cohort"]) == ("W352", 10, 2023)
    assert codes(inputs(children=rows), day="12-31") == []
    new_year = [row | {"as_of": f"{row['cohort'] + 1}-01-01"} for row in rows]
    assert codes(inputs(children=new_year)) == [("W352", 10)]


def test_cohorts_counted_together_at_the_end_of_a_year_are_not_suspected():
    rows = [row for c in (2021, 2022, 2023) for row in children(c, [9, 8, 7, 6], as_of="2023-12-31")]
    assert codes(inputs(children=rows)) == []
