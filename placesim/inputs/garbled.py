"""Text read in another encoding than it was written in (mojibake): found by undoing the mistake."""

from __future__ import annotations

import re

LOST = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯")  # what decoders put where bytes could not be read
_CHINESE = re.compile("[\u4e00-\u9fff]")
_LATIN_RUN = re.compile("[\u0080-\u00ff]{4}")


def true_encoding(text: str) -> str | None:
    """The encoding in which garbled text was written, None for sound text.

    UTF-8 bytes taken for GBK or Latin-1, and GBK bytes taken for Latin-1, turn into sensible text when encoded back;
    sound Chinese or accented text does not. GBK readings of UTF-8 hold rare characters (outside GB2312), which keeps
    the odd sound name whose bytes happen to be valid UTF-8 from being accused.
    """
    if text.isascii():
        return None
    if _has_rare(text) and _CHINESE.search(_undo(text, "gb18030", "utf-8")):
        return "utf-8"
    if any(_undo(text, wrong, "utf-8") for wrong in ("latin-1", "cp1252")):
        return "utf-8"
    if _LATIN_RUN.search(text) and _CHINESE.search(_undo(text, "latin-1", "gb18030")):
        return "gb18030"
    return None


def _has_rare(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def _undo(text: str, wrong: str, right: str) -> str:
    """The text as it was before `right` bytes were read as `wrong`; empty where that cannot have happened."""
    try:
        return text.encode(wrong).decode(right)
    except UnicodeError:
        return ""
