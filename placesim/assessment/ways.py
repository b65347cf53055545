"""The way to school of pupils who live in the county and attend in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from placesim.records import Floats, Results
from placesim.standards.norms import StageNorms
from placesim.standards.pack import Pack

WAY_METRICS = ("minutes_mean", "minutes_max", "metres_mean", "pupils_over_minutes", "share_over_minutes")


def ways_to_school(results: Results, norms: Mapping[str, StageNorms], pack: Pack) -> pd.DataFrame:
    """One row per flow inside the county: area_id, school_id, stage, year, pupils and what the means are made of.

    known: pupils whose way is in the travel table · minutes, pupil_minutes, pupil_metres · judged: pupils of the grades
    the norm speaks of · over: those beyond its minutes; NaN without a norm. A pair that the travel table does not list
    is beyond its reach: it counts as over and in no mean.
    """
    allocation = results.allocation
    inside = (allocation.school < len(allocation.schools) - 1) & (allocation.area < len(allocation.areas) - 1)
    flows = pd.DataFrame(
        {
            "area_id": np.array(allocation.areas, dtype=object)[allocation.area[inside]],
            "school_id": np.array(allocation.schools, dtype=object)[allocation.school[inside]],
            "stage": np.array(allocation.stages.ids, dtype=object)[allocation.stages.stage_of_grade][
                allocation.grade[inside]
            ],
            "year": np.array(allocation.years, dtype=np.int64)[allocation.year[inside]],
            "pupils": allocation.pupils[inside],
        }
    )
    minutes, metres = _looked_up(flows, results)
    limit, judged = _norm_of_grade(results, norms, pack)
    grade = allocation.grade[inside]
    reached, counted = ~np.isnan(minutes), flows["pupils"].where(judged[grade], 0)
    over = counted.where(~(minutes <= limit[grade]), 0).where(~np.isnan(limit[grade]))
    return flows.assign(
        minutes=minutes,
        known=flows["pupils"].where(reached, 0),
        pupil_minutes=np.nan_to_num(minutes) * flows["pupils"],
        pupil_metres=np.nan_to_num(metres) * flows["pupils"],
        judged=counted.where(~np.isnan(limit[grade])),
        over=over,
    )


def way_measures(ways: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """WAY_METRICS for each row of `units` (its columns are the keys, found in `ways` too), in its order.

    Means are over pupils; a unit from or to which nobody goes has no values.
    """
    keys = list(units.columns)
    groups = ways.groupby(keys, observed=True, sort=False, dropna=False)
    sums = groups[["known", "pupil_minutes", "pupil_metres"]].sum()
    sums[["judged", "over"]] = groups[["judged", "over"]].sum(min_count=1)
    sums["minutes_max"] = groups["minutes"].max()
    sums = sums.reindex(pd.MultiIndex.from_frame(units))
    known, judged = sums["known"].where(sums["known"] > 0), sums["judged"].where(sums["judged"] > 0)
    measures = pd.DataFrame(
        {
            "minutes_mean": sums["pupil_minutes"] / known,
            "minutes_max": sums["minutes_max"],
            "metres_mean": sums["pupil_metres"] / known,
            "pupils_over_minutes": sums["over"],
            "share_over_minutes": sums["over"] / judged,
        }
    )
    return measures.reset_index(drop=True).set_index(units.index)


def _looked_up(flows: pd.DataFrame, results: Results) -> tuple[Floats, Floats]:
    """minutes and metres of each flow, NaN where the pair is out of reach."""
    travel = results.travel
    area = pd.Index(travel.areas).get_indexer(pd.Index(flows["area_id"]))
    school = pd.Index(travel.schools).get_indexer(pd.Index(flows["school_id"]))
    listed = pd.Index(travel.area * len(travel.schools) + travel.school)
    row = listed.get_indexer(pd.Index(area * len(travel.schools) + school))
    reached = (row >= 0) & (area >= 0) & (school >= 0)
    minutes = np.where(reached, np.append(travel.minutes, np.nan)[row], np.nan)
    return minutes, np.where(reached, np.append(travel.metres, np.nan)[row], np.nan)


def _norm_of_grade(
    results: Results, norms: Mapping[str, StageNorms], pack: Pack
) -> tuple[Floats, np.typing.NDArray[np.bool_]]:
    """By grade: the minutes of its stage's norm (NaN without one), and whether the norm speaks of the grade."""
    limits, judged = [], []
    for stage in results.places.stages.all:
        minutes, cited = norms[stage.id].minutes, pack.norm(stage.id, "minutes")
        limits += [np.nan if minutes is None else minutes] * len(stage.grades)
        judged += [not cited or not cited.grades or grade in cited.grades for grade in stage.grades]
    return np.array(limits), np.array(judged)
