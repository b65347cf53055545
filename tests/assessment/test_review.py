"""The ranking for consolidation review: by hand, its laws, and bad input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_county import County, assessed

from placesim.assessment import underused
from placesim.errors import InputError


def score(**school: Any) -> float:
    return float(underused(pd.DataFrame([{"school_id": "s", **school}]))["score"].iloc[0])


def test_by_hand() -> None:
    assert score(places=315, roll=200) == pytest.approx(2.0)  # (315 + 85) ÷ 200
    assert score(places=315, roll=200, condition=0.5) == pytest.approx((315 * 1.5 + 85) / 200)
    assert score(places=315, roll=200, minutes_to_next=25) == pytest.approx(2.0)
    assert score(places=315, roll=200, minutes_to_next=120) == pytest.approx(1.0)
    assert score(places=315, roll=0) == pytest.approx(400.0)


def test_a_falling_school_by_hand() -> None:
    """A tenth less every year: 200 pupils now are expected to be 180."""
    past = {f"roll_{k}": 200 / 0.9**k for k in range(1, 6)}
    assert score(places=315, roll=200, **past) == pytest.approx(400 / 180)
    assert score(places=315, roll=200, roll_3=200 / 0.9**3) == pytest.approx(400 / 180)  # years between not known
    assert score(places=315, roll=200, roll_1=0) == pytest.approx(2.0)  # a year without pupils tells no slope
    assert score(places=315, roll=200, roll_1=10_000) == pytest.approx(4.0)  # no trend more than halves a roll


def test_ranks_and_reasons() -> None:
    schools = pd.DataFrame(
        {
            "school_id": ["full", "empty", "small", "worn", "far", "blank"],
            "places": [500, 500, 90, 500, 90, np.nan],
            "roll": [500, 200, 60, 420, 60, 100],
            "condition": [1, 1, 1, 0.2, 1, 1],
            "minutes_to_next": [10, 10, 10, 10, 90, 10],
        }
    )
    found = underused(schools)
    assert found["school_id"].tolist() == ["empty", "small", "worn", "far", "full", "blank"]
    assert found["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    reasons = dict(zip(found["school_id"], found["score_reason"], strict=True))
    assert reasons["empty"] == "empty"
    assert reasons["small"] == "small"
    assert reasons["worn"] == "condition"
    assert reasons["blank"] == "unknown"
    assert math.isnan(found["score"].iloc[-1])


def test_in_a_run() -> None:
    """Pupils of A in S1 would go 40 minutes to S2, those of B 5; nobody knows a second junior school."""
    flows = [(2025, "A", "S1", "G1", 30), (2025, "B", "S1", "G1", 10), (2025, "B", "S2", "G1", 60)]
    flows += [(2025, "A", "S1", "G7", 20)]
    places = {("S1", "primary"): (90, 90, 90), ("S2", "primary"): (60, 60, 60), ("S1", "junior"): (50, 50, 50)}
    rolls = [{"school_id": "S1", "year": 2024, "grade": "G1", "pupils": 44.0}]
    table = assessed(County(flows, places=places, enrolment=rolls)).tables["review"].set_index(["school_id", "stage"])
    first = table.loc["S1", "primary"]
    assert first["minutes_to_next"] == round((30 * 40 + 10 * 5) / 40, 1)
    assert first["score"] == round((90 + 85) / 36.363636 / (31.25 / 30) ** 0.5, 3)  # 44 → 40: a tenth less, once more
    assert first["review_rank"] == 1
    assert table.loc["S2", "primary"]["minutes_to_next"] == 35.0
    assert table.loc["S1", "junior"]["minutes_to_next"] == 40.0  # out of reach: the longest way known


numbers = st.integers(0, 900)
rows = st.lists(
    st.fixed_dictionaries(
        {"places": numbers, "roll": numbers, "roll_2": numbers, "condition": st.floats(0, 1),
         "minutes_to_next": st.floats(0, 200)}
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(rows, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(given_rows: list[dict[str, float]], rng: Any) -> None:
    schools = pd.DataFrame(given_rows).assign(school_id=[f"s{i:02}" for i in range(len(given_rows))])
    mixed = schools.sample(frac=1, random_state=rng.randint(0, 1000))
    pd.testing.assert_frame_equal(underused(schools), underused(mixed))


@given(rows, st.integers(1, 500))
def test_more_pupils_put_a_school_no_nearer_to_review(given_rows: list[dict[str, float]], more: int) -> None:
    schools = pd.DataFrame(given_rows).assign(school_id=[f"s{i:02}" for i in range(len(given_rows))])
    fuller = schools.copy()
    fuller.loc[0, ["roll", "roll_2"]] = fuller.loc[0, ["roll", "roll_2"]] * 1.0 + [more, 0]
    fuller.loc[0, "roll_2"] = schools.loc[0, "roll_2"] = 0  # no trend: the pupils alone
    before, after = (underused(t).set_index("school_id").loc["s00"] for t in (schools, fuller))
    assert after["rank"] >= before["rank"]
    assert after["score"] <= before["score"]


def test_no_schools_and_none_known() -> None:
    none = underused(pd.DataFrame({"school_id": [], "places": [], "roll": []}))
    assert list(none.columns) == ["school_id", "rank", "score", "score_reason"]
    assert len(none) == 0
    assert underused(pd.DataFrame({"school_id": ["a"], "places": [None], "roll": [None]}))["rank"].tolist() == [1]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"roll": [-1.0]}, "roll[0]"),
        ({"places": [np.inf]}, "places[0]"),
        ({"condition": [1.2]}, "condition[0]"),
        ({"roll_3": ["many"]}, "roll_3"),
        ({"school_id": [None]}, "blank"),
        ({"places": None}, "column places"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], text: str) -> None:
    table: dict[str, Any] = {"school_id": ["a"], "places": [10.0], "roll": [5.0], **change}
    with pytest.raises(InputError, match=r".") as error:
        underused(pd.DataFrame({k: v for k, v in table.items() if v is not None}))
    assert text in str(error.value)
    with pytest.raises(InputError, match="once"):
        underused(pd.DataFrame({"school_id": ["a", "a"], "places": 1, "roll": 1}))
