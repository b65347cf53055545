"""What the quality balance looks at: the run, its measures, and what schools have in each year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from placesim.assessment.quality.words import INDICATORS, UNITS
from placesim.records import Inputs, Results
from placesim.scenario.changes import Equip
from placesim.standards.pack import Pack

SECTION = ["school_id", "stage", "year"]


@dataclass(frozen=True)
class Case:
    """measures: unit → measures as written (`Assessment.measures`) · equipped: what changes add for schools."""

    results: Results
    inputs: Inputs
    pack: Pack
    measures: Mapping[str, pd.DataFrame]
    equipped: tuple[Equip, ...] = ()

    @property
    def years(self) -> tuple[int, ...]:
        return self.results.allocation.years

    @property
    def units(self) -> tuple[str, ...]:
        """The units of count in which the pack's rules state resource indicators."""
        said = {r.unit_of_count for r in self.pack.rules.values() if r.metric in _METRICS}
        return tuple(u for u in UNITS if u in said)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the run for which the pack states resource indicators; a rule without stages means all."""
        rules = [r for r in self.pack.rules.values() if r.metric in _METRICS]
        return tuple(s for s in self.results.allocation.stages.ids if any(not r.stage or s in r.stage for r in rules))

    @property
    def together(self) -> str:
        """The stages taken together, as the pack names a school that teaches all of them."""
        return "+".join(self.stages)

    def sections(self) -> pd.DataFrame:
        """The school measures of the stages, indexed from 0."""
        schools = self.measures["school"]
        return schools[schools["stage"].isin(self.stages)].reset_index(drop=True)

    def resources(self) -> pd.DataFrame:
        """The table `resources` as in force for each row of `sections`, in its order, and what changes add to it.

        An amount the table does not give for a school is what changes add.
        """
        rows = self.sections()[SECTION]
        held = in_force(self.inputs.frame("resources"), rows, SECTION[:-1])
        for change in self.equipped:
            school = (rows["school_id"] == change.school) & (rows["stage"] == change.stage)
            then = school & (rows["year"] >= change.year)
            for column, amount in change.amounts.items():
                held[column] = held[column].astype(float)
                held.loc[then, column] = held.loc[then, column].fillna(0) + amount
        return held


_METRICS = frozenset(i.metric for i in INDICATORS)


def in_force(table: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Every other column of a table with `keys` and `year`, as it holds for each row (keys, year), in its order.

    A value holds from its year on until the next year that has one; a blank cell keeps the earlier value.
    """
    columns = [c for c in table.columns if c not in (*keys, "year")]
    if table.empty:
        return pd.DataFrame(float("nan"), index=rows.index, columns=columns)
    known = table[table["year"].notna()].sort_values("year", kind="stable").astype({"year": "int64"})
    known = known[[*keys, "year"]].join(known.groupby(keys, sort=False)[columns].ffill())
    asked = rows[[*keys, "year"]].reset_index(drop=True).reset_index(names="row").sort_values("year", kind="stable")
    known, asked = (t.astype(dict.fromkeys(keys, object) | {"year": "int64"}) for t in (known, asked))
    found = pd.merge_asof(asked, known, on="year", by=keys).sort_values("row")
    return found[columns].set_index(rows.index)
