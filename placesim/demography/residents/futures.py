"""Residents of sampled futures: the yearly step of `projection.project` for every area and draw."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

import numpy as np

from placesim.arguments import refuse
from placesim.demography.residents.futures_kernel import run_block
from placesim.demography.residents.rates import YearlyRates
from placesim.errors import InputError
from placesim.records import Floats, Frozen, Ints, Projection

NOBODY: Final = 1e-9  # persons: fewer are rounding
BLOCK: Final = 32  # areas whose rates are worked on at a time
TILE: Final = 256  # most draws worked on together: their people fit the second-level cache, and long rows are fast rows
LANES: Final = 8  # draws are filled up to whole vectors of the machine


@dataclass(frozen=True, eq=False)
class Central(Frozen):
    """The central run that futures depart from: base[area, sex, age], the rates of its steps, and what it added.

    fertility_factor[area, step] by which known or controlled births scale fertility · settled[area, step, sex, age]
    residents before new housing · housing[area, step, sex, age] · staying[area, step, sex, age] share of those settled
    who are not displaced · residents_factor[area, step] of control totals.
    """

    base: Floats
    rates: YearlyRates
    timing: Literal["end", "even"]
    fertility_factor: Floats
    settled: Floats
    housing: Floats
    staying: Floats
    residents_factor: Floats


@dataclass(frozen=True, eq=False)
class MoreHomes(Frozen):
    """New housing beyond the central run's: dwellings[draw, development, step] newly occupied (negative: emptied, or
    fewer than in the central run) · persons[development, age] of one dwelling, both sexes together · area[development]
    (−1: unknown, left out) · inside_share[development, step] of its people who come from (or stay in) the county."""

    dwellings: Floats
    persons: Floats
    area: Ints
    inside_share: Floats


@dataclass(frozen=True, eq=False)
class Futures(Frozen):
    """Shocks of each draw: fertility[draw, step] factor · migration[draw, step, age at the end of the step] added to
    the net rate of those who would be there without moving · newcomers[draw, step] factor on in_count · homes."""

    fertility: Floats
    migration: Floats
    newcomers: Floats
    homes: MoreHomes


def central_run(projection: Projection, rates: YearlyRates, timing: Literal["end", "even"]) -> Central:
    """What futures need of a projection by cohorts whose steps had `rates` (one step for each year but the last)."""
    steps = len(projection.years) - 1
    if projection.births.shape[1] != steps or len(rates.survival) != steps:
        raise InputError("rates", f"must have the steps of the projection ({steps})", value=len(rates.survival))
    ends = projection.residents[:, 1:]
    control = projection.control if projection.control.size else np.zeros_like(ends)
    added = projection.births_control if projection.births_control.size else np.zeros_like(projection.births)
    settled = ends - control - projection.housing + projection.displacement
    displaced = _ratio(projection.displacement, settled, 0.0)
    return Central(
        base=projection.residents[:, 0],
        rates=rates,
        timing=timing,
        fertility_factor=_ratio(projection.births.sum(axis=2), (projection.births - added).sum(axis=2), 1.0),
        settled=settled,
        housing=projection.housing,
        staying=1.0 - displaced,
        residents_factor=_ratio(ends.sum(axis=(2, 3)), (ends - control).sum(axis=(2, 3)), 1.0),
    )


def _ratio(part: Floats, whole: Floats, otherwise: float) -> Floats:
    return np.divide(part, whole, out=np.full(whole.shape, otherwise), where=whole > 0)


def project_futures(central: Central, futures: Futures, *, ages: int, workers: int = 1) -> Floats:
    """residents[draw, area, year (steps + 1), age < ages], both sexes together. See `project_blocks`."""
    years = futures.fertility.shape[1] + 1
    residents = np.zeros((len(futures.fertility), len(central.base), years, ages))
    for areas, block in project_blocks(central, futures, ages=ages, workers=workers):
        residents[:, areas] = block
    return residents


def project_blocks(
    central: Central, futures: Futures, *, ages: int, workers: int = 1, block: int = BLOCK
) -> Iterator[tuple[slice, Floats]]:
    """(areas, residents[draw, area of the block, year, age < ages]) block by block, in the order of the areas.

    Without shocks every draw is the central run. Each step is that of `projection.project`: those who would be there,
    s = survivors and newborn, become s × (1 − out_rate + migration) + newcomers × in_count, no rate taking more than
    all; then housing: × (staying − Δ) + housing + arrivals of more homes; then the factor of control totals. Δ is the
    share taken from everybody elsewhere by more homes whose people come from inside the county: Σ persons inside ÷
    residents of the other areas in the central run. No cell falls below zero. Births follow fertility × its factors.
    Results depend neither on `workers` (threads) nor on `block`. Raises InputError for shapes that do not fit and for
    shocks that are not finite, or negative factors.
    """
    _check(central, futures, ages)
    shocks = _tiled(central, futures)
    draws = len(futures.fertility)
    blocks = [slice(a, min(a + block, len(central.base))) for a in range(0, len(central.base), block)]

    def work(areas: slice) -> tuple[slice, Floats]:
        return areas, _one_block(central, shocks, areas, (draws, ages))

    if workers == 1:
        yield from map(work, blocks)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from _in_order(pool, work, blocks, workers)


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[slice], tuple[slice, Floats]], blocks: list[slice], ahead: int
) -> Iterator[tuple[slice, Floats]]:
    """Results in order, no more than `ahead` + 1 of them waiting in memory."""
    waiting: deque[Future[tuple[slice, Floats]]] = deque()
    rest = iter(blocks)
    waiting.extend(pool.submit(work, b) for b in islice(rest, ahead + 1))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(work, b) for b in islice(rest, 1))


# ------------------------------------------------------------------------------------------------ what is refused
def _check(central: Central, futures: Futures, ages: int) -> None:
    draws, steps = futures.fertility.shape
    homes = futures.homes
    developments = homes.dwellings.shape[1]
    oldest = central.base.shape[2]
    wanted = {
        "fertility": (futures.fertility, (draws, len(central.rates.survival))),
        "migration": (futures.migration, (draws, steps, oldest)),
        "newcomers": (futures.newcomers, (draws, steps)),
        "dwellings": (homes.dwellings, (draws, developments, steps)),
        "persons": (homes.persons, (developments, oldest)),
        "inside_share": (homes.inside_share, (developments, steps)),
    }
    for name, (array, shape) in wanted.items():
        if array.shape != shape:
            raise InputError(name, f"must have shape {shape}", value=array.shape)
        refuse(name, array, ~np.isfinite(array), "must be a finite number")
    for name in ("fertility", "newcomers"):
        refuse(name, wanted[name][0], wanted[name][0] < 0, "must not be negative")
    if not 1 <= ages <= oldest:
        raise InputError("ages", f"must lie within 1–{oldest}", value=ages)
    areas = homes.area.astype(np.float64)
    refuse("area", areas, (areas < -1) | (areas >= len(central.base)), "must be the position of an area, or −1")


# ------------------------------------------------------------------------------------------------ for the kernel
@dataclass(frozen=True, eq=False)
class _Shocks:
    """Everything by tile, the draw innermost, developments sorted by area.

    fertility, newcomers[tile, step, draw]; migration[tile, step, age, draw]; taken[tile, step, sex, age, draw] share
    taken from everybody, own developments not yet left out; dwellings[tile, step, development, draw];
    arriving, taking[step, development, sex, age] persons, and share taken elsewhere, per dwelling;
    first[area + 1]: where the developments of each area start.
    """

    fertility: Floats
    newcomers: Floats
    migration: Floats
    taken: Floats
    dwellings: Floats
    arriving: Floats
    taking: Floats
    first: Ints


def _tiled(central: Central, futures: Futures) -> _Shocks:
    homes = futures.homes
    order = np.argsort(homes.area, kind="stable")
    order = order[homes.area[order] >= 0]
    area = homes.area[order]
    arriving, taking = _per_dwelling(central, homes, order)
    dwellings = homes.dwellings[:, order]
    taken = np.empty((len(dwellings), len(taking), *central.base.shape[1:]))
    for i in range(len(taking)):
        taken[:, i] = np.tensordot(dwellings[:, :, i], taking[i], 1)
    return _Shocks(
        fertility=_in_tiles(futures.fertility),
        newcomers=_in_tiles(futures.newcomers),
        migration=_in_tiles(futures.migration),
        taken=_in_tiles(taken),
        dwellings=_in_tiles(np.swapaxes(dwellings, 1, 2)),
        arriving=arriving,
        taking=taking,
        first=np.searchsorted(area, np.arange(len(central.base) + 1)),
    )


def _per_dwelling(central: Central, homes: MoreHomes, order: Ints) -> tuple[Floats, Floats]:
    """(arriving, taking)[step, development, sex, age] of one dwelling: persons of each sex, and the share of everybody
    elsewhere whom its people from inside the county take. Where nobody lives elsewhere, nobody comes from there."""
    area = homes.area[order]
    persons = homes.persons[order, None, None, :] / central.base.shape[1]
    inside = homes.inside_share[order, :, None, None]
    elsewhere = central.settled.sum(axis=0) - central.settled[area]
    somebody = elsewhere > NOBODY
    arriving = np.where(somebody, 1.0, 1.0 - inside) * persons
    taking = np.divide(inside * persons, elsewhere, out=np.zeros_like(elsewhere), where=somebody)
    return tuple(np.ascontiguousarray(np.swapaxes(a, 0, 1)) for a in (arriving, taking))  # type: ignore[return-value]


def _in_tiles(by_draw: Floats) -> Floats:
    """values[draw, …] → [tile, …, draw of the tile], the last tile filled up with zeros."""
    draws, rest = len(by_draw), by_draw.shape[1:]
    tiles = max(-(-draws // TILE), 1)
    width = -(-draws // (tiles * LANES)) * LANES
    padded = np.zeros((tiles * width, *rest))
    padded[:draws] = by_draw
    return np.ascontiguousarray(np.moveaxis(padded.reshape(tiles, width, *rest), 1, -1))


def _one_block(central: Central, shocks: _Shocks, areas: slice, extent: tuple[int, int]) -> Floats:
    """residents[draw, area of the block, year, age] for extent = (draws, ages)."""
    rates = central.rates
    told = (
        np.array(rates.survival[:, areas]),
        rates.fertility[:, areas] * central.fertility_factor[areas].T[:, :, None],
        1.0 - rates.out_rate[:, areas],
        np.array(rates.in_count[:, areas]),
        1.0 / (1.0 + rates.males_per_female_birth),
    )
    entering = np.array(central.housing[areas])
    first = np.array(shocks.first[areas.start : areas.stop + 1])
    busy = entering.any(axis=(1, 2, 3)) | (np.diff(first) > 0)
    housing = (np.array(central.staying[areas]), entering, np.array(central.residents_factor[areas]), busy)
    drawn = (shocks.fertility, shocks.newcomers, shocks.migration, shocks.taken)
    homes = (shocks.dwellings, shocks.arriving, shocks.taking, first)
    draws, ages = extent
    tiles, steps, width = shocks.fertility.shape
    residents = np.empty((len(entering), steps + 1, ages, tiles * width))
    run_block(residents, np.array(central.base[areas]), (told, housing, drawn, homes), central.timing == "even")
    return np.moveaxis(residents[..., :draws], -1, 0)
