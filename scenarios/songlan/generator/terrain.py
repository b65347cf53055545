"""The land: outline, rivers, hills and the fine cells from which areas and roads are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.interpolate import CubicSpline
from scipy.spatial import Voronoi, cKDTree

from .facts import MAP_SEED, Flags, Floats, Ints, facts, metres, stream

TOWN_GRID = 110.0  # m between the cells of the county town
SEAT_RADIUS, SEAT_GRID = 1100.0, 150.0
FRINGE_GRID, OPEN_GRID = 230.0, 430.0
BANK = 55.0  # m from the river line to the first cells on either side, which makes borders follow the river


@dataclass(frozen=True)
class Land:
    """Cells of the county: xy[cell], polygon[cell], kind flags, hilliness[cell] 0–1, and the pairs of neighbours.

    pair[edge, 2], length[edge] in m, crosses[edge, line] where the step leads over river, brook or expressway.
    """

    xy: Floats
    polygon: np.ndarray
    town: Flags
    hills: Floats
    pair: Ints
    length: Floats
    crosses: Flags
    lines: np.ndarray


def survey() -> Land:
    """Lay out the cells of the county (the same on every call)."""
    lines = np.array([_curve(np.array(b["bends"]), meander=float(b["kind"] == "river")) for b in facts()["barrier"]])
    xy, kept = _points(lines)
    polygons = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(xy), ordered=True))
    pair = Voronoi(xy).ridge_points.astype(np.int64)
    pair = np.sort(pair[kept[pair].all(axis=1)], axis=1)
    position = np.cumsum(kept) - 1
    pair, xy, polygons = position[pair], xy[kept], polygons[kept]
    steps = shapely.linestrings(xy[pair])
    length = shapely.length(steps)
    near = length < 4 * OPEN_GRID
    crosses = np.stack([shapely.intersects(steps[near], line) for line in lines], axis=1)
    return Land(xy, polygons, town_distance(xy) <= 1, _hills(xy), pair[near], length[near], crosses, lines)


def town_distance(xy: Floats) -> Floats:
    """1 on the edge of the county town, smaller inside."""
    town = facts()["town"]
    turned = (xy - metres(town["centre"])) @ _turn(town["turn"])
    return np.hypot(*(turned / (np.array(town["half_axes"]) * 1000)).T)


def _turn(degrees: float) -> Floats:
    """Rotation of rows by −degrees: from the county's frame to the street grid's."""
    a = np.deg2rad(degrees)
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def _curve(bends: Floats, *, meander: float) -> shapely.LineString:
    """A smooth line through the bends; rivers meander."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(bends, axis=0).T))])
    s = np.arange(0, along[-1], 0.1)
    line = CubicSpline(along, bends)(s)
    wobble = meander * (0.16 * np.sin(2 * np.pi * s / 2.7) + 0.09 * np.sin(2 * np.pi * s / 1.3 + 1))
    tangent = np.gradient(line, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / np.hypot(*tangent.T)[:, None]
    return shapely.linestrings(np.array([metres(p) for p in line + wobble[:, None] * normal]))


def outline_distance(xy: Floats) -> Floats:
    """1 on the county border, smaller inside: an ellipse with lobes."""
    local = (xy - metres([0, 0])) / (np.array(facts()["half_axes"]) * 1000)
    angle = np.arctan2(local[:, 1], local[:, 0])
    lobes = [(2, 0.035, 0.4), (3, 0.07, 2.1), (5, 0.06, 4.0), (8, 0.04, 1.0), (13, 0.022, 5.0), (21, 0.012, 2.0)]
    return np.hypot(*local.T) / (1 + sum(a * np.cos(k * angle + p) for k, a, p in lobes))


def _hills(xy: Floats) -> Floats:
    """Hilliness 0–1: low along the rivers and round the town, high towards the border."""
    local = (xy - metres([0, 0])) / 1000
    ridges = [
        (-14, 12, 7),
        (-20, -9, 6),
        (18, 9, 7),
        (20, -10, 6),
        (6, -17, 5),
        (-5, 15, 5),
        (-13, 2.5, 3),
        (13, 1.5, 3.5),
    ]
    high = sum(np.exp(-(((local - [x, y]) ** 2).sum(axis=1)) / (2 * w**2)) for x, y, w in ridges)
    return np.clip(0.25 * np.maximum(outline_distance(xy), 0) ** 4 + 0.8 * high, 0, 1)


def _points(lines: np.ndarray) -> tuple[Floats, Flags]:
    """Cell points of the county and a rim beyond it; which of them lie in the county."""
    seats = cKDTree([metres(t["seat"]) for t in facts()["township"]])
    layers = [
        (_grid(TOWN_GRID, facts()["town"]["turn"], 0.0), lambda p: town_distance(p) <= 1),
        (_grid(SEAT_GRID, 0, 0.3), lambda p: (seats.query(p)[0] < SEAT_RADIUS) & (town_distance(p) > 1)),
        (_grid(FRINGE_GRID, 20, 0.4), lambda p: (town_distance(p) > 1.03) & (town_distance(p) <= 1.7)),
        (_grid(OPEN_GRID, 20, 0.45), lambda p: (town_distance(p) > 1.7) & (seats.query(p)[0] >= SEAT_RADIUS)),
    ]
    points = np.concatenate([grid[rule(grid)] for grid, rule in layers])
    rivers = shapely.union_all(lines[:2])
    gap = np.where(town_distance(points) <= 1, 80.0, 140.0)
    points = points[shapely.distance(shapely.points(points), rivers) > gap]
    points = np.concatenate([points, *(_banks(line, rivers) for line in lines[:2])])
    reach = outline_distance(points)
    points = points[reach <= 1.15]
    return points, outline_distance(points) <= 1


def _grid(step: float, turn: float, jitter: float) -> Floats:
    """Points about `step` apart over the whole county, shifted by up to jitter × step."""
    reach = 30_000.0 if step > 200 or jitter else 4_000.0
    centre = metres(facts()["town"]["centre"]) if reach < 10_000 else metres([0, 0])
    axis = np.arange(-reach, reach, step)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    shift = stream(MAP_SEED, int(step)).uniform(-1, 1, grid.shape)
    return (grid + shift * step * jitter) @ _turn(turn).T + centre


def _banks(line: shapely.LineString, rivers: shapely.Geometry) -> Floats:
    """Pairs of points on both sides of a river."""
    s = np.arange(60, line.length - 60, 150.0)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, s))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, s + 5)) - here
    normal = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / np.hypot(*ahead.T)[:, None]
    banks = np.concatenate([here + BANK * normal, here - BANK * normal])
    return banks[shapely.distance(shapely.points(banks), rivers) > 0.75 * BANK]
