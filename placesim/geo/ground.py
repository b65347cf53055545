"""The ground of a county: homes and schools, and a search on the roads for each way of moving between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import shapely
from scipy.spatial import cKDTree

from placesim.geo.homes import Homes, Points
from placesim.geo.network import Network, Pieces, build_network, join_points, road_links
from placesim.geo.profiles import METRES_PER_MINUTE, Flags, plain_ride_speed, profiles, rides
from placesim.geo.search import Found, Search, minutes_to_nearest, nothing, other_way, search_of, together, ways
from placesim.geo.walls import Walls, walls
from placesim.records import Floats, Inputs, Ints
from placesim.scenario.parameters import TravelParameters

_CHUNK = 64  # schools at a time


@dataclass(frozen=True)
class Ground:
    """Homes, the schools that have a point and their positions among all, walls, and for each mode, on foot and then
    riding: its network, the network cut where schools and homes stand, its search. Without roads there are none."""

    homes: Homes
    schools: Points
    located: Ints
    walls: Walls
    networks: tuple[Network, ...]
    pieces: tuple[Pieces, ...]
    searches: tuple[Search, ...]
    travel: TravelParameters


def networks_of(inputs: Inputs, travel: TravelParameters) -> tuple[tuple[Network, ...], Walls]:
    """The network of each mode, and what people on foot do not cross."""
    if not inputs.has("roads"):
        return (), walls(inputs, None)
    roads = inputs.frame("roads")
    modes = profiles(roads, travel)
    closed = walls(inputs, modes[0])
    links = road_links(roads)
    return tuple(build_network(roads, links, profile, closed) for profile in modes), closed


def ground_of(
    inputs: Inputs, homes: Homes, schools: Points, travel: TravelParameters, *, every_node: bool = False
) -> Ground:
    """Schools (points, a missing one is left out) and homes joined to the network of each mode. every_node: for
    ways along every link; else the searches know junctions only."""
    networks, closed = networks_of(inputs, travel)
    located = np.flatnonzero(~shapely.is_missing(schools))
    schools = schools[located]
    points = np.concatenate([schools, homes.points])
    pieces = tuple(join_points(network, points, closed, reach=travel.snap_metres) for network in networks)
    searches = tuple(
        search_of(network, cut, len(schools), travel.limit_minutes, every_node=every_node)
        for network, cut in zip(networks, pieces, strict=True)
    )
    return Ground(homes, schools, located, closed, networks, pieces, searches, travel)


def ways_on(ground: Ground, *, workers: int | None = None) -> Iterator[Found]:
    """The ways within the limit, by every mode, of some schools after the other: pairs may come several times."""
    parts = [_by_line(ground)] if not ground.searches else [ways(search, workers=workers) for search in ground.searches]
    direct = [_direct(ground)] if ground.searches else []
    for found in chain(*parts, direct):
        yield replace(found, school=ground.located[found.school])


@dataclass(frozen=True)
class Reach:
    """Who reaches whom within the limit, found without measuring every pair. off_roads: ways without roads."""

    ground: Ground
    off_roads: Found

    def from_homes(self, schools: Ints) -> Flags:
        """Whether a home reaches one of some schools: [home]."""
        within = np.zeros(len(self.ground.homes.area), dtype=bool)
        for search in self.ground.searches:
            within |= np.isfinite(minutes_to_nearest(search, schools))
        within[self.off_roads.home[np.isin(self.off_roads.school, schools)]] = True
        return within

    def to_schools(self) -> Flags:
        """Whether any home reaches a school: [school]."""
        within = np.zeros(len(self.ground.schools), dtype=bool)
        for search in self.ground.searches:
            if search.weight > 1:  # from every home by itself it would take much longer
                for found in ways(search):
                    within[found.school] = True
            else:
                within |= np.isfinite(minutes_to_nearest(other_way(search), np.arange(len(self.ground.homes.area))))
        within[self.off_roads.school] = True
        return within


def reach_of(ground: Ground) -> Reach:
    """For a county's checks: much less work than `ways_on`."""
    return Reach(ground, _direct(ground) if ground.searches else together([nothing(), *_by_line(ground)]))


def on_foot(ground: Ground) -> tuple[Found, Found]:
    """The ways on foot within the limit: along roads, and straight across where that is shorter than going to the road
    and back."""
    found = (together([nothing(), *ways(ground.searches[0])]), _direct(ground))
    along, across = (replace(f, school=ground.located[f.school]) for f in found)
    return along, across


def straight(homes: Floats, schools: Points) -> Floats:
    """metres[school, home] as the crow flies."""
    xy = shapely.get_coordinates(schools)
    apart = xy[:, None, :] - homes[None, :, :]
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]), dtype=np.float64)


def _by_line(ground: Ground) -> Iterator[Found]:
    """Straight line × detour: on foot, and riding where that is faster."""
    travel, homes = ground.travel, ground.homes.xy
    for begin in range(0, len(ground.schools), _CHUNK):
        metres = straight(homes, ground.schools[begin : begin + _CHUNK]) * travel.detour
        minutes = metres / (travel.walk_speed * METRES_PER_MINUTE)
        yield _within(begin, minutes, metres, travel.limit_minutes, ride=False)
        if rides(travel):
            minutes = travel.ride_wait + metres / plain_ride_speed(travel)
            yield _within(begin, minutes, metres, travel.limit_minutes, ride=True)


def _within(first: int, minutes: Floats, metres: Floats, limit: float, *, ride: bool) -> Found:
    school, home = np.nonzero(minutes <= limit)
    at = (school, home)
    return Found(home, first + school, minutes[at], metres[at], np.full(len(home), ride))


def _direct(ground: Ground) -> Found:
    """Straight ways off the roads: where straight line × detour is shorter than the two ways to the roads alone, nobody
    walks to the road and back. No wall stands in them."""
    travel, search = ground.travel, ground.searches[0]
    legs = [np.where(np.isfinite(leg), leg, travel.snap_metres) for leg in (search.school_leg, search.home_leg)]
    if 0 in (len(legs[0]), len(legs[1])):
        return nothing()
    homes = ground.homes.xy
    radius = (legs[0] + legs[1].max()) / travel.detour
    near = cKDTree(homes).query_ball_point(shapely.get_coordinates(ground.schools), radius)
    school = np.repeat(np.arange(len(near)), [len(n) for n in near])
    home = np.concatenate([np.asarray(n, dtype=np.int64) for n in near])
    apart = shapely.get_coordinates(ground.schools)[school] - homes[home]
    metres = np.hypot(apart[:, 0], apart[:, 1]) * travel.detour
    minutes = metres / (travel.walk_speed * METRES_PER_MINUTE)
    kept = np.flatnonzero((metres < legs[0][school] + legs[1][home]) & (minutes <= travel.limit_minutes))
    kept = kept[~_walled(ground, school[kept], home[kept])]
    return Found(home, school, minutes, metres, np.zeros(len(home), dtype=bool)).at(kept)


def _walled(ground: Ground, school: Ints, home: Ints) -> Flags:
    ends = np.stack([shapely.get_coordinates(ground.schools)[school], ground.homes.xy[home]], axis=1)
    return ground.walls.block(shapely.linestrings(ends))
