"""A sound county of four areas and two campuses as files, to be broken one fault at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import shapely

from placesim.errors import Finding
from placesim.inputs import check, read_inputs
from placesim.messages import line
from placesim.records import Inputs
from placesim.scenario import Scenario, load

SEXES = ("female", "male")
CRS = "EPSG:4549"  # CGCS2000, 3-degree zone of 120° E
EAST, NORTH, SIDE = 400_000.0, 3_430_000.0, 1_000.0

BASE = """schema = 1
name = "four-areas"
[calendar]
base_year = 2024
horizon = 5
[allocation]
rule = "catchment"
[inputs.areas]
path = "areas.gpkg"
[inputs.planning_areas]
path = "planning_areas.csv"
[inputs.schools]
path = "schools.csv"
[inputs.population]
path = "population.csv"
basis = "resident"
as_of = "2024-08-31"
[inputs.enrolment]
path = "enrolment.csv"
[inputs.children]
path = "children.csv"
[inputs.catchments]
path = "catchments.csv"
[inputs.flows]
path = "flows.csv"
[inputs.developments]
path = "developments.csv"
[inputs.household_profiles]
path = "household_profiles.csv"
[inputs.crosswalk]
path = "crosswalk.csv"
"""

FILES: Mapping[str, str] = {
    "planning_areas.csv": "planning_area,name,area_type\n01,松岭镇,town\n02,溪口乡,rural\n",
    "schools.csv": (
        "school_id,stage,name,rooms,temporary_rooms,places,x,y,condition,first_grade,valid_from,valid_to\n"
        "001,primary,松岭学校,24,2,,400500,3430500,0.8,,,\n"
        "001,junior,松岭学校,24,2,,400500,3430500,0.8,,,\n"
        "002,primary,溪口小学,,,180,401500,3431500,,G1,1990,\n"
    ),
    "population.csv": (
        "area_id,year,sex,age_from,age_to,residents\n"
        + "".join(f"00{a},2024,{sex},0,4,60\n00{a},2024,{sex},5,120,1200\n" for a in "1234" for sex in SEXES)
    ),
    "enrolment.csv": (
        "school_id,year,grade,pupils,classes,classes_to_45,classes_46_55,classes_56_65,classes_66_up\n"
        "001,2024,G1,130,3,2,1,0,0\n"
        "001,2024,G7,90,2,2,0,0,0\n"
        "002,2024,G1,25,1,,,,\n"
        "002,2023,G1,30,1,,,,\n"
        "002,2024,G2,29,1,,,,\n"
    ),
    "children.csv": (
        "area_id,cohort,basis,as_of,children\n"
        "001,2022,registration,2024-12-31,31\n"
        "002,2023,permit,2024-12-31,12\n"
    ),
    "catchments.csv": (
        "area_id,school_id,stage,share,valid_from,valid_to\n"
        + "".join(f"00{a},001,primary,,,\n" for a in "123")
        + "004,001,primary,0.25,,\n004,002,primary,0.75,,\n"
        + "".join(f"00{a},001,junior,,,\n" for a in "1234")
    ),
    "flows.csv": "area_id,school_id,year,stage,pupils\n001,001,2024,primary,40\noutside,001,2024,primary,3\n",
    "developments.csv": (
        "development_id,phase,dwelling_type,area_id,year,dwellings,status\n"
        "D1,1,commodity,002,2026,300,planned\n"
    ),
    "household_profiles.csv": "dwelling_type,age_from,age_to,persons\ncommodity,0,5,0.3\ncommodity,6,60,2.1\n",
    "crosswalk.csv": "old_id,area_id,share\nX,001,0.4\nX,002,0.6\n",
}  # fmt: skip


@dataclass
class County:
    """A folder with a scenario; `write`, `edit` and `say` change its files before it is read."""

    folder: Path

    def write(self, file: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / file).write_bytes(data)

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.folder / file).read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{old!r} is not in {file}"
        self.write(file, text.replace(old, new, 1))

    def say(self, old: str, new: str) -> None:
        """Change the scenario file."""
        self.edit("base.toml", old, new)

    def areas(self, frame: gpd.GeoDataFrame) -> None:
        (self.folder / "areas.gpkg").unlink(missing_ok=True)
        frame.to_file(self.folder / "areas.gpkg")

    def scenario(self) -> Scenario:
        return load(self.folder / "base.toml")

    def read(self) -> tuple[Inputs, list[Finding]]:
        return read_inputs(self.scenario())

    def findings(self) -> list[Finding]:
        """Everything the two rounds find; each finding must be tellable in both languages."""
        scenario = self.scenario()
        inputs, first = read_inputs(scenario)
        found = first + check(inputs, scenario)
        for finding in found:
            for language in ("en", "zh"):
                assert len(line(finding, language).splitlines()) == 2
        return found

    def only(self, code: str) -> Finding:
        """The one finding of a code; every error there is must have that code."""
        found = self.findings()
        assert {f.code for f in found if f.is_error} <= {code}, found
        (finding,) = [f for f in found if f.code == code]
        return finding


def squares() -> gpd.GeoDataFrame:
    """Areas 001 … 004: two by two squares of one kilometre."""
    corners = [(EAST + SIDE * i, NORTH + SIDE * j) for j in (0, 1) for i in (0, 1)]
    return gpd.GeoDataFrame(
        {
            "area_id": ["001", "002", "003", "004"],
            "name": ["东山村", "西河村", "北桥社区", "南街社区"],
            "planning_area": ["01", "01", "02", "02"],
        },
        geometry=[shapely.box(x, y, x + SIDE, y + SIDE) for x, y in corners],
        crs=CRS,
    )
