"""The zones of a stage as a county has them in a year, and those of the stage before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.records import Ints
from placesim.store import Run

TOGETHER = "+"  # joins the ids of schools that share a zone


def schools_by_catchment(run: Run, stage: str, year: int) -> pd.Series:
    """area_id → ids of the schools in whose catchment it lies in the year, the largest share first, equals by id.

    Schools without a share divide what the others leave.
    """
    rows = run.places.catchments.assign(share=lambda t: pd.to_numeric(t["share"]).astype(float))
    rows = rows[_holds(rows, year) & rows["stage"].eq(stage) & ~(rows["share"] == 0)]
    by_area = rows.groupby("area_id")["share"]
    rest = (1 - by_area.transform("sum")) / rows["share"].isna().groupby(rows["area_id"]).transform("sum")
    rows = rows.assign(share=rows["share"].fillna(rest)).sort_values(["share", "school_id"], ascending=[False, True])
    return rows.groupby("area_id")["school_id"].agg(lambda ids: list(dict.fromkeys(ids)))


def schools_by_pupils(run: Run, stage: str, year: int) -> pd.Series:
    """area_id → the school to which most of its pupils go in the year, in a list."""
    flows = run.allocation.rows().query("stage == @stage and year == @year")
    most = flows.groupby(["area_id", "school_id"])["pupils"].sum().reset_index()
    most = most.sort_values(["pupils", "school_id"], ascending=[False, True])
    return most[~most["area_id"].duplicated()].groupby("area_id")["school_id"].agg(list)


def feeder_zones(run: Run, stage: str, year: int) -> tuple[Ints, tuple[str, ...]]:
    """(zone[area] or −1, ids of zones): the zones of the stage before, from which pupils go on to this one.

    Its catchments of the year; without them, where the county names feeders, the school to which most pupils of an area
    go. None for the first stage, and where the county knows of neither.
    """
    stages, areas = run.places.stages.ids, run.inputs.area_ids
    nothing = np.full(len(areas), -1, dtype=np.int64), ()
    k = stages.index(stage)
    if k == 0:
        return nothing
    before = stages[k - 1]
    schools = schools_by_catchment(run, before, year)
    feeders = run.inputs.frame("feeders")
    if schools.empty and (_holds(feeders, year) & feeders["stage"].eq(before).to_numpy(dtype=bool)).any():
        schools = schools_by_pupils(run, before, year)
    zones = schools.map(joined).reindex(areas)
    position, names = pd.factorize(zones, sort=True)
    return position.astype(np.int64), tuple(str(name) for name in names)


def joined(ids: list[str]) -> str:
    """The id of a zone that the schools share."""
    return TOGETHER.join(sorted(ids))


def _holds(rows: pd.DataFrame, year: int) -> np.ndarray:
    first, last = (pd.to_numeric(rows[c]).to_numpy(float) for c in ("valid_from", "valid_to"))
    return ~(first > year) & ~(last < year)
