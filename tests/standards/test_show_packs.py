"""Packs as people read them, in both languages, and as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from placesim.errors import FindingsError
from placesim.messages import LANGUAGES
from placesim.standards.diff import diff_data, diff_lines
from placesim.standards.pack import load_pack
from placesim.standards.pack_file import bundled_packs
from placesim.standards.show import comparison, list_data, list_lines, scope, show_data, show_lines

NATIONAL = load_pack("cn-national").rules


def test_the_list_counts_what_each_pack_says_itself() -> None:
    packs = {p["id"]: p for p in list_data()}
    assert tuple(packs) == bundled_packs()
    yongzhou, base = packs["cn-yongzhou"], packs["cn-national"]
    assert (yongzhou["own"], yongzhou["V"], yongzhou["D"], yongzhou["M"]) == (9, 6, 3, 0)
    assert yongzhou["rules"] == base["rules"] + 9
    assert (yongzhou["jurisdiction"], yongzhou["extends"]) == ("CN-4311", "cn-national")
    assert all(p["own"] == p["V"] + p["D"] + p["M"] for p in packs.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_in_words(language: str) -> None:
    lines = list_lines(language)
    assert len(lines) == len(bundled_packs()) + 1
    assert {"en": "Yongzhou", "zh": "永州市"}[language] in next(
        line for line in lines if line.startswith("cn-yongzhou")
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", bundled_packs())
def test_every_pack_can_be_read(name: str, language: str) -> None:
    pack, lines = load_pack(name), show_lines(name, language)
    assert lines[0].startswith(f"{name}  {getattr(pack.label, language)}")
    for i, rule in pack.rules.items():
        at = lines.index(f"{i}  {getattr(rule.label, language)}")
        assert lines[at + 3].startswith(f"    {pack.documents[rule.document].cite(language)} {rule.clause} · ")
        assert show_lines(name, language, i)[0] == lines[at]
    json.dumps(show_data(name))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_remembered_figure_is_told_as_unverified(language: str) -> None:
    (line,) = (line for line in show_lines("cn-national", language, "cn-basic-cv-primary") if " · M " in line)
    assert {"en": "unverified", "zh": "未核实"}[language] in line


def test_one_rule_as_text() -> None:
    assert comparison(NATIONAL["cn-class-primary"], "en") == "largest class ≤ 45 pupils per class"
    assert list(scope(NATIONAL["cn-class-primary-incomplete"], "zh")) == [
        "学校（分学段）", "primary", "年级完整: 否", "规划指标",
    ]  # fmt: skip
    assert list(scope(NATIONAL["cn-class-senior-entrants"], "en"))[2] == "cohorts that entered in 2022–…"
    assert "school years …–2026" in list(scope(NATIONAL["cn-public-kindergarten"], "en"))
    assert list(scope(NATIONAL["utilisation"], "en"))[1] == "every stage"
    yongzhou = load_pack("cn-yongzhou").rules
    assert "dwellings ≥ 2000" in list(scope(yongzhou["yongzhou-quarter-primary"], "en"))
    assert list(scope(yongzhou["yongzhou-per-1000-primary"], "zh"))[2:4] == ["常住人口", "3 人/套"]
    sites = load_pack("cn-city-sites").rules["city-sites-primary"]
    assert comparison(sites, "en") == (
        "site area per place (m² per place) classes of the school ≤ 19: ≥ 25; classes of the school ≤ 24: ≥ 22; "
        "classes of the school ≤ 29: ≥ 20; classes of the school > 29: ≥ 18"
    )
    assert comparison(load_pack("generic").rules["unfilled"], "en").endswith("unfilled-share, unfilled-places")


def test_data_say_where_a_rule_comes_from() -> None:
    shown = show_data("cn-shandong-2018", "cn-radius-junior")
    (rule,) = shown["rules"]
    assert (rule["from"], rule["value"], rule["confidence"]) == ("cn-shandong-2018.toml", 1000, "V")
    assert rule["cited"]["en"].startswith("Shandong")
    (base,) = show_data("cn-shandong-2018", "cn-class-primary")["rules"]
    assert base["from"] == "cn-national.toml"


def test_an_unknown_rule_is_a_finding() -> None:
    for show in (
        lambda: show_data("cn-national", "cn-clas-primary"),
        lambda: show_lines("generic", "en", "utilisatio"),
    ):
        with pytest.raises(FindingsError) as error:
            show()
        (finding,) = error.value.findings
        assert finding.code == "E146"
        assert finding.facts["nearest"] in ("cn-class-primary", "utilisation")


def test_two_packs_side_by_side(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\nid = "mine"\nlabel = { zh = "本县", en = "Mine" }\njurisdiction = "CN-XX"\nversion = "1"\n'
        'extends = "cn-national"\n[rule.cn-class-primary]\noverride = true\nvalue = 40\n'
        '[norm.primary]\nclass_size_cap = { value = 40, confidence = "user" }\n',
        encoding="utf-8",
    )
    data = diff_data("cn-national", str(file))
    assert (data["a"], data["b"], data["only_a"], data["only_b"]) == ("cn-national", "mine", [], [])
    changed = {(c["id"], c["key"]): (c["a"], c["b"]) for c in data["changed"]}
    assert changed[("rule.cn-class-primary", "value")] == (45, 40)
    assert changed[("rule.cn-class-primary", "confidence")] == ("V", "user")
    assert changed[("norm.primary.class_size_cap", "value")] == (45, 40)
    assert {i for i, _ in changed} == {"rule.cn-class-primary", "norm.primary.class_size_cap"}
    assert "    rule.cn-class-primary.value: 45 → 40" in diff_lines("cn-national", str(file), "zh")
    assert diff_data(str(file), str(file)) == {"a": "mine", "b": "mine", "only_a": [], "only_b": [], "changed": []}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_one_pack_has(language: str) -> None:
    data = diff_data("us-montgomery", "us-montgomery-fy20")
    assert data["only_a"] == [f"rule.montgomery-tier-{t}" for t in (1, 2, 3)]
    assert len(data["only_b"]) == 6
    assert data["changed"] == []
    lines = diff_lines("us-montgomery", "us-montgomery-fy20", language)
    assert lines[1:4] == [f"    {i}" for i in data["only_a"]]
