"""A county of two areas, two schools and two stages, made by hand from the flows a test names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from handmade import CRS, county, no_access
from shapely.geometry import Point, box

from placesim.assessment import assess
from placesim.records import Allocation, Assessment, Demand, Inputs, Places, Projection, Results, Stage, Stages, Travel
from placesim.scenario.options import AssessmentOptions
from placesim.standards.norms import StageNorms
from placesim.standards.pack import load_pack
from placesim.vocabulary import ALL_PUPILS, OUTSIDE, PARTS

STAGES = Stages(
    (
        Stage("primary", ("G1", "G4"), {"en": "Primary"}, 6),
        Stage("junior", ("G7",), {"en": "Junior"}, 12),
    )
)
AREAS = ("A", "B")
SCHOOLS = ("S1", "S2")
Flow = tuple[int, str, str, str, int]  # year, area, school, grade, pupils


@dataclass(frozen=True)
class County:
    """What a test says of it; the rest is quiet. S1 (in A, rural) teaches both stages, S2 (in B, town) primary."""

    flows: Iterable[Flow]
    years: tuple[int, ...] = (2025,)
    unplaced: Iterable[tuple[int, str, str, int]] = ()  # year, area, grade, pupils
    places: Mapping[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
    classes: Mapping[tuple[str, str, int], int] = field(default_factory=dict)  # school, grade, year
    closed: Iterable[tuple[str, str, int]] = ()  # school, grade, year
    enrolment: Sequence[Mapping[str, object]] = ()
    residents: Mapping[str, float] | None = None
    minutes: Mapping[tuple[str, str], float] = field(
        default_factory=lambda: {("A", "S1"): 10.0, ("A", "S2"): 40.0, ("B", "S1"): 35.0, ("B", "S2"): 5.0}
    )
    area_types: tuple[str | None, str | None] = ("rural", "town")
    planning_areas: tuple[str | None, str | None] = ("P1", "P2")
    planning_area_types: Sequence[Mapping[str, object]] = ()
    school_types: tuple[str | None, str | None] = (None, None)
    points: tuple[Point, Point] = (Point(500, 500), Point(1500, 500))
    institutions: tuple[str | None, str | None] = (None, None)
    sectors: tuple[str | None, str | None] = (None, None)
    more: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)  # further input tables

    def results(self) -> Results:
        serves = self._serves()
        demand, unplaced = self._demand()
        return Results(
            projection=self._projection(),
            demand=_fractional(demand, self.years),
            travel=self._travel(),
            places=self._places(serves),
            allocation=self._allocation(demand, unplaced, serves),
            access=no_access(),
        )

    def inputs(self) -> Inputs:
        facts = zip(AREAS, self.planning_areas, self.area_types, (0, 1000), strict=True)
        areas = [
            {"area_id": a, "planning_area": p, "area_type": t, "geometry": box(x, 0, x + 1000, 1000)}
            for a, p, t, x in facts
        ]
        tables = {"areas": areas, "planning_areas": self.planning_area_types}
        return county(tables | ({"enrolment": self.enrolment} if self.enrolment else {}) | dict(self.more))

    def _serves(self) -> np.ndarray:
        serves = np.ones((2, 3, len(self.years)), dtype=bool)
        serves[1, 2] = False
        for school, grade, year in self.closed:
            serves[SCHOOLS.index(school), STAGES.grades.index(grade), self.years.index(year)] = False
        return serves

    def _demand(self) -> tuple[np.ndarray, np.ndarray]:
        demand, unplaced = (np.zeros((3, len(self.years), 3, 1), dtype=np.int64) for _ in range(2))
        for year, area, _, grade, pupils in self.flows:
            demand[_area(area), self.years.index(year), STAGES.grades.index(grade)] += pupils
        for year, area, grade, pupils in self.unplaced:
            unplaced[_area(area), self.years.index(year), STAGES.grades.index(grade)] += pupils
        return demand + unplaced, unplaced

    def _projection(self) -> Projection | None:
        if self.residents is None:
            return None
        residents = np.zeros((2, len(self.years), 2, 3))
        residents[:, :, 0, 1] = np.array([[self.residents[a]] for a in AREAS])
        none = np.zeros(0)
        return Projection(AREAS, self.years, "given", residents, none, none, none, none, none)

    def _travel(self) -> Travel:
        pairs = sorted((AREAS.index(a), SCHOOLS.index(s), m) for (a, s), m in self.minutes.items())
        area, school = (np.array([p[i] for p in pairs], dtype=np.int64) for i in range(2))
        minutes = np.array([p[2] for p in pairs])
        return Travel(AREAS, SCHOOLS, area, school, minutes, minutes * 60, "matrix")

    def _levels(self, serves: np.ndarray) -> np.ndarray:
        levels = np.zeros((2, 2, len(self.years), 3), dtype=np.int64)
        taught = np.stack([serves[:, STAGES.grade_slice(s)].any(axis=1) for s in STAGES.ids], axis=1)
        for (school, stage), given in self.places.items():
            levels[SCHOOLS.index(school), STAGES.ids.index(stage)] = given
        return np.where(taught[..., None], levels, 0)

    def _places(self, serves: np.ndarray) -> Places:
        facts = {"school_id": SCHOOLS, "area_type": self.school_types, "institution_id": self.institutions}
        facts |= {"sector": self.sectors} if any(self.sectors) else {}
        levels = self._levels(serves)
        rooms = np.full((2, len(self.years)), 6, dtype=np.int64)
        return Places(
            schools=gpd.GeoDataFrame(facts, geometry=list(self.points), crs=CRS),
            ids=SCHOOLS,
            years=self.years,
            stages=STAGES,
            rooms=rooms,
            temporary_rooms=np.zeros_like(rooms),
            serves=serves,
            places=levels,
            bought=np.zeros(levels.shape[:-1], dtype=np.int64),
            binding=np.where(levels[..., 0] > 0, 1, 0).astype(np.int64),
            class_size=np.full((2, 2, 3), 45.0),
            catchments=pd.DataFrame(),
            receiving=pd.DataFrame(),
            school_groups=pd.DataFrame(),
            changes=(),
        )

    def _allocation(self, demand: np.ndarray, unplaced: np.ndarray, serves: np.ndarray) -> Allocation:
        flows = list(self.flows)
        classes = np.zeros((2, 3, len(self.years)), dtype=np.int64)
        for year, _, school, grade, _ in flows:
            if school != OUTSIDE:
                at = SCHOOLS.index(school), STAGES.grades.index(grade), self.years.index(year)
                classes[at] = self.classes.get((school, grade, year), 1)
        return Allocation(
            areas=(*AREAS, OUTSIDE),
            schools=(*SCHOOLS, OUTSIDE),
            years=self.years,
            stages=STAGES,
            groups=(ALL_PUPILS,),
            year=_positions([self.years.index(f[0]) for f in flows]),
            area=_positions([_area(f[1]) for f in flows]),
            school=_positions([2 if f[2] == OUTSIDE else SCHOOLS.index(f[2]) for f in flows]),
            grade=_positions([STAGES.grades.index(f[3]) for f in flows]),
            group=_positions([0] * len(flows)),
            pupils=_positions([f[4] for f in flows]),
            demand=demand,
            unplaced=unplaced,
            classes=classes,
            continuing=np.zeros_like(classes),
            stage_rooms=np.full((2, 2, len(self.years)), 2, dtype=np.int64),
            stage_places=self._levels(serves),
            rules=dict.fromkeys(STAGES.ids, "nearest"),
            capacity_bound=(),
        )


def counted(school: str, grade: str, pupils: int, **columns: int) -> dict[str, object]:
    """A row of the table enrolment in 2025."""
    return {"school_id": school, "grade": grade, "pupils": pupils, "year": 2025, **columns}


def assessed(county: County, pack: str = "cn-national") -> Assessment:
    return assess(county.results(), county.inputs(), options(pack))


def options(pack: str = "cn-national", **norms: StageNorms) -> AssessmentOptions:
    """The pack's norms, or those of a test; a pack without class sizes gets 30."""
    known = load_pack(pack)
    sizes = {"class_size_design": 30.0, "class_size_cap": 30.0, "class_size_emergency": 30.0}
    resolved = {s: StageNorms(**(sizes | known.norms_for(s))) for s in STAGES.ids}
    return AssessmentOptions(STAGES, pack, {**resolved, **norms})


def rows_of(frame: pd.DataFrame, **keys: object) -> pd.DataFrame:
    """The rows in which every named column has the value."""
    wanted = np.logical_and.reduce([frame[k] == v for k, v in keys.items()])
    return frame[wanted]


def row_of(frame: pd.DataFrame, **keys: object) -> pd.Series:
    """The one such row."""
    rows = rows_of(frame, **keys)
    assert len(rows) == 1, f"{len(rows)} rows for {keys}"
    return rows.iloc[0]


def _area(area: str) -> int:
    return 2 if area == OUTSIDE else AREAS.index(area)


def _positions(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _fractional(demand: np.ndarray, years: tuple[int, ...]) -> Demand:
    pupils = demand.astype(float)
    parts = {part: pupils.copy() if part == "rolls" else np.zeros_like(pupils) for part in PARTS}
    return Demand((*AREAS, OUTSIDE), years, STAGES, (ALL_PUPILS,), pupils, parts, np.zeros((3, 2)))
