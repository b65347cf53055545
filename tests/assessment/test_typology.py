"""Crowded, underused, balanced: by the pack's tests, and for how many years running."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_county import County, assessed

from placesim.assessment.typology import typology
from placesim.standards.pack import load_pack
from placesim.vocabulary import TYPOLOGY

NATIONAL, GENERIC = load_pack("cn-national"), load_pack("generic")
QUIET = {
    "school_id": "S", "stage": "primary", "year": 2025, "area_type": "town", "roll": 200.0, "utilisation": 0.9,
    "large_classes": 0.0, "unfilled": 20.0, "unfilled_share": 0.1,
}  # fmt: skip


def one(**said: Any) -> pd.Series:
    return typology(pd.DataFrame([QUIET | said]), NATIONAL).iloc[0]


@pytest.mark.parametrize("area_type", ["urban", "town", "rural"])
def test_a_quiet_school_is_balanced(area_type: str) -> None:
    row = one(area_type=area_type)
    assert row["typology"] == "balanced"
    assert pd.isna(row["reason"])


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ({"utilisation": 1.0}, "balanced", None),
        ({"utilisation": 1.01}, "crowded", "utilisation"),
        ({"utilisation": 1.01, "area_type": "urban"}, "crowded", "utilisation"),
        ({"utilisation": 1.01, "area_type": "rural"}, "balanced", None),
        ({"large_classes": 1.0}, "crowded", "large_class"),
        ({"large_classes": 1.0, "stage": "kindergarten"}, "balanced", None),
        ({"large_classes": 2.0, "utilisation": 1.2}, "crowded", "utilisation+large_class"),
        ({"roll": 99.0, "area_type": "rural"}, "underused", "small_roll"),
        ({"roll": 100.0, "area_type": "rural"}, "balanced", None),
        ({"roll": 99.0}, "balanced", None),
        ({"roll": 60.0, "area_type": "rural", "stage": "kindergarten"}, "balanced", None),
        ({"unfilled_share": 0.25, "unfilled": 30.0, "area_type": "rural"}, "underused", "unfilled"),
        ({"unfilled_share": 0.25, "unfilled": 29.0, "area_type": "rural"}, "balanced", None),
        ({"unfilled_share": 0.24, "unfilled": 300.0, "area_type": "rural"}, "balanced", None),
        ({"unfilled_share": 0.5, "unfilled": 90.0, "roll": 90.0, "area_type": "rural"}, "underused",
         "small_roll+unfilled"),
        ({"utilisation": np.nan, "large_classes": np.nan}, "balanced", None),
    ],
)  # fmt: skip
def test_the_national_tests(said: dict[str, Any], kind: str, reason: str | None) -> None:
    row = one(**said)
    assert row["typology"] == kind
    assert row["reason"] == reason if reason else pd.isna(row["reason"])


def test_without_an_area_type_a_school_is_unknown_only_where_it_matters() -> None:
    assert one(area_type=None)["typology"] == "balanced"
    assert pd.isna(one(area_type=None, utilisation=1.2)["typology"])
    county = County(flows=[(2025, "A", "S1", "G1", 40)], area_types=(None, None))
    assert "assessment.note.area_type" in assessed(county).notes
    assert "assessment.note.area_type" not in assessed(county, "generic").notes


def test_the_generic_pack_asks_for_no_area_type() -> None:
    rows = pd.DataFrame([QUIET | {"area_type": None, "utilisation": 1.2}, QUIET | {"year": 2026, "roll": 3.0}])
    assert typology(rows, GENERIC)["typology"].tolist() == ["crowded", "balanced"]


def over(years: list[int], use: list[float], **said: Any) -> list[bool]:
    rows = [QUIET | {"year": y, "utilisation": u} | said for y, u in zip(years, use, strict=True)]
    return typology(pd.DataFrame(rows), NATIONAL)["persistent"].tolist()


def test_three_years_running_are_persistent() -> None:
    assert over([2025, 2026, 2027, 2028], [1.1, 1.2, 1.1, 1.3]) == [False, False, True, True]


def test_a_quiet_year_starts_the_count_anew() -> None:
    assert over([2025, 2026, 2027, 2028, 2029, 2030], [1.1, 1.2, 0.9, 1.1, 1.1, 1.1]) == [False] * 5 + [True]


def test_a_year_closed_starts_the_count_anew() -> None:
    assert over([2025, 2026, 2028, 2029], [1.1] * 4) == [False] * 4


def test_balanced_years_are_never_persistent() -> None:
    assert over([2025, 2026, 2027, 2028], [0.9] * 4) == [False] * 4


def test_the_count_does_not_run_on_into_the_next_school_or_stage() -> None:
    rows = [
        QUIET | {"school_id": s, "stage": k, "year": y, "utilisation": 1.2}
        for s, k, y in [("S", "primary", 2025), ("S", "primary", 2026), ("S", "junior", 2027), ("T", "junior", 2028)]
    ]
    assert typology(pd.DataFrame(rows), NATIONAL)["persistent"].tolist() == [False] * 4


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "area_type": st.sampled_from(["urban", "town", "rural"]),
                "roll": st.integers(0, 300).map(float),
                "utilisation": st.sampled_from([0.2, 0.99, 1.0, 1.01, np.nan]),
                "large_classes": st.sampled_from([0.0, 1.0, np.nan]),
                "unfilled": st.integers(0, 60).map(float),
                "unfilled_share": st.sampled_from([0.0, 0.25, 0.6, np.nan]),
            }
        ),
        min_size=1,
        max_size=10,
    )
)
def test_every_school_has_one_type_and_a_reason_unless_balanced(rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame([QUIET | r | {"year": 2025 + i} for i, r in enumerate(rows)])
    result = typology(frame, NATIONAL)
    assert set(result["typology"]) <= set(TYPOLOGY)
    assert (result["reason"].isna() == (result["typology"] == "balanced")).all()
    crowded = frame["area_type"].isin(["urban", "town"]) & ((frame["utilisation"] > 1) | (frame["large_classes"] >= 1))
    underused = (frame["area_type"] == "rural") & (
        (frame["roll"] < 100) | ((frame["unfilled_share"] >= 0.25) & (frame["unfilled"] >= 30))
    )
    assert (crowded == (result["typology"] == "crowded")).all()
    assert (underused == (result["typology"] == "underused")).all()
    streak = 0
    for i, kind in enumerate(result["typology"]):
        streak = streak + 1 if i and kind == result["typology"][i - 1] else 1
        assert result["persistent"][i] == (kind != "balanced" and streak >= 3)
