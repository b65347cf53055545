"""Packs: the figures they hold, how one extends another, and every way to get one wrong."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from placesim import vocabulary
from placesim.errors import Finding, ScenarioError
from placesim.messages import LANGUAGES, describe
from placesim.standards import rules
from placesim.standards.norms import StageNorms
from placesim.standards.pack import Pack, load_pack
from placesim.standards.pack_file import bundled_packs

HEAD = """
schema = 1
id = "local"
label = { zh = "地方", en = "Local" }
jurisdiction = "CN-XX"
version = "1"
"""
DOCUMENT = """
[document.decree]
number = "X〔2020〕1号"
title = { zh = "某办法", en = "A measure" }
"""
CITED = 'document = "decree"\nclause = "1"\nconfidence = "V"\n'
RULE = f"""
[rule.small]
label = {{ zh = "小", en = "Small" }}
level = "county"
stage = ["primary"]
metric = "roll"
operator = ">="
value = 10
unit = "pupils"
unit_of_count = "campus"
hardness = "local"
{CITED}"""


def written(folder: Path, text: str, name: str = "local.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path | str) -> list[Finding]:
    with pytest.raises(ScenarioError) as error:
        load_pack(path)
    for finding in error.value.findings:
        for language in LANGUAGES:
            assert all(describe(finding, language))
    return list(error.value.findings)


# ---------------------------------------------------------------------------------------------- the bundled packs
def test_norms_of_the_national_pack() -> None:
    pack = load_pack("cn-national")
    assert pack.norms_for("kindergarten") == {
        "class_size_design": 30, "class_size_cap": 35, "class_size_emergency": 35,
    }  # fmt: skip
    assert pack.norms_for("primary") == {
        "class_size_design": 45, "class_size_cap": 45, "class_size_emergency": 55, "class_size_incomplete": 30,
        "minutes": 30,
    }  # fmt: skip
    assert pack.norms_for("junior") == {"class_size_design": 50, "class_size_cap": 50, "class_size_emergency": 55}
    assert pack.norms_for("senior") == {"class_size_design": 50, "class_size_cap": 55, "class_size_emergency": 55}
    assert pack.norms_for("university") == {}


@pytest.mark.parametrize("stage", ["kindergarten", "primary", "junior", "senior"])
def test_norms_of_the_national_pack_make_stage_norms_in_order(stage: str) -> None:
    norms = StageNorms(**load_pack("cn-national").norms_for(stage))
    assert norms.class_size_design <= norms.class_size_cap <= norms.class_size_emergency


def test_minutes_speak_of_the_lower_grades_only() -> None:
    minutes = load_pack("cn-national").norm("primary", "minutes")
    assert minutes is not None
    assert minutes.grades == ("G1", "G2", "G3")


@pytest.mark.parametrize(
    ("rule", "limit"),
    [
        ("cn-class-kindergarten", 35),
        ("cn-class-primary", 45),
        ("cn-class-primary-incomplete", 30),
        ("cn-class-junior", 50),
        ("cn-class-senior-entrants", 55),
        ("cn-size-kindergarten", 360),
        ("cn-size-primary", 2000),
        ("cn-size-junior", 2000),
        ("cn-size-nine-year", 2500),
        ("cn-size-senior", 3000),
        ("cn-small-rural-school", 100),
        ("cn-very-small-rural-school", 50),
        ("cn-radius-kindergarten", 300),
        ("cn-radius-primary", 500),
        ("cn-radius-junior", 1000),
    ],
)
def test_limits_of_the_national_pack(rule: str, limit: float) -> None:
    assert load_pack("cn-national").rules[rule].value == limit


def test_figures_not_seen_in_a_text_are_marked() -> None:
    pack = load_pack("cn-national")
    remembered = {i for i, r in pack.rules.items() if r.confidence == "M"}
    balance = {i for i in remembered if i.startswith(("cn-quality-", "cn-basic-"))}
    assert remembered - balance == {
        "cn-size-kindergarten", "cn-size-nine-year", "cn-unplaced-compulsory", "cn-radius-junior",
        "cn-private-compulsory",
    }  # fmt: skip
    read = {i for i in pack.rules if i.startswith(("cn-quality-r", "cn-quality-cv"))}
    assert len(read) == 28  # seven indicators and their coefficients in two stages: every figure was read
    assert not read & balance
    assert {"cn-quality-indicator-floor", "cn-basic-cv-primary", "cn-basic-cv-junior", "cn-quality-g12"} <= balance


def test_the_generic_pack_holds_no_norm_and_nothing_national() -> None:
    pack = load_pack("generic")
    assert pack.norms == {}
    warnings = {f"warning-{name}" for name in ("amber", "red", "blue", "blue-share", "blue-places")}
    assert set(pack.rules) == {"beds", "utilisation", "unfilled", "unfilled-share", "unfilled-places"} | warnings
    assert not any(kind.area_type for kind in pack.typology.values())


@pytest.mark.parametrize("name", bundled_packs())
def test_every_record_is_cited_and_labelled(name: str) -> None:
    pack = load_pack(name)
    for rule in pack.rules.values():
        assert rule.clause
        assert rule.jurisdiction
        assert rule.label.zh
        assert rule.label.en
    for norms in pack.norms.values():
        assert all(norm.clause for norm in norms.values())
    for document in pack.documents.values():
        assert "《" in document.cite("zh")
        assert document.title.en in document.cite("en")


def test_the_lists_of_words_are_those_of_the_vocabulary() -> None:
    for literal, words in (
        (rules.Operator, vocabulary.OPERATORS),
        (rules.Confidence, vocabulary.CONFIDENCE),
        (rules.AreaType, vocabulary.AREA_TYPES),
        (rules.UnitOfCount, vocabulary.UNITS_OF_COUNT),
        (rules.PopulationBasis, vocabulary.POPULATION_BASES),
        (rules.Hardness, vocabulary.HARDNESS),
        (rules.TypologyName, vocabulary.TYPOLOGY[:2]),
    ):
        assert get_args(literal) == words


# ---------------------------------------------------------------------------------------------- extends
def test_a_pack_replaces_single_rules_and_norms(tmp_path: Path) -> None:
    norm = f"[norm.primary.class_size_cap]\nvalue = 40\n{CITED}"
    rule = RULE.replace("rule.small", "rule.cn-size-primary")
    path = written(tmp_path, f'{HEAD}extends = "cn-national"\n{DOCUMENT}{norm}{rule}')
    national, local = load_pack("cn-national"), load_pack(path)
    assert local.norms_for("primary") == {**national.norms_for("primary"), "class_size_cap": 40}
    assert local.rules["cn-size-primary"].value == 10
    assert local.rules["cn-size-primary"].jurisdiction == "CN-XX"
    assert local.rules["cn-size-junior"] == national.rules["cn-size-junior"]
    assert local.joined_stages == national.joined_stages
    assert (local.id, local.extends, local.jurisdiction) == ("local", "cn-national", "CN-XX")


def test_paths_of_extends_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    written(tmp_path / "base", HEAD + DOCUMENT + RULE)
    top = written(tmp_path, HEAD.replace('"local"', '"top"') + 'extends = "base/local.toml"\n', "top.toml")
    assert set(load_pack(top).rules) == {"small"}


def test_a_norm_of_any_stage_is_the_fallback(tmp_path: Path) -> None:
    norms = f'[norm."*".class_size_design]\nvalue = 25\n{CITED}[norm.primary.class_size_design]\nvalue = 30\n{CITED}'
    pack = load_pack(written(tmp_path, HEAD + DOCUMENT + norms))
    assert pack.norms_for("primary") == {"class_size_design": 30}
    assert pack.norms_for("elementary") == {"class_size_design": 25}


def test_a_pack_cannot_be_changed() -> None:
    pack: Pack = load_pack("generic")
    with pytest.raises(TypeError):
        pack.rules["utilisation"] = pack.rules["unfilled"]  # type: ignore[index]


def test_bom_and_crlf_are_read(tmp_path: Path) -> None:
    path = tmp_path / "local.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + DOCUMENT + RULE).replace("\n", "\r\n").encode())
    assert load_pack(path).rules["small"].value == 10


# ---------------------------------------------------------------------------------------------- refusals
def test_an_unknown_pack(tmp_path: Path) -> None:
    (finding,) = refused("cn-nationl")
    assert (finding.code, finding.facts["nearest"]) == ("E110", "cn-national")
    (finding,) = refused(written(tmp_path, f'{HEAD}extends = "nowhere.toml"\n'))
    assert (finding.code, finding.file, finding.value) == ("E110", "local.toml", "nowhere.toml")


def test_broken_toml(tmp_path: Path) -> None:
    (finding,) = refused(written(tmp_path, "schema = 1\nid = local\n"))
    assert (finding.code, finding.row) == ("E111", 2)


def test_a_loop_of_extends(tmp_path: Path) -> None:
    written(tmp_path, f'{HEAD}extends = "b.toml"\n', "a.toml")
    (finding,) = refused(written(tmp_path, f'{HEAD}extends = "a.toml"\n', "b.toml"))
    assert (finding.code, finding.file, finding.column) == ("E116", "a.toml", "extends")


@pytest.mark.parametrize(
    ("old", "new", "code", "column", "fact"),
    [
        ("unit_of_count", "unit_of_cuont", "E112", "rule.small.unit_of_cuont", ("nearest", "unit_of_count")),
        ("level =", "levl =", "E112", "rule.small.levl", ("nearest", "level")),
        ("version =", "versoin =", "E112", "versoin", ("nearest", "version")),
        ("number =", "numbr =", "E112", "document.decree.numbr", ("nearest", "number")),
        ('hardness = "local"', 'hardness = "soft"', "E113", "rule.small.hardness",
         ("expected", "statutory, should, planning, local")),
        ("value = 10", 'value = "ten"', "E113", "rule.small.value", ("expected", "float")),
        ('operator = ">="', 'operator = "≥"', "E113", "rule.small.operator", ("expected", "<, <=, >, >=, ==")),
        ('confidence = "V"', 'confidence = "U"', "E113", "rule.small.confidence", ("expected", "V, D, M, user")),
        ('clause = "1"', "", "E114", "rule.small.clause", None),
        ('document = "decree"', 'document = "decre"', "E115", "rule.small.document", ("nearest", "decree")),
        ("value = 10", "", "E117", "rule.small", None),
        ("value = 10", "table = [{ value = 1 }]", "E117", "rule.small", None),
        ("value = 10", 'value = 10\nby = "rooms"', "E117", "rule.small", None),
        ("value = 10", 'all_of = ["a"]', "E117", "rule.small", None),
        ('operator = ">="', "", "E117", "rule.small", None),
        ("value = 10", 'by = "rooms"\ntable = [{ up_to = 2, value = 1 }, { up_to = 1, value = 2 }]', "E117",
         "rule.small", None),
        ("value = 10", 'by = "rooms"\ntable = [{ value = 1 }, { up_to = 1, value = 2 }]', "E117", "rule.small", None),
        ('unit = "pupils"', 'unit = "classes"', "E118", "rule.small", ("expected", "pupils")),
        ('metric = "roll"', 'metric = "rolls"', "E119", "rule.small", ("nearest", "roll")),
        ("value = 10", 'value = 10\nwhen = { rooom = { operator = ">", value = 1 } }', "E119", "rule.small",
         ("metric", "rooom")),
        ("value = 10", "value = 10\nwhen = { complete = 1 }", "E113", "rule.small.when.complete", None),
        ("value = 10", "value = 10\nwhen = { rooms = true }", "E113", "rule.small", None),
        ("value = 10", 'value = 10\nwhen = { rooms = { operator = ">", valu = 1 } }', "E112",
         "rule.small.when.rooms.valu", ("nearest", "value")),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_key(
    tmp_path: Path, old: str, new: str, code: str, column: str, fact: tuple[str, str] | None
) -> None:
    text = HEAD + DOCUMENT + RULE
    assert old in text
    findings = refused(written(tmp_path, text.replace(old, new)))
    found = [f for f in findings if (f.code, f.column) == (code, column)]
    assert found, findings
    assert all(f.file == "local.toml" for f in findings)
    if fact:
        assert found[0].facts[fact[0]] == fact[1]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = (HEAD + DOCUMENT + RULE).replace("level =", "levl =").replace('clause = "1"', "")
    assert {f.code for f in refused(written(tmp_path, text))} == {"E112", "E114"}


def test_an_unknown_norm(tmp_path: Path) -> None:
    norm = f"[norm.primary.class_size]\nvalue = 40\n{CITED}"
    (finding,) = refused(written(tmp_path, HEAD + DOCUMENT + norm))
    assert (finding.code, finding.column) == ("E112", "norm.primary.class_size")
    assert str(finding.facts["nearest"]).startswith("class_size_")


def test_a_norm_must_be_above_zero(tmp_path: Path) -> None:
    norm = f"[norm.primary.minutes]\nvalue = 0\n{CITED}"
    (finding,) = refused(written(tmp_path, HEAD + DOCUMENT + norm))
    assert (finding.code, finding.column, finding.facts["expected"]) == ("E113", "norm.primary.minutes.value", "> 0.0")


def test_a_missing_document_is_told_in_the_file_that_names_it(tmp_path: Path) -> None:
    written(tmp_path, HEAD + RULE, "base.toml")
    typology = (
        '[typology.crowded]\nany_of = [{ reason = "r", conditions = { roll = { operator = ">", value = 1 } }, '
        'document = "x", clause = "", confidence = "D" }]\n'
    )
    found = refused(written(tmp_path, f'{HEAD}extends = "base.toml"\n{typology}'))
    assert [(f.code, f.file, f.column) for f in found] == [
        ("E115", "base.toml", "rule.small.document"),
        ("E115", "local.toml", "typology.crowded.r.document"),
    ]


COMBINATION = f"""
[rule.both]
label = {{ zh = "并", en = "Both" }}
level = "county"
all_of = ["small"]
unit_of_count = "campus"
hardness = "local"
{CITED}"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('all_of = ["small"]', 'all_of = ["smal"]'),
        ('all_of = ["small"]', 'all_of = ["both"]'),
        ('all_of = ["small"]\nunit_of_count = "campus"', 'all_of = ["small"]\nunit_of_count = "area"'),
    ],
)
def test_a_combination_names_plain_rules_of_its_unit(tmp_path: Path, old: str, new: str) -> None:
    whole = HEAD + DOCUMENT + RULE + COMBINATION
    assert load_pack(written(tmp_path, whole)).rules["both"].all_of == ("small",)
    (finding,) = refused(written(tmp_path, whole.replace(old, new)))
    assert (finding.code, finding.column) == ("E115", "rule.both.all_of")
