"""What the tests of checks ask of findings: one only, and texts in both languages."""

from __future__ import annotations

from collections.abc import Iterable

from placesim.errors import Finding
from placesim.messages import describe


def written(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, once every message has been written in both languages with no placeholder left."""
    findings = list(findings)
    for finding in findings:
        for language in ("en", "zh"):
            assert "{" not in "".join(describe(finding, language))
    return findings


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]
