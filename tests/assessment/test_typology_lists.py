"""The crowded and the underused list: since when, how badly, and what comes after."""

from __future__ import annotations

from typing import Any

import pandas as pd
from toy_county import County, assessed

from placesim.assessment.lists import COLUMNS, typology_list
from placesim.assessment.typology import typology
from placesim.standards.pack import load_pack

NATIONAL = load_pack("cn-national")
QUIET = {
    "school_id": "S", "stage": "primary", "area_type": "town", "roll": 200.0, "utilisation": 0.9,
    "large_classes": 0.0, "unfilled": 20.0, "unfilled_share": 0.1,
    "class_basis": "formed",
}  # fmt: skip


def listed(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([QUIET | r for r in rows])
    return typology_list(frame.join(typology(frame, NATIONAL)), name, NATIONAL)


def years(first: int, *uses: float, **said: Any) -> list[dict[str, Any]]:
    return [{"year": first + i, "utilisation": u} | said for i, u in enumerate(uses)]


def test_a_wave_that_passes() -> None:
    table = listed("crowded", *years(2025, 0.9, 1.1, 1.3, 1.2, 0.8))
    assert table.to_dict("records") == [
        {
            "school_id": "S", "stage": "primary", "area_type": "town", "first_year": 2026, "last_year": 2028,
            "years": 3, "persistent": True, "reason": "utilisation", "first_metric": "utilisation",
            "first_value": 1.1, "metric": "utilisation", "limit": 1.0,
            "peak_value": 1.3, "peak_year": 2027, "last_value": 1.2, "after": "eases",
            "after_value": 0.8, "after_year": 2029,
        }
    ]  # fmt: skip


def test_crowded_to_the_end() -> None:
    row = listed("crowded", *years(2025, 0.9, 1.1, 1.2)).iloc[0]
    assert (row["last_year"], row["after"], row["after_value"], row["after_year"]) == (2027, "stays", 1.2, 2027)
    assert not row["persistent"]


def test_a_school_that_closes() -> None:
    other = years(2025, 0.5, 0.5, 0.5, school_id="T")
    row = listed("crowded", *years(2025, 1.1, 1.2), *other).iloc[0]
    assert (row["school_id"], row["after"], row["after_year"]) == ("S", "closes", 2026)


def test_the_worst_of_a_falling_roll_is_the_lowest_and_the_first_year_of_it() -> None:
    rolls = [{"year": 2025 + i, "roll": r, "area_type": "rural"} for i, r in enumerate([120.0, 80.0, 60.0, 60.0, 70.0])]
    row = listed("underused", *rolls).iloc[0]
    assert (row["metric"], row["limit"], row["first_year"], row["first_value"]) == ("roll", 100, 2026, 80)
    assert (row["peak_value"], row["peak_year"], row["last_value"]) == (60, 2027, 70)


def test_values_are_of_the_test_that_holds_in_the_year_shown() -> None:
    row = listed(
        "crowded",
        {"year": 2025, "large_classes": 2.0},
        {"year": 2026, "large_classes": 3.0, "utilisation": 1.2},
        {"year": 2027, "utilisation": 1.1},
    ).iloc[0]
    assert row["reason"] == "utilisation+large_class"
    assert (row["first_metric"], row["first_year"], row["first_value"]) == ("large_classes", 2025, 2)
    assert (row["metric"], row["limit"], row["peak_value"], row["peak_year"]) == ("utilisation", 1, 1.2, 2026)
    assert (row["last_year"], row["last_value"]) == (2027, 1.1)


def test_large_classes_that_end_with_the_basis_do_not_ease() -> None:
    counted_then_formed = [{"year": 2025, "large_classes": 6.0, "class_basis": "bins"}, {"year": 2026}]
    assert listed("crowded", *counted_then_formed).iloc[0]["after"] == "rebased"
    formed = [{"year": 2025, "large_classes": 6.0}, {"year": 2026}]
    assert listed("crowded", *formed).iloc[0]["after"] == "eases"
    fuller = [{"year": 2025, "utilisation": 1.2, "class_basis": "bins"}, {"year": 2026}]
    assert listed("crowded", *fuller).iloc[0]["after"] == "eases"


def test_the_first_test_stays_while_it_holds_and_its_peak_is_of_years_in_which_it_does() -> None:
    row = listed(
        "crowded",
        {"year": 2025, "large_classes": 2.0},
        {"year": 2026, "utilisation": 1.2},
        {"year": 2027},
        {"year": 2028, "large_classes": 1.0, "utilisation": 1.5},
    ).iloc[0]
    assert (row["metric"], row["limit"], row["peak_value"], row["peak_year"]) == ("large_classes", 1, 2, 2025)
    assert (row["first_year"], row["last_year"], row["years"], row["last_value"]) == (2025, 2028, 3, 1)


def test_one_row_per_school_and_stage_each_with_its_own_metric() -> None:
    rows = [
        *years(2025, 1.1, 1.2),
        {"year": 2025, "stage": "junior", "large_classes": 1.0},
        {"year": 2026, "stage": "junior", "large_classes": 4.0},
        *years(2025, 1.5, 1.4, school_id="T"),
    ]
    table = listed("crowded", *rows)
    assert table[["school_id", "stage", "metric", "peak_value", "peak_year"]].values.tolist() == [
        ["S", "primary", "utilisation", 1.2, 2026],
        ["S", "junior", "large_classes", 4.0, 2026],
        ["T", "primary", "utilisation", 1.5, 2025],
    ]


def test_an_empty_list_keeps_its_columns_and_types() -> None:
    full, empty = listed("crowded", *years(2025, 1.1)), listed("underused", *years(2025, 1.1))
    assert empty.columns.tolist() == list(COLUMNS)
    assert empty["first_year"].dtype == full["first_year"].dtype
    assert empty["peak_value"].dtype == full["peak_value"].dtype


def test_the_lists_of_a_run() -> None:
    flows = [(y, "B", "S2", "G1", n) for y, n in zip((2025, 2026, 2027), (40, 60, 55), strict=True)]
    county = County(flows=flows, years=(2025, 2026, 2027), places={("S2", "primary"): (50, 50, 70)})
    lists = assessed(county).lists
    crowded = lists["crowded"].iloc[0]
    assert (crowded["school_id"], crowded["first_year"], crowded["peak_value"]) == ("S2", 2026, 1.2)
    assert crowded["reason"] == "utilisation+large_class"  # 60 in the one class of 2026
    assert set(lists["underused"]["school_id"]) == {"S1"}
