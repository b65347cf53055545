"""The command line: exit codes, languages, one JSON document, and never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from placesim.cli import app
from placesim.dictionary import table_specs
from placesim.messages import catalogue, label

VERBS = ("new", "template", "import", "check", "show", "run", "compare", "zone", "standards", "report", "help")


def call(*arguments: Any) -> Any:
    """The command in this process: exit_code, stdout, stderr."""
    return CliRunner().invoke(app, [str(a) for a in arguments])


def spoken(*arguments: Any, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as its own process, with another environment."""
    return subprocess.run(
        [sys.executable, "-m", "placesim", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


def codes(result: Any) -> list[str]:
    return [f["code"] for f in json.loads(result.stdout)["findings"]]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled county as `new` copies it; tests do not write into it."""
    folder = tmp_path_factory.mktemp("new") / "my county"
    made = call("new", folder)
    assert made.exit_code == 0, made.output
    return folder


@pytest.fixture(scope="module")
def run_folder(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of one year."""
    folder = tmp_path_factory.mktemp("runs") / "songlan"
    (folder.parent / "songlan.check.json").write_text("{}")  # of an earlier run that could not start
    made = call("run", county / "base.toml", "--set", "calendar.horizon=0", "--out", folder, "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["run"] == str(folder)
    return folder


@pytest.fixture
def broken(county: Path, tmp_path: Path) -> Path:
    """The county with one catchment of a school that does not exist."""
    shutil.copytree(county, tmp_path / "broken")
    catchments = tmp_path / "broken" / "catchments.csv"
    catchments.write_text(catchments.read_text(encoding="utf-8-sig").replace(",P01,", ",P0X,", 1), encoding="utf-8")
    return tmp_path / "broken" / "base.toml"


# ------------------------------------------------------------------------------------------------------ exit codes
def test_a_sound_county_passes(county: Path) -> None:
    told = call("check", county / "base.toml")
    assert told.exit_code == 0, told.output
    assert "✗" not in told.output


def test_an_error_in_the_data_is_exit_1(broken: Path) -> None:
    told = call("check", broken)
    assert told.exit_code == 1
    assert told.stderr.startswith("✗ E30")
    assert "catchments.csv" in told.stderr.split("\n")[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("run",),
        ("check", "base.toml", "--quick"),
        ("show",),
        ("template", "x.xlsx", "shools"),
        ("template", "x.xlsx", "--lang", "fr"),
        ("report", "runs/x", "--format", "docx"),
        ("report", "runs/x", "--schema", "plan"),
    ],
    ids=lambda a: " ".join(a),
)
def test_a_wrong_call_is_exit_2(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = call(*arguments)
    assert told.exit_code == 2, told.output
    assert "Traceback" not in told.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "nowhere.toml"), "E102"),
        (("run", "nowhere.toml"), "E102"),
        (("show", "."), "E102"),
        (("new", "x", "--example", "songlam"), "E132"),
        (("template", "x.xlsx", "--system", "cn"), "E123"),
        (("compare", "a", "b"), "E601"),
        (("report", "a"), "E601"),
        (("help", "E999"), "E604"),
    ],
    ids=lambda a: a if isinstance(a, str) else " ".join(a),
)
def test_what_is_not_there_is_a_finding(
    arguments: tuple[str, ...], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = call(*arguments)
    assert told.exit_code == 1, told.output
    assert told.stderr.startswith(f"✗ {code}")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_variant_and_an_unreadable_setting(county: Path) -> None:
    for arguments, code in ((("--variant", "high_birth"), "E122"), (("--set", "calendar.horizon"), "E125")):
        told = call("check", county / "base.toml", *arguments, "--json")
        assert (told.exit_code, codes(told)) == (1, [code])


def test_a_mistake_of_ours_is_exit_4_and_says_so(county: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(scenario: Any) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("placesim.spine.check_scenario", fail)
    monkeypatch.delenv("PLACESIM_TRACEBACK", raising=False)
    told = call("check", county / "base.toml")
    assert told.exit_code == 4
    assert "RuntimeError" in told.stderr
    assert "Traceback" not in told.output
    monkeypatch.setenv("PLACESIM_TRACEBACK", "1")
    assert "Traceback" in call("check", county / "base.toml").stderr


# ------------------------------------------------------------------------------------------------------- languages
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_verb_explains_itself(language: str) -> None:
    program = (
        "from typer.testing import CliRunner; from placesim.cli import app\n"
        f"for verb in {VERBS}: print(CliRunner().invoke(app, [verb, '--help'], terminal_width=500).stdout)\n"
        "print(CliRunner().invoke(app, ['--help'], terminal_width=500).stdout)"
    )
    told = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        env={**os.environ, "PLACESIM_LANG": language},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.replace("\n", " ")
    words = " ".join(told.split())
    for verb in VERBS:
        key = "help.verb" if verb == "help" else verb
        assert label(f"cli.{key}", language).split(",")[0].split("，")[0] in words, verb
    assert label("cli.opt.set", language).split(",")[0].split("，")[0] in words


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        ("gbk", ("--help",)),
        ("gbk", ("help", "tables")),
        ("gbk", ("check", "没有🏫.toml")),
        ("ascii", ("help", "E207")),
        ("ascii", ("check", "没有🏫.toml")),
        ("cp1252", ("--help",)),
    ],
)
def test_no_console_makes_a_message_crash(encoding: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    told = spoken(*arguments, PYTHONIOENCODING=encoding, PLACESIM_LANG="zh")
    assert told.returncode == (1 if arguments[0] == "check" else 0), told.stderr
    assert b"Traceback" not in told.stderr
    assert b"UnicodeEncodeError" not in told.stderr
    assert told.stdout or told.stderr


def test_gbk_shows_chinese(tmp_path: Path) -> None:
    told = spoken("check", tmp_path / "没有.toml", PYTHONIOENCODING="gbk", PLACESIM_LANG="zh")
    assert "没有.toml" in told.stderr.decode("gbk")


# ----------------------------------------------------------------------------------------------------------- --json
def test_json_is_one_document_and_nothing_else(county: Path, broken: Path, run_folder: Path) -> None:
    sound, wrong = call("check", county / "base.toml", "--json"), call("check", broken, "--json")
    assert (sound.exit_code, json.loads(sound.stdout)["errors"]) == (0, 0)
    assert (wrong.exit_code, json.loads(wrong.stdout)["errors"]) == (1, 1)
    (finding,) = [f for f in json.loads(wrong.stdout)["findings"] if f["code"].startswith("E")]
    assert (finding["file"], finding["column"], finding["value"]) == ("catchments.csv", "school_id", "P0X")
    assert set(finding["text"]) == {"en", "zh"}
    compared = call("compare", run_folder, run_folder, "--json")
    assert compared.exit_code == 0
    assert json.loads(compared.stdout)
    refused = call("run", broken, "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["errors"] == 1


def test_json_of_a_scenario_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("schema = 1\n[calendar\n")
    for verb in ("check", "run"):
        told = call(verb, tmp_path / "s.toml", "--json")
        assert (told.exit_code, codes(told), told.stderr) == (1, ["E101"], "")


# --------------------------------------------------------------------------------------------------------- backtest
def test_a_backtest_tells_errors_by_stage_and_keeps_every_forecast(county: Path, tmp_path: Path) -> None:
    kept = tmp_path / "forecasts.csv"
    told = call("backtest", county / "base.toml", "--out", kept)
    assert told.exit_code == 0
    assert "Primary · school" in told.stdout
    assert "three-year progression" in told.stdout
    forecasts = pd.read_csv(kept, encoding="utf-8-sig")
    assert {"placesim", "last_year", "three_year_progression"} == set(forecasts["method"])
    assert (forecasts["year"] == forecasts["origin"] + forecasts["horizon"]).all()


def test_a_backtest_as_json_is_one_document(county: Path) -> None:
    told = call("backtest", county / "base.toml", "--json")
    rows = json.loads(told.stdout)
    assert {"stage", "level", "method", "horizon", "n", "mape", "bias", "coverage"} == set(rows[0])


def test_rolls_of_three_years_are_too_few_for_a_backtest(county: Path) -> None:
    told = call("backtest", county / "base.toml", "--set", "inputs.enrolment.where.学年.min=2023", "--json")
    assert (told.exit_code, codes(told)) == (1, ["E346"])


# -------------------------------------------------------------------------------------------------------------- new
def test_new_copies_what_a_user_needs(tmp_path: Path) -> None:
    assert call("new", tmp_path / "mine").exit_code == 0
    names = {p.name for p in (tmp_path / "mine").iterdir()}
    assert {"base.toml", "songlan.gpkg", "enrolment.xlsx"} <= names
    assert not {"generator", "generate.py", "truth", "runs", ".placesim"} & names


@pytest.mark.parametrize("there", ["notes.txt", "x"])
def test_new_never_writes_where_something_is(there: str, tmp_path: Path) -> None:
    target = tmp_path / "x"
    if there != "x":
        target.mkdir()
    mine = target if there == "x" else target / there
    mine.write_text("mine")
    told = call("new", target)
    assert told.exit_code == 1
    assert told.stderr.startswith("✗ E603")
    assert mine.read_text() == "mine"
    assert len(list(target.iterdir()) if target.is_dir() else [target]) == 1


def test_new_takes_an_empty_folder(tmp_path: Path) -> None:
    assert call("new", tmp_path).exit_code == 0
    assert (tmp_path / "base.toml").exists()


# ------------------------------------------------------------------------------------------------- show, help, template
def test_show_names_the_origin_of_every_value(county: Path) -> None:
    told = call("show", county / "base.toml", "--resolved", "--origin", "--set", "calendar.horizon=3")
    assert told.exit_code == 0
    shown = dict(line.split("  # ")[0].rstrip().split(" = ", 1) for line in told.stdout.splitlines())
    origin = {line.split(" = ")[0]: line.rsplit("# ", 1)[1] for line in told.stdout.splitlines()}
    assert (shown["calendar.horizon"], origin["calendar.horizon"]) == ("3", "--set")
    line = int(origin["calendar.base_year"].removeprefix("base.toml:"))
    text = (county / "base.toml").read_text(encoding="utf-8").split("\n")[line - 1]
    assert text.startswith("base_year")
    assert origin["travel.detour"] == "default"


def test_show_gives_the_schema_for_editors() -> None:
    assert "calendar" in json.loads(call("show", "--schema").stdout)["properties"]


@pytest.mark.parametrize("code", ["E207", "e207"])
def test_help_explains_a_code(code: str) -> None:
    told = call("help", code)
    assert told.exit_code == 0
    languages = [catalogue(language)["finding"]["E207"]["about"] for language in ("en", "zh")]
    assert any(about in told.stdout for about in languages)


def test_help_of_every_code_can_be_read() -> None:
    for code in catalogue("en")["finding"]:
        told = call("help", code)
        assert told.exit_code == 0, code
        assert told.stdout.startswith(code)
        assert "{{" not in told.stdout, code  # braces that only a filled-in text would show as one


@pytest.mark.parametrize("topic", ["scenario", "tables"])
def test_help_of_a_topic(topic: str) -> None:
    told = call("help", topic)
    assert told.exit_code == 0
    assert ("calendar" if topic == "scenario" else "school_id") in told.stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_template_writes_a_workbook_to_fill(language: str, tmp_path: Path) -> None:
    file = tmp_path / "fill.xlsx"
    assert call("template", file, "schools", "enrolment", "--lang", language).exit_code == 0
    sheets = openpyxl.load_workbook(file).worksheets
    headers = [{c.value for c in sheet[1]} for sheet in sheets]
    for table in ("schools", "enrolment"):
        wanted = {c.label(language) for c in table_specs()[table].columns if c.required}
        assert any(wanted <= row for row in headers), table
    assert [p.name for p in tmp_path.iterdir()] == ["fill.xlsx"]


# -------------------------------------------------------------------------------------------------------------- run
def test_a_finished_run_is_whole(run_folder: Path) -> None:
    names = {p.name for p in run_folder.iterdir()}
    assert {"manifest.json", "check.json", "report.html", "results.xlsx", "results.gpkg", "results.nc"} <= names
    assert [p.name for p in run_folder.parent.iterdir()] == ["songlan"]  # the refusal of before is gone


def test_a_refused_run_leaves_its_findings_beside_the_run_folder(broken: Path) -> None:
    told = call("run", broken)
    assert told.exit_code == 1
    (kept,) = (broken.parent / "runs").iterdir()
    assert kept.name == "songlan.check.json"
    assert kept.name in told.stderr
    said = json.loads(kept.read_text(encoding="utf-8"))
    assert said == json.loads(call("check", broken, "--json").stdout)


def test_a_refused_run_leaves_the_older_one(broken: Path) -> None:
    older = broken.parent / "runs" / "songlan"
    older.mkdir(parents=True)
    (older / "manifest.json").write_text('{"run_id": "1a2b", "versions": {"placesim": "0.1.0"}}')
    assert call("run", broken).exit_code == 1
    assert [p.name for p in older.iterdir()] == ["manifest.json"]


def test_a_place_that_cannot_be_written_is_a_finding(
    county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("placesim.spine.run", lambda scenario, progress, workers: None)
    told = call("run", county / "base.toml", "--out", tmp_path / "file" / "run", "--json")
    assert (told.exit_code, codes(told)) == (1, ["E600"])
    assert "Traceback" not in told.output


def test_findings_that_cannot_be_kept_are_told_all_the_same(broken: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = call("run", broken, "--out", tmp_path / "file" / "run", "--json")
    assert told.exit_code == 1
    assert "E600" in codes(told)
    assert codes(told)[0] in ("E301", "E302")


def test_only_a_run_is_ever_replaced(county: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    told = call("run", county / "base.toml", "--out", tmp_path, "--json")
    assert (told.exit_code, codes(told)) == (1, ["E605"])
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_an_interrupted_run_leaves_the_older_one(county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = tmp_path / "run"
    older.mkdir()
    (older / "manifest.json").write_text('{"run_id": "1a2b", "versions": {"placesim": "0.1.0"}}')

    def interrupted(run: Any, folder: Path) -> None:
        (folder / "half.csv").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr("placesim.spine.run", lambda scenario, progress, workers: None)
    monkeypatch.setattr("placesim.store.save", interrupted)
    told = call("run", county / "base.toml", "--out", older)
    assert told.exit_code == 130
    assert told.stderr.strip()
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert [p.name for p in older.iterdir()] == ["manifest.json"]


def test_the_faces_are_made_again_from_the_folder(run_folder: Path) -> None:
    before = (run_folder / "report.html").read_bytes()
    (run_folder / "report.html").unlink()
    told = call("report", run_folder, "--format", "html")
    assert told.exit_code == 0
    assert (run_folder / "report.html").read_bytes() == before


def test_a_comparison_as_a_page(run_folder: Path, tmp_path: Path) -> None:
    told = call("compare", run_folder, run_folder, "--html", tmp_path / "c.html")
    assert told.exit_code == 0
    assert "<html" in (tmp_path / "c.html").read_text(encoding="utf-8")


# --------------------------------------------------------------------------------------------------------- annotate
def test_marked_copies_leave_the_originals(broken: Path, tmp_path: Path) -> None:
    before = (broken.parent / "catchments.csv").read_bytes()
    told = call("check", broken, "--annotate", tmp_path / "marked", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["errors"] == 1
    (marked,) = (tmp_path / "marked").glob("catchments*.xlsx")
    comments = [c.comment.text for row in openpyxl.load_workbook(marked).active for c in row if c.comment]
    assert len(comments) == 1
    assert "P0X" in comments[0]
    assert (broken.parent / "catchments.csv").read_bytes() == before
