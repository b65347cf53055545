"""The scenario reads without an error, and so does every variant."""

from __future__ import annotations

import pytest
from songlan_files import SONGLAN

from placesim.inputs import check, read_inputs
from placesim.scenario import load

VARIANTS = ("high_births", "low_births", "class40", "delayed_scheme", "equipped", "local_norms")


def test_the_base_scenario_reads_and_checks_without_an_error_or_a_warning() -> None:
    scenario = load(SONGLAN / "base.toml")
    assert scenario.years == tuple(range(2025, 2041))
    assert scenario.variants == VARIANTS
    inputs, findings = read_inputs(scenario)
    findings = [*findings, *check(inputs, scenario)]
    assert [f for f in findings if not f.code.startswith("N")] == []
    assert len(inputs.area_ids) == 200
    assert inputs.crs == "EPSG:4547"
    assert inputs.frame("population")["residents"].sum() > 160_000
    assert len(inputs.frame("population")) == 200 * 2 * 101
    assert set(inputs.frame("enrolment")["grade"]) == set(scenario.stages.grades)


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_differ_from_the_base_in_what_they_name(variant: str) -> None:
    base, other = load(SONGLAN / "base.toml"), load(SONGLAN / "base.toml", variant=variant)
    assert other.parameters.inputs == base.parameters.inputs
    added = other.changes.keys() - base.changes.keys()
    assert {name: c for name, c in other.changes.items() if name not in added} == base.changes
    differs = {
        "high_births": other.parameters.demography.fertility_factor > 1,
        "low_births": other.parameters.demography.fertility_factor < 1,
        "class40": other.norms["primary"].class_size_design == 40,
        "delayed_scheme": other.parameters.housing.delay_years == {"D04": 2, "D06": 2},
        "local_norms": (base.pack, other.pack) == ("cn-national", "cn-yongzhou"),
        "equipped": {other.changes[name].kind for name in added} == {"equip"},
    }
    assert differs[variant]
    assert not added or variant == "equipped"
    assert base.norms["primary"].class_size_design == 45


def test_committed_changes_open_a_school_on_a_site_add_a_bulge_and_close_a_point() -> None:
    changes = load(SONGLAN / "base.toml").changes
    assert {c.kind for c in changes.values()} == {"open", "bulge", "close"}
