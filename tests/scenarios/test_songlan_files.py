"""The committed files are what the generator makes, small, and as varied in format as a county's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from songlan_files import SONGLAN, Files

CSV = sorted(str(p.relative_to(SONGLAN)) for folder in (SONGLAN, SONGLAN / "truth") for p in folder.glob("*.csv"))
LAYERS = ("areas", "schools", "sites", "roads", "barriers", "points")


@pytest.mark.parametrize("path", CSV)
def test_csv_files_have_the_bytes_the_generator_writes(path: str, songlan: Files, made_again: Files) -> None:
    assert (songlan.folder / path).read_bytes() == (made_again.folder / path).read_bytes()


def test_the_generator_writes_no_other_csv_files(made_again: Files) -> None:
    assert sorted(str(p.relative_to(made_again.folder)) for p in made_again.folder.rglob("*.csv")) == CSV


def test_rolls_are_what_the_generator_writes(songlan: Files, made_again: Files) -> None:
    pd.testing.assert_frame_equal(songlan.rolls(), made_again.rolls())


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_are_what_the_generator_writes(layer: str, songlan: Files, made_again: Files) -> None:
    committed, made = songlan.layer(layer), made_again.layer(layer)
    assert committed.crs == made.crs == "EPSG:4547"
    pd.testing.assert_frame_equal(committed.drop(columns="geometry"), made.drop(columns="geometry"))
    assert (shapely.to_wkb(committed.geometry.values) == shapely.to_wkb(made.geometry.values)).all()


def test_a_seed_gives_the_same_files_twice(generate, other: Files, tmp_path: Path) -> None:
    generate(11, tmp_path)
    files = [p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) == len(CSV) + 2
    assert all((tmp_path / f).read_bytes() == (other.folder / f).read_bytes() for f in files)


def test_another_seed_changes_the_children_and_not_the_map(songlan: Files, other: Files) -> None:
    for layer in LAYERS:
        assert songlan.layer(layer).geom_equals(other.layer(layer)).all()
    assert songlan.table("catchments").equals(other.table("catchments"))
    for table in ("truth/children", "children", "births", "population"):
        mine, theirs = songlan.table(table), other.table(table)
        assert mine.shape[1] == theirs.shape[1]
        assert not np.array_equal(mine.iloc[:, -1], theirs.iloc[:, -1])


def test_all_data_together_stay_below_six_megabytes() -> None:
    files = [p for p in SONGLAN.iterdir() if p.is_file()] + list((SONGLAN / "truth").iterdir())
    assert sum(p.stat().st_size for p in files) < 6_000_000


@pytest.mark.parametrize("name", ["population", "institutions"])
def test_two_tables_are_in_gb18030(name: str, songlan: Files) -> None:
    content = (songlan.folder / f"{name}.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert b"\r\n" in content
    assert content.decode("gb18030").isprintable() is False  # line ends only: every character is a real one
    assert "\ufffd" not in content.decode("gb18030")


@pytest.mark.parametrize(
    "name",
    [
        "planning_areas",
        "children",
        "births",
        "rates",
        "developments",
        "flows",
        "costs",
        "resources",
        "facilities",
        "indicators",
    ],
)
def test_the_other_tables_start_with_a_byte_order_mark(name: str, songlan: Files) -> None:
    assert (songlan.folder / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_scenario_never_reads_the_truth() -> None:
    said = tomllib.loads((SONGLAN / "base.toml").read_text(encoding="utf-8"))
    assert all("truth" not in table["path"] for table in said["inputs"].values())
    assert all((SONGLAN / table["path"]).is_file() for table in said["inputs"].values())
