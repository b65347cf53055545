"""What the bundled run shows: a crowded county town, empty village schools, a wave that moves up the stages."""

from __future__ import annotations

import pandas as pd
import pytest
from songlan_files import SONGLAN

import placesim as ps


@pytest.fixture(scope="module")
def run() -> ps.Run:
    return ps.run(ps.load(SONGLAN / "base.toml"))


@pytest.fixture(scope="module")
def utilisation(run: ps.Run) -> pd.DataFrame:
    """Roll ÷ design places by area type, stage and year."""
    schools = run.assessment.measures["school"]
    total = schools.groupby(["area_type", "stage", "year"])[["roll", "places_design"]].sum()
    return (total["roll"] / total["places_design"]).unstack("year")


def test_the_county_town_is_crowded_in_all_school_stages_now(utilisation: pd.DataFrame) -> None:
    urban = utilisation.loc["urban"]
    assert (urban.loc[["primary", "junior", "senior"], 2025] > 1.0).all()
    assert urban.loc["primary", 2025] > 1.05


def test_the_wave_leaves_primary_and_reaches_junior_and_senior(run: ps.Run, utilisation: pd.DataFrame) -> None:
    schools = run.assessment.measures["school"]
    roll = schools[schools["area_type"] == "urban"].groupby(["stage", "year"])["roll"].sum().unstack("year")
    assert roll.loc["senior"].idxmax() > roll.loc["junior"].idxmax() > roll.loc["primary"].idxmax()
    assert roll.loc["junior", 2028:2031].max() > 1.03 * roll.loc["junior", 2025]
    assert roll.loc["senior", 2028:2034].max() > 1.03 * roll.loc["senior", 2025]
    urban = utilisation.loc["urban"]
    assert urban.loc["primary", 2035] < 0.7
    assert (urban.loc[["junior", "senior"], 2040] < 0.8).all()


def test_large_classes_of_today_leave_and_no_new_ones_come(run: ps.Run) -> None:
    """Nobody is admitted past the emergency size (55); cohorts that are over it now sit out their stage."""
    schools = run.assessment.measures["school"]
    large = schools.groupby("year")["large_classes"].sum()
    assert large[2025] > 50
    assert large[2028:].sum() == 0


def test_village_schools_empty_out(run: ps.Run, utilisation: pd.DataFrame) -> None:
    rural = utilisation.loc["rural"].loc["primary"]
    assert rural[2025] < 0.4
    assert rural[2040] < 0.5 * rural[2025]
    underused = run.assessment.lists["underused"]
    assert (underused["area_type"] == "rural").all()
    assert underused["persistent"].sum() >= 18


def test_the_crowded_list_names_campuses_of_the_county_town(run: ps.Run) -> None:
    crowded = run.assessment.lists["crowded"]
    assert set(crowded["area_type"]) == {"urban"}
    assert crowded["school_id"].nunique() >= 8
    assert {"primary", "junior", "senior"} <= set(crowded["stage"])


def test_everyone_has_a_place_and_nothing_is_absurd(run: ps.Run) -> None:
    schools = run.assessment.measures["school"]
    unplaced = run.allocation.unplaced.sum(axis=(0, 3))  # [year, grade]
    senior = run.allocation.stages.grade_slice("senior")
    assert unplaced.sum() == unplaced[:, senior].sum() < 100  # on the crest no new senior class finds a room
    assert schools["utilisation"].dropna().between(0, 1.25).all()
    assert schools["class_size"].dropna().between(0, 66).all()
    assert (
        schools.loc[schools["stage"].isin(["kindergarten", "primary"]), "minutes_mean"].max() < 60
    )  # T08, whose catchment lies in the hills
