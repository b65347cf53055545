"""check_projection: one fault each, with its code, row and facts; and texts in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import county, squares
from told import only, written

from placesim.demography.residents.checks import check_projection
from placesim.errors import Finding
from placesim.inputs.findings import spans
from placesim.messages import describe
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

RATES = [
    {"measure": "total_fertility", "value": 1.1},
    {"measure": "survival", "value": 0.999, "age_from": 0, "age_to": 130},
    {"measure": "out_rate", "value": 0.01},
]


def people(area: str, sex: str = "both", first: int = 0, last: int = 130, year: int = 2025) -> dict[str, Any]:
    return {"area_id": area, "year": year, "sex": sex, "age_from": first, "age_to": last, "residents": 1000}


def check(
    *population: dict[str, Any],
    rates: list[dict] | None = None,
    housing: Housing | None = None,
    source: dict[str, Any] | None = None,
    method: str = "cohort",
    **tables: list[dict],
) -> list[Finding]:
    rows = population or (people("A"), people("B"))
    given = county({"areas": squares(["A", "B"]), "population": rows, "rates": RATES + (rates or []), **tables})
    table = given.tables["population"]
    changed = replace(table, source=replace(table.source, **(source or {})))
    given = replace(given, tables={**given.tables, "population": changed})
    told = ProjectionOptions((2025, 2026, 2027), "08-31", Demography(method=method), housing or Housing())
    return written(check_projection(given, told))


def test_a_county_in_order_has_nothing_to_tell():
    assert check() == []


@pytest.mark.parametrize(("years", "told"), [((2025,), "2026–2027"), ((2024, 2026), "2025, 2027")])
def test_a_supplied_projection_may_lack_years(years, told):
    rows = [people(a, year=y) for a in "AB" for y in years]
    finding = only(check(*rows, method="given"))
    assert (finding.code, finding.facts["years"]) == ("N322", told)


def test_no_fertility_names_the_table_and_the_fix():
    rates = [r for r in RATES if r["measure"] != "total_fertility"]
    given = county({"areas": squares(["A", "B"]), "population": [people("A"), people("B")], "rates": rates})
    told = ProjectionOptions((2025, 2026), "08-31", Demography(), Housing())
    finding = only(check_projection(given, told))
    assert (finding.code, finding.file, finding.facts["areas"]) == ("E320", "rates.csv", 2)
    assert "total_fertility" in describe(finding, "en")[1]


def test_without_any_rates_fertility_is_asked_for_and_the_rest_is_told():
    given = county({"areas": squares(["A"]), "population": [people("A")]})
    findings = check_projection(given, ProjectionOptions((2025, 2026), "08-31", Demography(), Housing()))
    assert [f.code for f in findings] == ["E320", "N321", "W322"]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("fertility", 45.9),
        ("survival", 1.2),
        ("out_rate", 5.0),
        ("sex_ratio_at_birth", 1.11),
        ("mortality", 5.7),
        ("total_fertility", 101.3),
    ],
)
def test_a_rate_in_another_unit(measure, value):
    ages = {} if measure == "sex_ratio_at_birth" else {"age_from": 20, "age_to": 24}
    told = check(rates=[{"measure": measure, "value": value, **ages}])  # some contradict a rate of the county, too
    finding = only([f for f in told if f.code != "E352"])
    assert (finding.code, finding.row, finding.column, finding.value) == ("E321", 5, "value", f"{value:g}")


def test_a_sex_ratio_of_a_part_of_the_county():
    finding = only(check(rates=[{"measure": "sex_ratio_at_birth", "value": 110.0, "area_id": "A"}]))
    assert (finding.code, finding.row) == ("E322", 5)


def test_fertility_without_ages():
    finding = only(check(rates=[{"measure": "fertility", "value": 0.04}]))
    assert (finding.code, finding.row, finding.column) == ("E323", 5, "age_from")


DEVELOPMENT = {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2026}
DEVELOPMENT |= {"dwellings": 10, "status": "planned", "displaced_share": 0.3}
PROFILE = {"dwelling_type": "flat", "age_from": 0, "age_to": 9, "persons": 0.3}


def test_a_delay_of_an_unknown_development():
    housing = Housing(delay_years={"D": 1, "X": 2})
    finding = only(check(housing=housing, developments=[DEVELOPMENT], household_profiles=[PROFILE]))
    assert (finding.code, finding.column, finding.value) == ("E324", "housing.delay_years.X", "X")


def test_a_blank_displaced_share():
    rows = [{**DEVELOPMENT, "displaced_share": None}]
    finding = only(check(developments=rows, household_profiles=[PROFILE]))
    assert (finding.code, finding.facts["rows"]) == ("W321", 1)


def test_registered_population():
    assert only(check(source={"basis": "registered"})).code == "W320"


def test_a_population_before_the_base_year():
    finding = only(check(people("A", year=2020), people("B", year=2020)))
    assert (finding.code, finding.facts["start"]) == ("N323", 2020)


def test_no_population_is_only_noted():
    told = ProjectionOptions((2025,), "08-31", Demography(), Housing())
    assert only(check_projection(county({"areas": squares(["A"])}), told)).code == "N320"
    assert check(method="none") == []


def test_spans_in_words():
    assert spans(np.array([3, 4, 5, 9, 11, 12])) == "3–5, 9, 11–12"
