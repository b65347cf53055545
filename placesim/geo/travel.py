"""How far it is from each area to each school: by roads, by a given matrix, or by straight line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placesim.geo.ground import Ground, ground_of, ways_on
from placesim.geo.homes import Homes, Points, area_points, homes_of
from placesim.geo.search import Found, nothing, together
from placesim.geo.sorting import order_by
from placesim.records import JOINS, HomeWays, Inputs, Ints, Places, Travel, no_rows
from placesim.scenario.options import TravelOptions
from placesim.scenario.parameters import TravelParameters

_HALF = 0.5 - 1e-9  # of an area's people: what is out of reach for most of them is out of reach for the area
_GATHERED = 8_000_000  # rows held before the far ones are let go, where only the nearest are asked for


# area, school (positions), metres, minutes of pairs
Pairs = dict[str, Any]


def measure_travel(inputs: Inputs, places: Places, options: TravelOptions, *, workers: int | None = None) -> Travel:
    """Minutes and metres of every (area, school) pair within `limit_minutes`, means over the points where people live.

    A given matrix comes first, then roads, then straight line × detour; the notes are label keys. Roads: the straight
    way to the nearest road, along roads, the straight way to the school; the shorter of walking and, where people ride,
    waiting and riding. Matrix: blank metres are straight line × detour, and schools that no row names (new ones above
    all) are measured as without a matrix. workers: processes for the search; None = by the size of the work.
    """
    travel, homes = options.travel, homes_of(inputs)
    points = places.schools.geometry.to_numpy().copy()
    notes, given = [], None
    if inputs.has("travel"):
        given = _given_pairs(inputs, places, travel)
        listed = np.isin(places.ids, inputs.frame("travel")["school_id"].to_numpy())
        points[listed] = None
        filled = bool(inputs.frame("travel")["metres"].isna().any())
        notes = ["travel.metres_by_line"] * filled + ["travel.not_in_matrix"] * bool((~listed).any())
    elif not inputs.has("roads"):
        notes = ["travel.straight_line"]
    ground, rows = _measured(inputs, homes, points, places, travel, workers)
    pairs = area_pairs(rows, homes, len(places.ids))
    if given is not None:
        both = pd.concat([given, pd.DataFrame(pairs)]).sort_values(["area", "school"])
        pairs = {name: both[name].to_numpy() for name in pairs}
        rows = _with_matrix(rows, given, homes)
    return Travel(
        areas=inputs.area_ids, schools=places.ids, area=pairs["area"], school=pairs["school"],
        minutes=pairs["minutes"], metres=pairs["metres"], method=_method(inputs),
        notes=tuple(notes), ways=_home_ways(rows, homes), joins=joins(ground, inputs, places.ids),
    )  # fmt: skip


def _method(inputs: Inputs) -> str:
    if inputs.has("travel"):
        return "matrix"
    return "roads" if inputs.has("roads") else "straight_line"


# ------------------------------------------------------------------------------------------------ by home
def _measured(
    inputs: Inputs, homes: Homes, points: Points, places: Places, travel: TravelParameters, workers: int | None
) -> tuple[Ground, Found]:
    """The ground, and the ways by home to the schools that have a point; nobody reaches the others."""
    ground = ground_of(inputs, homes, points, travel)
    keep = None if travel.nearest is None else (travel.nearest, _taught(places))
    return ground, gathered(ways_on(ground, workers=workers), keep)


def _taught(places: Places) -> NDArray[np.bool_]:
    """Whether a school ever teaches a stage: [school, stage]."""
    stages = [places.stages.grade_slice(s) for s in places.stages.ids]
    return np.stack([places.serves[:, grades].any(axis=(1, 2)) for grades in stages], axis=1)


def gathered(parts: Iterable[Found], keep: tuple[int, NDArray[np.bool_]] | None) -> Found:
    """The best way of every pair, sorted. keep: (how many nearest of each stage, taught[school, stage])."""
    held = [nothing()]
    for found in parts:
        held.append(found)
        if keep is not None and sum(len(h.home) for h in held) > _GATHERED:
            held = [_best(held, keep)]
    return _best(held, keep)


def _best(held: Sequence[Found], keep: tuple[int, NDArray[np.bool_]] | None) -> Found:
    """Each pair once, by its shorter way (on foot where both take as long), far schools let go."""
    rows = together(held)
    rows = rows.at(order_by(rows.home, rows.school))
    new = _changes(rows.home, rows.school)
    rows = rows if new.all() else rows.at(_shorter(rows, new))
    return rows if keep is None else rows.at(_near(rows, *keep))


def _shorter(rows: Found, new: NDArray[np.bool_]) -> Ints:
    """One row of each pair, where `new` marks the first of each: the shorter way."""
    pair = np.cumsum(new) - 1
    several = np.bincount(pair)[pair] > 1
    ways = np.flatnonzero(several)
    ways = ways[np.lexsort((rows.ride[ways], rows.minutes[ways], pair[ways]))]
    return np.sort(np.concatenate([np.flatnonzero(~several), ways[_changes(pair[ways])]]))


def _near(rows: Found, most: int, taught: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Found to one of the `most` nearest schools of some stage."""
    kept = np.zeros(len(rows.home), dtype=bool)
    for stage in range(taught.shape[1]):
        of_stage = np.flatnonzero(taught[rows.school, stage])
        order = of_stage[np.lexsort((rows.school[of_stage], rows.minutes[of_stage], rows.home[of_stage]))]
        first = np.flatnonzero(_changes(rows.home[order]))
        rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
        kept[order[rank < most]] = True
    return kept


def _changes(*sorted_keys: Ints) -> NDArray[np.bool_]:
    """Where a new combination of sorted keys begins."""
    new = np.ones(len(sorted_keys[0]), dtype=bool)
    new[1:] = np.any([np.diff(key) != 0 for key in sorted_keys], axis=0)
    return new


def _home_ways(rows: Found, homes: Homes) -> HomeWays:
    x, y = homes.xy.T
    return HomeWays(homes.area, homes.share, x, y, rows.home, rows.school, rows.minutes, rows.metres, rows.ride)


# ------------------------------------------------------------------------------------------------ by area
def area_pairs(rows: Found, homes: Homes, schools: int) -> Pairs:
    """The pairs where at least half of the area's people reach the school: means over those who do."""
    if len(np.unique(homes.area)) == len(homes.area):  # every area has one home: nothing to take the mean of
        return {"area": homes.area[rows.home], "school": rows.school, "metres": rows.metres, "minutes": rows.minutes}
    order = order_by(homes.area[rows.home], rows.school)
    pair = (homes.area[rows.home] * schools + rows.school)[order]
    share = homes.share[rows.home][order]
    starts = np.flatnonzero(_changes(pair))
    reached = np.add.reduceat(share, starts) if len(starts) else share
    kept = reached >= _HALF
    means = {}
    for name, values in (("metres", rows.metres), ("minutes", rows.minutes)):
        sums = np.add.reduceat(values[order] * share, starts) if len(starts) else share
        means[name] = sums[kept] / reached[kept]
    area, school = np.divmod(pair[starts][kept], max(1, schools))
    return {"area": area, "school": school, **means}


def _given_pairs(inputs: Inputs, places: Places, travel: TravelParameters) -> pd.DataFrame:
    """Found of the table within the limit, blank metres filled."""
    rows = inputs.frame("travel")
    pairs = pd.DataFrame(
        {
            "area": pd.Index(inputs.area_ids).get_indexer(pd.Index(rows["area_id"])),
            "school": pd.Index(places.ids).get_indexer(pd.Index(rows["school_id"])),
            "metres": rows["metres"].to_numpy(float),
            "minutes": rows["minutes"].to_numpy(float),
        }
    )
    pairs = pairs[(pairs["area"] >= 0) & (pairs["school"] >= 0) & (pairs["minutes"] <= travel.limit_minutes)]
    centres = area_points(inputs.areas)[pairs["area"]]
    line = shapely.distance(centres, places.schools.geometry.to_numpy()[pairs["school"]]) * travel.detour
    return pairs.fillna({"metres": pd.Series(line, pairs.index)})


def _with_matrix(rows: Found, given: pd.DataFrame, homes: Homes) -> Found:
    """The ways by home with those of the matrix, which are the same for every home of an area."""
    of_area = pd.DataFrame({"area": homes.area, "home": np.arange(len(homes.area))})
    table = given.merge(of_area, on="area")
    home, school, minutes, metres = (table[c].to_numpy() for c in ("home", "school", "minutes", "metres"))
    listed = Found(home, school, minutes, metres, np.zeros(len(table), dtype=bool))
    return _best([rows, listed], None)


def joins(ground: Ground, inputs: Inputs, schools: tuple[str, ...]) -> pd.DataFrame:
    """unit, id, mode, metres of the straight way to the roads; NaN where there is none. No rows without roads."""
    homes, located = ground.homes, ground.located
    of_table: NDArray[np.object_] = inputs.frame("points")["point_id"].to_numpy(dtype=object)
    of_area = np.array(inputs.area_ids, dtype=object)[homes.area]
    named = np.where(homes.row >= 0, np.concatenate([of_table, [None]])[homes.row], of_area)
    unit = np.concatenate([np.full(len(located), "school"), np.where(homes.row >= 0, "point", "area")])
    ids = np.concatenate([np.array(schools, dtype=object)[located], named])
    tables = [
        pd.DataFrame({"unit": unit.astype(object), "id": ids, "mode": network.profile.mode, "metres": leg})
        for network, search in zip(ground.networks, ground.searches, strict=True)
        for leg in [np.concatenate([search.school_leg, search.home_leg])]
    ]
    return (
        pd.concat(tables, ignore_index=True).replace({"metres": {np.inf: np.nan}}).round(2)
        if tables
        else no_rows(JOINS)
    )
