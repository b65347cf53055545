"""check_housing: one fault each, with its code, row, column and facts; and texts in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import county, squares
from told import only, written

from placesim.demography.residents.check_housing import check_housing
from placesim.errors import Finding
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

OPTIONS = ProjectionOptions(tuple(range(2025, 2036)), "08-31", Demography(), Housing(occupied=(1.0,)))
OWN = [{"dwelling_type": "flat", "age_from": 0, "age_to": 100, "persons": 2.0}]


def homes(name: str = "D", dwellings: int = 100, year: int = 2027, **more: Any) -> dict[str, Any]:
    facts = {"development_id": name, "phase": "1", "dwelling_type": "flat", "area_id": "A", "displaced_share": 0.5}
    return {**facts, "status": "planned", "dwellings": dwellings, "year": year, **more}


def check(*developments: dict[str, Any], profiles: list[dict] | None = OWN, **tables: list[dict]) -> list[Finding]:
    if profiles:
        tables["household_profiles"] = profiles
    if developments:
        tables["developments"] = list(developments)
    return written(check_housing(county({"areas": squares(["A", "B"]), **tables}), OPTIONS))


def place(finding: Finding) -> tuple[str, str | None, int | None, str | None]:
    return finding.code, finding.file, finding.row, finding.column


def test_homes_in_order_have_nothing_to_tell():
    demolished = homes("E", -50, tenant_share=0.3, tenants_staying_share=0.5, return_share=0.8, return_year=2030)
    observed = homes("F", occupied_share=0.4, observed_year=2024, year=2022, status="complete")
    assert check(homes(), demolished, observed, homes("G", status="stalled", restart_year=2029)) == []
    assert check(profiles=None) == []


# ------------------------------------------------------------------------------------------------------------ types
def test_an_unknown_type_is_told_once_with_the_nearest_name():
    rows = [homes(), homes("E", dwelling_type="comodity_large"), homes("F", dwelling_type="comodity_large")]
    finding = only(check(*rows))
    assert place(finding) == ("E358", "developments.csv", 3, "dwelling_type")
    assert finding.value == "comodity_large"
    assert finding.facts["nearest"] == "commodity_large"
    assert "flat" in finding.facts["known"]


def test_a_type_like_no_other_is_told_without_a_guess():
    finding = only(check(homes(dwelling_type="城堡")))
    assert finding.code == "E358"
    assert finding.facts["hint"] == {"en": "", "zh": ""}


def test_bundled_profiles_are_told_where_they_are_used():
    rows = [homes(dwelling_type="talent"), homes("E", dwelling_type="resettlement"), homes("F")]
    finding = only(check(*rows))
    assert place(finding)[:2] == ("N358", "developments.csv")
    assert finding.facts["types"] == "talent, resettlement"
    own = [{**OWN[0], "dwelling_type": kind} for kind in ("talent", "resettlement", "flat")]
    assert check(*rows, profiles=own) == []


def test_shares_of_the_type_are_told_where_the_table_is_blank():
    rows = [homes(dwelling_type="talent", displaced_share=None), homes("E", displaced_share=None)]
    note = only([f for f in check(*rows) if f.code == "N359"])
    assert note.facts["rows"] == 1


def test_types_without_admission_right_are_told():
    note = only([f for f in check(homes(dwelling_type="apartment")) if f.code == "N360"])
    assert note.facts["types"] == "apartment"


# --------------------------------------------------------------------------------------------------------- profiles
def profile(first: int, last: int | None, since: int | None = None, kind: str = "flat") -> dict[str, Any]:
    return {"dwelling_type": kind, "years_since": since, "age_from": first, "age_to": last, "persons": 0.5}


def test_overlapping_ages_of_a_profile_are_told_with_the_other_row():
    rows = [profile(10, 20), profile(0, 10), profile(21, None), profile(21, 30), profile(5, 5)]
    findings = check(homes(), profiles=rows)
    assert [(f.code, f.row, f.facts["other"]) for f in findings] == [("E361", 6, 3), ("E361", 2, 3), ("E361", 5, 4)]
    assert findings[0].facts["ages"] == "0–10"


def test_profiles_of_other_types_and_years_do_not_overlap():
    rows = [profile(0, 10), profile(5, 10, since=10), profile(5, 15, kind="loft"), profile(11, 100)]
    assert check(profiles=rows) == []


def test_a_yield_without_years_cannot_be_used():
    rows = [
        {"dwelling_type": "flat", "stage": "primary", "years_since": y, "pupils_per_dwelling": 0.2} for y in (3, None)
    ]
    assert place(only(check(yields=rows))) == ("W361", "yields.csv", 3, "years_since")


# ------------------------------------------------------------------------------------------------------------ years
@pytest.mark.parametrize("year", [None, 2027, 2020])
def test_a_return_needs_a_year_after_the_demolition(year):
    finding = only(check(homes(dwellings=-50, return_share=0.5, return_year=year)))
    assert place(finding) == ("E359", "developments.csv", 2, "return_year")
    assert finding.facts["year"] == "2027"


def test_an_observation_needs_a_share():
    finding = only(check(homes(observed_year=2024)))
    assert place(finding) == ("E360", "developments.csv", 2, "occupied_share")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"return_share": 0.5}, "return_share"),
        ({"return_year": 2030}, "return_year"),
        ({"tenant_share": 0.5}, "tenant_share"),
        ({"tenants_staying_share": 0.5}, "tenants_staying_share"),
        ({"restart_year": 2030}, "restart_year"),
        ({"restart_year": 2030, "status": None}, "restart_year"),
        ({"dwellings": -50, "occupied_share": 0.5, "observed_year": 2024}, "observed_year"),
    ],
)
def test_cells_that_mean_nothing_in_their_row_are_told(row, column):
    assert place(only(check(homes(**row)))) == ("W358", "developments.csv", 2, column)


# ----------------------------------------------------------------------------------------------------------- people
def test_returns_beside_resettlement_dwellings_may_be_counted_twice():
    demolished = homes(dwellings=-50, return_share=0.5, return_year=2030)
    own = [*OWN, {**OWN[0], "dwelling_type": "resettlement"}]
    built = homes(dwellings=60, year=2030, phase="2", dwelling_type="resettlement")
    assert place(only(check(demolished, built, profiles=own))) == ("W359", "developments.csv", 2, "return_share")
    assert check(demolished, {**built, "development_id": "E"}, profiles=own) == []
    assert check({**demolished, "return_share": None, "return_year": None}, built, profiles=own) == []


def people(area: str, residents: float, year: int = 2025) -> dict[str, Any]:
    return {"area_id": area, "year": year, "sex": "both", "age_from": 0, "age_to": 100, "residents": residents}


def test_demolitions_of_more_homes_than_there_are_people():
    rows = [homes(dwellings=-60, status="complete"), homes("E", -50, status="complete", year=2030)]
    population = [people("A", 210), people("B", 10_000), people("A", 10_000, year=2015)]
    finding = only(check(*rows, population=population))
    assert place(finding) == ("W360", "developments.csv", 2, "dwellings")
    assert finding.facts == {"table": "developments", "leaving": "220", "people": "210", "area": "A"}
    assert check(*rows, population=[people("A", 230), people("B", 0)]) == []
