"""The catalogues: both languages say the same, every code in the source has its sentence and the other way round."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from placesim.errors import Finding
from placesim.messages import LANGUAGES, catalogue, describe, label, line, user_language

SOURCE = Path(__file__).resolve().parents[1] / "placesim"
CODE = re.compile(r'"([EWN]\d{3})"')


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("section", ["finding", "label"])
def test_both_languages_have_the_same_keys_and_placeholders(section: str) -> None:
    english, chinese = (catalogue(language)[section] for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, entry in english.items():
        pairs = (
            [(entry, chinese[key])] if section == "label" else [(entry[f], chinese[key][f]) for f in ("text", "fix")]
        )
        for a, b in pairs:
            assert placeholders(a) == placeholders(b), key


def test_every_finding_says_what_is_wrong_how_to_mend_it_and_why() -> None:
    for language in LANGUAGES:
        for code, entry in catalogue(language)["finding"].items():
            assert entry.keys() == {"text", "fix", "about"}, code
            assert all(entry.values()), code


def test_codes_of_the_source_and_of_the_catalogue_are_the_same() -> None:
    used = {code for file in SOURCE.rglob("*.py") for code in CODE.findall(file.read_text(encoding="utf-8"))}
    assert used == set(catalogue("en")["finding"])


def test_the_grammar_of_a_message() -> None:
    finding = Finding("E103", file="base.toml", row=12, column="travel.wlk", facts={"nearest": "walk_speed"})
    first, second = line(finding, "en").split("\n")
    assert first == "✗ E103  base.toml:12 (travel.wlk)  unknown key. Did you mean: walk_speed?"
    assert second.startswith("    fix: ")
    cell = Finding("E103", file="a.xlsx", sheet="表1", row=3, cell="C3", column="人数", facts={"nearest": "x"})
    assert line(cell, "zh").startswith("✗ E103  a.xlsx [表1] C3 (人数)  ")


def test_braces_in_user_text_are_not_placeholders() -> None:
    text, _ = describe(Finding("E132", value="{0} {evil}", facts={"known": "{x}", "nearest": "y"}), "en")
    assert "{0} {evil}" in text


@pytest.mark.parametrize("value", ["two\nlines", "red\x1b[31m", "bell\x07", "\u202egpj.exe", "a\r\nb", "line\u2028end"])
def test_what_a_user_wrote_cannot_break_a_message(value: str) -> None:
    finding = Finding("E132", file=value, value=value, facts={"known": value, "nearest": value})
    for language in LANGUAGES:
        told = line(finding, language)
        assert len(told.splitlines()) == 2
        assert told.replace("\n", "").isprintable()


def test_the_language_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PLACESIM_LANG", "zh")
    assert user_language() == "zh"
    monkeypatch.delenv("PLACESIM_LANG")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert user_language() == "en"
    assert label("where.row", "zh", row=7) == "第 7 行"
