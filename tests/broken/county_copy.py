"""A copy of the bundled county that can be broken one cell, shape or line at a time, and the command line run on it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyogrio
import shapely
from click.testing import Result
from typer.testing import CliRunner

from placesim.cli import app

BUNDLED = Path(__file__).resolve().parents[2] / "scenarios" / "songlan"
NOT_INPUT = shutil.ignore_patterns("generator", "generate.py", "truth", "__pycache__", ".placesim", "runs", ".git*")
MAP, ROLLS, ROLLS_SHEET = "songlan.gpkg", "enrolment.xlsx", "在校生"
BASE_YEAR = 2025
GB18030 = ("population.csv", "institutions.csv")
Shape = Callable[[Any, gpd.GeoDataFrame], Any]


def short_county(folder: Path) -> County:
    """The bundled county with its latest counts only: long histories cost time, and no fault needs them."""
    shutil.copytree(BUNDLED, folder, ignore=NOT_INPUT)
    county = County(folder)
    header, *rows = county.read("children.csv")
    latest = max(r[3] for r in rows)
    county.write("children.csv", [header, *(r for r in rows if r[2:4] == ["vaccination", latest])])
    header, *rows = county.read("births.csv")
    county.write("births.csv", [header, *(r for r in rows if r[1] >= "2023")])
    book = openpyxl.load_workbook(folder / ROLLS, read_only=True)
    header, *rolls = book[ROLLS_SHEET].iter_rows(values_only=True)
    short = openpyxl.Workbook()
    short.active.title = ROLLS_SHEET
    for cells in [header, *(r for r in rolls if r[2] == BASE_YEAR)]:
        short.active.append(cells)
    short.save(folder / ROLLS)
    return county


@dataclass(frozen=True)
class County:
    """A folder with the county; rows are counted as the user's own program counts them."""

    folder: Path

    @property
    def scenario_file(self) -> Path:
        return self.folder / "base.toml"

    # -------------------------------------------------------------------------------------------- the scenario file
    def say(self, old: str, new: str) -> None:
        """Replace a text that stands once in base.toml."""
        text = self.scenario_file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in base.toml"
        self.scenario_file.write_text(text.replace(old, new), encoding="utf-8")

    def add(self, text: str) -> None:
        with self.scenario_file.open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def line_of(self, text: str) -> int:
        """The number of the one line of base.toml that holds a text."""
        lines = self.scenario_file.read_text(encoding="utf-8").split("\n")
        (number,) = [i for i, line in enumerate(lines, start=1) if text in line]
        return number

    # ------------------------------------------------------------------------------------------------ delimited text
    def read(self, file: str) -> list[list[str]]:
        encoding = "gb18030" if file in GB18030 else "utf-8-sig"
        text = (self.folder / file).read_text(encoding=encoding)
        return list(csv.reader(io.StringIO(text)))

    def write(self, file: str, rows: list[list[str]]) -> None:
        target = io.StringIO(newline="")
        csv.writer(target, lineterminator="\n").writerows(rows)
        encoding = "gb18030" if file in GB18030 else "utf-8-sig"
        (self.folder / file).write_text(target.getvalue(), encoding=encoding, newline="")

    def cells(self, file: str, row: int, values: Mapping[str, str]) -> None:
        """Set cells of a line by header."""
        rows = self.read(file)
        for column, value in values.items():
            rows[row - 1][rows[0].index(column)] = value
        self.write(file, rows)

    # ----------------------------------------------------------------------------------------------------- workbooks
    def workbook(self, values: Mapping[str, Any]) -> None:
        """Set cells of the rolls by their address."""
        book = openpyxl.load_workbook(self.folder / ROLLS)
        for address, value in values.items():
            book[ROLLS_SHEET][address] = value
        book.save(self.folder / ROLLS)

    # -------------------------------------------------------------------------------------------------------- layers
    def attributes(self, layer: str, row: int, values: Mapping[str, Any]) -> None:
        """Set attributes of a feature, counted from 1 in the order of the file."""
        with self._database() as database:
            fid = self._fid(database, layer, row)
            setters = ", ".join(f'"{column}" = ?' for column in values)
            database.execute(f'UPDATE "{layer}" SET {setters} WHERE fid = ?', (*values.values(), fid))

    def twin(self, layer: str, row: int) -> None:
        """Append a copy of a feature."""
        frame = self.layer(layer)
        frame.loc[len(frame)] = frame.loc[row - 1]
        self.put_layer(layer, frame)

    def shape(self, layer: str, row: int, make: Shape) -> None:
        """Give a feature another shape, made from its own and the layer."""
        frame = self.layer(layer)
        frame.loc[row - 1, "geometry"] = make(frame.geometry[row - 1], frame)
        self.put_layer(layer, frame)

    def layer(self, layer: str) -> gpd.GeoDataFrame:
        return pyogrio.read_dataframe(self.folder / MAP, layer=layer)

    def put_layer(self, layer: str, frame: gpd.GeoDataFrame) -> None:
        pyogrio.write_dataframe(frame, self.folder / MAP, layer=layer, driver="GPKG")

    def forget_crs(self, layer: str) -> None:
        """The layer as a program writes it that knows no coordinate system."""
        frame = self.layer(layer).set_crs(None, allow_override=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the very fault that is wanted
            self.put_layer(layer, frame)

    def _database(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.folder / MAP)
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):  # named by triggers, never called here
            database.create_function(name, 1, lambda _: 0)
        return database

    def _fid(self, database: sqlite3.Connection, layer: str, row: int) -> int:
        found = database.execute(f'SELECT fid FROM "{layer}" ORDER BY fid LIMIT 1 OFFSET ?', (row - 1,)).fetchone()
        return int(found[0])

    # ---------------------------------------------------------------------------------------------- the command line
    def call(self, verb: str) -> Told:
        result = CliRunner().invoke(app, [verb, str(self.scenario_file), "--json"])
        return Told(result, self)


@dataclass(frozen=True)
class Told:
    """What the command line said of a county."""

    result: Result
    county: County

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        data: dict[str, Any] = json.loads(self.result.stdout)
        return data

    @property
    def findings(self) -> list[dict[str, Any]]:
        return list(self.document["findings"])

    @property
    def errors(self) -> set[str]:
        return {f["code"] for f in self.findings if f["code"].startswith("E")}


# ------------------------------------------------------------------------------------------------------- bent shapes
def bow_tie(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    """The frame of a polygon with two corners exchanged."""
    left, bottom, right, top = shape.bounds
    return shapely.Polygon([(left, bottom), (right, top), (right, bottom), (left, top)])


def into_next(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    """The polygon and a square in the middle of the second feature."""
    other = frame.geometry[1]
    middle, reach = other.representative_point(), 0.2 * other.area**0.5
    return shape.union(middle.buffer(reach, cap_style="square").intersection(other))


def holed(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    """The polygon with a hole of some 40 m around a point inside."""
    return shape.difference(shape.representative_point().buffer(20))


def moved(east: float, north: float) -> Shape:
    return lambda shape, frame: shapely.affinity.translate(shape, east, north)


def swapped(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    return shapely.Point(shape.y, shape.x)


def nowhere(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    return None


def centre(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    return shape.centroid


def degrees(shape: Any, frame: gpd.GeoDataFrame) -> Any:
    """The point in longitude and latitude, under the layer's system in metres."""
    return gpd.GeoSeries([shape], crs=frame.crs).to_crs(4490)[0]
