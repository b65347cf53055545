"""How near the nearest school of a stage is to the homes of each area: what norms of radius and walking time judge."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from placesim.geo import Homes, homes_of
from placesim.geo.profiles import METRES_PER_MINUTE
from placesim.records import Floats, HomeWays, Inputs, Results

Bools = NDArray[np.bool_]


def nearest_school_measures(results: Results, inputs: Inputs, walk_speed: float) -> pd.DataFrame:
    """metres_straight and walk_minutes of every area, stage and year, in that order.

    metres_straight: as the crow flies to the nearest school that teaches the stage in the year; walk_minutes: the
    shortest of the measured ways to one, on foot (what was measured by vehicle is walked at walk_speed, km/h). Means
    over the homes of an area by their share; NaN without a school, walk_minutes without ways from homes too.
    """
    homes, schools, ways = homes_of(inputs), _points(results), results.travel.ways
    areas = len(inputs.area_ids)
    walked = None if ways is None else np.where(ways.ride, ways.metres / (walk_speed * METRES_PER_MINUTE), ways.minutes)
    known: dict[bytes, tuple[Floats, Floats]] = {}
    straight, walk = [], []
    for stage in results.places.stages.ids:
        for year in range(len(results.places.years)):
            teaching = _teaching(results, stage, year)
            key = np.packbits(teaching).tobytes()  # most years have the same schools
            if key not in known:
                known[key] = _straight(homes, schools[teaching], areas), _on_foot(ways, walked, teaching, areas)
            straight.append(known[key][0])
            walk.append(known[key][1])
    by_area = (np.stack(cubes, axis=1).ravel() for cubes in (straight, walk))
    return pd.DataFrame(dict(zip(("metres_straight", "walk_minutes"), by_area, strict=True)))


def _points(results: Results) -> Floats:
    """x, y[school], NaN without a point."""
    shapes = results.places.schools.geometry.to_numpy()
    return np.stack([shapely.get_x(shapes), shapely.get_y(shapes)], axis=1)


def _teaching(results: Results, stage: str, year: int) -> Bools:
    places = results.places
    return np.asarray(places.serves[:, places.stages.grade_slice(stage), year].any(axis=1))


def _straight(homes: Homes, schools: Floats, areas: int) -> Floats:
    """Metres to the nearest of the schools, by area."""
    there = schools[~np.isnan(schools[:, 0])]
    if not len(there):
        return np.full(areas, np.nan)
    metres = cKDTree(there).query(homes.xy)[0]
    return _mean(homes.area, homes.share, metres, areas)


def _on_foot(ways: HomeWays | None, walked: Floats | None, teaching: Bools, areas: int) -> Floats:
    """Minutes to the nearest of the schools, by area; walked[row] of the ways."""
    if ways is None or walked is None:
        return np.full(areas, np.nan)
    rows = teaching[ways.school]
    minutes = np.full(len(ways.home_area), np.inf)
    np.minimum.at(minutes, ways.home[rows], walked[rows])
    return _mean(ways.home_area, ways.home_share, minutes, areas)


def _mean(area: NDArray[np.int64], share: Floats, way: Floats, areas: int) -> Floats:
    """By area, over the homes whose way is known."""
    known = np.isfinite(way)
    total = np.bincount(area[known], weights=share[known], minlength=areas)
    summed = np.bincount(area[known], weights=share[known] * way[known], minlength=areas)
    return np.divide(summed, total, out=np.full(areas, np.nan), where=total > 0)
