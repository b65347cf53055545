"""The typology of school sections: crowded, underused, balanced, and for how long."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.standards.evaluate import COMPARE
from placesim.standards.pack import Pack
from placesim.standards.rules import Type, TypologyTest

Bools = NDArray[np.bool_]

BALANCED = "balanced"


def typology(sections: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    """typology, reason, persistent for each row of the school measures (which run by school, stage, year).

    A row is of the first type of the pack whose area types hold it and one of whose tests it meets; `reason` joins the
    tests it meets by "+". typology is None where a test is met but the area type is not known. persistent: of the same
    type, not balanced, in this and the years right before it, as many in a row as the pack says.
    """
    kind = np.full(len(sections), BALANCED, dtype=object)
    reason = np.full(len(sections), None, dtype=object)
    for name, definition in reversed(list(pack.typology.items())):
        met = _reasons(sections, definition)
        holds, (fits, unknown) = met != "", _area_type_fits(sections["area_type"], definition)
        kind[holds & fits], kind[holds & unknown] = name, None
        reason[holds & fits] = met[holds & fits]
    return pd.DataFrame(
        {"typology": kind, "reason": reason, "persistent": _persistent(sections, kind, pack.persistent_years)},
        index=sections.index,
    )


def meets(sections: pd.DataFrame, test: TypologyTest) -> Bools:
    """Which rows meet every condition of a test; a metric that is not known meets none."""
    met = [
        COMPARE[c.operator](sections[metric].to_numpy(dtype=float), c.value) for metric, c in test.conditions.items()
    ]
    in_stage = sections["stage"].isin(test.stage).to_numpy() if test.stage else np.ones(len(sections), dtype=bool)
    return np.logical_and.reduce([in_stage, *met])


def _area_type_fits(area_type: pd.Series, definition: Type) -> tuple[Bools, Bools]:
    """(the type can occur there, that cannot be said because the area type is not known)."""
    if not definition.area_type:
        return np.ones(len(area_type), dtype=bool), np.zeros(len(area_type), dtype=bool)
    return area_type.isin(definition.area_type).to_numpy(dtype=bool), area_type.isna().to_numpy()


def _reasons(sections: pd.DataFrame, definition: Type) -> NDArray[np.object_]:
    """The tests that each row meets, joined by "+"."""
    joined = np.full(len(sections), "", dtype=object)
    for test in definition.any_of:
        met = meets(sections, test)
        joined[met] = [f"{j}+{test.reason}" if j else test.reason for j in joined[met]]
    return joined


def _persistent(sections: pd.DataFrame, kind: NDArray[np.object_], years: int) -> Bools:
    frame = sections[["school_id", "stage", "year"]].assign(kind=kind).reset_index(drop=True)
    before = frame.shift(1)
    goes_on = (
        (frame["school_id"] == before["school_id"])
        & (frame["stage"] == before["stage"])
        & (frame["year"] == before["year"] + 1)
        & (frame["kind"] == before["kind"])
    )
    running = frame.groupby((~goes_on).cumsum()).cumcount() + 1
    named = frame["kind"].notna() & (frame["kind"] != BALANCED)
    return (named & (running >= years)).to_numpy()
