"""Round two of the checks: tables against each other and against the scenario, every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from placesim.dictionary import table_specs
from placesim.errors import Finding
from placesim.inputs import (
    check_applicants,
    check_datums,
    check_geometry,
    check_keys,
    check_links,
    check_people,
    check_resources,
    check_rolls,
    check_schools,
)
from placesim.inputs.findings import capped
from placesim.inputs.request import said_at
from placesim.records import Inputs
from placesim.scenario import Scenario

Check = Callable[[Inputs, Scenario], Iterable[Finding]]


def needed_tables(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """The tables without which the scenario's methods cannot start."""
    parameters = scenario.parameters
    needed = {name: "inputs" for name, spec in table_specs().items() if spec.needed}
    needed["enrolment" if parameters.demography.method == "none" else "population"] = "demography.method"
    if "catchment" in (scenario.allocation.rule(stage) for stage in scenario.stages.ids):
        needed["catchments"] = "allocation.rule"
    if parameters.allocation.place_lock_years and any(tier.place_lock for tier in parameters.allocation.tiers):
        needed["dwellings"] = "allocation.place_lock_years"
    for table, key in needed.items():
        if table not in parameters.inputs:
            facts = {"table": table, "label": table_specs()[table].label}
            yield said_at(scenario.overlay, "E239", key, None, facts)


CHECKS: Mapping[str, Check] = {
    "needed_tables": needed_tables,
    "duplicate_keys": check_keys.duplicate_keys,
    "unknown_ids": check_keys.unknown_ids,
    "unknown_stages": check_keys.unknown_stages,
    "reversed_intervals": check_keys.reversed_intervals,
    "overlapping_validity": check_keys.overlapping_validity,
    "overlapping_ages": check_keys.overlapping_ages,
    "shares_that_sum_to_one": check_keys.shares_that_sum_to_one,
    "campus_facts_differ": check_schools.campus_facts_differ,
    "no_rooms": check_schools.no_rooms,
    "temporary_beyond_rooms": check_schools.temporary_beyond_rooms,
    "grades_of_stage": check_schools.grades_of_stage,
    "class_bins": check_schools.class_bins,
    "absurd_classes": check_schools.absurd_classes,
    "base_year_rolls": check_schools.base_year_rolls,
    "missing_base_rows": check_rolls.missing_base_rows,
    "stage_not_run": check_schools.stage_not_run,
    "areas_without_school": check_schools.areas_without_school,
    "population_years": check_people.population_years,
    "missing_ages": check_people.missing_ages,
    "blank_sex": check_people.blank_sex,
    "bases": check_people.bases,
    "as_of_near_year": check_people.as_of_near_year,
    "pupils_beyond_residents": check_people.pupils_beyond_residents,
    "children_before_birth": check_people.children_before_birth,
    "invalid_shapes": check_geometry.invalid_shapes,
    "areas_without_surface": check_geometry.areas_without_surface,
    "overlapping_areas": check_geometry.overlapping_areas,
    "gaps_between_areas": check_geometry.gaps_between_areas,
    "points_outside": check_geometry.points_outside,
    "suspected_datums": check_datums.suspected_datums,
    "unreached": check_links.unreached,
    "old_developments": check_links.old_developments,
    "tiers_said": check_applicants.tiers_said,
    "tiers_nobody_is_in": check_applicants.tiers_nobody_is_in,
    "unknown_tiers": check_applicants.unknown_tiers,
    "shares_over_one": check_applicants.shares_over_one,
    "overlapping_applicants": check_applicants.overlapping_applicants,
    "counts_of_applicants": check_applicants.counts_of_applicants,
    "closed_choices": check_applicants.closed_choices,
    "parts_of_teachers": check_resources.parts_of_teachers,
    "resources_of_other_stages": check_resources.resources_of_other_stages,
    "amounts_per_pupil": check_resources.amounts_per_pupil,
    "resources_in_force": check_resources.resources_in_force,
    "own_county": check_resources.own_county,
}


def check(inputs: Inputs, scenario: Scenario) -> list[Finding]:
    """Findings of round two; tables that round one could not read are passed over, as it has said why."""
    return capped(finding for function in CHECKS.values() for finding in function(inputs, scenario))
