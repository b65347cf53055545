"""A password in the address of a database is shown nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from placesim.errors import Finding, ScenarioError, masked, masked_within
from placesim.messages import LANGUAGES, line
from placesim.scenario import load, show_text
from placesim.store.write import findings_json, resolved_toml, run_folder, run_id

SECRET = "pa55word"
ADDRESS = f"postgresql://clerk:{SECRET}@db.example:5432/county?sslmode=require"
MASKED = "postgresql://clerk:***@db.example:5432/county?sslmode=require"
BASE = f"""schema = 1
name = "county"
[calendar]
base_year = 2025
[inputs.areas]
path = "{ADDRESS}"
table = "public.areas"
"""


@pytest.mark.parametrize(("text", "shown"), [
    (ADDRESS, MASKED),
    (f"postgres://c:{SECRET}@h/d", "postgres://c:***@h/d"),
    (f"postgresql://c:{SECRET}/@:{SECRET}@h/d", "postgresql://c:***@h/d"),
    (f"postgresql://c:{SECRET} {SECRET}@h/d", "postgresql://c:***@h/d"),
    (f"postgresql://:{SECRET}@h/d", "postgresql://:***@h/d"),
    (f"postgresql://h/d?user=c&password={SECRET}&sslmode=require", "postgresql://h/d?user=c&password=***&sslmode=require"),
    (f"postgresql://h/d?sslpassword={SECRET}", "postgresql://h/d?sslpassword=***"),
    (f'path = "{ADDRESS}"', f'path = "{MASKED}"'),
    (f"['{ADDRESS}', '{ADDRESS}']", f"['{MASKED}', '{MASKED}']"),
    (f"postgresql+psycopg://c:{SECRET}@h/d", "postgresql+psycopg://c:***@h/d"),
])  # fmt: skip
def test_a_password_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", [
    "postgresql://clerk@db.example:5432/county", "postgresql://db.example:5432/county", "postgresql:///county",
    "postgresql://[::1]:5432/county", "areas.gpkg", "C:\\data\\a@b.csv", "https://example.org:8080/a", "a: b@c", "",
])  # fmt: skip
def test_what_holds_no_password_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_values_inside_values() -> None:
    data = {"a": [ADDRESS, 1, None], "b": {"c": ADDRESS}}
    assert masked_within(data) == {"a": [MASKED, 1, None], "b": {"c": MASKED}}
    assert data["a"][0] == ADDRESS  # type: ignore[index]


def test_no_finding_quotes_it() -> None:
    facts = {"known": ADDRESS, "nearest": {"en": ADDRESS, "zh": ADDRESS}}
    finding = Finding("E132", file=ADDRESS, sheet=ADDRESS, column=ADDRESS, value=ADDRESS, facts=facts)
    told = [line(finding, language) for language in LANGUAGES]
    assert SECRET not in repr(finding) + json.dumps(findings_json([finding])) + "".join(told)


def write(folder: Path, text: str) -> Path:
    file = folder / "base.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(("old", "new"), [
    ("path =", "pth ="),
    ("table =", "tabel = 1\ntable ="),
    (f'path = "{ADDRESS}"', f'path = ["{ADDRESS}"]'),
    (f'path = "{ADDRESS}"', f'path = "{ADDRESS}'),
    (f'path = "{ADDRESS}"', f'path = "postgresql://{"u" * 50}:{SECRET}{SECRET}@h/d'),
    (f'path = "{ADDRESS}"', f'path = ["postgresql://{"u" * 50}:{SECRET}{SECRET}@h/d"]'),
    ("[calendar]", f'extends = "{ADDRESS}"\n[calendar]'),
    ("[calendar]", f'unset = {{ a = "{ADDRESS}" }}\n[calendar]'),
])  # fmt: skip
def test_a_scenario_that_is_refused_does_not_quote_it(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load(write(tmp_path, BASE.replace(old, new)))
    told = "".join(line(f, language) for f in refused.value.findings for language in LANGUAGES)
    assert SECRET[:4] not in told + repr(refused.value.findings) + str(refused.value)


def test_what_is_shown_and_written_of_a_scenario(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, BASE))
    assert scenario.parameters.inputs["areas"].path == ADDRESS
    texts = [show_text(scenario, resolved=r, origin=o) for r in (False, True) for o in (False, True)]
    for text in (*texts, resolved_toml(scenario)):
        assert SECRET not in text
        assert MASKED in text


def test_another_password_is_no_other_run(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, BASE))
    other = load(write(tmp_path, BASE.replace(SECRET, "new")))
    assert run_id(scenario, ["x"]) == run_id(other, ["x"])
    folders = {run_folder(load(tmp_path, set={"inputs.areas": {"path": a}})) for a in (ADDRESS, MASKED)}
    assert len(folders) == 1
