"""Every word of the vocabulary, and every column of an assessment, has its label in both languages."""

from __future__ import annotations

import pytest

from placesim import vocabulary as v
from placesim.assessment.lists import CLOSES, COLUMNS, EASES, REBASED, STAYS
from placesim.messages import LANGUAGES, catalogue
from placesim.standards.evaluate import COLUMNS as FINDING_COLUMNS
from placesim.standards.pack import load_pack
from placesim.standards.pack_file import bundled_packs

WORDS = {
    "sex": v.SEXES,
    "area_type": v.AREA_TYPES,
    "basis": v.BASES,
    "child_basis": v.CHILD_BASES,
    "sector": v.SECTORS,
    "level": v.LEVELS,
    "binding": v.BINDINGS,
    "part": v.PARTS,
    "rule": v.RULES,
    "operator": v.OPERATORS,
    "hardness": v.HARDNESS,
    "confidence": v.CONFIDENCE,
    "population_basis": v.POPULATION_BASES,
    "unit_of_count": v.UNITS_OF_COUNT,
    "typology": v.TYPOLOGY,
    "class_basis": v.CLASS_BASES,
    "severity": v.SEVERITIES,
    "metric": v.METRICS,
    "unit": v.METRICS.values(),
    "group": (v.ALL_PUPILS,),
    "unplaced_reason": v.REASONS,
    "source": (*v.CHILD_BASES, "residents", "rolls"),
    "waterfall": v.WATERFALL,
    "after": (STAYS, EASES, CLOSES, REBASED),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", WORDS)
def test_every_word_has_a_label(section: str, language: str) -> None:
    labels = catalogue(language)["label"]
    for word in WORDS[section]:
        assert labels[f"{section}.{word}"].strip(), word


def test_no_closed_list_of_the_vocabulary_is_left_out() -> None:
    lists = {name for name in vars(v) if name.isupper() and isinstance(getattr(v, name), tuple | dict)}
    spoken = {name for name in lists if any(list(getattr(v, name)) == list(words) for words in WORDS.values())}
    assert lists - spoken == {"CAPACITY_BOUND", "TIERED", "FIGURES"}  # parts of RULES; units of columns, not words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_the_packs_has_a_label(language: str) -> None:
    labels = catalogue(language)["label"]
    for pack in map(load_pack, bundled_packs()):
        for kind in pack.typology.values():
            assert all(f"reason.{test.reason}" in labels for test in kind.any_of)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_findings_and_lists_has_a_title(language: str) -> None:
    from placesim.store.tables import column_title

    for column in (*FINDING_COLUMNS, *COLUMNS, "typology", "persistent", "binding", "class_basis", "complete"):
        title = column_title(column, language)
        assert title.strip()
        assert "_" not in title
