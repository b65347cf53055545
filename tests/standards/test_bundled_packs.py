"""The packs that come with placesim: every figure is known and cited, and the rules say what their sources say."""

from __future__ import annotations

import operator
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.standards.evaluate import COLUMNS, GRADE, ID_COLUMNS, evaluate
from placesim.standards.pack import Pack, load_pack
from placesim.standards.pack_file import bundled_packs, read_chain
from placesim.standards.rules import Rule
from placesim.vocabulary import METRICS

PACKS = {name: load_pack(name) for name in bundled_packs()}
ENGLAND = PACKS["england"].rules
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
MILE = 1609.344


def judged(pack: Pack, unit: str, **columns: list[object]) -> list[tuple[str, str]]:
    """(rule, id) of the findings on a table of one unit of count; stage primary, 2027, unless said."""
    size = len(next(iter(columns.values())))
    facts = {
        "stage": ["primary"] * size,
        "year": [2027] * size,
        ID_COLUMNS.get(unit, "school_id"): list("ABCDEF"[:size]),
    }
    found = evaluate(pack.rules, {unit: pd.DataFrame(facts | columns)})
    assert set(found["rule_id"]) <= pack.rules.keys()
    return list(found[["rule_id", "id"]].itertuples(index=False, name=None))


def test_the_packs_that_there_are() -> None:
    assert set(PACKS) == {
        "generic", "cn-national", "cn-gb50180", "cn-rural-109", "cn-guangzhou-2023", "cn-yongzhou", "cn-shandong-2018",
        "cn-beijing-2025", "cn-chengdu-2018", "cn-hunan-2019", "cn-zhuzhou", "cn-xianyang", "cn-shenzhen-2035",
        "cn-hebei", "cn-city-measure", "cn-city-sites", "cn-province-sites", "england", "us-montgomery",
        "us-montgomery-fy20", "us-orange-county-nc", "us-everett", "hong-kong", "japan", "korea", "india", "ireland",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_figure_has_a_mark_and_a_document(name: str) -> None:
    chain, pack = read_chain(name), PACKS[name]
    records = [*pack.rules.values(), *(n for norms in pack.norms.values() for n in norms.values())]
    records += [test for kind in pack.typology.values() for test in kind.any_of]
    assert records
    for record in records:
        assert record.confidence in ("V", "D", "M")
        assert record.clause.strip()
        assert pack.documents[record.document].title.zh
    own = chain[-1][1]
    assert own.id == name
    assert own.rule
    assert set(own.document) <= {r.document for r in records} | {"gb50180", "own-schools"}
    assert chain[0][1].id == "generic"
    assert (name == "generic") or (name.startswith("cn-") == (pack.norm("primary", "large_class") is not None))


@pytest.mark.parametrize("name", sorted(PACKS))
def test_a_derived_or_remembered_figure_says_how(name: str) -> None:
    """A figure that was worked out has its working in the note; the base packs' definitions are their own working."""
    own = read_chain(name)[-1][1].rule
    derived = [i for i, rule in own.items() if rule.confidence == "D" and i != "utilisation"]
    assert all(own[i].note is not None and own[i].note.zh.startswith("推算") for i in derived)


# ------------------------------------------------------------------------------------------------------- England
def test_a_quarter_unfilled_and_thirty_is_surplus() -> None:
    """25 % of 120 are 30: surplus. 24.9 %: not. 40 % of 70 are 28: not. 30 of 100: surplus."""
    found = judged(
        PACKS["england"], "stage_section", unfilled_share=[0.25, 0.249, 0.4, 0.3, 0.0], unfilled=[30, 60, 28, 30, 0]
    )
    assert found == [("unfilled", "A"), ("unfilled", "D")]
    types = PACKS["england"].typology["underused"]
    assert types.area_type == ()
    assert {m: (c.operator, c.value) for m, c in types.any_of[0].conditions.items()} == {
        "unfilled_share": (">=", 0.25), "unfilled": (">=", 30),
    }  # fmt: skip


def test_infant_classes_of_thirty() -> None:
    """31 in year 2 is one too many, 33 in year 3 is not under the rule."""
    grades = pd.DataFrame(
        {"school_id": "S", "stage": "primary", "year": 2026, "grade": ["R", "Y1", "Y2", "Y3"], "entered": 2026,
         "class_size_max": [30, 29.5, 31, 33]}
    )  # fmt: skip
    (row,) = evaluate(ENGLAND, {GRADE: grades}).to_dict("records")
    assert (row["rule_id"], row["value"], row["limit"], row["grades"]) == ("england-infant-class", 31, 30, "Y2")
    assert (row["severity"], row["confidence"]) == ("breach", "M")


def test_two_and_three_miles() -> None:
    assert ENGLAND["england-walk-primary"].value == round(2 * MILE, 1)
    assert ENGLAND["england-walk-secondary"].value == round(3 * MILE)
    found = judged(
        PACKS["england"], "area", metres_mean=[3218, 3219, 4800, 4829],
        stage=["primary", "primary", "secondary", "secondary"],
    )  # fmt: skip
    assert found == [("england-walk-primary", "B"), ("england-walk-secondary", "D")]


def test_a_planning_area_keeps_some_places_spare() -> None:
    assert judged(PACKS["england"], "planning_area", unfilled_share=[0.05, 0.049]) == [("england-spare-places", "B")]


# ------------------------------------------------------------------------------------------- thresholds and tables
def test_developments_of_yongzhou_owe_schools_from_their_thresholds_on() -> None:
    """2000 dwellings owe a primary school of 18 classes, 1999 nothing."""
    found = judged(
        PACKS["cn-yongzhou"], "development", dwellings=[1999, 2000, 2000, 5000], classes_obliged=[0, 17, 18, 0]
    )
    assert found == [("yongzhou-quarter-primary", "B"), ("yongzhou-quarter-primary", "D")]
    stages = {"kindergarten": (1000, 6), "primary": (2000, 18), "junior": (3000, 18)}
    for stage, (dwellings, classes) in stages.items():
        rule = PACKS["cn-yongzhou"].rules[f"yongzhou-quarter-{stage}"]
        condition = rule.when["dwellings"]
        assert not isinstance(condition, bool)
        assert (condition.operator, condition.value, rule.value) == (">=", dwellings, classes)


def test_quarters_of_hunan_by_residents() -> None:
    found = judged(
        PACKS["cn-hunan-2019"], "development", residents=[9_999, 10_000, 80_000, 80_000], classes_obliged=[0, 0, 0, 1],
        stage=["primary", "primary", "senior", "senior"],
    )  # fmt: skip
    assert found == [("hunan-quarter-primary", "B"), ("hunan-quarter-senior", "C")]


def test_sites_by_the_number_of_classes() -> None:
    """25 m² per place up to 19 classes, 22 from 20, 20 from 25, 18 from 30."""
    found = judged(
        PACKS["cn-city-sites"], "campus", classes_total=[15, 19, 20, 25, 29, 30],
        site_area_per_place=[25.0, 24.9, 22.0, 19.9, 20.0, 17.9],
    )  # fmt: skip
    assert found == [("city-sites-primary", "B"), ("city-sites-primary", "D"), ("city-sites-primary", "F")]


@pytest.mark.parametrize(
    ("pack", "rule", "value", "confidence"),
    [
        ("cn-guangzhou-2023", "guangzhou-per-1000-primary", 80, "V"),
        ("cn-guangzhou-2023", "guangzhou-per-1000-junior", 40, "V"),
        ("cn-guangzhou-2023", "guangzhou-per-1000-senior", 25, "V"),
        ("cn-yongzhou", "yongzhou-per-1000-primary", 110, "V"),
        ("cn-yongzhou", "yongzhou-per-dwelling-primary", 0.33, "D"),
        ("cn-beijing-2025", "beijing-per-1000-kindergarten", 25, "D"),
        ("cn-shenzhen-2035", "shenzhen-per-1000-compulsory", 120, "D"),
        ("cn-xianyang", "xianyang-per-1000-senior", 52.5, "D"),
        ("cn-chengdu-2018", "chengdu-per-1000-secondary", 62, "V"),
        ("cn-national", "cn-quality-cv5-junior", 0.45, "V"),
        ("cn-national", "cn-quality-r5-junior", 10.2, "V"),
        ("us-orange-county-nc", "orange-utilisation-middle", 1.07, "V"),
        ("us-montgomery", "montgomery-tier-2", 1.2, "M"),
        ("hong-kong", "hong-kong-age-kindergarten", 980, "D"),
        ("japan", "japan-distance-junior", 6000, "V"),
        ("ireland", "ireland-per-1000-primary", 113, "M"),
    ],
)
def test_figures_as_their_sources_give_them(pack: str, rule: str, value: float, confidence: str) -> None:
    found = PACKS[pack].rules[rule]
    assert (found.value, found.confidence) == (value, confidence)


def test_figures_derived_from_others_follow_from_them() -> None:
    """Places per dwelling = places per 1000 × persons per dwelling ÷ 1000; Beijing: 8 classes of 30 for 9600 people."""
    for pack, prefix in (("cn-yongzhou", "yongzhou"), ("cn-guangzhou-2023", "guangzhou")):
        rules = PACKS[pack].rules
        dwelling = [i for i in rules if i.startswith(f"{prefix}-per-dwelling")]
        assert dwelling
        for i in dwelling:
            per_1000 = rules[i.replace("dwelling", "1000")].value
            persons, value = rules[i].persons_per_dwelling, rules[i].value
            assert per_1000 is not None
            assert persons is not None
            assert value == pytest.approx(per_1000 * persons / 1000, abs=0.0006)
    assert PACKS["cn-beijing-2025"].rules["beijing-per-1000-kindergarten"].value == 8 * 30 / 9600 * 1000
    assert 12 * 30 / 14_400 * 1000 == 25
    assert PACKS["hong-kong"].rules["hong-kong-rooms-primary"].value == round(1000 / 25.5, 1)


# ------------------------------------------------------------------------------------------------------- laws
def limited(pack: Pack) -> Iterator[tuple[str, Rule]]:
    members = {m for r in pack.rules.values() for m in r.all_of}
    yield from (
        (i, r) for i, r in pack.rules.items() if r.value is not None and r.operator != "==" and i not in members
    )


LIMITED = [(name, i) for name in ("cn-national", "england", "cn-yongzhou") for i, _ in limited(PACKS[name])]


@settings(max_examples=60, deadline=None)
@given(
    which=st.sampled_from(LIMITED),
    by=st.floats(0, 1000, allow_nan=False),
    values=st.lists(st.floats(0, 5000, allow_nan=False), min_size=1, max_size=12),
)
def test_a_stricter_threshold_never_yields_fewer_flags(which: tuple[str, str], by: float, values: list[float]) -> None:
    name, i = which
    rule = PACKS[name].rules[i]
    assert rule.value is not None
    stricter = rule.model_copy(update={"value": rule.value + (by if rule.operator in (">", ">=") else -by)})
    size = len(values)
    others = {m: [1e6] * size for m in METRICS}
    frame = pd.DataFrame(
        {**others, rule.column: values, ID_COLUMNS[rule.unit_of_count]: [f"U{k}" for k in range(size)],
         "stage": (rule.stage or ("primary",))[0], "year": 2030, "entered": 2030, "grade": (rule.grades or ("G1",))[0],
         "area_type": (rule.area_type or ("urban",))[0], "complete": rule.when.get("complete", True)}
    )  # fmt: skip
    measures = {GRADE if rule.by_grade else rule.unit_of_count: frame}
    lax, strict = (evaluate({i: r}, measures) for r in (rule, stricter))
    assert set(lax["id"]) <= set(strict["id"])
    assert set(strict["rule_id"]) <= {i}
    if rule.valid_to is None:
        assert len(lax) == sum(not SIGNS[f"{rule.operator}"](v, rule.value) for v in values)


@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_flag_cites_a_rule_of_the_pack_with_its_source(name: str) -> None:
    """Every unit of count measured as badly as can be, once with nothing and once with far too much of everything."""
    pack = PACKS[name]
    stages = {s for r in pack.rules.values() for s in r.stage} | {"primary"}
    grades = {g for r in pack.rules.values() for g in r.grades} | {"G1"}
    rows = [
        {**dict.fromkeys(METRICS, worst), "stage": s, "year": 2027, "grade": g, "entered": 2027, "complete": complete,
         "area_type": t, **dict.fromkeys(ID_COLUMNS.values(), "U")}
        for s in stages for g in grades for worst in (0.0, 1e7) for t in ("urban", "rural")
        for complete in (True, False)
    ]  # fmt: skip
    found = evaluate(pack.rules, dict.fromkeys((*ID_COLUMNS, GRADE), pd.DataFrame(rows)))
    assert found.columns.tolist() == list(COLUMNS)
    assert len(found)
    for row in found.drop_duplicates("rule_id").itertuples():
        rule = pack.rules[row.rule_id]
        assert (row.document, row.clause, row.confidence) == (rule.document, rule.clause, rule.confidence)
        assert pack.documents[row.document].cite("zh")
