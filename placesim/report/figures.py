"""The figures that every face shows: computed once here, so that page, workbook and GeoPackage cannot differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.dictionary import table_specs
from placesim.messages import catalogue, label
from placesim.store import SavedRun
from placesim.vocabulary import CLASS_BASES

KEY_METRICS: Final = (
    "need", "places_design", "utilisation", "unplaced", "over_design", "excess", "large_classes", "pupils", "roll",
)  # fmt: skip
WORST: Final = ("unplaced", "over_design", "excess")
LISTS: Final = ("crowded", "underused")
ENTRIES: Final = 6  # school years whose entrants are known children
BASE, PEAK, END = "base", "peak", "end"
_NAMED_BY: Final = {
    "campus": ("schools", "school_id"),
    "stage_section": ("schools", "school_id"),
    "area": ("areas", "area_id"),
    "planning_area": ("planning_areas", "planning_area"),
}
# Tables of a county that the chain uses; what is not given is said in the report.
USED_TABLES: Final = (
    "population", "children", "births", "enrolment", "flows", "developments", "roads", "catchments",
)  # fmt: skip


def key_figures(saved: SavedRun) -> pd.DataFrame:
    """One row per stage for the base year, one for the year with most pupils, one for the last year.

    stage, when (base | peak | end), year, KEY_METRICS of the county, class_basis (the best known), crowded and
    underused (school sections of that type).
    """
    county = saved.table("county_by_year")
    county = county.join(typology_counts(saved).set_index(["stage", "year"]), on=["stage", "year"])
    county[list(LISTS)] = county[list(LISTS)].fillna(0).astype("int64")
    order = {stage: k for k, stage in enumerate(saved.stages)}
    base = county[county["year"] == saved.years[0]].assign(when=BASE)
    peak = county.loc[county.groupby("stage", sort=False)["need"].idxmax()].assign(when=PEAK)
    end = county[county["year"] == saved.years[-1]].assign(when=END)
    table = pd.concat([base, peak, end]).sort_values("stage", key=lambda s: s.map(order), kind="stable")
    table = table.join(_class_bases(saved), on=["stage", "year"])
    return table[["stage", "when", "year", *KEY_METRICS, "class_basis", *LISTS]].reset_index(drop=True)


def _class_bases(saved: SavedRun) -> pd.Series:
    """class_basis by stage and year: how classes are known at best."""
    schools = saved.table("school_by_year")
    order = schools["class_basis"].map({basis: k for k, basis in enumerate(CLASS_BASES)})
    best = order.groupby([schools["stage"], schools["year"]]).min()
    return best.map(dict(enumerate(CLASS_BASES))).rename("class_basis")


def worst_years(saved: SavedRun) -> pd.DataFrame:
    """metric (WORST), year, value: the first year in which most pupils of all stages are so, and how many."""
    years = saved.table("county_by_year").groupby("year")[list(WORST)].sum()
    return pd.DataFrame(
        {"metric": WORST, "year": [years[m].idxmax() for m in WORST], "value": [years[m].max() for m in WORST]}
    )


def base_rolls(saved: SavedRun) -> pd.DataFrame:
    """school_id, stage, roll_actual, residual (roll of the model − actual roll) of the base year."""
    table = saved.table("school_by_year")
    columns = ["school_id", "stage", "roll_actual", "residual"]
    return table.loc[table["year"] == saved.years[0], columns].reset_index(drop=True)


def first_stage(saved: SavedRun) -> str:
    """The stage that maps open with: the one with most pupils in the base year."""
    county = saved.table("county_by_year")
    pupils = county[county["year"] == saved.years[0]].set_index("stage")["pupils"]
    return max(saved.stages, key=lambda stage: pupils[stage])


def typology_counts(saved: SavedRun) -> pd.DataFrame:
    """stage, year, crowded, underused: how many school sections are of the type."""
    schools = saved.table("school_by_year")
    counts = {name: schools["typology"] == name for name in LISTS}
    return schools[["stage", "year"]].assign(**counts).groupby(["stage", "year"], sort=False).sum().reset_index()


def unplaced_share(areas: pd.DataFrame) -> pd.Series:
    """Pupils without a place ÷ pupils of the area; NaN where nobody lives."""
    return areas["unplaced"] / areas["pupils"].where(areas["pupils"] > 0)


def need_parts(saved: SavedRun, parts: tuple[str, ...]) -> pd.DataFrame:
    """stage, year and the parts of `need`, whole pupils that sum to it: pupils who attend beyond the border left out.

    Of each area's demand the share that attends beyond the border is taken off every part alike; what is left of all
    areas is scaled to the county's need and rounded by largest remainders.
    """
    demand = saved.table("demand").groupby(["area_id", "stage", "year"], sort=False)[list(parts)].sum().reset_index()
    areas = saved.table("area_by_year")[["area_id", "stage", "year", "pupils", "placed_outside"]]
    here = demand.merge(areas, on=["area_id", "stage", "year"], how="left")
    stays = 1 - (here["placed_outside"] / here["pupils"].where(here["pupils"] > 0)).fillna(0)
    here[list(parts)] = here[list(parts)].mul(stays, axis=0)
    sums = here.groupby(["stage", "year"])[list(parts)].sum()
    county = saved.table("county_by_year")[["stage", "year", "need"]]
    wanted = county[["stage", "year"]].join(sums, on=["stage", "year"])[list(parts)].fillna(0).to_numpy()
    return county[["stage", "year"]].join(pd.DataFrame(_whole(wanted, county["need"].to_numpy()), columns=parts))


def _whole(weights: NDArray[np.float64], totals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers in each row that sum to its total, in proportion to its weights (largest remainders)."""
    sums = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0) * totals[:, None]
    down = np.floor(shares).astype(np.int64)
    rank = np.argsort(np.argsort(down - shares, axis=1, kind="stable"), axis=1, kind="stable")
    return down + (rank < (totals - down.sum(axis=1))[:, None])


def finding_groups(saved: SavedRun) -> pd.DataFrame:
    """Findings taken together over the years: one row per rule, unit, id and stage, the rules in order of severity.

    first_year, last_year, years, worst (the value farthest from the limit) and the limit of that year.
    """
    found = saved.table("findings")
    falls_short = found["operator"].isin([">", ">="])
    beyond = found["value"] - found["limit"]
    found = found.assign(distance=np.where(falls_short, -beyond, beyond))
    keys = ["rule_id", "unit", "id", "stage"]
    groups = found.groupby(keys, sort=False, dropna=False)
    spans = groups["year"].agg(first_year="min", last_year="max", years="nunique").reset_index()
    worst = found.sort_values("distance", ascending=False, kind="stable").drop_duplicates(keys)
    columns = [*keys, "severity", "metric", "operator", "value", "limit"]
    table = spans.merge(worst[columns].rename(columns={"value": "worst"}), on=keys)
    order = {"breach": 0, "warning": 1, "flag": 2}
    return table.sort_values(["severity", "rule_id"], key=lambda s: s.map(order) if s.name == "severity" else s,
                             kind="stable", ignore_index=True)  # fmt: skip


def list_rules(name: str, reason: str) -> list[str]:
    """The rule ids behind the joined reasons of a list's row."""
    return [f"{name}.{one}" for one in reason.split("+")]


# ---------------------------------------------------------------------------------------------- pupils and futures
def county_fan(saved: SavedRun) -> pd.DataFrame:
    """stage, year, quantiles and chances of the county's sampled futures; no rows without them."""
    fans = saved.table("fans")
    return fans[fans["planning_area"].isna()].drop(columns="planning_area").reset_index(drop=True)


def sections_with_chances(saved: SavedRun) -> pd.DataFrame:
    """The school sections by year with the chance of more pupils than places at the cap; NaN without futures."""
    keys = ["school_id", "stage", "year"]
    chances = saved.table("chances")[[*keys, "chance_over_cap"]].astype({"year": "int64", "chance_over_cap": "float64"})
    return saved.table("school_by_year").merge(chances, on=keys, how="left")


def county_entrants(saved: SavedRun) -> pd.DataFrame:
    """source, year, pupils, disaggregated (pupils): entrants of the county in the next ENTRIES school years."""
    table = saved.table("entrants")
    table = table[(table["year"] > saved.years[0]) & (table["year"] <= saved.years[0] + ENTRIES)]
    table = table.assign(disaggregated=table["pupils"].where(table["disaggregated"].astype(bool), 0.0))
    return table.groupby(["source", "year"], sort=False)[["pupils", "disaggregated"]].sum().reset_index()


def county_waterfall(saved: SavedRun) -> pd.DataFrame:
    """stage, year, component, source, pupils of the county: they sum to the pupils of the year."""
    table = saved.table("waterfall")
    return table[table["planning_area"].isna()].drop(columns="planning_area").reset_index(drop=True)


# ---------------------------------------------------------------------------------------------- the way to school
def base_coverage(saved: SavedRun) -> pd.DataFrame:
    """stage, area_type, measure, limit, share_of_pupils, share_of_residents of the base year."""
    table = saved.table("coverage")
    return table[table["year"] == saved.years[0]].drop(columns="year").reset_index(drop=True)


def base_nearest(saved: SavedRun) -> pd.DataFrame:
    """stage, area_type and the mean way to the nearest school, base year."""
    table = saved.table("nearest")
    return table[table["year"] == saved.years[0]].drop(columns="year").reset_index(drop=True)


def odd_catchments(saved: SavedRun) -> pd.DataFrame:
    """Zones with areas cut off from their school, enclaves of another school, or a school that lies outside."""
    table = saved.table("catchment_shapes")
    odd = table["detached"].notna() | table["enclaves"].notna() | ~table["holds_school"].astype(bool)
    return table[odd].reset_index(drop=True)


# ---------------------------------------------------------------------------------------------- names and words
def names(saved: SavedRun, unit: str, language: str) -> Mapping[str, str]:
    """id → name of the units of a table in one language; another language's name or the id stands in."""
    if unit not in _NAMED_BY:
        return {}
    table_name, key = _NAMED_BY[unit]
    table = saved.table(table_name)
    order = ["name", "name_en"] if language == "zh" else ["name_en", "name"]
    best = table[key].astype(object)
    for column in reversed([c for c in order if c in table.columns]):
        best = table[column].where(table[column].notna(), best)
    return dict(zip(table[key], best, strict=True))


def stage_name(saved: SavedRun, stage: str, language: str) -> str:
    """The label of a stage, or of stages taken together as one school (`primary+junior`)."""
    return "+".join(saved.stage_label(s, language) if s in saved.stages else s for s in stage.split("+"))


def word(prefix: str, value: str | None, language: str) -> str:
    """The word for a value of a closed list; a value of a user's own pack stands for itself."""
    if value is None or pd.isna(value):
        return ""
    return str(catalogue(language)["label"].get(f"{prefix}.{value}", value))


def reason_text(reason: str | None, language: str) -> str:
    """The joined reasons of a typology in words."""
    return joined_words("reason", reason, language)


def joined_words(prefix: str, values: str | None, language: str) -> str:
    """Values joined by "+" in words."""
    joint = "；" if language == "zh" else "; "
    return "" if pd.isna(values) else joint.join(word(prefix, one, language) for one in str(values).split("+"))


def unknowns(saved: SavedRun, language: str) -> list[str]:
    """What the run does not know, as sentences: its own notes, then what follows from its method and inputs."""
    said = [label(key, language) for key in saved.manifest["notes"]] + _base_year_off(saved, language)
    draws = saved.manifest["draws"]
    said.append(
        label("report.unknown.futures", language, draws=draws) if draws else label("report.unknown.central", language)
    )
    said.append(label("report.unknown.classes", language))
    homes = saved.manifest.get("homes_factor", 1.0)
    if homes != 1.0:
        said.append(label("report.unknown.homes", language, share=f"{homes:.0%}"))
    found = saved.table("findings")
    unverified = set(found["rule_id"][found["confidence"] == "M"])
    if unverified:
        said.append(label("report.unknown.unverified", language, count=len(unverified)))
    lacking = [t for t in USED_TABLES if t not in saved.manifest["inputs"]]
    if lacking:
        joint = "、" if language == "zh" else ", "
        listed = joint.join(table_specs()[t].label[language] for t in lacking)
        said.append(label("report.unknown.tables", language, tables=listed))
    return said


def _base_year_off(saved: SavedRun, language: str) -> list[str]:
    """How far the rolls of the model are from the actual ones in the base year: Σ|difference| by stage."""
    rolls = base_rolls(saved).dropna(subset=["residual"])
    off = rolls["residual"].abs().groupby(rolls["stage"]).sum()
    actual = rolls.groupby("stage")["roll_actual"].sum()
    one = [
        label("report.unknown.base_rolls_of", language, stage=saved.stage_label(s, language), off=f"{off[s]:.0f}",
              actual=f"{actual[s]:.0f}")
        for s in saved.stages if s in off.index
    ]  # fmt: skip
    joint = "；" if language == "zh" else "; "
    return [label("report.unknown.base_rolls", language, stages=joint.join(one))] if off.sum() > 0 else []


# ---------------------------------------------------------------------------------------------- as plain data
def plain(table: pd.DataFrame) -> list[list[Any]]:
    """Rows as lists of plain values, None for what is not known."""
    return table.astype(object).where(table.notna(), None).to_numpy(dtype=object).tolist()  # type: ignore[no-any-return]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings of plain values, None for what is not known."""
    return [dict(zip(table.columns, row, strict=True)) for row in plain(table)]
