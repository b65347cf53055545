"""Where the pupils come from: entrants by source, and how the pupils of a year follow from those of the year before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from placesim.demography.pupils.known import KnownChildren, entry_grade
from placesim.demography.rolls.progression import grades_before
from placesim.records import Floats, Inputs, Ints, Stages
from placesim.scenario.options import DemandOptions
from placesim.vocabulary import WATERFALL

RESIDENTS, ROLLS = "residents", "rolls"  # sources of entrants beside the bases of the known children
COUNTY: Final = None  # planning area of the county's own rows
NOBODY: Final = 1e-9


def entrants_by_source(
    parts: Mapping[str, Floats], children: KnownChildren, years: tuple[int, ...], stages: Stages
) -> dict[str, Floats]:
    """source → pupils[area, year] of the entry grade: the bases' parts of the known children, residents, rolls.

    `parts`: part → pupils[area, year, grade] of the county's areas.
    """
    entry = entry_grade(stages)
    cohort = np.array(years) - stages.ages[entry]
    of_basis = _of_cohorts(children.by_basis, children.cohorts, cohort)
    total = of_basis.sum(axis=0)
    share = np.divide(of_basis, total, out=np.zeros_like(of_basis), where=total > 0)
    known = parts["children"][:, :, entry]
    by_basis = {name: share[k] * known for k, name in enumerate(children.sources)}
    unnamed = known - sum(by_basis.values(), np.zeros_like(known))  # a level continued beyond the youngest known cohort
    rolls = parts["rolls"][:, :, entry] + np.maximum(unnamed, 0.0)
    others = {ROLLS: rolls, RESIDENTS: parts["residents"][:, :, entry] + by_basis.pop(RESIDENTS, 0.0)}
    return by_basis | others


def _of_cohorts(values: Floats, known: Ints, wanted: Ints) -> Floats:
    """values[…, cohort] of the cohorts wanted; zero where a cohort is not known."""
    of = np.zeros((*values.shape[:-1], len(wanted)))
    found = np.isin(wanted, known)
    of[..., found] = values[..., np.searchsorted(known, wanted[found])]
    return of


def entrants_table(
    by_source: Mapping[str, Floats], children: KnownChildren, areas: tuple[str, ...], options: DemandOptions
) -> pd.DataFrame:
    """area_id, year, source, pupils, disaggregated: entrants by home area; rows without pupils left out."""
    years = options.years
    cohort = np.array(years) - options.stages.ages[entry_grade(options.stages)]
    spread = _of_cohorts(children.disaggregated.astype(np.float64), children.cohorts, cohort) > 0
    tables = []
    for source, pupils in by_source.items():
        area, year = np.nonzero(pupils > NOBODY)
        marked = spread[area, year] if source not in (ROLLS, RESIDENTS) else np.zeros(len(area), dtype=bool)
        columns = {"area_id": np.array(areas, dtype=object)[area], "year": np.array(years)[year], "source": source}
        tables.append(pd.DataFrame({**columns, "pupils": pupils[area, year].round(4), "disaggregated": marked}))
    return pd.concat(tables, ignore_index=True).sort_values(["year", "area_id"], kind="stable", ignore_index=True)


# -------------------------------------------------------------------------------------------------------- waterfall
def waterfall_table(
    parts: Mapping[str, Floats], by_source: Mapping[str, Floats], inputs: Inputs, *, years: tuple[int, ...],
    stages: Stages,
) -> pd.DataFrame:  # fmt: skip
    """planning_area (blank: the county), stage, year, component, source, pupils, from the second year on.

    last_year − leavers of the last grade + promoted from the stage before + entrants by source + net movers of the
    continuing cohorts + arrivals in new homes + outside = pupils of the year. Net movers hold whatever changes a cohort
    beside new homes: movement, repeaters, the passage from one view of it to another.
    part → pupils[area + outside, year, grade]; homes: pupils in homes completed since the base year, however counted.
    """
    areas, columns = inputs.areas, ["planning_area", "stage", "year", "component", "source", "pupils"]
    groups = areas["planning_area"] if "planning_area" in areas else pd.Series([None] * len(areas), dtype=object)
    members = {name: np.append(groups.to_numpy() == name, False) for name in sorted(groups.dropna().unique())}
    members[COUNTY] = np.ones(len(areas) + 1, dtype=bool)
    rows = []
    for name, chosen in members.items():
        mine = {part: values[chosen].sum(axis=0) for part, values in parts.items()}
        sources = {source: values[chosen[:-1]].sum(axis=0) for source, values in by_source.items()}
        for stage in stages.ids:
            for component, source, pupils in _components(mine, sources, stages, stage):
                rows += [(name, stage, y, component, source, n) for y, n in zip(years[1:], pupils, strict=True)]
    table = pd.DataFrame(rows, columns=columns).astype({"pupils": float})
    ranks = {"stage": stages.ids, "component": WATERFALL}
    order = table.assign(**{c: table[c].map({name: k for k, name in enumerate(ranks[c])}) for c in ranks})
    return table.loc[order.sort_values(["stage", "year", "component"], kind="stable").index].reset_index(drop=True)


def _components(
    parts: Mapping[str, Floats], by_source: Mapping[str, Floats], stages: Stages, stage: str
) -> Iterator[tuple[str, str | None, Floats]]:
    """(component, source, pupils[year from the second on]) of a stage, from parts[year, grade] and sources[year]."""
    grades, before = stages.grade_slice(stage), grades_before(stages)
    inside = np.arange(grades.start, grades.stop)
    going_on = inside[np.isin(before[inside], inside)]
    ends, begins = np.setdiff1d(inside, before[going_on]), np.setdiff1d(inside, going_on)
    core, homes = parts["rolls"] + parts["children"] + parts["residents"], parts["homes"]
    living = core + parts["housing"]
    promoted = bool((before[begins] >= 0).any()) and entry_grade(stages) not in begins
    arrived = (homes[1:, going_on] - homes[:-1, before[going_on]]).sum(axis=1)
    yield "last_year", None, (living + parts["outside"])[:-1, inside].sum(axis=1)
    yield "leavers", None, -living[:-1, ends].sum(axis=1)
    if entry_grade(stages) in begins:
        for source, pupils in by_source.items():
            if (pupils[1:] > NOBODY).any():
                yield "entrants", source, pupils[1:]
    elif promoted:
        yield "promoted", None, living[1:, begins].sum(axis=1)
    else:
        yield "entrants", None, core[1:, begins].sum(axis=1)
    stayed = living[1:, going_on].sum(axis=1) - living[:-1, before[going_on]].sum(axis=1)
    yield "net_movers", None, stayed - arrived
    yield "housing", None, arrived + (0.0 if promoted else parts["housing"][1:, begins].sum(axis=1))
    yield "outside", None, np.diff(parts["outside"][:, inside].sum(axis=1))
