"""A finished run: what was asked, what was computed, what was found."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import xarray as xr

from placesim.errors import Finding
from placesim.records import Access, Allocation, Assessment, Demand, Inputs, Places, Projection, Results, Travel
from placesim.scenario import Scenario


@dataclass(frozen=True, repr=False)
class Run:
    """The records of one run. `findings`: warnings and notes of the checks; `seconds`: CPU time of each stage."""

    scenario: Scenario
    inputs: Inputs
    results: Results
    assessment: Assessment
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]

    @property
    def projection(self) -> Projection | None:
        return self.results.projection

    @property
    def demand(self) -> Demand:
        return self.results.demand

    @property
    def places(self) -> Places:
        return self.results.places

    @property
    def travel(self) -> Travel:
        return self.results.travel

    @property
    def allocation(self) -> Allocation:
        return self.results.allocation

    @property
    def access(self) -> Access:
        return self.results.access

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the placing of sampled futures before its last year."""
        placed = self.results.allocation_draws
        return placed is not None and placed.interrupted

    def to_xarray(self) -> xr.Dataset:
        """Every cube of the run with named axes, units and labels."""
        from placesim.store.dataset import to_dataset

        return to_dataset(self)

    def schools(self, year: int) -> gpd.GeoDataFrame:
        """One row per school and stage open in `year`: facts of the campus, measures, typology, point geometry."""
        facts = self.places.schools[["school_id", "name", "name_en", "geometry"]]
        return self._of_year(facts, self.assessment.measures["school"], year)

    def areas(self, year: int) -> gpd.GeoDataFrame:
        """One row per area and stage in `year`: facts of the area, measures, polygon geometry."""
        facts = self.inputs.areas[["area_id", "name", "name_en", "planning_area", "geometry"]]
        return self._of_year(facts, self.assessment.measures["area"], year)

    def _of_year(self, facts: gpd.GeoDataFrame, measures: pd.DataFrame, year: int) -> gpd.GeoDataFrame:
        """The measures of a year beside the facts; both name their units in the first column of `facts`."""
        years, key = self.scenario.years, facts.columns[0]
        if year not in years:
            raise KeyError(f"year {year} is not in the run ({years[0]}–{years[-1]})")
        rows = measures[measures["year"] == year]
        rows = rows.drop(columns=[c for c in facts.columns if c in rows.columns and c != key])
        return gpd.GeoDataFrame(facts.merge(rows, on=key), geometry="geometry", crs=facts.crs)

    def save(self, folder: str | Path) -> Path:
        """Write the run folder (tables, results.nc, results.gpkg, manifest); an older one is replaced when whole."""
        from placesim.store.folder import staging
        from placesim.store.write import save

        with staging(Path(folder)) as beside:
            save(self, beside)
        return Path(folder)

    def __repr__(self) -> str:
        return f"Run of {self.scenario!r}"

    def _repr_html_(self) -> str:
        county = self.assessment.measures["county"]
        shown = county[county["year"] == self.scenario.years[0]]
        columns = [c for c in ("stage", "pupils", "roll", "places_design", "utilisation", "unplaced") if c in shown]
        return f"<p><b>{html.escape(self.scenario.name)}</b></p>" + shown[columns].to_html(index=False, escape=True)
