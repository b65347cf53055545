"""Coefficients of variation of a county's schools, and what they lack to pass, worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from quality_county import case_of
from toy_county import County, row_of

from placesim.assessment.quality.between import balance
from placesim.assessment.quality.case import Case
from placesim.assessment.quality.words import AMOUNTS, BASIC, INDICATORS

# The published example of the measure (教督〔2012〕3号): its books stand here for every amount.
PUPILS = [45, 37, 89, 76, 55]
BOOKS = [279, 137, 935, 160, 402]


@pytest.fixture(scope="module")
def case() -> Case:
    return case_of(County(flows=[(2025, "A", "S1", "G1", 400)]), {})


def amounts(pupils: list[float], stage: str = "primary", year: int = 2025, **given: list[float]) -> pd.DataFrame:
    """Schools a, b, … with the amounts a test names; the others are not known."""
    schools = pd.DataFrame({"id": [chr(97 + i) for i in range(len(pupils))], "pupils": np.array(pupils, dtype=float)})
    unknown = pd.DataFrame(np.nan, index=schools.index, columns=list(AMOUNTS)).assign(**given)
    facts = {"unit": "stage_section", "stage": stage, "year": year, "excluded": None, "area_type": "rural"}
    return schools.assign(**facts).join(unknown.astype(float))


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda i: i.metric)
def test_the_published_example_for_each_of_the_seven(case: Case, indicator) -> None:
    table, _ = balance(case, amounts(PUPILS, **{indicator.amount: BOOKS}))
    row = row_of(table, metric=indicator.cv)
    assert row["average"] == round(1913 / 302 * indicator.per, 4)
    assert (row["cv"], row["cv_plain"]) == (0.5153, 0.5465)  # published as 0.52; unweighted 0.546
    assert (row["limit"], row["standing"]) == (0.5, "fails")
    assert (row["school_count"], row["not_known"]) == (5, 0)


def test_junior_schools_have_their_own_limit(case: Case) -> None:
    table, _ = balance(case, amounts([100, 100], "junior", sports_area=[1000, 2600]))
    row = row_of(table, metric="cv_sports_area")
    assert row["cv"] == 0.4444  # 10 and 26 around 18: 8 ÷ 18
    assert (row["limit"], row["standing"], row["rule_id"]) == (0.45, "passes", "cn-quality-cv5-junior")
    primary, _ = balance(case, amounts([100, 100], sports_area=[1000, 2600]))
    assert row_of(primary, metric="cv_sports_area")["limit"] == 0.5


def test_the_least_addition_by_hand(case: Case) -> None:
    """Two schools of 100: 200 and 1000 m² are 2 and 10 per pupil, 6 ± 4: CV 0.667.

    CV 0.5 wants t with (10 − t) ÷ (10 + t) = 0.5, so t = 10 ÷ 3: 133.33 m² for the first. The threshold of 7.5 wants
    550 m² for it; then the CV is 2.5 ÷ 17.5 = 0.14 and nothing more is asked.
    """
    table, added = balance(case, amounts([100, 100], sports_area=[200, 1000]))
    row = row_of(table, metric="cv_sports_area")
    assert (row["cv"], row["standing"]) == (0.6667, "fails")
    assert row[["to_balance", "to_threshold", "to_both", "raised"]].tolist() == [133.33, 550.0, 550.0, 1]
    mine = added[added["item"] == "sports_area"]
    assert mine["amount_missing"].tolist() == [550.0, 0.0]
    assert mine["amount_to_add"].tolist() == [550.0, 0.0]


def test_the_coefficient_may_ask_for_more_than_the_thresholds(case: Case) -> None:
    """7.5 and 30 m² per pupil both reach 7.5, but (30 − t) ÷ (30 + t) = 0.5 wants t = 10: 250 m² more."""
    table, added = balance(case, amounts([100, 100], sports_area=[750, 3000]))
    row = row_of(table, metric="cv_sports_area")
    assert row[["to_balance", "to_threshold", "to_both", "raised"]].tolist() == [250.0, 0.0, 250.0, 1]
    assert added.loc[added["item"] == "sports_area", "amount_to_add"].tolist() == [250.0, 0.0]


def test_the_composite_of_the_basic_balance_is_the_mean_of_eight(case: Case) -> None:
    """Two schools of 100 with 1 and 3 of seven amounts (CV 1 ÷ 2) and alike in books (CV 0): 7 × 0.5 ÷ 8."""
    given = {name: [100.0, 300.0] for name in BASIC} | {"books": [50.0, 50.0]}
    assert len(BASIC) == 8
    row = row_of(balance(case, amounts([100, 100], **given))[0], metric="cv_basic")
    assert row["cv"] == 0.4375
    assert (row["limit"], row["standing"], row["rule_id"]) == (0.65, "passes", "cn-basic-cv-primary")
    without = balance(case, amounts([100, 100], **{k: v for k, v in given.items() if k != "computers"}))[0]
    assert np.isnan(row_of(without, metric="cv_basic")["cv"])
    assert row_of(without, metric="cv_basic")["standing"] == "unknown"


def test_schools_that_are_not_evaluated_or_not_known_are_in_no_coefficient(case: Case) -> None:
    schools = amounts([100, 100, 100, 100], sports_area=[200, 1000, np.nan, 9000])
    schools.loc[3, "excluded"] = "small"
    row = row_of(balance(case, schools)[0], metric="cv_sports_area")
    assert (row["school_count"], row["not_known"], row["cv"]) == (2, 1, 0.6667)


def test_without_any_amount_there_is_no_coefficient(case: Case) -> None:
    table, added = balance(case, amounts([100, 300], sports_area=[0, 0]))
    row = row_of(table, metric="cv_sports_area")
    assert row["average"] == 0
    assert row[["cv", "cv_plain", "to_balance"]].isna().all()
    assert (row["to_threshold"], row["to_both"], row["standing"]) == (3000.0, 3000.0, "unknown")
    assert added.loc[added["item"] == "sports_area", "amount_missing"].tolist() == [750.0, 2250.0]
    unknown = row_of(table, metric="cv_equipment")
    assert (unknown["school_count"], unknown["not_known"], unknown["standing"]) == (0, 2, "unknown")


def test_years_of_policy_are_marked(case: Case) -> None:
    years = [amounts([100, 100], year=y, sports_area=[200, 1000]) for y in (2026, 2027, 2035)]
    table, _ = balance(case, pd.concat(years, ignore_index=True))
    assert table.groupby("year")["marked"].all().to_dict() == {2026: False, 2027: True, 2035: True}
