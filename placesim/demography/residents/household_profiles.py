"""Who lives in a dwelling: the county's own profiles by type, and bundled dwelling types where it has none."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.demography.frames import ages, numbers, positions
from placesim.demography.residents.graduate import graduate
from placesim.demography.residents.population import AGES, OLDEST
from placesim.records import Floats, Frozen, Inputs, Ints


@dataclass(frozen=True, eq=False)
class DwellingType(Frozen):
    """A bundled type: persons[age 0–100+] of an occupied dwelling, the share of its pupils whom the home entitles to a
    place in its district (`admission`), and the share of its occupants from inside the county where nothing is said."""

    label: Mapping[str, str]
    persons: Floats
    admission: float
    displaced_share: float
    source: str
    confidence: str  # V read · D derived · M assumed


@cache
def dwelling_types() -> Mapping[str, DwellingType]:
    """The bundled dwelling types by id, in the order of `dwelling_types.toml`."""
    bundled = tomllib.loads(resources.files(__package__).joinpath("dwelling_types.toml").read_text(encoding="utf-8"))
    edges = bundled["age_edges"]
    return MappingProxyType(
        {
            name: DwellingType(
                label=facts["label"],
                persons=graduate(facts["persons"], edges),
                admission=float(facts["admission"]),
                displaced_share=float(facts["displaced_share"]),
                source=facts["source"],
                confidence=facts["confidence"],
            )
            for name, facts in bundled["type"].items()
        }
    )


@dataclass(frozen=True, eq=False)
class Profiles(Frozen):
    """persons[type, age 0–100+] of an occupied dwelling, when its residents enter and in the oldest stock that is told.

    The types of the county's table come first, then those bundled that it does not overrule. `own`: how many of the
    table.
    """

    types: tuple[str, ...]
    at_entry: Floats
    oldest: Floats
    own: int


def read_profiles(inputs: Inputs) -> Profiles:
    """The table `household_profiles`, each type at its first and its last `years_since`, and the bundled types."""
    table = inputs.frame("household_profiles")
    own = tuple(dict.fromkeys(table["dwelling_type"].dropna()))
    since = np.nan_to_num(numbers(table, "years_since"))
    of_type = positions(table, "dwelling_type", own)
    curves = np.zeros((2, len(own), AGES))
    for position in range(len(own)):
        rows = np.flatnonzero(of_type == position)
        for late, years in enumerate((since[rows].min(), since[rows].max())):
            curves[late, position] = single_ages(table.iloc[rows[since[rows] == years]])
    bundled = {name: kind.persons for name, kind in dwelling_types().items() if name not in own}
    more = np.array(list(bundled.values())).reshape(-1, AGES)
    at_entry, oldest = (np.concatenate([curve, more]) for curve in curves)
    return Profiles((*own, *bundled), at_entry, oldest, len(own))


def persons_by_age(inputs: Inputs, *, demolished: NDArray[np.bool_]) -> Floats:
    """persons[development, age] of an occupied dwelling: at entry, or of the oldest stock where demolished.

    Nobody where the type is neither in the county's table nor bundled.
    """
    profiles = read_profiles(inputs)
    kind = positions(inputs.frame("developments"), "dwelling_type", profiles.types)
    persons = np.where(demolished[:, None], profiles.oldest[kind], profiles.at_entry[kind])
    return np.where((kind >= 0)[:, None], persons, 0.0)


def development_rows_without_profile(inputs: Inputs) -> Ints:
    """Rows of `developments` whose dwelling type has no household profile, neither own nor bundled."""
    return np.flatnonzero(positions(inputs.frame("developments"), "dwelling_type", read_profiles(inputs).types) < 0)


def single_ages(profile: pd.DataFrame) -> Floats:
    """persons[age] of one profile, neighbouring age groups graduated together."""
    first, last = ages(profile, OLDEST)
    persons = numbers(profile, "persons")
    order = np.argsort(first, kind="stable")
    single = np.zeros(AGES)
    for run in np.split(order, np.flatnonzero(first[order[1:]] != last[order[:-1]] + 1) + 1):
        edges = [*first[run], last[run[-1]] + 1]
        single[edges[0] : edges[-1]] += graduate(persons[run], edges)
    return single


# ---------------------------------------------------------------------------------------------- from inside the county
def displaced_share(developments: pd.DataFrame) -> Floats:
    """share[development] of the occupants who come from inside the county (of a demolition: who stay in it).

    Where the table is blank that of the bundled type, else 0.
    """
    known = dwelling_types()
    kind = positions(developments, "dwelling_type", tuple(known))
    bundled = np.array([*(k.displaced_share for k in known.values()), 0.0])[kind]
    told = numbers(developments, "displaced_share")
    return np.where(np.isfinite(told), told, bundled)


def inside_share(developments: pd.DataFrame, dwellings: Floats) -> Floats:
    """share[…, development, step] of the people moving with newly occupied dwellings[…, development, step] who come
    from inside the county, or stay in it where the dwellings are emptied (negative).

    displaced_share holds for occupants, for owners who are demolished and for those who return; of tenants who are
    demolished tenants_staying_share stays in the county (blank: the same share as of owners).
    """
    share = displaced_share(developments)
    tenants = np.nan_to_num(numbers(developments, "tenant_share"))
    staying = numbers(developments, "tenants_staying_share")
    leaving = share + tenants * (np.where(np.isfinite(staying), staying, share) - share)
    emptied = (dwellings < 0) & (numbers(developments, "dwellings") < 0)[:, None]
    return np.where(emptied, leaving[:, None], share[:, None])
