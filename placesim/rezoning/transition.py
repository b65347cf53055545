"""From the old zones to the new: notice, years of choice, siblings who stay, and what was promised with new homes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from placesim.rezoning.design import Design
from placesim.rezoning.plan import plan_table
from placesim.rezoning.present import TOGETHER
from placesim.vocabulary import TIERED

_COLUMNS = ["area_id", "school_id", "stage", "share", "valid_from", "valid_to"]


@dataclass(frozen=True)
class Transition:
    """notice: years after the base year in which the new zones begin; optional: years from then on in which areas that
    move may choose the old school or the new; siblings: share of the entrants with an elder sibling in the stage, who
    keep the old school as long as the sibling, there before the new zones began, is at it."""

    notice: int = 1
    optional: int = 0
    siblings: float = 0.0

    def first_year(self, design: Design) -> int:
        return design.case.run.places.years[0] + self.notice

    def sibling_shares(self, design: Design) -> list[float]:
        """share[year from the first one on] of entrants with a sibling at the old school since before the new zones.

        In a stage of n grades a sibling is in any of the n − 1 later ones; k years on, k of these have entered under
        the new zones: siblings × (n − 1 − k) ÷ (n − 1).
        """
        older = _grades(design) - 1
        return [self.siblings * (older - k) / older for k in range(older)] if self.siblings else []

    def by_rule(self, design: Design) -> bool:
        """Whether the rule of the stage knows siblings itself, told by `allocation.sibling_share`."""
        return design.case.run.allocation.rules[design.case.stage] in TIERED


def catchment_rows(design: Design, transition: Transition) -> pd.DataFrame:
    """The table `catchments` with the plan in it: rows of the stage end the year before, other stages stay.

    While areas that move may choose, they form a shared zone of the old and the new schools; then the old schools keep
    the share of entrants who follow a sibling, year by year, unless the rule of the stage leads siblings itself.
    """
    start, stage = transition.first_year(design), design.case.stage
    old = design.case.run.inputs.frame("catchments").reindex(columns=_COLUMNS)
    first, last = (pd.to_numeric(old[c]).to_numpy(float) for c in ("valid_from", "valid_to"))
    of_stage = old["stage"].eq(stage).to_numpy(dtype=bool)
    kept = old.assign(valid_from=first, valid_to=np.where(of_stage & ~(last < start), start - 1.0, last))
    kept = kept[~(of_stage & (first >= start))]
    shares = [] if transition.by_rule(design) else transition.sibling_shares(design)[transition.optional :]
    parts, table = [kept], plan_table(design)[["area_id", "school_id", "previous_school_id", "moved"]]
    for area, school, previous, moved in table.to_numpy():
        new, before = school.split(TOGETHER), previous.split(TOGETHER)
        year, left = start, [s for s in before if s not in new]
        if moved and transition.optional:
            year += transition.optional
            parts.append(_rows(area, sorted({*new, *before}), stage, (start, year - 1)))
        for share in shares if moved else ():
            parts.append(_rows(area, new, stage, (year, year)))
            parts.append(_rows(area, left, stage, (year, year), share / len(before)))
            year += 1
        parts.append(_rows(area, new, stage, (year, np.nan)))
    out = pd.concat([p for p in parts if len(p)], ignore_index=True)
    for column in ("valid_from", "valid_to"):
        out[column] = pd.to_numeric(out[column]).astype("Int64")
    return out.sort_values(["stage", "area_id", "valid_from", "school_id"], na_position="first", ignore_index=True)


def _rows(area: str, schools: list[str], stage: str, years: tuple[float, float], share: float = np.nan) -> pd.DataFrame:
    told = {"area_id": area, "school_id": schools, "stage": stage, "share": share}
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
    """(entrants a year whose school changes, of whom in the first year stay with a sibling at the old one)"""
    moving = design.terms.moved * design.case.pupils.sum() / _grades(design)
    return round(moving), round(moving * transition.siblings)


def _grades(design: Design) -> int:
    stages = design.case.run.places.stages
    return len(next(s for s in stages.all if s.id == design.case.stage).grades)
