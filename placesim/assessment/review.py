"""Which schools to review first for consolidation: what keeping each open costs for a pupil, all else equal."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.arguments import as_numbers, as_table, refuse
from placesim.assessment.falling import PAST, past_rolls
from placesim.errors import InputError
from placesim.records import Floats, Inputs, Results, Travel

REVIEW: Final = ("school_id", "rank", "score", "score_reason")
FIXED_PLACES: Final = 85.0  # 350 m² + 4.1 m² a pupil (BB103, primary): a school itself is worth that many places
TREND_YEARS: Final = 1.0  # what a school's own past slope is worth when looking five years ahead (damped by ½ a year)
LIMIT_MINUTES: Final = 30.0  # 国办发〔2018〕27号: half an hour to school
MOST: Final = 2.0  # the most by which a trend may raise or lower a roll
UNKNOWN: Final = "unknown"


def underused(schools: pd.DataFrame) -> pd.DataFrame:
    """Schools ranked for a review: school_id, rank (1 = first), score, score_reason, in the order of the ranks.

    schools: school_id, places, roll and, where given, roll_1 … roll_5 (so many years back), condition (0 bad, 1 good),
    minutes_to_next (to the nearest other school). A school costs by its places and, as much as 85 more, by being one; a
    worn one costs its places again in renewal; where pupils would travel over half an hour, closing it is worth less:

        score = (places·(2 − condition) + 85) ÷ expected roll ÷ √max(1, minutes_to_next ÷ 30)

    expected roll = roll × e^slope, the slope of the log rolls over the years given: for forecasts of single schools
    their own trend is worth one year of it, however far ahead. score_reason names what makes a school score above
    the middle one, largest part first: empty (places to pupils), small, falling, condition, near. Equal scores rank by
    school_id. A school whose places or roll are not known comes last, reason "unknown", without score.

    It says where to look, not what to do: whether a school is needed is judged by the ways of its pupils.
    Raises InputError: no such column, a school named twice or not at all, negative or infinite figures, condition
    beyond 0–1.
    """
    as_table("schools", schools, ("school_id", "places", "roll"))
    ids = _ids(schools["school_id"])
    parts = _parts(schools)
    logs = np.sum(list(parts.values()), axis=0)
    order = np.lexsort((ids.astype(str), np.where(np.isnan(logs), np.inf, -logs)))
    return pd.DataFrame(
        {
            "school_id": ids[order],
            "rank": np.arange(1, len(ids) + 1),
            "score": np.exp(logs)[order],
            "score_reason": _reasons(parts, logs)[order],
        }
    )


def _ids(given: pd.Series) -> NDArray[np.object_]:
    ids = given.to_numpy(dtype=object)
    for i in np.flatnonzero(given.isna().to_numpy())[:1]:
        raise InputError("schools", "school_id must not be blank", int(i))
    for i in np.flatnonzero(given.duplicated().to_numpy())[:1]:
        raise InputError("schools", "must name each school once", int(i), ids[i])
    return ids


def _parts(schools: pd.DataFrame) -> dict[str, Floats]:
    """The logs whose sum is that of the score, by reason; NaN where places or roll are not known."""
    places, roll = _column(schools, "places"), _column(schools, "roll")
    condition = np.nan_to_num(_column(schools, "condition", most=1.0), nan=1.0)
    minutes = np.nan_to_num(_column(schools, "minutes_to_next"), nan=0.0)
    pupils = np.where(np.isnan(roll), np.nan, np.maximum(roll, 1.0))  # an empty school counts as one of one pupil
    kept = np.maximum(places, 1.0)
    worn = kept * (2 - condition) + FIXED_PLACES
    return {
        "empty": np.log(kept / pupils),
        "small": np.log((kept + FIXED_PLACES) / kept),
        "falling": -_trend(schools, roll),
        "condition": np.log(worn / (kept + FIXED_PLACES)),
        "near": -0.5 * np.log(np.maximum(minutes / LIMIT_MINUTES, 1.0)),
    }


def _column(schools: pd.DataFrame, name: str, most: float = np.inf) -> Floats:
    """A column as numbers, NaN where blank or not given. Raises InputError."""
    if name not in schools:
        return np.full(len(schools), np.nan)
    values = as_numbers(name, schools[name].to_numpy(dtype=object), axes=1)
    rule = "must be from 0 to 1" if np.isfinite(most) else "must be finite and not negative"
    refuse(name, values, (values < 0) | np.isinf(values) | (values > most), rule)
    return values


def _trend(schools: pd.DataFrame, roll: Floats) -> Floats:
    """The slope of the log rolls, by least squares over the years that are known with pupils; 0 with fewer than two."""
    rolls = np.stack([roll, *(_column(schools, name) for name in PAST)], axis=1)
    known = rolls > 0
    logs = np.where(known, np.log(np.where(known, rolls, 1.0)), 0.0)
    year = -np.arange(rolls.shape[1], dtype=np.float64)
    count = np.maximum(known.sum(axis=1), 1)
    mean_year, mean_log = (known * year).sum(axis=1) / count, logs.sum(axis=1) / count
    apart = np.where(known, year - mean_year[:, None], 0.0)
    spread = (apart**2).sum(axis=1)
    slope = np.divide(
        (apart * (logs - mean_log[:, None])).sum(axis=1), spread, out=np.zeros(len(roll)), where=spread > 0
    )
    return np.clip(TREND_YEARS * slope, -np.log(MOST), np.log(MOST))


def _reasons(parts: dict[str, Floats], logs: Floats) -> NDArray[np.object_]:
    """Reasons by which each school is above the middle one, largest first, joined by "+"."""
    reasons = np.array(list(parts), dtype=object)
    if not len(logs) or np.isnan(logs).all():
        return np.full(len(logs), UNKNOWN, dtype=object)
    table = np.stack(list(parts.values()), axis=1)
    above = table - np.nanmedian(table, axis=0)
    order = np.argsort(-above, axis=1, kind="stable")
    named = ["+".join(reasons[k] for k in row if above[i, k] > 1e-9) for i, row in enumerate(order)]
    return np.where(np.isnan(logs), UNKNOWN, np.array(named, dtype=object))


# ------------------------------------------------------------------------------------------------ of a run
REVIEW_TABLE: Final = (
    "school_id", "stage", "review_rank", "score", "score_reason", "roll", "places_design", "minutes_to_next",
)  # fmt: skip


def review_table(results: Results, inputs: Inputs, sections: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    """`underused` for every stage in the base year, with what it judged.

    sections: measures by school, stage and year; ways: `ways_to_school`. Past rolls come from `enrolment`, condition
    from `schools`. minutes_to_next: the way of the school's pupils to the nearest other school of the stage, on average
    over those pupils; where none is in reach, the longest way that the run knows.
    """
    base = results.allocation.years[0]
    now = sections[sections["year"] == base].merge(past_rolls(results, inputs), on=["school_id", "stage"], how="left")
    now = now.merge(_next_schools(results, ways, base), on=["school_id", "stage"], how="left")
    schools = results.places.schools.set_index("school_id")
    now["condition"] = now["school_id"].map(schools["condition"]) if "condition" in schools else np.nan
    tables = [_ranked(part.reset_index(drop=True)) for _, part in now.groupby("stage", sort=False)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(REVIEW_TABLE))


def _ranked(of_stage: pd.DataFrame) -> pd.DataFrame:
    judged = of_stage.rename(columns={"places_design": "places"})
    columns = ["school_id", "places", "roll", *PAST, "condition", "minutes_to_next"]
    facts = of_stage[["school_id", "stage", "roll", "places_design", "minutes_to_next"]]
    table = (
        underused(judged[columns])
        .rename(columns={"rank": "review_rank"})
        .merge(facts.round({"minutes_to_next": 1}), on="school_id")
    )
    return table.assign(score=table["score"].round(3))[list(REVIEW_TABLE)]


def _next_schools(results: Results, ways: pd.DataFrame, base: int) -> pd.DataFrame:
    """minutes_to_next by school_id and stage."""
    travel, places = results.travel, results.places
    reach = float(travel.minutes.max(initial=0.0))
    tables = []
    for stage in places.stages.ids:
        teaches = np.logical_or.reduce(places.serves[:, places.stages.grade_slice(stage), 0], axis=1)
        open_ = teaches[pd.Index(places.ids).get_indexer(pd.Index(travel.schools))]
        nearest = _two_nearest(travel, open_)
        flows = ways[(ways["stage"] == stage) & (ways["year"] == base)].merge(nearest, on="area_id", how="left")
        other = np.where(flows["first"] == flows["school_id"], flows["second_minutes"], flows["first_minutes"])
        flows = flows.assign(way=np.nan_to_num(other.astype(float), nan=reach) * flows["pupils"])
        sums = flows.groupby("school_id")[["way", "pupils"]].sum()
        tables.append((sums["way"] / sums["pupils"]).rename("minutes_to_next").reset_index().assign(stage=stage))
    return pd.concat(tables, ignore_index=True)


def _two_nearest(travel: Travel, open_: NDArray[np.bool_]) -> pd.DataFrame:
    """By area_id: first (school_id), first_minutes and second_minutes of its ways to open schools."""
    usable = np.flatnonzero(open_[travel.school])
    rows = pd.DataFrame({"area": travel.area[usable], "school": travel.school[usable], "m": travel.minutes[usable]})
    rows = rows.sort_values(["area", "m", "school"], kind="stable")
    rank = rows.groupby("area").cumcount()
    first, second = rows[rank == 0].set_index("area"), rows[rank == 1].set_index("area")
    names = pd.Series(travel.schools, dtype=object)
    table = pd.DataFrame({"first": first["school"].map(names), "first_minutes": first["m"]}, index=first.index)
    table["second_minutes"] = second["m"]
    return table.assign(area_id=np.array(travel.areas, dtype=object)[table.index]).reset_index(drop=True)
