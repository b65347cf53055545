"""The name that may have been meant, where one is like enough to be worth saying."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rapidfuzz import fuzz, process

from placesim.messages import LANGUAGES, label

LIKE_ENOUGH = 60  # rapidfuzz ratio: below it a suggestion misleads


def nearest(asked: str, names: Iterable[str]) -> str | None:
    """The name most like the one asked for; None where none is like it."""
    found = process.extractOne(asked, list(names), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=LIKE_ENOUGH)
    return found[0] if found else None


def suggested(near: str | None) -> dict[str, Any]:
    """Facts of a finding: `nearest` to write down, `hint` to end a sentence with (nothing where nothing is near)."""
    hint = {language: label("hint.nearest", language, nearest=near) if near else "" for language in LANGUAGES}
    return {"nearest": near or "…", "hint": hint}
