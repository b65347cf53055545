"""Every notebook runs from top to bottom as it is committed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


DATA = {"city_from_osm": ("PLACESIM_OSM", "osm_sao_paulo_centre")}  # notebook → variable, folder of real data
NOTEBOOKS = pytest.mark.parametrize("notebook", sorted(FOLDER.glob("*.ipynb")), ids=lambda p: p.stem)
MACHINE = re.compile(r"(?<![\w/.])(?:/[\w.-]+){2,}/|[A-Z]:\\\\")  # the beginning of a path that one machine has


@NOTEBOOKS
def test_notebook_runs(notebook: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if notebook.stem in DATA:
        variable, folder = DATA[notebook.stem]
        monkeypatch.setenv(variable, str(request.getfixturevalue("real_data") / folder))
    cells = nbformat.read(notebook, as_version=4)
    NotebookClient(cells, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}).execute()
    outputs = outputs_of(cells)
    assert not [o for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert any("image/png" in o.get("data", {}) for o in outputs)
    if notebook.stem == "city_from_osm":
        assert city_figures(outputs) == [629.6, 36.71, 88.24]
    if notebook.stem == "class_size":
        assert_class_size(outputs)


@NOTEBOOKS
def test_a_notebook_is_committed_with_outputs_that_name_no_machine(notebook: Path) -> None:
    cells = nbformat.read(notebook, as_version=4)
    code = [c for c in cells.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    texts = [c.source for c in cells.cells] + [plain(o) for o in outputs_of(cells)]
    assert [found for text in texts for found in MACHINE.findall(text)] == []


def test_the_committed_city_shows_the_reference_figures() -> None:
    assert city_figures(outputs_of(nbformat.read(FOLDER / "city_from_osm.ipynb", as_version=4))) == [
        629.6,
        36.71,
        88.24,
    ]


def test_the_committed_class_sizes_reach_every_grade_and_say_when_they_are_free() -> None:
    assert_class_size(outputs_of(nbformat.read(FOLDER / "class_size.ipynb", as_version=4)))


def assert_class_size(outputs: list[nbformat.NotebookNode]) -> None:
    """The rule for entrants of 2026 is in all six primary grades in 2031; the county town is the last to be free."""
    told = dict(line.split(": ", 1) for o in outputs for line in plain(o).splitlines() if ": {" in line)
    grades = ast.literal_eval(told["first year of the rule, by grade"])
    assert grades == {f"G{k + 1}": 2026 + k % 6 for k in range(9)}
    assert ast.literal_eval(told["planning areas free from the base year on"]) == {
        "primary": "12 of 14",
        "junior": "10 of 12",
    }
    (table,) = [plain(o) for o in outputs if "free from  \\" in plain(o)]
    years = [int(year) for year in re.findall(r"\b(20[2-4]\d)\s*$", table.split("chance")[0], re.MULTILINE)]
    assert years == [2033, 2034, 2029, 2027]


def outputs_of(cells: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [o for c in cells.cells if c.cell_type == "code" for o in c.outputs]


def plain(output: nbformat.NotebookNode) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def city_figures(outputs: list[nbformat.NotebookNode]) -> list[float]:
    """Mean walk, share within 500 m, share within 1000 m, as the notebook prints them."""
    (table,) = [plain(o) for o in outputs if "share of people within 500 m" in plain(o)]
    return [float(line.split()[-1]) for line in table.split("\n")[1:]]
