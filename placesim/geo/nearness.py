"""How near the nearest school is: by home, stage and year, and as shares of pupils and residents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from placesim.geo.access import share_within
from placesim.records import Allocation, Floats, HomeWays, Places, Projection
from placesim.scenario.parameters import AccessParameters
from placesim.vocabulary import AREA_TYPES

COVERAGE = ("stage", "area_type", "year", "measure", "limit", "share_of_pupils", "share_of_residents")
NEAREST = (
    "stage", "area_type", "year", "metres_of_pupils", "minutes_of_pupils", "metres_of_residents",
    "minutes_of_residents",
)  # fmt: skip
RADIUS, MINUTES = "radius", "minutes"


@dataclass(frozen=True)
class Near:
    """straight[home] metres as the crow flies, metres[home] and minutes[home] of the way to the nearest school in time;
    inf where there is none."""

    straight: Floats
    metres: Floats
    minutes: Floats


@dataclass
class _Nearest:
    """The nearest of a set of schools from every home; sets that come again (most years) are looked up."""

    ways: HomeWays
    schools: Floats
    known: dict[bytes, Near] = field(default_factory=dict)

    def of(self, open_: NDArray[np.bool_]) -> Near:
        key = np.packbits(open_).tobytes()
        if key not in self.known:
            self.known[key] = self._found(open_)
        return self.known[key]

    def _found(self, open_: NDArray[np.bool_]) -> Near:
        ways = self.ways
        metres, minutes = np.full((2, len(ways.home_area)), np.inf)
        rows = np.flatnonzero(open_[ways.school])
        rows = rows[np.lexsort((ways.metres[rows], ways.minutes[rows], ways.home[rows]))]
        home, first = np.unique(ways.home[rows], return_index=True)
        metres[home], minutes[home] = ways.metres[rows[first]], ways.minutes[rows[first]]
        there = self.schools[open_ & ~np.isnan(self.schools[:, 0])]
        homes = np.stack([ways.home_x, ways.home_y], axis=1)
        straight = cKDTree(there).query(homes)[0] if len(there) else np.full(len(homes), np.inf)
        return Near(straight, metres, minutes)


@dataclass(frozen=True)
class People:
    """pupils[area, stage, year] of the county and residents[area, year] of all ages, NaN where they are not known."""

    pupils: Floats
    residents: Floats


def people_of(allocation: Allocation, projection: Projection | None) -> People:
    """Whole pupils as allocated, and residents as projected."""
    stages = [
        allocation.demand[:-1, :, allocation.stages.grade_slice(s)].sum(axis=(2, 3)) for s in allocation.stages.ids
    ]
    residents = np.full((len(allocation.areas) - 1, len(allocation.years)), np.nan)
    if projection is not None:
        known = np.isin(allocation.years, projection.years)
        at = [projection.years.index(y) for y in np.array(allocation.years)[known]]
        residents[:, known] = projection.residents.sum(axis=(2, 3))[:, at]
    return People(np.stack(stages, axis=1).astype(np.float64), residents)


def nearness(
    places: Places, ways: HomeWays, area_type: NDArray[np.object_], people: People, access: AccessParameters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(COVERAGE: shares of pupils and residents within each limit of the nearest school that teaches a stage in a year;
    NEAREST: the mean way to it of those who reach one), by area type (blank: the county); NaN where nobody is.

    area_type[area]; the people of an area are shared by its homes.
    """
    nearest, shares, means = _Nearest(ways, _points(places)), [], []
    for k, stage in enumerate(places.stages.ids):
        for t, year in enumerate(places.years):
            near, living = nearest.of(_teaching(places, stage, t)), _at_homes(people, ways, k, t)
            for name, inside in _groups(area_type[ways.home_area]):
                groups = tuple(people_[inside] for people_ in living)
                shares += [(stage, name, year, *row) for row in _within(near, inside, groups, access)]
                means.append((stage, name, year, *_means(near, inside, groups)))
    return pd.DataFrame(shares, columns=list(COVERAGE)).round(5), pd.DataFrame(means, columns=list(NEAREST)).round(2)


def _teaching(places: Places, stage: str, year: int) -> NDArray[np.bool_]:
    """Which schools teach a stage in a year."""
    return np.asarray(places.serves[:, places.stages.grade_slice(stage), year].any(axis=1))


def _points(places: Places) -> Floats:
    """x, y[school], NaN without a point."""
    shapes = places.schools.geometry.to_numpy()
    return np.stack([shapely.get_x(shapes), shapely.get_y(shapes)], axis=1)


def _at_homes(people: People, ways: HomeWays, stage: int, year: int) -> tuple[Floats, Floats]:
    """pupils[home], residents[home]."""
    by_area = (people.pupils[:, stage, year], people.residents[:, year])
    pupils, residents = (of[ways.home_area] * ways.home_share for of in by_area)
    return pupils, residents


def _groups(types: NDArray[np.object_]) -> Iterator[tuple[str | None, NDArray[np.bool_]]]:
    """The county, then each area type: which homes are in it."""
    yield None, np.ones(len(types), dtype=bool)
    for name in AREA_TYPES:
        if (types == name).any():
            yield name, types == name


def _within(
    near: Near, inside: NDArray[np.bool_], groups: tuple[Floats, ...], access: AccessParameters
) -> Iterator[tuple[str, float, float, float]]:
    """(measure, limit, share of pupils, share of residents) for some homes."""
    measures = ((RADIUS, near.straight[inside], access.metres), (MINUTES, near.minutes[inside], access.minutes))
    for measure, way, limits in measures:
        of_pupils, of_residents = (_share(people, way, limits) for people in groups)
        for limit, *both in zip(limits, of_pupils, of_residents, strict=True):
            yield measure, limit, both[0], both[1]


def _means(near: Near, inside: NDArray[np.bool_], groups: tuple[Floats, ...]) -> list[float]:
    return [_mean(people, way[inside]) for people in groups for way in (near.metres, near.minutes)]


def _share(people: Floats, way: Floats, limits: tuple[float, ...]) -> Floats:
    if not limits or np.isnan(people).any():
        return np.full(len(limits), np.nan)
    return share_within(people, way, limits)


def _mean(people: Floats, way: Floats) -> float:
    """Mean of those who reach a school."""
    reached = np.isfinite(way)
    total = people[reached].sum()
    return float(people[reached] @ way[reached] / total) if total > 0 else np.nan
