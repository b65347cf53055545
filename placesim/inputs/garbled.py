"""Text read in another encoding than it was written in (mojibake): found by undoing the mistake."""

from __future__ import annotations

import re

LONG, MOSTLY = 12, 0.8  # bytes from which, and share of them with which, a lossy reading is sure
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
    if _has_rare(text) and _was_utf8(text.encode("gb18030", "ignore")):
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


def _was_utf8(data: bytes) -> bool:
    """Whether the bytes are Chinese in UTF-8; long ones may have lost a byte where two did not make a character."""
    chinese = len(_CHINESE.findall(data.decode("utf-8", "ignore")))
    return chinese > 0 and (_is_utf8(data) or (len(data) >= LONG and 3 * chinese >= MOSTLY * len(data)))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _undo(text: str, wrong: str, right: str) -> str:
    """The text as it was before `right` bytes were read as `wrong`; empty where that cannot have happened."""
    try:
        return text.encode(wrong).decode(right)
    except UnicodeError:
        return ""
