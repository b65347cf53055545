"""Groups of pupils whom admission tells apart, tier × sector: who belongs to them, in shares and in whole children."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.allocation.whole import whole
from placesim.records import Floats, Inputs, Ints, Stages
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import ALL_PUPILS, SECTORS

_GOLDEN = (5**0.5 - 1) / 2
_SMALL = 1e-9
_PRIVATE = SECTORS.index("private")


@dataclass(frozen=True)
class Groups:
    """ids[group]; tier[group], private[group]: they apply to private schools.

    share[stage, area, group] of an area's pupils, 1 in sum over the groups, the last area being outside; points[stage,
    area, group], NaN where not known; sectors[stage]: it is known who applies to private schools.
    """

    ids: tuple[str, ...]
    tier: Ints
    private: NDArray[np.bool_]
    share: Floats
    points: Floats
    sectors: NDArray[np.bool_]

    @property
    def count(self) -> int:
        return len(self.ids)


def alike(ids: tuple[str, ...], areas: int, stages: int) -> Groups:
    """Groups whom no rule tells apart."""
    share = np.zeros((stages, areas, len(ids)))
    share[:, :, 0] = 1.0
    nobody = np.zeros(len(ids), dtype=bool)
    return Groups(ids, np.zeros(len(ids), dtype=np.int64), nobody, share, np.full(share.shape, np.nan),
                  np.zeros(stages, dtype=bool))  # fmt: skip


def groups_of(inputs: Inputs, stages: Stages, told: AllocationParameters) -> Groups:
    """The groups of a county by its table of applicants, its tiers and private shares; `all` where none is given.

    Shares of an area that add up to more than 1 are scaled to it; what they leave is of the default tier. Counted
    pupils are all of their area. Whoever has no sector applies to private schools with the share of the stage. Pupils
    from outside are of the default tier and apply to public schools. Rows of unknown areas, stages or tiers are left
    out.
    """
    rows = _rows(inputs, stages, told)
    shape = (len(stages.ids), len(inputs.area_ids) + 1, max(1, len(told.tiers)), len(SECTORS) + 1)
    share = _sums(rows, rows["share"], shape)
    share[:, :, default_tier(told), -1] += np.clip(1 - share.sum(axis=(2, 3)), 0, None)
    private = np.array([told.private_share.get(s, 0.0) for s in stages.ids])
    split = np.stack([1 - private, private], axis=1)[:, None, None]
    by_sector = share[..., :-1] + share[..., -1:] * split
    by_sector[:, -1] = 0.0
    by_sector[:, -1, default_tier(told), 0] = 1.0
    named = np.array([s in told.private_share for s in stages.ids])
    named[rows.loc[rows["sector"] < len(SECTORS), "stage"].unique()] = True
    ids, tier, applies = _axis(told, bool(by_sector[..., _PRIVATE].any()))
    sector = np.where(applies, _PRIVATE, 0)
    return Groups(ids, tier, applies, by_sector[:, :, tier, sector], _points(rows, shape)[:, :, tier, sector], named)


def default_tier(told: AllocationParameters) -> int:
    """The tier of whom the table of applicants does not tell: as said, else the last that has a zone."""
    names = [t.id for t in told.tiers]
    if told.default_tier in names:
        return names.index(told.default_tier)
    zoned = [k for k, tier in enumerate(told.tiers) if not tier.pool]
    return (zoned or [0])[-1]


def _axis(told: AllocationParameters, private: bool) -> tuple[tuple[str, ...], Ints, NDArray[np.bool_]]:
    """(ids, tier, whether they apply to private schools); those who do stand last."""
    names = [t.id for t in told.tiers]
    if not private:
        return tuple(names) or (ALL_PUPILS,), np.arange(max(1, len(names))), np.zeros(max(1, len(names)), dtype=bool)
    ids = (*names, *(f"{n}:private" for n in names)) or SECTORS
    tiers = np.arange(max(1, len(names)))
    return ids, np.concatenate([tiers, tiers]), np.repeat([False, True], len(tiers))


def _rows(inputs: Inputs, stages: Stages, told: AllocationParameters) -> pd.DataFrame:
    """stage, area, tier, sector (the last position: none said), share, points; rows that name unknown ones left out."""
    table = inputs.frame("applicants")
    names = [t.id for t in told.tiers]
    tier = pd.Index(names, dtype=object).get_indexer(pd.Index(table["tier"], dtype=object))
    blank = table["tier"].isna().to_numpy(bool) | np.array(not names)
    sector = pd.Index(SECTORS).get_indexer(pd.Index(table["sector"], dtype=object))
    rows = pd.DataFrame(
        {
            "stage": pd.Index(stages.ids).get_indexer(pd.Index(table["stage"], dtype=object)),
            "area": pd.Index(inputs.area_ids).get_indexer(pd.Index(table["area_id"], dtype=object)),
            "tier": np.where(blank, default_tier(told), tier),
            "sector": np.where(sector < 0, len(SECTORS), sector),
            **{c: pd.to_numeric(table[c]).to_numpy(float) for c in ("share", "pupils", "points")},
        }
    )
    rows = rows[(rows[["stage", "area", "tier"]] >= 0).all(axis=1)]
    cell = [rows["stage"], rows["area"]]
    counted = rows["pupils"].fillna(0.0).groupby(cell).transform("sum")
    given = rows["share"].groupby(cell).transform("count") > 0
    share = np.where(given, rows["share"], rows["pupils"] / counted.where(counted > 0))
    rows = rows.assign(share=np.nan_to_num(share))
    return rows.assign(share=rows["share"] / rows["share"].groupby(cell).transform("sum").clip(lower=1.0))


def _sums(rows: pd.DataFrame, values: pd.Series | NDArray[np.float64], shape: tuple[int, ...]) -> Floats:
    """value[stage, area, tier, sector or none said]"""
    total = np.zeros(shape)
    np.add.at(total, tuple(rows[c].to_numpy() for c in ("stage", "area", "tier", "sector")), np.asarray(values, float))
    return total


def _points(rows: pd.DataFrame, shape: tuple[int, ...]) -> Floats:
    """points[stage, area, tier, sector]: the mean of the rows that speak of the group, by their shares."""
    rows = rows[rows["points"].notna() & (rows["share"] > 0)]
    points, weight = _sums(rows, rows["points"] * rows["share"], shape), _sums(rows, rows["share"], shape)
    points, weight = (v[..., :-1] + v[..., -1:] for v in (points, weight))
    return np.divide(points, weight, out=np.full(points.shape, np.nan), where=weight > 0)


def in_groups(count: Ints, weight: Floats | Ints, phase: Floats) -> Ints:
    """count[area, grade] divided over the groups in proportion to weight[area, grade, group]; to the first without.

    Whole children, group by group, each rounded over the areas (`whole`, phase[grade]): every cell of count keeps its
    total, no part is more than a pupil off its proportion of what the groups before it left, and equal weights in all
    areas give totals of the groups that are no more than a pupil off.
    """
    first = np.arange(weight.shape[2]) == 0
    weight = np.where(weight.sum(axis=2, keepdims=True) > 0, weight, first).astype(float)
    out = np.zeros(weight.shape, dtype=np.int64)
    rest, left = count.copy(), weight.sum(axis=2)
    nothing = _SMALL * left
    for group in range(weight.shape[2] - 1):
        here = weight[..., group]
        rest_of = np.where(left > nothing, left, 1.0)
        part = np.where(left - here <= nothing, rest, np.minimum(rest * here / rest_of, rest))
        out[..., group] = np.minimum(whole(part.T, phase=(phase + group * _GOLDEN) % 1.0).T, rest)
        rest, left = rest - out[..., group], left - here
    out[..., -1] = rest
    return out
