"""What the map leaves apart is joined, what the travel table leaves out is estimated, so that every area has a zone; it
is told each time."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from placesim.errors import Finding
from placesim.geo.contiguity import connected_parts, sound_shapes
from placesim.inputs.findings import first_few
from placesim.records import Floats, Ints
from placesim.store import Run

_DETOUR = 1.3  # way ÷ straight line where travel knows nothing


def bridged(areas: gpd.GeoDataFrame, pairs: Ints, notes: list[Finding]) -> Ints:
    """pairs[pair, 2] and one more for each part of the map that touches no other: to the area nearest to it."""
    ids, shapes = areas["area_id"].to_numpy(dtype=object), sound_shapes(areas.geometry)
    added = []
    while (parts := connected_parts(pairs, len(ids))).max(initial=0) > 0:
        small = np.flatnonzero(parts == np.bincount(parts).argmin())
        others = np.setdiff1d(np.arange(len(ids)), small)
        metres = shapely.distance(shapes[small][:, None], shapes[others][None, :])
        row, column = np.unravel_index(int(np.nan_to_num(metres, nan=np.inf).argmin()), metres.shape)
        pair = sorted((int(small[row]), int(others[column])))
        added.append(f"{ids[pair[0]]}–{ids[pair[1]]}")
        pairs = np.concatenate([pairs, [pair]])
    if added:
        notes.append(Finding("N643", facts={"count": len(added), "first": first_few(added)}))
    return pairs


def ways_of_the_cut_off(
    run: Run, minutes: Floats, members: tuple[tuple[int, ...], ...], notes: list[Finding]
) -> Floats:
    """minutes[area, zone] in which areas that reach no school have the straight line × 1.3 at the county's pace."""
    lost = np.flatnonzero(np.isinf(minutes).all(axis=1))
    if not len(lost):
        return minutes
    known = run.travel.minutes > 0
    pace = float(np.median(run.travel.metres[known] / run.travel.minutes[known])) if known.any() else 80.0
    centres = run.inputs.areas.geometry.centroid.to_numpy()[lost]
    points = run.places.schools.geometry.to_numpy()
    metres = np.stack([shapely.distance(centres[:, None], points[list(g)]).min(axis=1) for g in members], axis=1)
    out = minutes.copy()
    out[lost] = metres * _DETOUR / pace
    named = first_few([run.inputs.area_ids[i] for i in lost])
    notes.append(Finding("N644", facts={"count": len(lost), "first": named}))
    return out
