"""A user's pack: one figure of one rule, with a source of its own or marked as the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from placesim.errors import Finding, ScenarioError
from placesim.messages import LANGUAGES, describe
from placesim.standards.pack import Pack, load_pack

HEAD = """
schema = 1
id = "mine"
label = { zh = "本县", en = "Mine" }
jurisdiction = "CN-XX"
version = "1"
extends = "cn-national"
"""
DECREE = '[document.decree]\ntitle = { zh = "某办法", en = "A measure" }\n'
CITED = 'document = "decree"\nclause = "3"\nconfidence = "V"\n'


def loaded(folder: Path, text: str) -> Pack:
    file = folder / "mine.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    return load_pack(file)


def refused(folder: Path, text: str) -> list[Finding]:
    with pytest.raises(ScenarioError) as error:
        loaded(folder, text)
    assert all(all(describe(f, language)) for f in error.value.findings for language in LANGUAGES)
    return list(error.value.findings)


def test_one_figure_is_replaced_and_marked_as_the_users_own(tmp_path: Path) -> None:
    pack, national = (
        loaded(tmp_path, "[rule.cn-class-primary]\noverride = true\nvalue = 40\n"),
        load_pack("cn-national"),
    )
    rule, base = pack.rules["cn-class-primary"], national.rules["cn-class-primary"]
    assert (rule.value, rule.confidence, rule.clause) == (40, "user", "rule.cn-class-primary")
    assert pack.documents[rule.document].cite("zh") == "mine.toml《用户自定》"
    assert pack.documents[rule.document].cite("en") == "mine.toml set by the user"
    assert rule.label.zh == "小学班额不超过45人（此处改为40）"
    assert rule.label.en == "Primary classes of at most 45 (here: 40)"
    kept = {"stage", "metric", "operator", "unit", "unit_of_count", "hardness", "level", "when", "area_type"}
    assert rule.model_dump(include=kept) == base.model_dump(include=kept)
    assert rule.jurisdiction == "CN-XX"
    assert rule.note is None
    others = {i: r for i, r in pack.rules.items() if i != "cn-class-primary"}
    assert others == {i: r for i, r in national.rules.items() if i != "cn-class-primary"}


def test_with_a_source_it_is_as_well_known_as_the_source(tmp_path: Path) -> None:
    text = f'[rule.cn-class-primary]\noverride = true\nvalue = 40\nlabel = {{ zh = "小班", en = "Small" }}\n{CITED}'
    rule = loaded(tmp_path, DECREE + text).rules["cn-class-primary"]
    assert (rule.value, rule.document, rule.clause, rule.confidence) == (40, "decree", "3", "V")
    assert rule.label.zh == "小班"


def test_half_a_source_is_none(tmp_path: Path) -> None:
    found = refused(tmp_path, DECREE + '[rule.cn-class-primary]\noverride = true\nvalue = 40\ndocument = "decree"\n')
    assert {(f.code, f.column) for f in found} == {
        ("E114", "rule.cn-class-primary.clause"), ("E114", "rule.cn-class-primary.confidence"),
    }  # fmt: skip


def test_a_step_for_entrants_takes_two_lines(tmp_path: Path) -> None:
    text = '[rule.cn-class-primary]\noverride = true\nvalue = 40\napplies_to = "entrants"\nvalid_from = 2027\n'
    rule = loaded(tmp_path, text).rules["cn-class-primary"]
    assert (rule.value, rule.applies_to, rule.valid_from) == (40, "entrants", 2027)


def test_other_keys_leave_the_label_as_it_is(tmp_path: Path) -> None:
    rule = loaded(tmp_path, "[rule.cn-class-primary]\noverride = true\nvalid_to = 2030\n").rules["cn-class-primary"]
    assert (rule.value, rule.valid_to, rule.label.en) == (45, 2030, "Primary classes of at most 45")
    assert rule.confidence == "user"


def test_a_table_takes_the_place_of_a_value_and_the_other_way_round(tmp_path: Path) -> None:
    table = '[rule.cn-size-primary]\noverride = true\nby = "classes_total"\ntable = [{ up_to = 6, value = 300 }]\n'
    rule = loaded(tmp_path, table).rules["cn-size-primary"]
    assert (rule.value, rule.by, rule.table[0].value) == (None, "classes_total", 300)
    assert rule.label.en.endswith("(here: another table)")
    (tmp_path / "base.toml").write_text((tmp_path / "mine.toml").read_text(encoding="utf-8"), encoding="utf-8")
    text = "[rule.cn-size-primary]\noverride = true\nvalue = 900\n"
    (tmp_path / "top.toml").write_text(HEAD.replace("cn-national", "base.toml") + text, encoding="utf-8")
    pack = load_pack(tmp_path / "top.toml")
    rule = pack.rules["cn-size-primary"]
    assert (rule.value, rule.by, rule.table) == (900, None, ())
    assert pack.documents[rule.document].number == "top.toml"


def test_a_whole_rule_and_a_norm_may_be_the_users_own(tmp_path: Path) -> None:
    text = '[norm.primary]\nclass_size_design = { value = 38, confidence = "user" }\n'
    pack = loaded(tmp_path, text)
    norm = pack.norms["primary"]["class_size_design"]
    assert (norm.value, norm.clause, pack.documents[norm.document].number) == (
        38, "norm.primary.class_size_design", "mine.toml",
    )  # fmt: skip


def test_overriding_what_is_not_there(tmp_path: Path) -> None:
    (finding,) = refused(tmp_path, "[rule.cn-clas-primary]\noverride = true\nvalue = 40\n")
    assert (finding.code, finding.file, finding.column) == ("E143", "mine.toml", "rule.cn-clas-primary")
    assert finding.facts["nearest"] == "cn-class-primary"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("override = true\nvalu = 40\n", "E112"),
        ('override = "yes"\n', "E112"),
        ("override = true\nvalue = nan\n", "E113"),
        ("override = true\nvalue = true\n", "E113"),
        ('override = true\nvalue = "40"\n', "E113"),
        ("override = true\ntable = 4\n", "E113"),
        ("override = true\nwhen = 3\n", "E113"),
        ('override = true\nunit = "places"\n', "E118"),
        ('override = true\nmetric = "rolls"\n', "E119"),
        ('override = true\nunit_of_count = "school"\n', "E113"),
        ('override = true\napplies_to = "entrants"\n', "E141"),
        ('override = true\ngrades = ["G1"]\nunit_of_count = "campus"\n', "E140"),
        ('override = true\npopulation_basis = "resident"\n', "E142"),
        ("override = true\npersons_per_dwelling = 3\n", "E142"),
        ("override = true\nvalid_from = 2030\nvalid_to = 2026\n", "E144"),
    ],
)
def test_what_comes_out_is_held_to_the_same_rules(tmp_path: Path, text: str, code: str) -> None:
    found = refused(tmp_path, f"[rule.cn-class-primary]\n{text}")
    assert code in {f.code for f in found}
    assert all(f.file == "mine.toml" and f.column and f.column.startswith("rule.cn-class-primary") for f in found)


def test_a_norm_per_1000_says_whose(tmp_path: Path) -> None:
    text = f"""{DECREE}[rule.mine]
label = {{ zh = "甲", en = "A" }}
level = "county"
metric = "places_per_1000"
operator = ">="
value = 80
unit = "places per 1000 residents"
unit_of_count = "planning_area"
hardness = "local"
{CITED}"""
    (finding,) = refused(tmp_path, text)
    assert (finding.code, finding.column) == ("E142", "rule.mine")
    pack = loaded(tmp_path, f'{text}population_basis = "served"\npersons_per_dwelling = 2.6\n')
    assert pack.rules["mine"].population_basis == "served"


def test_a_contradiction_names_both_rules_and_the_nearer_file(tmp_path: Path) -> None:
    text = f"""{DECREE}[rule.mine]
label = {{ zh = "甲", en = "A" }}
level = "county"
stage = ["primary"]
metric = "class_size_max"
operator = ">="
value = 50
unit = "pupils per class"
unit_of_count = "stage_section"
hardness = "local"
{CITED}"""
    found = {str(f.facts["other"]): f for f in refused(tmp_path, text)}
    assert found.keys() == {"cn-class-primary", "cn-class-primary-incomplete"}
    finding = found["cn-class-primary"]
    assert (finding.code, finding.file, finding.column, finding.value) == ("E145", "mine.toml", "rule.mine", "mine")
    assert (finding.facts["one"], finding.facts["another"]) == (">= 50", "<= 45")


def test_the_pack_of_a_scenario_is_found_beside_it(tmp_path: Path) -> None:
    from placesim.scenario import load

    loaded(tmp_path, '[norm.primary]\nclass_size_design = { value = 38, confidence = "user" }\n')
    scenario = 'schema = 1\nname = "a"\n[calendar]\nbase_year = 2025\n[standards]\npack = "mine.toml"\n[inputs]\n'
    (tmp_path / "base.toml").write_text(scenario, encoding="utf-8")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "base.toml").write_text('extends = "../base.toml"\n', encoding="utf-8")
    for folder in (tmp_path, tmp_path / "below"):
        read = load(folder)
        assert read.norms["primary"].class_size_design == 38
        assert load_pack(read.pack).id == "mine"
    missing = scenario.replace("mine.toml", "cn-nationl")
    (tmp_path / "base.toml").write_text(missing, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load(tmp_path)
    (finding,) = error.value.findings
    assert (finding.code, finding.row, finding.value, finding.facts["nearest"]) == (
        "E110",
        6,
        "cn-nationl",
        "cn-national",
    )
