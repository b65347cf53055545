"""The files of a scenario: lines of keys, chains, what is refused."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.errors import ScenarioError
from placesim.scenario.layers import key_lines, read_chain


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


def test_every_key_has_its_line() -> None:
    text = """# a comment = with an equals sign
schema = 1
[a.b]
"quoted.key" = "x = y [z]"
list = [
  { p = 1 },  # ] not the end
  { p = 2 },
]
c.d = 3
[[stage]]
id = "s"
[[stage]]
id = "t"
text = \"\"\"
not = a key
[not.a.table]
\"\"\"
last = 1
"""
    tomllib.loads(text)
    lines = key_lines(text)
    assert lines["schema"] == 2
    assert lines["a.b"] == 3
    assert lines["a.b.quoted.key"] == 4
    assert lines["a.b.list"] == 5
    assert lines["a.b.c.d"] == 9
    assert lines["stage.0.id"] == 11
    assert lines["stage.1.id"] == 13
    assert lines["stage.1.last"] == 18
    assert "stage.1.not" not in lines
    assert "not.a.table" not in lines


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.integers()), max_size=12, unique_by=lambda p: p[0]
    )
)
def test_lines_of_flat_keys(pairs: list[tuple[str, int]]) -> None:
    text = "\n".join(f"{k} = {v}" for k, v in pairs)
    assert key_lines(text) == {k: i for i, (k, _) in enumerate(pairs, start=1)}


def test_bom_and_crlf_are_read(tmp_path: Path) -> None:
    file = write(tmp_path, "s.toml", "\ufeffschema = 1\r\nname = '松岚'\r\n")
    (layer,) = read_chain(file)
    assert layer.data == {"schema": 1, "name": "松岚"}
    assert layer.lines == {"schema": 1, "name": 2}


def test_paths_of_a_base_elsewhere_are_relative_to_the_scenario(tmp_path: Path) -> None:
    write(
        tmp_path,
        "base/base.toml",
        '[inputs.areas]\npath = "areas.gpkg"\n[variant.v.inputs.areas]\npath = "../x.gpkg"\n',
    )
    file = write(tmp_path, "mine/s.toml", 'extends = "../base/base.toml"\n')
    base, _ = read_chain(file)
    assert base.data["inputs"]["areas"]["path"] == "../base/areas.gpkg"
    assert base.data["variant"]["v"]["inputs"]["areas"]["path"] == "../x.gpkg"


@pytest.mark.parametrize(
    ("files", "code", "row"),
    [
        ({"s.toml": 'extends = "no.toml"\n'}, "E102", None),
        ({"s.toml": 'extends = "t.toml"\n', "t.toml": 'extends = "s.toml"\n'}, "E124", None),
        ({"s.toml": "schema = 1\nname = unquoted\n"}, "E101", 2),
        ({"s.toml": "a = 1\na = 2\n"}, "E101", 2),
        ({"s.toml": "a = [1,\n2\n"}, "E101", None),
    ],
)
def test_broken_chains(tmp_path: Path, files: dict[str, str], code: str, row: int | None) -> None:
    for name, text in files.items():
        write(tmp_path, name, text)
    with pytest.raises(ScenarioError) as error:
        read_chain(tmp_path / "s.toml")
    (finding,) = error.value.findings
    assert finding.code == code
    if row is not None:
        assert finding.row == row


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes("schema = 1\nname = '松岚'\n".encode("gb18030"))
    with pytest.raises(ScenarioError) as error:
        read_chain(file)
    assert (error.value.findings[0].code, error.value.findings[0].row) == ("E100", 2)
