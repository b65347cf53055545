"""The bundled county's base year: every roll met with calibration, towns too empty without; beside the true ways."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import placesim as ps
from placesim.vocabulary import OUTSIDE

SONGLAN = Path(__file__).resolve().parents[3] / "scenarios" / "songlan"
STAGES = ("primary", "junior")


@pytest.fixture(scope="module")
def run() -> ps.Run:
    return ps.run(ps.load(SONGLAN / "base.toml", set={"calendar.horizon": 0, "uncertainty.draws": 0}))


@pytest.fixture(scope="module")
def by_rule() -> ps.Run:
    told = {"calendar.horizon": 0, "uncertainty.draws": 0, "allocation.calibrate": False}
    return ps.run(ps.load(SONGLAN / "base.toml", set=told))


def base_rows(run: ps.Run) -> pd.DataFrame:
    rows = run.allocation.rows()
    return rows[rows["year"] == run.allocation.years[0]]


def by_school_and_grade(run: ps.Run) -> pd.Series:
    rows = base_rows(run)
    return rows[rows["school_id"] != OUTSIDE].groupby(["school_id", "grade"])["pupils"].sum()


def returns(run: ps.Run) -> pd.Series:
    rows = run.inputs.frame("enrolment")
    rows = rows[rows["year"] == run.allocation.years[0]]
    return rows.set_index(["school_id", "grade"])["pupils"].astype(int)


def test_the_base_year_matches_every_roll(run: ps.Run) -> None:
    told, found = returns(run), by_school_and_grade(run)
    assert len(told) > 300
    silent = set(run.places.ids) - set(told.index.get_level_values("school_id"))
    assert len(silent) < 5
    there = found[~found.index.get_level_values("school_id").isin(silent)]
    differ = there.sub(told, fill_value=0)
    assert differ[differ != 0].to_dict() == {}
    known = run.allocation.tables["calibration"].dropna(subset=["residual"])
    assert (known["residual"] == 0).all()


def test_without_calibration_towns_are_too_empty(run: ps.Run, record_property: pytest.RecordProperty) -> None:
    table = run.allocation.tables["calibration"].merge(run.places.schools[["school_id", "area_type"]])
    table = table[table["stage"].isin(STAGES) & table["residual"].notna()]
    sums = table.groupby(["stage", "area_type"])[["roll_actual", "roll_by_rule", "roll"]].sum()
    for stage, kind in sums.index:
        for column, pupils in sums.loc[(stage, kind)].items():
            record_property(f"songlan_{stage}_{kind}_{column}", int(pupils))
    assert (sums["roll"] == sums["roll_actual"]).all()
    primary = sums.loc["primary"]
    town, village = primary.loc[["urban", "town"]].sum(), primary.loc["rural"]
    assert town["roll_by_rule"] < 0.99 * town["roll_actual"]
    assert village["roll_by_rule"] > 1.15 * village["roll_actual"]
    # of juniors only the towns have schools, and what the rule misses is which town's
    assert "rural" not in sums.loc["junior"].index
    off = (table["roll_by_rule"] - table["roll_actual"]).abs().groupby(table["stage"]).sum()
    for stage in STAGES:
        share = off[stage] / sums.loc[stage, "roll_actual"].sum()
        record_property(f"songlan_{stage}_off_by_rule", round(float(share), 4))
        assert share > 0.05


def truth(run: ps.Run, stage: str) -> pd.Series:
    rows = pd.read_csv(SONGLAN / "truth" / "flows.csv", dtype={"area_id": str, "school_id": str})
    grades = run.allocation.stages.grades[run.allocation.stages.grade_slice(stage)]
    return rows[rows["grade"].isin(grades)].groupby(["area_id", "school_id"])["pupils"].sum()


def misplaced(run: ps.Run, stage: str) -> float:
    """Share of pupils who would have to move for the ways from home to school to be the true ones."""
    rows = base_rows(run)
    grades = run.allocation.stages.grades[run.allocation.stages.grade_slice(stage)]
    found = rows[rows["grade"].isin(grades)].groupby(["area_id", "school_id"])["pupils"].sum()
    true = truth(run, stage)
    return float(found.sub(true, fill_value=0).abs().sum() / (found.sum() + true.sum()))


@pytest.mark.parametrize(("stage", "at_most"), [("primary", 0.10), ("junior", 0.09)])
def test_true_ways_are_found_more_often(
    run: ps.Run, by_rule: ps.Run, record_property: pytest.RecordProperty, stage: str, at_most: float
) -> None:
    before, after = misplaced(by_rule, stage), misplaced(run, stage)
    record_property(f"songlan_{stage}_misplaced_by_rule", round(float(before), 4))
    record_property(f"songlan_{stage}_misplaced_calibrated", round(float(after), 4))
    assert after < at_most
    assert after < before / 2
