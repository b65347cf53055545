"""What one more place at a school is worth."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from placesim.allocation.central import central_run
from placesim.allocation.flow import Arcs, Steps
from placesim.allocation.transport import asked
from placesim.allocation.warm import school_graph, solve_first
from placesim.allocation.warm.prices import lowest_prices
from placesim.errors import InputError
from placesim.records import Floats, Ints, Results, no_rows
from placesim.scenario.options import AllocationOptions

VALUE_COLUMNS: Final = ("school_id", "stage", "year", "minutes")
_MOST: Final = 1 << 57  # whole cost of an unplaced pupil: no sum of such prices leaves 64 bits


def place_values(
    pupils: ArrayLike, places: ArrayLike, area: ArrayLike, school: ArrayLike, minutes: ArrayLike, *,
    unplaced_minutes: float,
) -> Floats:  # fmt: skip
    """value[school]: by how much one more place there would lower what `transport` makes least, in minutes.

    Arguments as of `transport`, whose objective is minutes of the placed + unplaced_minutes × unplaced; a place that
    takes in a pupil who has none is worth up to unplaced_minutes. The value is that of the next place alone: two
    more are worth at most twice as much, and places at two schools are worth other than their values together. It is
    the lowest price of the places in the dual problem (Koopmans 1949; of all best prices the lowest is what the
    objective loses to the right), exact to the whole costs of the solver.

    Raises InputError as `transport` does, and for an infinite price.
    """
    supply, room, arcs, price = asked(pupils, places, (area, school, minutes), unplaced_minutes)
    if not np.isfinite(price):
        raise InputError("unplaced_minutes", "must be finite: places that take in the unplaced are worth as much")
    there = np.isfinite(arcs.minutes)
    usable = Arcs(arcs.node[there], arcs.school[there], arcs.minutes[there])
    return step_values(supply, usable, Steps(room[:, None], np.zeros(1)), price)


def value_table(results: Results, options: AllocationOptions) -> pd.DataFrame:
    """school_id, stage, year, minutes: what one more place at design level would have saved in the central run, for
    every school and year of the stages under the rule `transport`; no rows for other rules. In minutes with the prices
    of places over design and over cap and of the unplaced, as the rule weighs them; pupils from outside are seated
    first. Campuses keep the split of their rooms; a school without any place is no candidate, so that its first place
    shows no value.
    """
    central, ids, tables = central_run(results, options), results.places.ids, []
    for k, stage in enumerate(central.stages):
        for t, year in enumerate(results.places.years):
            laid = central.lay_out(t, k)
            pupils = laid.by_node(central.staying[:, t, central.grades[k]].T)
            minutes = step_values(pupils, laid.arcs, laid.steps, central.parameters.unplaced_minutes)
            tables.append(pd.DataFrame({"school_id": ids, "stage": stage, "year": year, "minutes": minutes}))
    return pd.concat(tables, ignore_index=True) if tables else no_rows(VALUE_COLUMNS)


def step_values(pupils: Ints, arcs: Arcs, steps: Steps, unplaced_minutes: float) -> Floats:
    """value[school] of one more place in the first step, see `place_values`; pupils[node]."""
    graph = school_graph(
        arcs, len(pupils), len(steps.places), step_minutes=steps.minutes, unplaced_minutes=unplaced_minutes
    )
    found, links = solve_first(graph, pupils, steps.places), graph.links
    dearest = min(round(unplaced_minutes * graph.scale) + 1, _MOST)
    units = links.units.copy()
    units[links.first[1:] - 1] = dearest  # the graph may have cut it
    low = lowest_prices(links._replace(units=units), found.pupils, found.places)[:-1]
    value = np.maximum(low - links.extra[0], 0) / graph.scale
    # no chain of moves costs half of _MOST: a price above it says that the place takes in one of the unplaced
    takes_in = low > _MOST // 2
    return np.where(takes_in, unplaced_minutes - (dearest - low + links.extra[0]) / graph.scale, value)
