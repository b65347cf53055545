"""Quality schools at the doorstep (家门口的好学校): who has one in reach, and which schools to raise first."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records import Floats, Inputs, Results
from placesim.scenario.options import AssessmentOptions

LIMIT_MINUTES: Final = 30.0  # where the stage has no norm: half an hour, 国办发〔2018〕27号
NEAR_STANDARD: Final = 1  # indicators that a candidate may lack
DOORSTEP: Final = (
    "planning_area", "stage", "year", "pupils", "minutes_limit", "minutes_to_quality", "pupils_within", "share_within",
)  # fmt: skip
CANDIDATES: Final = ("school_id", "stage", "year", "candidate_rank", "indicators_met", "roll", "pupils_gained")


def doorstep(
    quality: pd.DataFrame, sections: pd.DataFrame, results: Results, inputs: Inputs, options: AssessmentOptions
) -> dict[str, pd.DataFrame]:
    """The tables `doorstep` and `quality_candidates` of the base year, for stages with a school that was evaluated.

    doorstep: pupils of a planning area, their mean way to the nearest school that passes the seven indicators, and how
    many have one within the norm of the stage (half an hour where it has none). quality_candidates: schools that pass
    all but one of the indicators they need, by the pupils who would have a quality school in reach only through them.
    Ways are those of the run; an area without a way to a passing school counts as beyond the limit, and in no mean.
    """
    base = results.allocation.years[0]
    judged = quality[(quality["unit"] == "stage_section") & (quality["year"] == base)]
    near, candidates = [], []
    for stage in judged["stage"].unique():
        of_stage = judged[judged["stage"] == stage].set_index("id")
        if not of_stage["standing"].isin(["passes", "fails"]).any():
            continue
        limit = options.norms[stage].minutes or LIMIT_MINUTES
        pupils = _pupils(results, stage)
        to_quality = _minutes(results, of_stage.index[of_stage["standing"] == "passes"])
        near.append(_near(pupils, to_quality, limit, inputs).assign(stage=stage, year=base))
        candidates.append(_candidates(of_stage, pupils, to_quality, limit, results).assign(stage=stage, year=base))
    rolls = sections[sections["year"] == base].set_index(["school_id", "stage"])["roll"]
    return {"doorstep": _joined(near, DOORSTEP), "quality_candidates": _ranked(candidates, rolls)}


def _joined(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)[list(columns)] if tables else pd.DataFrame(columns=list(columns))


def _pupils(results: Results, stage: str) -> NDArray[np.int64]:
    """pupils[area of the county] of a stage in the base year."""
    allocation = results.allocation
    pupils = allocation.demand[:-1, 0, allocation.stages.grade_slice(stage)].sum(axis=(1, 2))
    return np.asarray(pupils, dtype=np.int64)


def _minutes(results: Results, schools: pd.Index) -> Floats:
    """minutes[area] of the shortest way to one of the schools; infinite without one."""
    travel = results.travel
    rows = np.isin(np.array(travel.schools, dtype=object), schools.to_numpy())[travel.school]
    minutes = np.full(len(travel.areas), np.inf)
    np.minimum.at(minutes, travel.area[rows], travel.minutes[rows])
    at = pd.Index(travel.areas).get_indexer(pd.Index(results.allocation.areas[:-1]))
    return np.where(at >= 0, np.append(minutes, np.inf)[at], np.inf)


def _near(pupils: NDArray[np.int64], minutes: Floats, limit: float, inputs: Inputs) -> pd.DataFrame:
    reached = np.isfinite(minutes)
    rows = pd.DataFrame(
        {
            "planning_area": inputs.areas["planning_area"].to_numpy(dtype=object),
            "pupils": pupils,
            "pupils_within": np.where(minutes <= limit, pupils, 0),
            "reached": np.where(reached, pupils, 0),
            "way": np.where(reached, minutes, 0.0) * pupils,
        }
    )
    sums = rows.groupby("planning_area", as_index=False)[["pupils", "pupils_within", "reached", "way"]].sum()
    means = {"minutes_to_quality": sums["way"] / sums["reached"].where(sums["reached"] > 0)}
    shares = {"share_within": sums["pupils_within"] / sums["pupils"].where(sums["pupils"] > 0)}
    return sums.assign(minutes_limit=limit, **means, **shares).round({"minutes_to_quality": 1, "share_within": 4})


def _candidates(
    of_stage: pd.DataFrame, pupils: NDArray[np.int64], minutes: Floats, limit: float, results: Results
) -> pd.DataFrame:
    """Schools near the standard and the pupils who would have a quality school in reach only through each."""
    passing = of_stage[of_stage["standing"] == "passes"]["indicators_met"]
    needed = passing.min() if len(passing) else of_stage["indicators_known"].max() - NEAR_STANDARD
    near = of_stage[(of_stage["standing"] == "fails") & (of_stage["indicators_met"] >= needed - NEAR_STANDARD)]
    lacking = minutes > limit
    gained = [int(pupils[lacking & (_minutes(results, pd.Index([s])) <= limit)].sum()) for s in near.index]
    return pd.DataFrame({"school_id": near.index, "indicators_met": near["indicators_met"], "pupils_gained": gained})


def _ranked(tables: list[pd.DataFrame], rolls: pd.Series) -> pd.DataFrame:
    """Most pupils gained first, within each stage."""
    if not any(len(t) for t in tables):
        return pd.DataFrame(columns=list(CANDIDATES))
    rows = pd.concat(tables, ignore_index=True)
    rows["roll"] = rolls.reindex(pd.MultiIndex.from_frame(rows[["school_id", "stage"]])).to_numpy()
    order = {"stage": True, "pupils_gained": False, "indicators_met": False, "school_id": True}
    rows = rows.sort_values(list(order), ascending=list(order.values()))
    rows["candidate_rank"] = rows.groupby("stage").cumcount() + 1
    return rows[list(CANDIDATES)].reset_index(drop=True)
