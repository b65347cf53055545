"""The hint at a misspelt word."""

from __future__ import annotations

from rapidfuzz import fuzz, process


def nearest(word: str, words: tuple[str, ...]) -> str:
    """The word most like it, or all of them."""
    near = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=50)
    return near[0] if near else ", ".join(words)
