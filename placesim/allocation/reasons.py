"""Why pupils have no place: every unplaced pupil of a year has one reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.allocation.county import County
from placesim.allocation.intake.boarders import boarders
from placesim.allocation.intake.year import Year
from placesim.records import Ints, no_rows, require
from placesim.vocabulary import (
    ALL_FULL,
    DROPPED_OUT,
    NO_SCHOOL_IN_REACH,
    NOT_CONSIDERED,
    NOT_ELIGIBLE,
    OUTSIDE,
    REASONS,
)

UNPLACED_REASONS = ("area_id", "stage", "grade", "year", "unplaced_reason", "pupils")


class _Reach(NamedTuple):
    """Schools that pupils of a stage may come to: area[row], school[row]; free[row]: not lacking a bed."""

    area: Ints
    school: Ints
    free: NDArray[np.bool_]


def unplaced_reasons_table(county: County, areas: Sequence[str], years: Sequence[Year]) -> pd.DataFrame:
    """area_id, stage, grade, year, unplaced_reason, pupils > 0: they sum to the unplaced of each year.

    In reach is a school that teaches the grade within the limit of minutes, of the zone or listed by the area; a school
    that lacks a bed for those who would need one counts as full.
    """
    parts = [part for t, year in enumerate(years) for part in _of_year(county, areas, year, t)]
    return pd.concat(parts, ignore_index=True) if parts else no_rows(UNPLACED_REASONS)


def _of_year(county: County, areas: Sequence[str], year: Year, t: int) -> Iterator[pd.DataFrame]:
    stages = county.places.stages
    dropped = year.dropped.by_area(year.demand.shape)
    seeking = year.demand - year.stock.by_area(year.demand.shape) - dropped
    count = np.zeros((*seeking.shape[:2], len(REASONS)), dtype=np.int64)
    count[:, :, DROPPED_OUT] = dropped.sum(axis=2)
    for g in np.flatnonzero(seeking.any(axis=(0, 2))).tolist():
        stage = int(stages.stage_of_grade[g])
        reason = _reasons(county, year, (stage, t, g), _reach(county, year, stage, t))
        area, group = np.nonzero(seeking[:, g])
        np.add.at(count[:, g], (area, reason[area, group]), seeking[area, g, group])
    require(count.sum() == (seeking + dropped).sum(), "unplaced_reasons: one reason for each unplaced pupil")
    area, grade, reason = np.nonzero(count)
    ids = np.array((*areas, OUTSIDE), dtype=object)
    if len(area):
        yield pd.DataFrame(
            {
                "area_id": ids[area],
                "stage": np.array(stages.ids, dtype=object)[stages.stage_of_grade[grade]],
                "grade": np.array(stages.grades, dtype=object)[grade],
                "year": county.places.years[t],
                "unplaced_reason": np.array(REASONS, dtype=object)[reason],
                "pupils": count[area, grade, reason],
            }
        )


def _reach(county: County, year: Year, stage: int, t: int) -> _Reach:
    ways, zones, listed = county.ways[stage], county.ground.zones_of(stage, t), county.entitlements.preferences
    mine = listed.stage == stage
    beds = county.beds - boarders(county, year.stock).sum(axis=1)
    free = (ways.minutes <= county.day_minutes(stage)) | (beds[ways.school] > 0)
    more = np.ones(len(zones.node) + int(mine.sum()), dtype=bool)
    return _Reach(
        np.concatenate([ways.area, zones.node, listed.area[mine]]),
        np.concatenate([ways.school, zones.school, listed.school[mine]]),
        np.concatenate([free, more]),
    )


def _reasons(county: County, year: Year, at: tuple[int, int, int], reach: _Reach) -> Ints:
    """reason[area, group] of those without a place in a stage, year and grade."""
    stage, t, grade = at
    told, count = county.entitlements, len(county.pupils)
    closed = told.private_schools(stage, t) & told.groups.sectors[stage]
    taught = county.places.serves[reach.school, grade, t]
    left = taught & reach.free & (year.left[reach.school, grade] > 0)
    reason = np.zeros((count, told.groups.count), dtype=np.int64)
    for group, private in enumerate(told.groups.private.tolist()):
        may = ~closed[reach.school] | private
        known = [_some(reach.area, rows, count) for rows in (taught, taught & may, left & may)]
        reason[:, group] = np.select([~k for k in known], [NO_SCHOOL_IN_REACH, NOT_ELIGIBLE, ALL_FULL], NOT_CONSIDERED)
    return reason


def _some(area: Ints, rows: NDArray[np.bool_], areas: int) -> NDArray[np.bool_]:
    """Whether the area has one of the rows."""
    return np.bincount(area[rows], minlength=areas) > 0
