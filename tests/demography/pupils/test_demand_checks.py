"""check_demand: one fault each, with its code and facts; and texts in both languages."""

from __future__ import annotations

import pytest
from handmade import STAGES, county, squares

from placesim.demography.pupils.checks import check_demand
from placesim.messages import describe
from placesim.scenario.options import DemandOptions
from placesim.scenario.parameters import DemandParameters

ROLL = {"school_id": "S", "year": 2025, "grade": "G1", "pupils": 10}
CHILD = {"area_id": "A", "cohort": 2020, "basis": "registration", "as_of": "2025-08-31", "children": 3}
FLOW = {"area_id": "A", "school_id": "S", "year": 2025, "stage": "primary", "pupils": 3}
PEOPLE = {"area_id": "A", "year": 2025, "sex": "both", "age_from": 0, "age_to": 130, "residents": 9}
DEVELOPMENT = {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2026}
DEVELOPMENT |= {"dwellings": 10}


@pytest.mark.parametrize(
    ("tables", "codes"),
    [
        ({"enrolment": [ROLL], "children": [CHILD], "flows": [FLOW]}, []),
        ({"population": [PEOPLE], "developments": [DEVELOPMENT]}, []),
        ({}, ["E330"]),
        ({"enrolment": [{**ROLL, "year": 2026}]}, ["E330"]),
        ({"enrolment": [{**ROLL, "year": 2024}]}, ["W330"]),
        ({"enrolment": [{**ROLL, "year": 2026}], "children": [CHILD]}, ["W330"]),
        ({"enrolment": [ROLL], "flows": [{**FLOW, "year": 2026}]}, ["W331"]),
        ({"children": [CHILD, {**CHILD, "cohort": 2025, "as_of": "2025-06-30"}]}, ["W332"]),
        ({"enrolment": [ROLL], "developments": [DEVELOPMENT]}, ["W333"]),
    ],
)
def test_each_fault_has_its_code(tables, codes):
    given = county({"areas": squares(["A"]), **tables})
    findings = check_demand(given, DemandOptions((2025, 2026), STAGES, DemandParameters()))
    assert [f.code for f in findings] == codes
    for finding in findings:
        for language in ("en", "zh"):
            assert "{" not in "".join(describe(finding, language))


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([("A", 2019), ("B", 2019), ("A", 2020), ("B", 2020)], {}),
        (
            [("A", 2019), ("B", 2019), ("A", 2020), ("A", 2021)],
            {"W334": {"counts": 2, "areas": 1, "cohorts": "2020–2021"}},
        ),
        ([("A", 2019)], {"W335": {"areas": 1, "first": "B"}}),
    ],
)
def test_areas_without_a_count_that_others_have(cells, found):
    rows = [{**CHILD, "area_id": area, "cohort": cohort} for area, cohort in cells]
    given = county({"areas": squares(["A", "B"]), "children": rows})
    findings = check_demand(given, DemandOptions((2025, 2026), STAGES, DemandParameters()))
    assert {f.code: {k: f.facts[k] for k in found.get(f.code, ())} for f in findings} == found
    for finding in findings:
        for language in ("en", "zh"):
            assert "{" not in "".join(describe(finding, language))


# --------------------------------------------------------------------------------------- totals, bases that contradict
TOTAL = {**CHILD, "cohort": 2019, "cohort_to": 2021}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([TOTAL], [("N362", None, "cohort")]),
        ([TOTAL, CHILD], [("N362", None, "cohort")]),  # a single cohort inside a total is taken out of it
        ([TOTAL, {**TOTAL, "cohort": 2022, "cohort_to": 2024}], [("N362", None, "cohort")]),
        ([TOTAL, {**TOTAL, "cohort": 2021, "cohort_to": 2024}], [("E362", 3, "cohort")]),
        ([TOTAL, {**TOTAL, "cohort": 2021, "cohort_to": 2024, "basis": "permit"}], [("N362", None, "cohort")]),
        ([{**CHILD, "cohort_to": 2018}], [("E363", 2, "cohort_to")]),
        ([{**CHILD, "area_id": None}], [("E364", 2, "area_id")]),
    ],
)
def test_totals_are_clear_or_told(rows, found):
    given = county({"areas": squares(["A"]), "children": rows})
    findings = check_demand(given, DemandOptions((2025, 2026), STAGES, DemandParameters()))
    assert [(f.code, f.row, f.column) for f in findings] == found
    for finding in findings:
        for language in ("en", "zh"):
            assert "{" not in "".join(describe(finding, language))


@pytest.mark.parametrize(("factor", "codes"), [(1.0, []), (2.0, []), (10.0, ["W362", "W362"]), (0.1, ["W362", "W362"])])
def test_bases_that_cannot_speak_of_the_same_children(factor, codes):
    rows = [{**CHILD, "children": 100}, {**CHILD, "basis": "vaccination", "children": 100 * factor}]
    given = county({"areas": squares(["A"]), "children": rows})
    findings = check_demand(given, DemandOptions((2025, 2026), STAGES, DemandParameters()))
    assert [f.code for f in findings] == codes
    for finding in findings:
        for language in ("en", "zh"):
            assert "{" not in "".join(describe(finding, language))
