"""The frozen records that the stages hand on. Arrays are read-only, axes are named, each record asserts its law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.vocabulary import CENTRAL, LEVELS, OUTSIDE, PARTS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


ENTRANTS = ("area_id", "year", "source", "pupils", "disaggregated")
WATERFALL = ("planning_area", "stage", "year", "component", "source", "pupils")
JOINS = ("unit", "id", "mode", "metres")
BACKTEST = ("stage", "level", "method", "horizon", "n", "mape", "bias", "coverage")


def no_rows(columns: Iterable[str]) -> pd.DataFrame:
    """A table that has its columns and nothing else."""
    return pd.DataFrame(columns=list(columns))


class LawError(AssertionError):
    """A record breaks its own law: an error of the program, never of the user's data."""


def require(law: bool | np.bool_, text: str) -> None:
    """Raise LawError unless the law holds (kept under `python -O`, unlike assert)."""
    if not law:
        raise LawError(text)


class Frozen:
    """Base of the records: every array attribute is made read-only."""

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            for array in value.values() if isinstance(value, Mapping) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False
        self.check()

    def check(self) -> None:
        """Assert the record's law."""


# ---------------------------------------------------------------------------------------------- stages and inputs
@dataclass(frozen=True)
class Stage:
    """One stage of schooling: its grades in order and the age of the first grade on the reference date."""

    id: str
    grades: tuple[str, ...]
    label: Mapping[str, str]
    age_of_first_grade: int

    def label_in(self, language: str) -> str:
        return self.label.get(language) or self.label.get("en") or self.id


@dataclass(frozen=True)
class Stages:
    """The stages of a scenario in order; grades of all stages make one axis."""

    all: tuple[Stage, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(s.id for s in self.all)

    @property
    def grades(self) -> tuple[str, ...]:
        return tuple(g for s in self.all for g in s.grades)

    @property
    def ages(self) -> Ints:
        """age[grade] on the reference date."""
        return np.array([s.age_of_first_grade + i for s in self.all for i in range(len(s.grades))], dtype=np.int64)

    @property
    def stage_of_grade(self) -> Ints:
        """stage position[grade]."""
        return np.array([k for k, s in enumerate(self.all) for _ in s.grades], dtype=np.int64)

    def grade_slice(self, stage: str) -> slice:
        """Where the grades of a stage stand on the grade axis."""
        start = 0
        for s in self.all:
            if s.id == stage:
                return slice(start, start + len(s.grades))
            start += len(s.grades)
        raise KeyError(stage)


@dataclass(frozen=True)
class Source:
    """Where a table came from: enough to name the cell a finding speaks of."""

    file: str  # as the scenario names it
    sheet: str | None
    headers: Mapping[str, str]  # canonical column → header in the file
    letters: Mapping[str, str]  # canonical column → spreadsheet letter (workbooks only)
    sha256: str
    as_of: str | None = None  # ISO date
    basis: str | None = None


@dataclass(frozen=True)
class Table:
    """One table as read: canonical columns, typed, in the order of its key; `file_row` as the user's program shows it.

    Geometry tables hold a GeoDataFrame in the scenario's metric CRS.
    """

    name: str
    rows: pd.DataFrame
    file_row: Ints
    source: Source
    refused: tuple[int, ...] = ()  # positions of rows with a cell that could not be read and is blank here


@dataclass(frozen=True)
class Inputs:
    """All tables of a county, sorted by id; `frame(name)` of a table that is not given is empty, never missing."""

    tables: Mapping[str, Table]
    crs: str | None  # metric CRS of every geometry
    columns: Mapping[str, tuple[str, ...]] = field(repr=False)  # table → canonical columns, for the empty frames

    def has(self, name: str) -> bool:
        return name in self.tables

    def frame(self, name: str) -> pd.DataFrame:
        if name in self.tables:
            return self.tables[name].rows
        return pd.DataFrame({c: pd.Series(dtype=object) for c in self.columns[name]})

    @property
    def areas(self) -> gpd.GeoDataFrame:
        return self.frame("areas")

    @property
    def area_ids(self) -> tuple[str, ...]:
        return tuple(self.frame("areas")["area_id"])


# ---------------------------------------------------------------------------------------------- the spine
@dataclass(frozen=True)
class Projection(Frozen):
    """Residents by area, year, sex (0 female, 1 male) and single age on the reference date, with their components.

    residents[area, year, sex, age]; the component arrays have one step fewer on the year axis (step i leads from
    years[i] to years[i + 1]) and are all zero-size for a supplied projection, whose components are not known.
    births[area, step, sex]; deaths, net_migration, housing, displacement [area, step, sex, age at the end of the step].
    control[area, step, sex, age]: what control totals of residents added (negative: took away) at the end of the step.
    births_control[area, step, sex]: how many of the births, all counted in `births`, were added to the modelled ones
    because births are known or controlled. last_told: of a supplied projection, the last year its table tells; later
    years are held as that one.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    method: str  # cohort | given
    residents: Floats
    births: Floats
    deaths: Floats
    net_migration: Floats
    housing: Floats
    displacement: Floats
    draw: int = CENTRAL
    control: Floats = field(default_factory=lambda: np.zeros((0, 0, 0, 0)))
    births_control: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    last_told: int | None = None

    def check(self) -> None:
        require((self.residents >= 0).all(), "Projection: residents below zero")
        if self.method != "cohort":
            return
        aged = np.zeros_like(self.residents[:, 1:])
        aged[..., 1:] = self.residents[:, :-1, :, :-1]
        aged[..., -1] += self.residents[:, :-1, :, -1]
        aged[..., 0] += self.births
        end = aged - self.deaths + self.net_migration + self.housing - self.displacement + self.control
        gap = np.abs(end - self.residents[:, 1:]).max(initial=0.0)
        require(gap <= 1e-6 * max(1.0, self.residents.max(initial=0.0)), f"Projection: account open by {gap}")

    def year(self, year: int) -> Floats:
        """residents[area, sex, age] of a year."""
        return self.residents[:, self.years.index(year)]


@dataclass(frozen=True)
class Demand(Frozen):
    """Children who need a place, fractional: pupils[area, year, grade, group] and the parts that sum to them.

    The last area is `outside` (pupils who live beyond the border and attend here).
    leaving_share[area, stage]: share of an area's pupils who attend beyond the border (whole areas axis).
    observed[year, grade]: weight of what was observed of the cohort (rolls, known children) against the residents.
    participation[area of the county, grade]: pupils per resident of the grade's age. homes_factor: children whom new
    homes have brought, by the registers, per child of their household profiles.
    entrants: area_id, year, source (a basis of the known children, or residents), pupils, disaggregated: where the
    children of the entry grade come from. waterfall: planning_area, stage, year, component, pupils: how the pupils of a
    year follow from those of the year before; the components of vocabulary.WATERFALL sum to the pupils.
    """

    areas: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    groups: tuple[str, ...]
    pupils: Floats
    parts: Mapping[str, Floats]
    leaving_share: Floats
    observed: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    participation: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    homes_factor: float = 1.0
    entrants: pd.DataFrame = field(default_factory=lambda: no_rows(ENTRANTS))
    waterfall: pd.DataFrame = field(default_factory=lambda: no_rows(WATERFALL))
    notes: tuple[str, ...] = ()
    draw: int = CENTRAL

    def check(self) -> None:
        require(self.areas[-1] == OUTSIDE, "Demand: the last area must be outside")
        require(tuple(self.parts) == PARTS, f"Demand: parts must be {PARTS}")
        require((self.pupils >= 0).all(), "Demand: pupils below zero")
        gap = np.abs(sum(self.parts.values()) - self.pupils).max(initial=0.0)
        require(gap <= 1e-6, f"Demand: parts miss the pupils by {gap}")

    def stage_pupils(self, stage: str) -> Floats:
        """pupils[area, year] of a stage, all groups."""
        return self.pupils[:, :, self.stages.grade_slice(stage)].sum(axis=(2, 3))


@dataclass(frozen=True)
class DemandDraws(Frozen):
    """Sampled futures of the demand: pupils[draw, planning area, year, grade] of draws 1, 2, … (the central run is not
    among them). The last planning area is `outside`; areas without a planning area stand under "".

    named: low | medium | high → the draw at the 10th, 50th and 90th percentile of the county's pupils over all years,
    all grades. One draw is one future, so its figures add up over areas, stages and years; quantiles do not.
    """

    planning_areas: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    pupils: NDArray[np.float32]
    named: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def check(self) -> None:
        require(self.planning_areas[-1] == OUTSIDE, "DemandDraws: the last planning area must be outside")
        require(bool((self.pupils >= 0).all()), "DemandDraws: pupils below zero")
        shape = (len(self.planning_areas), len(self.years), len(self.stages.grades))
        require(self.pupils.shape[1:] == shape, f"DemandDraws: axes must be {shape}")

    @property
    def count(self) -> int:
        return len(self.pupils)

    def by_stage(self) -> NDArray[np.float32]:
        """pupils[draw, planning area, year, stage]."""
        starts = [self.stages.grade_slice(s).start for s in self.stages.ids]
        return np.add.reduceat(self.pupils, starts, axis=-1)


@dataclass(frozen=True)
class AppliedChange:
    """A change as it was carried out: for the plan list, the costs and the explanations."""

    name: str
    kind: str
    school: str
    year: int
    until: int | None
    rooms: int
    places: int
    cost: float | None
    reason: str


@dataclass(frozen=True)
class Places(Frozen):
    """Campuses ever open, their rooms and places after all changes, and the dated catchments.

    schools: one row per campus (school_id, name, name_en, institution_id, school_group, area_type, sector, x, y,
    site_area, floor_area, …), geometry in the metric CRS, in the order of `ids`.
    rooms[school, year] pooled classrooms (0 where only places are known) · temporary_rooms[school, year] of which ·
    serves[school, grade, year] grades taught · places[school, stage, year, level] if the whole pool served that
    stage (shared rooms stay unsplit) · bought[school, stage, year] of which bought, at every level ·
    binding[school, stage, year] position in vocabulary.BINDINGS ·
    catchments: area_id, school_id, stage, share, valid_from, valid_to after rezoning · receiving: school_id (closing),
    receiver, year, order · groups: school_id, school_group, from year.
    """

    schools: gpd.GeoDataFrame
    ids: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    rooms: Ints
    temporary_rooms: Ints
    serves: NDArray[np.bool_]
    places: Ints
    bought: Ints
    binding: Ints
    class_size: Floats  # class_size[school, stage, level] pupils per room, as the norms give it
    catchments: pd.DataFrame
    receiving: pd.DataFrame
    school_groups: pd.DataFrame
    changes: tuple[AppliedChange, ...]

    def check(self) -> None:
        require(tuple(self.schools["school_id"]) == self.ids, "Places: schools out of order")
        require((self.rooms >= 0).all() and (self.places >= 0).all(), "Places: below zero")
        require(self.places.shape[-1] == len(LEVELS), "Places: three levels")
        require((np.diff(self.places, axis=-1) >= 0).all(), "Places: design ≤ cap ≤ emergency")
        require((self.bought >= 0).all(), "Places: bought below zero")
        require((self.bought[..., None] <= self.places).all(), "Places: bought places are part of the places")
        taught = np.stack([self.serves[:, self.stages.grade_slice(s)].any(axis=1) for s in self.stages.ids], axis=1)
        require((self.places[~taught] == 0).all(), "Places: a closed stage has no places")


@dataclass(frozen=True)
class HomeWays(Frozen):
    """Where people of the areas live, and the ways from there: what `Travel` says of whole areas is made of them.

    home_area[home] position on the area axis, home_share[home] of the area's people (1 by area), home_x, home_y[home];
    home[row], school[row] positions, each pair once, sorted; minutes[row], metres[row], ride[row]: by vehicle.
    """

    home_area: Ints
    home_share: Floats
    home_x: Floats
    home_y: Floats
    home: Ints
    school: Ints
    minutes: Floats
    metres: Floats
    ride: NDArray[np.bool_]

    def check(self) -> None:
        require(np.isfinite(self.minutes).all() and np.isfinite(self.metres).all(), "HomeWays: unreachable is a mask")
        of_area = np.bincount(self.home_area, weights=self.home_share)
        require(np.allclose(of_area, 1.0), "HomeWays: shares of an area's homes must sum to 1")
        before, after = self.home[:-1], self.home[1:]
        sorted_ = (after > before) | ((after == before) & (self.school[1:] > self.school[:-1]))
        require(bool(sorted_.all()), "HomeWays: rows sorted by home, school, each pair once")


@dataclass(frozen=True)
class Travel(Frozen):
    """Reachable (area, school) pairs, sorted by area then school; what is not listed is unreachable.

    area[row], school[row] positions on the axes; minutes[row], metres[row], means over the area's people who reach the
    school, at least half of them. `method`: roads | matrix | straight_line. ways: the same by home; None where travel
    was not measured here. joins: unit (area | point | school), id, mode, metres of the straight way to the roads.
    """

    areas: tuple[str, ...]
    schools: tuple[str, ...]
    area: Ints
    school: Ints
    minutes: Floats
    metres: Floats
    method: str
    notes: tuple[str, ...] = ()
    ways: HomeWays | None = None
    joins: pd.DataFrame = field(default_factory=lambda: no_rows(JOINS))

    def check(self) -> None:
        require(np.isfinite(self.minutes).all() and np.isfinite(self.metres).all(), "Travel: unreachable is a mask")
        pair = self.area * max(1, len(self.schools)) + self.school
        require((np.diff(pair) > 0).all(), "Travel: rows sorted by area, school, each pair once")


@dataclass(frozen=True)
class Allocation(Frozen):
    """Who goes where, in whole pupils.

    Flow rows (positions on the axes): year, area, school, grade, group, pupils > 0. `areas` ends with `outside`
    (inflow), `schools` ends with `outside` (placed beyond the border).
    unplaced[area, year, grade, group] · classes[school, grade, year] · stage_rooms[school, stage, year] rooms of a
    pooled campus given to each stage · stage_places[school, stage, year, level] places after that split ·
    demand[area, year, grade, group] the whole pupils that were to be placed.
    """

    areas: tuple[str, ...]
    schools: tuple[str, ...]
    years: tuple[int, ...]
    stages: Stages
    groups: tuple[str, ...]
    year: Ints
    area: Ints
    school: Ints
    grade: Ints
    group: Ints
    pupils: Ints
    demand: Ints
    unplaced: Ints
    classes: Ints
    stage_rooms: Ints
    stage_places: Ints
    rules: Mapping[str, str]  # stage → rule
    capacity_bound: tuple[str, ...]  # stages whose rule may not pass the emergency level
    notes: tuple[str, ...] = ()  # label keys
    draw: int = CENTRAL

    def check(self) -> None:
        require((self.pupils > 0).all() and (self.unplaced >= 0).all(), "Allocation: flows > 0, unplaced ≥ 0")
        placed = np.zeros_like(self.demand)
        np.add.at(placed, (self.area, self.year, self.grade, self.group), self.pupils)
        require((placed + self.unplaced == self.demand).all(), "Allocation: placed + outside + unplaced = pupils")
        for k, stage in enumerate(self.stages.ids):
            if stage in self.capacity_bound:
                over = self.roll[:, self.stages.grade_slice(stage)].sum(axis=1) - self.stage_places[:, k, :, -1]
                enrolled = self.inflow[:, self.stages.grade_slice(stage)].sum(axis=1)
                require((over <= enrolled).all(), f"Allocation: {stage} admitted beyond the emergency level")

    def _by_school(self, rows: NDArray[np.bool_]) -> Ints:
        total = np.zeros((len(self.schools), len(self.stages.grades), len(self.years)), dtype=np.int64)
        np.add.at(total, (self.school[rows], self.grade[rows], self.year[rows]), self.pupils[rows])
        return total[:-1]

    @property
    def roll(self) -> Ints:
        """roll[school, grade, year] of the schools in the county: residents placed and inflow."""
        return self._by_school(np.ones(len(self.pupils), dtype=bool))

    @property
    def inflow(self) -> Ints:
        """inflow[school, grade, year]: pupils of the roll who live beyond the border."""
        return self._by_school(self.area == len(self.areas) - 1)

    def rows(self) -> pd.DataFrame:
        """The flows with ids instead of positions."""
        stage_of = np.array(self.stages.ids, dtype=object)[self.stages.stage_of_grade]
        return pd.DataFrame(
            {
                "year": np.array(self.years, dtype=np.int64)[self.year],
                "area_id": np.array(self.areas, dtype=object)[self.area],
                "school_id": np.array(self.schools, dtype=object)[self.school],
                "stage": stage_of[self.grade],
                "grade": np.array(self.stages.grades, dtype=object)[self.grade],
                "group": np.array(self.groups, dtype=object)[self.group],
                "pupils": self.pupils,
            }
        )


@dataclass(frozen=True)
class Access(Frozen):
    """Who lives how near to school, and how pupils get there; routes, shapes and addresses of the base year.

    coverage: stage, area_type (blank: the county), year, measure (radius: straight line | minutes: the way), limit (m
    or minutes), share_of_pupils and share_of_residents within it · nearest: metres and minutes to the nearest school,
    means over those who reach one.
    routes: road_id, class, unsafe, main, walkers (pupils on foot), metres · crossings of main roads: roads, walkers ·
    catchments: stage, zone, schools, source (catchments | flows), areas, parts, detached, enclaves,
    shared, holds_school · service_areas: stage, measure, limit · addresses: address_id, name, area_id, stage, schools.
    Lists of ids are joined by "+". ways: how pupils of the base year go (on_foot, off_roads, farther, unknown).
    """

    coverage: pd.DataFrame
    nearest: pd.DataFrame
    routes: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    catchments: gpd.GeoDataFrame
    service_areas: gpd.GeoDataFrame
    addresses: pd.DataFrame
    ways: Mapping[str, int]


@dataclass(frozen=True)
class Results:
    """What a run computed, before it is judged. `projection` is None for a county that runs on rolls and children,
    `draws` for a run without sampled futures. backtest: stage, level (cell | school | total), method, horizon, n, mape,
    bias, coverage of forecasts of the rolls from past years; no rows where the past is too short.
    explanations: account, movement, entry_ratios, yields (`demography.explanations`)."""

    projection: Projection | None
    demand: Demand
    travel: Travel
    places: Places
    allocation: Allocation
    access: Access
    draws: DemandDraws | None = None
    backtest: pd.DataFrame = field(default_factory=lambda: no_rows(BACKTEST))
    explanations: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Assessment:
    """What is measured and what is found.

    measures: unit (`school`, `campus`, `institution`, `area`, `planning_area`, `area_type`, `county`) → one row per
    unit × stage × year, columns of vocabulary.METRICS (schools also `typology`, `reason`, `persistent`, `binding`,
    `class_basis`, `complete`). `institution` joins campuses.
    findings: rule_id, unit, id, stage, year, metric, value, operator, limit, severity, document, clause, confidence,
    document_en, label_zh, label_en.
    lists: `crowded`, `underused`: school_id, stage, first_year, … one row per school and stage.
    futures: `fans` by planning area (blank: the county), stage and year, `chances` by school, stage and year, of the
    sampled futures; no rows without them.
    """

    measures: Mapping[str, pd.DataFrame]
    findings: pd.DataFrame
    lists: Mapping[str, pd.DataFrame]
    futures: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # label keys: what could not be computed, and why


def freeze(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only view of a mapping."""
    return MappingProxyType(dict(mapping))
