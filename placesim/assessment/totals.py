"""Measures of areas and of everything larger than a school section: campuses, institutions, regions, the county."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from placesim.assessment.classes import ratio
from placesim.assessment.ways import way_measures
from placesim.records import Floats, Inputs, Results, require

KEY = ["stage", "year"]
COUNTY = "county"
_PUPILS = ("pupils", "placed", "placed_outside", "unplaced")
_CAPACITY = ("rooms", "places_design", "places_cap", "places_emergency", "unfilled", "over_design", "excess")
_ROLLS = ("roll", "inflow", "roll_actual", "residual")
_CLASSES = ("classes", "class_pupils", "large_classes", "super_large_classes")
_SECTION_SUMS = (*_ROLLS, *_CAPACITY, *_CLASSES)


# ---------------------------------------------------------------------------------------------- where pupils live
def area_measures(results: Results, inputs: Inputs, ways: pd.DataFrame, area_type: pd.Series) -> pd.DataFrame:
    """One row per area, stage and year: pupils = placed + placed_outside + unplaced, residents (persons), the way."""
    allocation = results.allocation
    areas, stages, years = allocation.areas[:-1], allocation.stages.ids, allocation.years
    rows = pd.MultiIndex.from_product([areas, stages, years], names=["area_id", *KEY]).to_frame(index=False)
    cubes = _pupils(results)
    require(
        (cubes["placed"] + cubes["placed_outside"] + cubes["unplaced"] == cubes["pupils"]).all(),
        "Assessment: placed + outside + unplaced = pupils",
    )
    facts = inputs.areas.assign(area_type=area_type).set_index("area_id")[["planning_area", "area_type"]]
    rows[["planning_area", "area_type"]] = facts.reindex(rows["area_id"]).to_numpy()
    rows = rows.assign(**{name: cube.ravel() for name, cube in cubes.items()})
    rows["residents"] = np.repeat(_residents(results), len(stages), axis=0).ravel()
    return rows.join(way_measures(ways, rows[["area_id", *KEY]]))


def _pupils(results: Results) -> dict[str, np.typing.NDArray[np.int64]]:
    """Cubes [area of the county, stage, year] of whole pupils."""
    a = results.allocation
    stage = a.stages.stage_of_grade
    shape = (len(a.areas), len(a.stages.ids), len(a.years))
    by_stage, placed, outside, unplaced = (np.zeros(shape, dtype=np.int64) for _ in range(4))
    beyond = a.school == len(a.schools) - 1
    for cube, rows in ((placed, ~beyond), (outside, beyond)):
        np.add.at(cube, (a.area[rows], stage[a.grade[rows]], a.year[rows]), a.pupils[rows])
    for k in range(len(a.stages.ids)):
        by_stage[:, k] = a.demand[:, :, stage == k].sum(axis=(2, 3))
        unplaced[:, k] = a.unplaced[:, :, stage == k].sum(axis=(2, 3))
    cubes = zip(_PUPILS, (by_stage, placed, outside, unplaced), strict=True)
    return {name: cube[:-1] for name, cube in cubes}


def _residents(results: Results) -> Floats:
    """Persons of all ages the projection holds [area, year]; NaN without one, or for a year it lacks."""
    allocation, projection = results.allocation, results.projection
    areas, years = allocation.areas[:-1], allocation.years
    if projection is None:
        return np.full((len(areas), len(years)), np.nan)
    persons = pd.DataFrame(projection.residents.sum(axis=(2, 3)), index=projection.areas, columns=projection.years)
    return persons.reindex(index=areas, columns=years).to_numpy(dtype=float)


# ---------------------------------------------------------------------------------------------- regions
def region_measures(unit: str, areas: pd.DataFrame, sections: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    """One row per region, stage and year, for the column `unit` of both tables (planning_area, area_type, county).

    Pupils and the way are those of residents, rolls and places those of the schools that lie there.
    shortfall = unplaced + excess over the cap; need = roll + unplaced: whom the schools there have and whom they would
    have to take beside; pressure = need ÷ design places, pressure_emergency = need ÷ emergency places, both ÷ 1
    where there are none. Areas and schools without a region are in none.
    """
    keys = [unit, *KEY]
    rows = _grid(unit, areas, sections)
    lived = _sums(areas, keys, (*_PUPILS, "residents"))
    taught = _sums(_with_class_pupils(sections), keys, _SECTION_SUMS)
    index = pd.MultiIndex.from_frame(rows)
    table = rows.join(lived.reindex(index).reset_index(drop=True)).join(taught.reindex(index).reset_index(drop=True))
    counts = [*_PUPILS, "roll", "inflow", *_CAPACITY, "classes"]
    table[counts] = table[counts].fillna(0).astype("int64")
    table["shortfall"] = table["unplaced"] + table["excess"]
    table.insert(list(table.columns).index("pupils"), "need", table["roll"] + table["unplaced"])
    homes = areas[["area_id", unit]].drop_duplicates()
    return _with_ratios(table).join(way_measures(ways.merge(homes, on="area_id"), rows))


def county_measures(areas: pd.DataFrame, sections: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    """One row per stage and year for the county as a whole; asserts Σ roll = Σ residents placed in it + inflow.

    need = roll + unplaced = pupils − placed outside + inflow: those whom the county's schools must take, and what its
    places are compared with: design places − need = unfilled − over_design − unplaced.
    """
    whole = region_measures(COUNTY, areas.assign(county=COUNTY), sections.assign(county=COUNTY), ways)
    require((whole["roll"] == whole["placed"] + whole["inflow"]).all(), "Assessment: Σ roll = Σ placed + inflow")
    return whole


def _grid(unit: str, areas: pd.DataFrame, sections: pd.DataFrame) -> pd.DataFrame:
    """Every region that an area or a school names, with every stage and year."""
    named = sorted(set(areas[unit].dropna()) | set(sections[unit].dropna()))
    stages, years = areas["stage"].unique(), areas["year"].unique()
    return pd.MultiIndex.from_product([named, stages, years], names=[unit, *KEY]).to_frame(index=False)


def _sums(table: pd.DataFrame, keys: list[str], columns: Iterable[str]) -> pd.DataFrame:
    return table.groupby(keys, sort=False)[list(columns)].sum(min_count=1)


def _with_class_pupils(sections: pd.DataFrame) -> pd.DataFrame:
    """With the pupils in the classes, which in the base year are those counted, not the roll of the model."""
    return sections.assign(class_pupils=sections["class_size"] * sections["classes"])


def _with_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """The shares and means that follow from sums."""

    def of(above: str, below: str) -> Floats:
        return ratio(table[above].to_numpy(dtype=float), table[below].to_numpy(dtype=float))

    return table.assign(
        utilisation=of("roll", "places_design"),
        unfilled_share=of("unfilled", "places_design"),
        class_size=of("class_pupils", "classes"),
        large_class_share=of("large_classes", "classes"),
        **_pressures(table),
    ).drop(columns="class_pupils")


def _pressures(table: pd.DataFrame) -> dict[str, Floats]:
    """pressure and pressure_emergency of a table that knows its need."""
    if "need" not in table:
        return {}
    levels = {"pressure": "places_design", "pressure_emergency": "places_emergency"}
    return {name: (table["need"] / table[places].clip(lower=1)).to_numpy() for name, places in levels.items()}


# ---------------------------------------------------------------------------------------------- whole schools
def whole_school_measures(
    unit_id: str, sections: pd.DataFrame, joined_stages: tuple[tuple[str, ...], ...]
) -> pd.DataFrame:
    """One row per campus or institution (`unit_id`, a column of `sections`), stages taken together, and year.

    Stages of a group in `joined_stages` that one unit teaches in the same year are one row, their ids joined by "+";
    any other stage is a row of its own. The area type is that of the unit's first section.
    """
    keys = [unit_id, *KEY]
    together = _with_class_pupils(sections).assign(stage=_joined(unit_id, sections, joined_stages))
    groups = together.groupby(keys, sort=False)
    table = groups[list(_SECTION_SUMS)].sum(min_count=1).join(groups["area_type"].first())
    counts = ["roll", "inflow", *_CAPACITY]
    return _with_ratios(table.reset_index().astype(dict.fromkeys(counts, "int64")))


def _joined(unit_id: str, sections: pd.DataFrame, joined_stages: tuple[tuple[str, ...], ...]) -> pd.Series:
    stage = sections["stage"].astype(object)
    for group in joined_stages:
        members = sections[sections["stage"].isin(group)]
        taught = members.groupby([unit_id, "year"])["stage"].transform("nunique")
        whole = members.index[taught == len(group)]
        stage = stage.where(~stage.index.isin(whole), "+".join(group))
    return stage
