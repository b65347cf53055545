"""What sampled futures say of places: fans of the pupils, and how likely a school or the county runs short.

Where the draws were placed anew (`Results.allocation_draws`), the rolls are those. Elsewhere the pupils of a draw take
the ways of the central run: those of a planning area, stage and year are shared over schools (and beyond the border) as
there, and a chance is that of the pupils who would come, before anybody is redirected.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from placesim.assessment.classes import by_stage
from placesim.demography import regions_of
from placesim.records import Allocation, DemandDraws, Floats, Inputs, Ints, Results, no_rows
from placesim.vocabulary import CAP, DESIGN, EMERGENCY

QUANTILES: Final = {"p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90}
LEVELS_JUDGED: Final = {"chance_over_design": DESIGN, "chance_over_cap": CAP, "chance_over_emergency": EMERGENCY}
FAN_COLUMNS: Final = (
    "planning_area", "stage", "year", "central", "mean", *QUANTILES, "low", "medium", "high", *LEVELS_JUDGED,
)  # fmt: skip
CHANCE_COLUMNS: Final = (
    "school_id", "stage", "year", "roll_p10", "roll_p50", "roll_p90", *LEVELS_JUDGED, "expected_excess",
)  # fmt: skip


def fans(results: Results, inputs: Inputs) -> pd.DataFrame:
    """planning_area (blank: the county), stage, year, central, mean, p10 … p90, low, medium, high, chance_over_design …

    Planning areas: pupils who live there. County: pupils who need a place in its schools (without those who leave, with
    those who come), and the share of draws in which they are more than its places at each level. low, medium and high
    are single draws, the same in every row, so their figures add up; quantiles do not.
    """
    draws = results.draws
    if draws is None:
        return no_rows(FAN_COLUMNS)
    pupils, central = draws.by_stage().astype(np.float64), _central(results, draws, inputs)
    tables = [
        _fan(name, pupils[:, r], central[r], draws)
        for r, name in enumerate(draws.planning_areas[:-1])
        if name  # areas without a planning area are in the county's rows only
    ]
    staying = 1.0 - _leaving(results, draws, inputs)
    need = (pupils * staying).sum(axis=1)
    county = _fan(None, need, (central * staying).sum(axis=0), draws)
    places = results.allocation.stage_places.sum(axis=0)  # [stage, year, level]
    chances = {name: _chance(need, places[..., level].T).T.ravel() for name, level in LEVELS_JUDGED.items()}
    return pd.concat([county.assign(**chances), *tables], ignore_index=True)[list(FAN_COLUMNS)]


def _fan(name: str | None, pupils: Floats, central: Floats, draws: DemandDraws) -> pd.DataFrame:
    """Rows by stage and year of pupils[draw, year, stage]."""
    stages, years = draws.stages.ids, draws.years
    rows = pd.MultiIndex.from_product([stages, years], names=["stage", "year"]).to_frame(index=False)
    spread = dict(zip(QUANTILES, np.quantile(pupils, list(QUANTILES.values()), axis=0), strict=True))
    figures = {"central": central, "mean": pupils.mean(axis=0), **spread}
    figures |= {named: pupils[draw] for named, draw in draws.named.items()}
    rows.insert(0, "planning_area", pd.Series([name] * len(rows), dtype=object))
    return rows.assign(**{k: values.T.ravel().round(1) for k, values in figures.items()})


def _chance(pupils: Floats, places: Floats | Ints) -> Floats:
    """Share of the draws (first axis) with more pupils than places."""
    return np.asarray((pupils > places).mean(axis=0), dtype=np.float64)


# ----------------------------------------------------------------------------------------------- the ways of draw 0
def _central(results: Results, draws: DemandDraws, inputs: Inputs) -> Floats:
    """pupils[planning area + outside, year, stage] of the central run."""
    return _by_region(results.demand.pupils.sum(axis=-1), draws, inputs)


def _by_region(grades: Floats, draws: DemandDraws, inputs: Inputs) -> Floats:
    """pupils[area + outside, year, grade] → pupils[planning area + outside, year, stage]."""
    regions = regions_of(inputs)
    county = np.concatenate([regions.total(grades[:-1]), grades[-1:]])
    starts = [draws.stages.grade_slice(s).start for s in draws.stages.ids]
    return np.add.reduceat(county, starts, axis=-1)


def _leaving(results: Results, draws: DemandDraws, inputs: Inputs) -> Floats:
    """share[planning area + outside, year, stage] of the pupils placed beyond the border in the central run."""
    allocation = results.allocation
    flows, ends = _flows(allocation, inputs, draws), len(allocation.schools) - 1
    whole = _by_region(allocation.demand.sum(axis=-1).astype(np.float64), draws, inputs)
    leaving, beyond = np.zeros_like(whole), flows["school"] == ends
    at = tuple(flows[axis][beyond] for axis in ("region", "year", "stage"))
    np.add.at(leaving, at, flows["pupils"][beyond])
    return np.divide(leaving, whole, out=np.zeros_like(whole), where=whole > 0)


def _flows(allocation: Allocation, inputs: Inputs, draws: DemandDraws) -> dict[str, Any]:
    """The flows with the planning area of the home and the stage: region, year, stage, school, pupils by row."""
    region = np.append(regions_of(inputs).region, len(draws.planning_areas) - 1)
    stage = draws.stages.stage_of_grade[allocation.grade]
    columns = (region[allocation.area], allocation.year, stage, allocation.school, allocation.pupils)
    return dict(zip(("region", "year", "stage", "school", "pupils"), columns, strict=True))


# ------------------------------------------------------------------------------------------------------ by school
def chances(results: Results, inputs: Inputs) -> pd.DataFrame:
    """school_id, stage, year, roll_p10, roll_p50, roll_p90, chance_over_design, chance_over_cap, chance_over_emergency,
    expected_excess (mean pupils over the cap), for every section with pupils or places."""
    draws = results.draws
    if draws is None:
        return no_rows(CHANCE_COLUMNS)
    allocation = results.allocation
    roll = rolls_by_draw(results, inputs)
    places = np.moveaxis(allocation.stage_places, 1, 2)  # [school, year, stage, level]
    central = np.moveaxis(by_stage(allocation.roll, draws.stages), 1, 2)
    school, year, stage = np.nonzero((central > 0) | (places[..., EMERGENCY] > 0))
    at = (slice(None), school, year, stage)
    low, middle, high = np.quantile(roll[at], [0.1, 0.5, 0.9], axis=0)
    facts = {
        "school_id": np.array(allocation.schools, dtype=object)[school],
        "stage": np.array(draws.stages.ids, dtype=object)[stage],
        "year": np.array(draws.years)[year],
        "roll_p10": low.round(1),
        "roll_p50": middle.round(1),
        "roll_p90": high.round(1),
    }
    judged = {name: _chance(roll[at], places[school, year, stage, level]) for name, level in LEVELS_JUDGED.items()}
    excess = np.maximum(roll[at] - places[school, year, stage, CAP], 0.0).mean(axis=0)
    return pd.DataFrame(facts | judged | {"expected_excess": excess.round(1)})[list(CHANCE_COLUMNS)]


def rolls_by_draw(results: Results, inputs: Inputs) -> Floats:
    """roll[draw, school, year, stage]: where stages and years were placed anew as there, elsewhere as if the pupils of
    each draw took the ways of the central run."""
    rolls, anew = _rolls_of_central_ways(results, inputs), results.allocation_draws
    if anew is not None:
        draws = results.draws
        assert draws is not None
        year = [draws.years.index(y) for y in anew.years]
        stage = [draws.stages.ids.index(s) for s in anew.stages]
        rolls[:, :, np.array(year, int)[:, None], np.array(stage, int)] = np.moveaxis(anew.roll, 2, 3)
    return rolls


def _rolls_of_central_ways(results: Results, inputs: Inputs) -> Floats:
    draws, allocation = results.draws, results.allocation
    assert draws is not None
    pupils, central = draws.by_stage().astype(np.float64), _central(results, draws, inputs)
    ratio = np.divide(pupils, central, out=np.ones_like(pupils), where=central > 0)
    flows = _flows(allocation, inputs, draws)
    schools, shape = len(allocation.schools), ratio.shape[1:]
    home = np.ravel_multi_index((flows["region"], flows["year"], flows["stage"]), shape)
    there = np.ravel_multi_index((flows["school"], flows["year"], flows["stage"]), (schools, *shape[1:]))
    ways = coo_array(
        (flows["pupils"].astype(np.float64), (there, home)), shape=(schools * shape[1] * shape[2], ratio[0].size)
    )
    rolls = (ways.tocsr() @ ratio.reshape(len(ratio), -1).T).T
    return np.asarray(rolls).reshape(len(ratio), schools, *shape[1:])[:, :-1]
