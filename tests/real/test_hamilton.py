"""A real case: Hamilton's public elementary schools of 2011 and 2016 through the whole chain, against the published
allocation and against code that shares nothing with ours."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.spatial.distance import cdist

import placesim as ps
from placesim.report import FORMATS, write
from placesim.store import open_run

SCENARIO = Path(__file__).with_name("hamilton.toml")
VARIANTS = {2011: None, 2016: "y2016"}


@dataclass(frozen=True)
class Case:
    """One year's run with the distances and counts an independent check needs."""

    run: ps.Run
    metres: np.ndarray  # [area, school] between polygon centroids and schools, EPSG:26917
    pupils: np.ndarray  # [area] whole pupils of the run
    places: np.ndarray  # [school]


@pytest.fixture(scope="module")
def cases(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, str], Case]:
    assert (real_data / "zoning_hamilton_on").is_dir()
    return {(year, rule): _case(year, rule) for year in VARIANTS for rule in ("transport", "nearest")}


def _case(year: int, rule: str) -> Case:
    run = ps.run(ps.load(SCENARIO, variant=VARIANTS[year], set={"allocation.rule": rule}))
    areas, schools = run.inputs.areas, run.places.schools
    homes = np.column_stack([areas.geometry.centroid.x, areas.geometry.centroid.y])
    sites = np.column_stack([schools.geometry.x, schools.geometry.y])
    pupils = run.allocation.demand[:-1].sum(axis=(1, 2, 3))
    return Case(run, cdist(homes, sites), pupils, run.places.places[:, 0, 0, 0])


def _reference(folder: Path, year: int) -> dict[str, float]:
    with (folder / "zoning_hamilton_on" / "reference_allocation.csv").open(encoding="utf-8") as file:
        row = next(r for r in csv.DictReader(file) if r["year"] == str(year))
    return {k: float(v) for k, v in row.items() if k != "status"}


def _flows(case: Case) -> np.ndarray:
    """pupils[area, school] of the run, summed over grades."""
    allocation = case.run.allocation
    flows = np.zeros((len(allocation.areas), len(allocation.schools)))
    np.add.at(flows, (allocation.area, allocation.school), allocation.pupils)
    assert flows[-1].sum() == 0  # nobody comes from or goes to the outside here
    assert flows[:, -1].sum() == 0
    return flows[:-1, :-1]


def _least_metres(case: Case) -> float:
    """The linear program of the published study on the same pupils and places, solved by HiGHS."""
    n, m = case.metres.shape
    pair = np.arange(n * m)
    at_area = coo_array((np.ones(n * m), (pair // m, pair)), shape=(n, n * m))
    at_school = coo_array((np.ones(n * m), (pair % m, pair)), shape=(m, n * m))
    solved = linprog(
        case.metres.ravel(), A_eq=at_area, b_eq=case.pupils, A_ub=at_school, b_ub=case.places, method="highs"
    )
    assert solved.status == 0
    return float(solved.fun)


@pytest.mark.parametrize("year", VARIANTS)
def test_pupils_and_places_are_those_of_the_study(
    cases: dict[tuple[int, str], Case], real_data: Path, year: int
) -> None:
    reference = _reference(real_data, year)
    case = cases[year, "transport"]
    assert len(case.places) == reference["schools"]
    assert abs(case.places.sum() - reference["capacity"]) <= len(case.places)  # floored
    assert abs(case.pupils.sum() - reference["demand"]) <= 10  # ten grades, each total within 1


@pytest.mark.parametrize("year", VARIANTS)
def test_transport_is_the_optimum(
    cases: dict[tuple[int, str], Case], real_data: Path, year: int, record_property: pytest.RecordProperty
) -> None:
    case = cases[year, "transport"]
    flows = _flows(case)
    assert (flows.sum(axis=1) == case.pupils).all()
    assert (flows.sum(axis=0) <= case.places).all()
    ours = float((flows * case.metres).sum())
    assert ours == pytest.approx(_least_metres(case), rel=1e-6)
    mean = ours / case.pupils.sum()
    assert mean == pytest.approx(_reference(real_data, year)["lp_mean_m"], rel=0.01)
    record_property(f"hamilton_{year}_transport_mean_m", round(float(mean), 2))


@pytest.mark.parametrize("year", VARIANTS)
def test_nearest_is_the_nearest_for_every_unit(
    cases: dict[tuple[int, str], Case], real_data: Path, year: int, record_property: pytest.RecordProperty
) -> None:
    case = cases[year, "nearest"]
    flows = _flows(case)
    with_pupils = np.flatnonzero(case.pupils)
    assert (flows[with_pupils].argmax(axis=1) == case.metres[with_pupils].argmin(axis=1)).all()
    assert ((flows > 0).sum(axis=1)[with_pupils] == 1).all()
    mean = float((flows * case.metres).sum() / case.pupils.sum())
    reference = _reference(real_data, year)
    assert mean == pytest.approx(reference["nearest_mean_m"], rel=0.01)
    record_property(f"hamilton_{year}_nearest_mean_m", round(float(mean), 2))
    over = (flows.sum(axis=0) - case.places).clip(min=0)
    assert over.sum() == pytest.approx(reference["nearest_pupils_over"], rel=0.02)
    schools = case.run.assessment.measures["school"]
    assert schools["excess"].sum() == over.sum()


@pytest.mark.parametrize("year", VARIANTS)
def test_the_report_of_the_real_case(cases: dict[tuple[int, str], Case], tmp_path: Path, year: int) -> None:
    folder = cases[year, "nearest"].run.save(tmp_path / "run")
    saved = open_run(folder)
    write(saved, FORMATS)
    for name in ("report.html", "results.xlsx", "results.gpkg", "results.nc"):
        assert (folder / name).stat().st_size > 10_000
    assert saved.table("school_by_year")["roll"].sum() == cases[year, "nearest"].pupils.sum()
    assert len(saved.table("findings")) > 0
