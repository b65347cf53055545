"""Which areas touch: borders shared over some length, whatever slivers lie between the digitised polygons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from placesim.errors import Finding, InputError
from placesim.inputs.findings import at_table
from placesim.records import Floats, Frozen, Inputs, Ints, require

GAP = 1.0  # metres between borders that are meant to be one
SHARED = 5.0  # metres of common border below which two areas only meet in a corner
_CORNERS = 4  # gaps: what two noisy corners can seem to share
_TOLD = 10  # ids that a note names

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Contiguity(Frozen):
    """Areas that touch, by their positions.

    pairs[pair, 2] with i < j, sorted; metres[pair] of common border; islands: the areas that touch none; parts[area]:
    number of the connected part, 0 for that of the first area; gap: metres between borders that counted as one.
    """

    pairs: Ints
    metres: Floats
    islands: Ints
    parts: Ints
    gap: float

    def check(self) -> None:
        require(self.pairs.shape == (len(self.metres), 2), "each pair has its metres")
        require((self.pairs[:, 0] < self.pairs[:, 1]).all(), "the first of a pair comes before the second")
        touched = np.zeros(len(self.parts), dtype=bool)
        touched[self.pairs.ravel()] = True
        require(np.array_equal(np.flatnonzero(~touched), self.islands), "islands are the areas of no pair")


def contiguity(areas: gpd.GeoSeries, *, gap: float = GAP, shared: float = SHARED) -> Contiguity:
    """Pairs of areas (polygons, metric CRS) whose borders run within `gap` metres for more than `shared` metres.

    Corners never count. Common border = mean over both sides of the runs of one border within `gap` of the other area,
    each run less a gap at either end, where the borders part. Gaps and overlaps up to `gap` do not matter; an area in
    the hole of another touches it; of invalid polygons what GEOS can mend counts, missing ones touch none.

    Raises InputError: degrees, shapes that are no polygons, gap ≤ 0, shared below 4 gaps.
    """
    if areas.crs is not None and areas.crs.is_geographic:
        raise InputError("areas", "must lie in a metric CRS, not in degrees", value=areas.crs.to_string())
    if not 0 < gap < np.inf:
        raise InputError("gap", "must be a number above 0", value=gap)
    if not _CORNERS * gap <= shared < np.inf:
        raise InputError("shared", f"must be at least {_CORNERS} gaps, below which corners count", value=shared)
    shapes = sound_shapes(areas)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap)
    first, second = first[first < second], second[first < second]
    order = np.lexsort((second, first))
    pairs = np.stack([first[order], second[order]], axis=1).astype(np.int64)
    metres = _common_border(shapes, pairs, gap)
    pairs, metres = pairs[metres > shared], metres[metres > shared]
    islands = np.setdiff1d(np.arange(len(shapes)), pairs)
    return Contiguity(pairs, metres, islands, connected_parts(pairs, len(shapes)), gap)


def sound_shapes(areas: gpd.GeoSeries) -> Shapes:
    """Valid polygons, None where there is none; of a polygon that crosses itself what GEOS can mend."""
    shapes: Shapes = np.asarray(areas.values, dtype=object).copy()
    kinds = shapely.get_type_id(shapes)
    wrong = ~shapely.is_missing(shapes) & ~np.isin(kinds, (3, 6)) & ~shapely.is_empty(shapes)
    for at in np.flatnonzero(wrong)[:1]:
        raise InputError("areas", "must be polygons", int(at), shapes[at].geom_type)
    shapes[shapely.is_empty(shapes)] = None
    for at in np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)):
        parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shapes[at])))
        polygons = parts[shapely.get_type_id(parts) == 3]
        shapes[at] = shapely.union_all(polygons) if len(polygons) else None
    return shapes


def connected_parts(pairs: Ints, count: int) -> Ints:
    """part[area]: areas joined by pairs have the same number, counted from 0 in the order of areas."""
    links = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    found = connected_components(links, directed=False)[1]
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    return first.argsort().argsort()[number].astype(np.int64)


def _common_border(shapes: Shapes, pairs: Ints, gap: float) -> Floats:
    borders, wide = shapely.boundary(shapes), shapely.buffer(shapes, gap)
    one, other = pairs[:, 0], pairs[:, 1]
    sides = [_runs(borders[a], wide[b], gap) for a, b in ((one, other), (other, one))]
    return (sides[0] + sides[1]) / 2


def _runs(borders: Shapes, wide: Shapes, gap: float) -> Floats:
    """metres of each border within the widened area; a run with ends is shortened by a gap at each."""
    near = shapely.line_merge(shapely.intersection(borders, wide))
    runs, of = shapely.get_parts(near, return_index=True)
    length = shapely.length(runs)
    length = np.where(shapely.is_closed(runs), length, np.maximum(0, length - 2 * gap))
    return np.bincount(of, weights=length, minlength=len(borders)).astype(np.float64)


def check_contiguity(inputs: Inputs) -> Iterator[Finding]:
    """Areas that touch no other, and groups of areas apart from the rest."""
    if not inputs.has("areas") or len(inputs.areas) < 2:
        return
    ids = inputs.areas["area_id"].astype(str).to_numpy()
    found = contiguity(inputs.areas.geometry)
    table = inputs.tables["areas"]
    if len(found.islands):
        yield at_table(table, "N370", facts={"count": len(found.islands), "first": _named(ids[found.islands])})
    sizes = np.bincount(found.parts)
    apart = np.setdiff1d(np.flatnonzero(sizes > 1), sizes.argmax())
    if len(apart):
        heads = [ids[np.flatnonzero(found.parts == part)[0]] for part in apart]
        facts = {"groups": len(apart), "count": int(sizes[apart].sum()), "first": _named(np.array(heads))}
        yield at_table(table, "N371", facts=facts)


def _named(ids: NDArray[np.object_]) -> str:
    return ", ".join(ids[:_TOLD]) + ("…" if len(ids) > _TOLD else "")
