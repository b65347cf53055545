"""`placesim standards`: list, show, diff; words for people, one document with --json, findings for mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from placesim.cli import app


def call(*arguments: Any) -> Any:
    """The command in this process: exit_code, stdout, stderr."""
    return CliRunner().invoke(app, ["standards", *map(str, arguments)])


def test_list() -> None:
    told = call("list")
    assert told.exit_code == 0, told.output
    assert "cn-national" in told.stdout
    packs = json.loads(call("list", "--json").stdout)
    assert {"cn-national", "england"} <= {p["id"] for p in packs}


def test_show() -> None:
    told = call("show", "cn-national", "--rule", "cn-class-primary")
    assert told.exit_code == 0, told.output
    assert "教督〔2017〕6号" in told.stdout
    (rule,) = json.loads(call("show", "cn-national", "--rule", "cn-class-primary", "--json").stdout)["rules"]
    assert (rule["id"], rule["value"]) == ("cn-class-primary", 45)
    whole = json.loads(call("show", "england", "--json").stdout)
    assert {n["stage"] for n in whole["norms"]} == {"primary", "secondary"}


def test_diff() -> None:
    told = call("diff", "cn-national", "cn-yongzhou")
    assert told.exit_code == 0, told.output
    assert "    rule.yongzhou-per-1000-primary" in told.stdout
    assert len(json.loads(call("diff", "cn-national", "cn-yongzhou", "--json").stdout)["only_b"]) == 9


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "cn-nationl"), "E110"),
        (("show", "cn-national", "--rule", "nothing"), "E146"),
        (("diff", "cn-national", "nowhere.toml"), "E110"),
    ],
)
def test_mistakes_are_findings(arguments: tuple[str, ...], code: str) -> None:
    told = call(*arguments)
    assert told.exit_code == 1
    assert code in told.stderr
    assert "Traceback" not in told.output
    (finding,) = json.loads(call(*arguments, "--json").stdout)["findings"]
    assert finding["code"] == code


def test_a_pack_file_with_faults_tells_them_all(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\nid = "m"\nlabel = { zh = "甲", en = "A" }\njurisdiction = "X"\nversion = "1"\n'
        'extends = "cn-national"\n[rule.cn-class-primary]\noverride = true\nunit = "pupls"\nlevel = "village"\n',
        encoding="utf-8",
    )
    found = json.loads(call("show", file, "--json").stdout)["findings"]
    assert {f["code"] for f in found} >= {"E113"}
    assert all(f["file"] == "mine.toml" for f in found)


def test_usage() -> None:
    assert call("show").exit_code == 2
    assert call().exit_code in (0, 2)
