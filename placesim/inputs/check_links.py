"""Checks of travel matrices and housing: rows that must be there, or had better not, because of other tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placesim.errors import Finding
from placesim.inputs.findings import at_row
from placesim.records import Inputs
from placesim.scenario import Scenario

OLD_COMPLETION = 20  # years before the base year


def unreached(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """A travel matrix has a row for every area and every school; who has none can reach nothing."""
    travel = inputs.tables.get("travel")
    if travel is None:
        return
    for name, column, code in (("areas", "area_id", "W307"), ("schools", "school_id", "W308")):
        table = inputs.tables.get(name)
        if table is None:
            continue
        lacking = table.rows[column].notna() & ~table.rows[column].isin(travel.rows[column])
        for row in table.rows.index[lacking & ~table.rows[column].duplicated()]:
            yield at_row(table, code, int(row), column, {"travel": travel.source.file})


def old_developments(inputs: Inputs, scenario: Scenario) -> Iterator[Finding]:
    """Homes completed long before the base year have filled already: they belong to the population."""
    table = inputs.tables.get("developments")
    if table is None:
        return
    first = scenario.years[0] - OLD_COMPLETION
    for row in np.flatnonzero((table.rows["year"] < first).to_numpy()):
        yield at_row(table, "W309", int(row), "year", {"first": first, "years": OLD_COMPLETION})
