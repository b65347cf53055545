"""Who there is: children one by one, grown people by area, sex and age, and what has happened to them so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .facts import Flags, Floats, Ints
from .rates import AGES, CHILD_AGES, RURAL, TOWN, URBAN

BEYOND = -1  # home or registration outside the county
KINDS = {"urban": URBAN, "town": TOWN, "rural": RURAL}


def kinds(areas: pd.DataFrame) -> Ints:
    """kind[area] as a code."""
    return np.asarray(areas["area_type"].map(KINDS), dtype=np.int64)


@dataclass
class Children:
    """One row per child of a cohort since 2001. home, hukou: area position or BEYOND; they change as years pass."""

    cohort: Ints
    hukou: Ints
    home: Ints
    male: Flags
    autumn: Flags  # born September to December
    born: Ints  # where the mother lived, BEYOND = outside the county
    entered: Ints  # where the birth was registered

    def __len__(self) -> int:
        return len(self.cohort)

    def add(self, other: Children) -> None:
        for name in self.__dataclass_fields__:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(other, name)]))


@dataclass
class History:
    """What happened. home[year] and hukou[year] hold the children known by then, in the order of `children`.

    grown[year] = residents[area, sex, age] of cohorts before 2001 and of those who have come of age. came[year][kind of
    area, age] = people who moved there into existing homes, from another kind of area or from beyond the county.
    """

    children: Children
    home: dict[int, Ints] = field(default_factory=dict)
    hukou: dict[int, Ints] = field(default_factory=dict)
    grown: dict[int, Ints] = field(default_factory=dict)
    came: dict[int, Floats] = field(default_factory=dict)

    def residents(self, year: int) -> Ints:
        """residents[area, sex, age] on 31 August of a year."""
        people = self.grown[year].copy()
        home = self.home[year]
        c = self.children
        age = year - c.cohort[: len(home)]
        here = (home >= 0) & (age < CHILD_AGES)
        np.add.at(people, (home[here], c.male[: len(home)][here].astype(int), age[here]), 1)
        return people


@dataclass
class World:
    """The state in one year. grown, away[area, sex, age]: at home, and beyond the county but registered here."""

    kind: Ints
    planning_area: np.ndarray
    grown: Ints
    away: Ints
    children: Children
    intake: Floats  # persons newly housed [area, year]
    desirable: Ints
    rng: np.random.Generator
    came: Floats = field(default_factory=lambda: np.zeros((len(KINDS), AGES)))
