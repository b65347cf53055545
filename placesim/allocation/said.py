"""What the allocation says beside the flows: the calibration, this September's places, schooling in towns, reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from placesim.allocation.afresh import Afresh
from placesim.allocation.calibration.town_schooling import RURAL, area_types
from placesim.allocation.county import County
from placesim.allocation.intake import Year, boarders
from placesim.allocation.reasons import unplaced_reasons_table
from placesim.records import Floats, Inputs, Ints, no_rows
from placesim.vocabulary import CAP, DESIGN, EMERGENCY

CALIBRATION = ("school_id", "stage", "roll_actual", "roll_by_rule", "roll", "residual", "attraction")
INTAKE = (
    "school_id", "stage", "year", "continuing", "wanted", "admitted", "intake_design", "intake_cap",
    "intake_emergency", "moved_in", "boarders", "places_design", "largest_grade", "leaves",
)  # fmt: skip
TOWN_SCHOOLING = ("stage", "year", "pupils_in_towns", "homes_in_towns", "village_pupils_in_towns")
_SCHOOL, _PUPILS = 2, 5


def allocation_tables(
    county: County, first: Afresh, years: Sequence[Year], inputs: Inputs
) -> Mapping[str, pd.DataFrame]:
    """calibration · intake · town_schooling · unplaced_reasons."""
    return {
        "calibration": calibration_table(county, first, years),
        "intake": intake_table(county, years if county.options.allocation.clock == "intake" else years[:1]),
        "town_schooling": town_schooling_table(county, years, inputs),
        "unplaced_reasons": unplaced_reasons_table(county, inputs.area_ids, years),
    }


def calibration_table(county: County, first: Afresh, years: Sequence[Year]) -> pd.DataFrame:
    """school_id, stage, roll_actual, roll_by_rule (without calibration), roll (with), residual (actual − with),
    attraction; stages with rolls, schools that have one or got pupils."""
    ids, parts = np.array(county.places.ids, dtype=object), []
    roll = _rolls(county, years[0])
    for k, stage in enumerate(county.places.stages.ids):
        fitted = county.calibration.fitted[k] if county.calibration else None
        if fitted is None:
            continue
        rows = first.flows[k]
        inside = rows[rows[:, _SCHOOL] < county.outside_school]
        by_rule = np.bincount(inside[:, _SCHOOL], weights=inside[:, _PUPILS], minlength=len(ids))
        came = roll[:, county.grades(k)].sum(axis=1)
        residual = fitted.residual.sum(axis=1)
        table = pd.DataFrame(
            {
                "school_id": ids, "stage": stage, "roll_actual": came + residual, "roll_by_rule": by_rule,
                "roll": came, "residual": residual, "attraction": _attraction(county, k),
            }
        )  # fmt: skip
        parts.append(table[(table["roll_actual"].fillna(0) > 0) | (came > 0)])
    return pd.concat(parts, ignore_index=True) if parts else no_rows(CALIBRATION)


def _attraction(county: County, stage: int) -> Floats:
    """attraction[school] that later years count with."""
    return county.calibration.attraction[stage] if county.calibration else np.ones(len(county.places.ids))


def intake_table(county: County, years: Sequence[Year]) -> pd.DataFrame:
    """school_id, stage, year; continuing pupils, wanted, admitted entrants, intake_design, intake_cap,
    intake_emergency places for them (当年招生学位) beside places_design of the whole stage (结构学位); moved_in to
    later grades; boarders, whose way is longer than a day pupil's; largest_grade of the largest cohort and leaves, the
    year in which it will have left."""
    parts = [_intake_of(county, year, t) for t, year in enumerate(years) if t > 0]
    return pd.concat(parts, ignore_index=True) if parts else no_rows(INTAKE)


def _intake_of(county: County, year: Year, t: int) -> pd.DataFrame:
    stages = county.places.stages
    starts = np.flatnonzero(np.diff(stages.stage_of_grade, prepend=-1))
    roll = _rolls(county, year)
    admitted = roll[:, starts]
    continuing = np.add.reduceat(year.continuing, starts, axis=1) - year.continuing[:, starts]
    largest, leaves = _largest_cohort(county, roll, t)
    school, stage = np.nonzero(county.pool(t).taught)
    of = (school, stage)
    return pd.DataFrame(
        {
            "school_id": np.array(county.places.ids, dtype=object)[school],
            "stage": np.array(stages.ids, dtype=object)[stage],
            "year": county.places.years[t],
            "continuing": continuing[of],
            "wanted": year.wanted[of],
            "admitted": admitted[of],
            "intake_design": year.entry[..., DESIGN][of],
            "intake_cap": year.entry[..., CAP][of],
            "intake_emergency": year.entry[..., EMERGENCY][of],
            "moved_in": (np.add.reduceat(roll, starts, axis=1) - admitted - continuing)[of],
            "boarders": boarders(county, year.stock)[of],
            "places_design": year.places[..., DESIGN][of],
            "largest_grade": np.array(stages.grades, dtype=object)[largest[of]],
            "leaves": leaves[of],
        }
    )


def _largest_cohort(county: County, roll: Ints, t: int) -> tuple[Ints, Ints]:
    """(grade[school, stage] with most pupils, the higher of equals; the year from which these have left the stage)"""
    grade = np.zeros((len(roll), len(county.rules)), dtype=np.int64)
    leaves = np.zeros_like(grade)
    for k in range(len(county.rules)):
        grades = county.grades(k)
        grade[:, k] = grades.stop - 1 - roll[:, grades][:, ::-1].argmax(axis=1)
        leaves[:, k] = county.places.years[t] + grades.stop - grade[:, k]
    return grade, leaves


def town_schooling_table(county: County, years: Sequence[Year], inputs: Inputs) -> pd.DataFrame:
    """stage, year: pupils_in_towns, share of the roll at urban and town schools (学生城镇化率), homes_in_towns, share
    of the same pupils who live there (常住城镇化率), village_pupils_in_towns, share of village pupils who attend there.

    Pupils from outside and beyond the border are not among them.
    """
    origin = area_types([*inputs.areas["area_type"], None])
    destination = area_types(county.places.schools["area_type"])
    rows = [
        (stage, county.places.years[t], *_shares(county, year, k, origin, destination))
        for k, stage in enumerate(county.places.stages.ids)
        for t, year in enumerate(years)
    ]
    return pd.DataFrame(rows, columns=list(TOWN_SCHOOLING))


def _shares(county: County, year: Year, stage: int, origin: Ints, destination: Ints) -> tuple[float, float, float]:
    stock, grades = year.stock, county.grades(stage)
    inside = (stock.area < county.outside_area) & (stock.school < county.outside_school)
    rows = stock.take(inside & (stock.grade >= grades.start) & (stock.grade < grades.stop))
    in_town, from_town = destination[rows.school] < RURAL, origin[rows.area] < RURAL
    village = origin[rows.area] == RURAL
    everyone = rows.pupils.sum()
    return (
        _ratio(rows.pupils[in_town].sum(), everyone),
        _ratio(rows.pupils[from_town].sum(), everyone),
        _ratio(rows.pupils[in_town & village].sum(), rows.pupils[village].sum()),
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else np.nan


def _rolls(county: County, year: Year) -> Ints:
    """roll[school, grade]"""
    return year.stock.by_school((county.outside_school + 1, len(county.places.stages.grades)))[:-1]
