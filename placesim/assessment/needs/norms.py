"""Places per 1000 residents and per 1000 of an age, against the children who are there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from placesim.assessment.needs.homes import built_share, homes
from placesim.records import Floats, Inputs, Results
from placesim.scenario.parameters import Housing
from placesim.standards.pack import Pack
from placesim.standards.rules import Rule
from placesim.vocabulary import POPULATION_BASES

PER_RESIDENTS: Final = "places_per_1000"
PER_AGE: Final = "places_per_1000_age"
NORM_NEED: Final = (
    "planning_area", "stage", "year", "rule_id", "population_basis", "population", "norm", "norm_need", "cohort_need",
    "places_design", "children_per_1000", "built_share", "cohort_to_norm", "document", "document_en", "clause",
    "confidence",
)  # fmt: skip
_SUMMED: Final = ["pupils", "roll", "places_design", "of_age"]


def population_measures(results: Results, inputs: Inputs, areas: pd.DataFrame) -> pd.DataFrame:
    """One row per planning area, stage (also two neighbours as one, "primary+junior") and year.

    pupils, roll, places_design, of_age (residents of the stage's ages), resident, planned and served persons, to_come
    (those of dwellings to come), and places_per_1000_<basis> and places_per_1000_age that follow. areas: measures by
    planning area.

    resident: of the projection · planned: residents of the base year and those of every dwelling to come · served:
    residents × roll ÷ pupils, those whose children the schools there teach. NaN without a projection.
    """
    table = areas[["planning_area", "stage", "year", "residents", "pupils", "roll", "places_design"]]
    table = table.merge(_of_age(results, inputs), on=["planning_area", "stage", "year"], how="left")
    table = pd.concat([table, *_joined(table, results.places.stages.ids)], ignore_index=True)
    base = table[table["year"] == results.allocation.years[0]]
    now = base.drop_duplicates("planning_area").set_index("planning_area")["residents"]
    coming = (
        homes(inputs).query("last_completed > @results.allocation.years[0]").groupby("planning_area")["persons"].sum()
    )
    to_come = table["planning_area"].map(coming.astype(float)).fillna(0.0)
    table["resident"] = table["residents"].astype(float)
    table["to_come"] = to_come
    table["planned"] = table["planning_area"].map(now).astype(float) + to_come
    table["served"] = _share(table["resident"] * table["roll"], table["pupils"])
    for basis in POPULATION_BASES:
        table[f"{PER_RESIDENTS}_{basis}"] = 1000 * _share(table["places_design"], table[basis])
    table[PER_AGE] = 1000 * _share(table["places_design"], table["of_age"])
    return table.drop(columns="residents")


def _share(above: pd.Series, below: pd.Series) -> pd.Series:
    return above.astype(float) / below.astype(float).where(below > 0)


def _of_age(results: Results, inputs: Inputs) -> pd.DataFrame:
    """Residents of the ages of each stage, by planning area and year."""
    keys, projection = ["planning_area", "stage", "year"], results.projection
    if projection is None:
        return pd.DataFrame(columns=[*keys, "of_age"]).astype({"year": "int64", "of_age": "float64"})
    where = inputs.areas.set_index("area_id")["planning_area"].reindex(list(projection.areas)).to_numpy()
    tables = []
    for stage in results.places.stages.all:
        first = stage.age_of_first_grade
        ages = slice(first, first + len(stage.grades))
        count = projection.residents[:, :, :, ages].sum(axis=(2, 3))
        rows = pd.DataFrame(count, columns=list(projection.years)).groupby(where).sum()
        long = (
            rows.rename_axis("planning_area").reset_index().melt("planning_area", var_name="year", value_name="of_age")
        )
        tables.append(long.assign(stage=stage.id, year=long["year"].astype("int64")))
    return pd.concat(tables, ignore_index=True)[[*keys, "of_age"]]


def _joined(table: pd.DataFrame, stages: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """Neighbouring stages counted together, residents once."""
    for one, other in pairwise(stages):
        both = table[table["stage"].isin([one, other])].groupby(["planning_area", "year"], as_index=False, sort=False)
        yield both.agg({"residents": "first", **dict.fromkeys(_SUMMED, "sum")}).assign(stage=f"{one}+{other}")


# ------------------------------------------------------------------------------------------------------ the table
def norm_need(population: pd.DataFrame, inputs: Inputs, pack: Pack, housing: Housing) -> pd.DataFrame:
    """One row per norm of the pack, planning area, stage and year: NORM_NEED.

    norm_need = population × norm ÷ 1000, cohort_need the pupils who live there. children_per_1000 residents is the
    local age structure, built_share the build-out stage; cohort_to_norm = cohort_need ÷ norm_need is given only where
    both are known, for it means nothing without them. Where nothing is being built, built_share is 1.
    """
    rules = [(i, r) for i, r in pack.rules.items() if r.metric in (PER_RESIDENTS, PER_AGE) and r.value is not None]
    tables = [_of_rule(i, rule, population, pack) for i, rule in rules]
    if not tables:
        return pd.DataFrame(columns=list(NORM_NEED))
    table = pd.concat(tables, ignore_index=True)
    table["built_share"] = _stage_of_building(
        table, built_share(inputs, tuple(sorted(table["year"].unique())), housing)
    )
    known = table[["children_per_1000", "built_share"]].notna().all(axis=1)
    table["cohort_to_norm"] = _share(table["cohort_need"], table["norm_need"]).where(known)
    digits = {"population": 1, "norm_need": 1, "children_per_1000": 2, "built_share": 4, "cohort_to_norm": 4}
    return table.round(digits)[list(NORM_NEED)]


def _of_rule(i: str, rule: Rule, population: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    rows = population[population["stage"].isin(rule.stage)] if rule.stage else population
    if rule.valid_from is not None:
        rows = rows[rows["year"] >= rule.valid_from]
    if rule.valid_to is not None:
        rows = rows[rows["year"] <= rule.valid_to]
    basis = rule.population_basis or "of_age"
    source = pack.documents[rule.document]
    return rows[["planning_area", "stage", "year", "places_design"]].assign(
        rule_id=i, population_basis=basis, population=rows[basis], norm=rule.value,
        norm_need=rows[basis] * float(rule.value or 0.0) / 1000, cohort_need=rows["pupils"],
        children_per_1000=1000 * _share(rows["of_age"], rows["resident"]), document=source.cite("zh"),
        document_en=source.cite("en"), clause=rule.clause, confidence=rule.confidence,
    )  # fmt: skip


def _stage_of_building(rows: pd.DataFrame, shares: pd.DataFrame) -> Floats:
    """built_share of each row; 1 where its planning area has no developments."""
    at = pd.MultiIndex.from_frame(rows[["planning_area", "year"]])
    long = shares.stack() if len(shares) else pd.Series(dtype=float, index=at[:0])
    return long.reindex(at).fillna(1.0).to_numpy(dtype=np.float64)
