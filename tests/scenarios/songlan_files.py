"""Where the files of the bundled county lie, and how tests read them without placesim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

SONGLAN = Path(__file__).resolve().parents[2] / "scenarios" / "songlan"
IDS = {"area_id": str, "planning_area": str, "区域编号": str, "学校代码": str}


@dataclass(frozen=True)
class Files:
    """A folder of the county's files."""

    folder: Path

    def table(self, name: str) -> pd.DataFrame:
        """A csv file by its path without ending, ids as text."""
        encoding = "gb18030" if name in ("population", "institutions") else "utf-8-sig"
        return pd.read_csv(self.folder / f"{name}.csv", encoding=encoding, dtype=IDS)

    def rolls(self) -> pd.DataFrame:
        return pd.read_excel(self.folder / "enrolment.xlsx", dtype=IDS, engine="calamine")

    def truth(self, year: int) -> pd.DataFrame:
        """area_id, area_type, cohort, children who truly live there on 31 August of a year."""
        rows = self.table("truth/children").query("year == @year").drop(columns="year")
        return rows.merge(self.layer("areas")[["area_id", "area_type"]])

    def layer(self, name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(self.folder / "songlan.gpkg", layer=name)

    def residents(self) -> pd.DataFrame:
        """area_id, area_type, female, age, residents of the count."""
        wide = self.table("population").rename(columns={"区域编号": "area_id"})
        long = wide.melt("area_id", value_name="residents")
        cells = long["variable"].str.extract(r"(?P<sex>[女男])(?P<age>\d+)岁")
        long = long.assign(female=cells["sex"] == "女", age=cells["age"].astype(int)).drop(columns="variable")
        return long.merge(self.layer("areas")[["area_id", "area_type"]])
