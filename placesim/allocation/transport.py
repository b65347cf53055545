"""Least minutes within the places: the transport problem of operations research, for plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.arguments import LARGEST, as_counts, as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats, Ints


@dataclass(frozen=True)
class Flow:
    """Who goes where: pupils[row] of the rows given, unplaced[area], minutes × pupils over those placed."""

    pupils: Ints
    unplaced: Ints
    total_minutes: float


def transport(
    pupils: ArrayLike, places: ArrayLike, area: ArrayLike, school: ArrayLike, minutes: ArrayLike, *,
    unplaced_minutes: float,
) -> Flow:  # fmt: skip
    """Place pupils so that minutes of the placed + unplaced_minutes × unplaced is least; places are never exceeded.

    pupils[area] and places[school], whole numbers; area[row], school[row], minutes[row] the ways there are (positions;
    other pairs, and ways of infinite minutes, cannot be used). minimise Σ minutes·x + price·Σ u subject to Σ x + u =
    pupils by area, Σ x ≤ places by school (Hitchcock 1941); solved exactly as a min-cost flow, see `flow`. A way that
    takes as long as the price is used rather than leaving a pupil unplaced.

    Raises InputError for wrong shapes, NaN, negative or fractional pupils or places (rounding is the caller's, by
    `whole`), counts above 2⁵³ and pupils that add up to more, positions off the axes, negative or NaN minutes or price.
    """
    supply, room, arcs, price = asked(pupils, places, (area, school, minutes), unplaced_minutes)
    ways = np.flatnonzero(np.isfinite(arcs.minutes))
    usable = Arcs(arcs.node[ways], arcs.school[ways], arcs.minutes[ways])
    flow = np.zeros(len(arcs.node), dtype=np.int64)
    flow[ways] = cheapest_flow(supply, usable, Steps(np.minimum(room, supply.sum())[:, None], np.zeros(1)), price)
    placed = np.bincount(arcs.node, weights=flow, minlength=len(supply)).astype(np.int64)
    return Flow(flow, supply - placed, float((usable.minutes * flow[ways]).sum()))


def asked(
    pupils: ArrayLike, places: ArrayLike, ways: tuple[ArrayLike, ArrayLike, ArrayLike], unplaced_minutes: ArrayLike
) -> tuple[Ints, Ints, Arcs, float]:
    """(pupils, places, ways, price) of a transport problem as whole numbers, positions and minutes, or InputError."""
    supply, room = as_counts("pupils", pupils), as_counts("places", places)
    everyone = sum(supply.tolist())
    if everyone > LARGEST:
        raise InputError("pupils", "must not add up to more than 2⁵³", value=everyone)
    node, to, taken = ways
    arcs = Arcs(_positions("area", node, "pupils", supply), _positions("school", to, "places", room), _minutes(taken))
    _same_length("school", arcs.school, arcs.node)
    _same_length("minutes", arcs.minutes, arcs.node)
    price = as_numbers("unplaced_minutes", unplaced_minutes, axes=0)
    refuse("unplaced_minutes", price, ~(price >= 0), "must be a number of 0 or more")
    return supply, room, arcs, float(price)


def _positions(argument: str, given: ArrayLike, axis: str, counts: Ints) -> Ints:
    """Positions on the axis of the counts, which the argument named `axis` gives."""
    values, length = as_numbers(argument, given, axes=1), len(counts)
    if len(values) and not length:
        raise InputError(argument, f"must be empty, as {axis} is", value=f"{len(values)} rows")
    off = ~((values >= 0) & (values < length)) | (values != np.floor(values))
    refuse(argument, values, off, f"must be a position 0 … {length - 1}")
    return values.astype(np.int64)


def _minutes(given: ArrayLike) -> Floats:
    values = as_numbers("minutes", given, axes=1)
    refuse("minutes", values, ~(values >= 0), "must be a number of 0 or more")
    return values


def _same_length(argument: str, values: Floats | Ints, rows: Ints) -> None:
    if len(values) != len(rows):
        raise InputError(argument, f"must have as many rows as area ({len(rows)})", value=len(values))
