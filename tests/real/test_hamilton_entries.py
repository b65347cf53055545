"""Hamilton's published allocation once more: as plain arrays, from the command line, and with either clock."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from typer.testing import CliRunner

import placesim as ps
from placesim.allocation import transport
from placesim.cli import app
from placesim.store import open_run

SCENARIO = Path(__file__).with_name("hamilton.toml")
VARIANTS = {2011: None, 2016: "y2016"}
SHARE = 0.55  # of the children aged 5–14, in the published study


def _reference(folder: Path, year: int) -> dict[str, float]:
    with (folder / "zoning_hamilton_on" / "reference_allocation.csv").open(encoding="utf-8") as file:
        row = next(r for r in csv.DictReader(file) if r["year"] == str(year))
    return {k: float(v) for k, v in row.items() if k != "status"}


def _arrays(folder: Path, year: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(children[unit], places[school], metres[unit, school]) of the files, no part of placesim between."""
    units = gpd.read_file(folder / "zoning_hamilton_on" / "units_da2006.geojson").to_crs("EPSG:26917")
    young = units[["m_5_9", "m_10_14", "f_5_9", "f_10_14"]].sum(axis=1).to_numpy()
    schools = pd.read_csv(folder / "zoning_hamilton_on" / "schools.csv")
    there = schools["years"].str.contains(str(year)) & (schools["system"] == "Public")
    there &= (schools["level"] == "Elementary") & schools[f"capacity_{year}"].notna()
    used = schools[there]
    homes = np.column_stack([units.geometry.centroid.x, units.geometry.centroid.y])
    return young, used[f"capacity_{year}"].to_numpy(), cdist(homes, used[["x_utm17n", "y_utm17n"]].to_numpy())


@pytest.mark.parametrize("year", VARIANTS)
def test_plain_arrays_reach_the_published_metres(
    real_data: Path, year: int, record_property: pytest.RecordProperty
) -> None:
    """In units of a twentieth of a pupil the study's fractions are whole: 0.55 × 5 children are 55 of them."""
    young, capacity, metres = _arrays(real_data, year)
    area, school = (axis.ravel() for axis in np.indices(metres.shape))
    twentieths = np.rint(young * SHARE * 20).astype(int)
    assert np.abs(twentieths / 20 - young * SHARE).max() < 1e-9
    found = transport(
        twentieths, np.floor(capacity * 20).astype(int), area, school, metres.ravel(), unplaced_minutes=1e7
    )
    reference = _reference(real_data, year)
    assert found.unplaced.sum() == 0
    assert len(capacity) == reference["schools"]
    assert twentieths.sum() / 20 == pytest.approx(reference["demand"], abs=0.05)
    assert found.total_minutes / 20 == pytest.approx(reference["lp_total_m"], rel=2e-4)
    record_property(f"hamilton_{year}_arrays_mean_m", round(float(found.total_minutes / twentieths.sum()), 2))


@pytest.mark.parametrize("year", VARIANTS)
def test_plain_arrays_without_a_limit_go_to_the_nearest(real_data: Path, year: int) -> None:
    young, capacity, metres = _arrays(real_data, year)
    area, school = (axis.ravel() for axis in np.indices(metres.shape))
    pupils = np.rint(young * SHARE * 20).astype(int)
    found = transport(pupils, np.full(len(capacity), pupils.sum()), area, school, metres.ravel(), unplaced_minutes=1e7)
    reference = _reference(real_data, year)
    assert found.total_minutes / pupils.sum() == pytest.approx(reference["nearest_mean_m"], rel=2e-4)
    came = np.bincount(school, weights=found.pupils) / 20
    over = (came - capacity).clip(min=0)
    assert (over > 0).sum() == reference["nearest_overloaded_schools"]
    assert over.sum() == pytest.approx(reference["nearest_pupils_over"], rel=1e-3)


def _mean_metres(run: Path, folder: Path) -> float:
    """Straight from home to school, by the positions in the files and the flows that were saved."""
    units = gpd.read_file(folder / "zoning_hamilton_on" / "units_da2006.geojson").to_crs("EPSG:26917")
    home = gpd.GeoSeries(units.geometry.centroid.to_numpy(), index=units["dauid"].astype(str))
    school = pd.read_csv(folder / "zoning_hamilton_on" / "schools.csv", dtype={"school_id": str})
    school = school.set_index("school_id")
    rows = open_run(run).table("flows")
    at, to = home[rows["area_id"].astype(str)], school.loc[rows["school_id"].astype(str)]
    metres = np.hypot(at.x.to_numpy() - to["x_utm17n"].to_numpy(), at.y.to_numpy() - to["y_utm17n"].to_numpy())
    return float((rows["pupils"].to_numpy() * metres).sum() / rows["pupils"].sum())


@pytest.mark.parametrize("clock", ["intake", "afresh"])
@pytest.mark.parametrize("calibrate", ["true", "false"])
@pytest.mark.parametrize("rule", ["transport", "nearest"])
def test_the_command_line_with_either_clock(
    real_data: Path, tmp_path: Path, rule: str, calibrate: str, clock: str
) -> None:
    """Without rolls there is nothing to calibrate to, and the base year is the rule's with either clock."""
    told = {"allocation.rule": rule, "allocation.calibrate": calibrate, "allocation.clock": clock}
    said = [part for key, value in told.items() for part in ("--set", f"{key}={value}")]
    done = CliRunner().invoke(app, ["run", str(SCENARIO), "--out", str(tmp_path / "run"), *said])
    assert done.exit_code == 0, done.output
    column = {"transport": "lp_mean_m", "nearest": "nearest_mean_m"}[rule]
    mean = _mean_metres(tmp_path / "run", real_data)
    assert mean == pytest.approx(_reference(real_data, 2011)[column], rel=0.01)


@pytest.mark.parametrize("rule", ["transport", "nearest"])
def test_both_clocks_have_the_same_base_year(real_data: Path, rule: str) -> None:
    assert real_data.is_dir()
    runs = [
        ps.run(ps.load(SCENARIO, variant="y2016", set={"allocation.rule": rule, "allocation.clock": clock}))
        for clock in ("intake", "afresh")
    ]
    intake, afresh = (run.allocation.rows() for run in runs)
    pd.testing.assert_frame_equal(intake, afresh)
