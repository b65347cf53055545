"""From the old zones to the new: notice, years of choice, siblings who stay, and what was promised with new homes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from placesim.rezoning.design import Design
from placesim.rezoning.plan import plan_table
from placesim.rezoning.present import TOGETHER

_COLUMNS = ["area_id", "school_id", "stage", "share", "valid_from", "valid_to"]


@dataclass(frozen=True)
class Transition:
    """notice: years after the base year in which the new zones begin; optional: years from then on in which areas that
    move may choose the old school or the new; siblings: share of the entrants who move and have a sibling that keeps
    them at the old school."""

    notice: int = 1
    optional: int = 0
    siblings: float = 0.0

    def first_year(self, design: Design) -> int:
        return design.case.run.places.years[0] + self.notice


def catchment_rows(design: Design, transition: Transition) -> pd.DataFrame:
    """The table `catchments` with the plan in it: rows of the stage end the year before, other stages stay.

    While areas that move may choose, they form a shared zone of the old and the new schools.
    """
    start, stage = transition.first_year(design), design.case.stage
    old = design.case.run.inputs.frame("catchments").reindex(columns=_COLUMNS)
    first, last = (pd.to_numeric(old[c]).to_numpy(float) for c in ("valid_from", "valid_to"))
    of_stage = old["stage"].eq(stage).to_numpy(dtype=bool)
    kept = old.assign(valid_from=first, valid_to=np.where(of_stage & ~(last < start), start - 1.0, last))
    kept = kept[~(of_stage & (first >= start))]
    table, years = plan_table(design), transition.optional
    parts = [kept]
    choosing = table["moved"] & (years > 0)
    for area, school, previous, chooses in zip(
        table["area_id"], table["school_id"], table["previous_school_id"], choosing, strict=True
    ):
        new = school.split(TOGETHER)
        if chooses:
            both = sorted({*new, *previous.split(TOGETHER)})
            parts.append(_rows(area, both, stage, (start, start + years - 1.0)))
        parts.append(_rows(area, new, stage, (start + years if chooses else start, np.nan)))
    out = pd.concat([p for p in parts if len(p)], ignore_index=True)
    for column in ("valid_from", "valid_to"):
        out[column] = pd.to_numeric(out[column]).astype("Int64")
    return out.sort_values(["stage", "area_id", "valid_from", "school_id"], na_position="first", ignore_index=True)


def _rows(area: str, schools: list[str], stage: str, years: tuple[float, float]) -> pd.DataFrame:
    told = {"area_id": area, "school_id": schools, "stage": stage, "share": np.nan}
    return pd.DataFrame({**told, "valid_from": float(years[0]), "valid_to": float(years[1])})


def promised(design: Design, transition: Transition) -> pd.DataFrame:
    """Homes completed, and so sold with a school in mind, between base year and start of the new zones, in areas that
    move: area_id, name, year, dwellings, previous_school_id, school_id."""
    rows = design.case.run.inputs.frame("developments")
    year, dwellings = (pd.to_numeric(rows[c]).to_numpy(float) for c in ("year", "dwellings"))
    base = design.case.run.places.years[0]
    recent = (year >= base - 1) & (year <= transition.first_year(design)) & (dwellings > 0)
    table = plan_table(design)
    table = table[table["moved"]][["area_id", "school_id", "previous_school_id"]]
    named = rows[recent & ~rows["status"].eq("stalled").to_numpy(dtype=bool)]
    named = named.assign(name=named["name"].fillna(named["development_id"]))
    found = named[["area_id", "name", "year", "dwellings"]].merge(table, on="area_id")
    by = ["area_id", "name", "year", "previous_school_id", "school_id"]
    return found.groupby(by, as_index=False).agg({"dwellings": "sum"})


def entrants_moved(design: Design, transition: Transition) -> tuple[int, int]:
    """(entrants a year whose school changes, of whom stay with a sibling at the old one)"""
    case = design.case
    grades = len(next(s for s in case.run.places.stages.all if s.id == case.stage).grades)
    moving = design.terms.moved * case.pupils.sum() / grades
    return round(moving), round(moving * transition.siblings)
