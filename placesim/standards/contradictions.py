"""Rules of one pack that cannot both hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from placesim.standards.rules import Rule

_EVER = float("inf")


@dataclass(frozen=True)
class _Span:
    """The figures from `low` to `high`; each end belongs to it where it is closed."""

    low: float
    high: float
    low_closed: bool
    high_closed: bool

    def meets(self, other: _Span) -> bool:
        low, high = max(self.low, other.low), min(self.high, other.high)
        if low != high:
            return low < high
        at_low = all(s.low_closed for s in (self, other) if s.low == low)
        return at_low and all(s.high_closed for s in (self, other) if s.high == high)


def contradictions(rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    """Pairs of rules on the same metric and unit of count that speak of the same units in the same years, and whose
    limits no figure meets both. Rules named by a combination need not hold and are left out."""
    members = {member for rule in rules.values() for member in rule.all_of}
    plain = [(i, rule) for i, rule in rules.items() if i not in members and not rule.all_of]
    for (i, a), (j, b) in combinations(plain, 2):
        if _same_measure(a, b) and _same_scope(a, b) and not _agree(a, b):
            yield i, j


def _same_measure(a: Rule, b: Rule) -> bool:
    return (a.metric, a.unit_of_count, a.population_basis) == (b.metric, b.unit_of_count, b.population_basis)


def _same_scope(a: Rule, b: Rule) -> bool:
    """Whether some unit is surely under both: conditions of one that the other does not have may never be met."""
    shared = all(_overlap(x, y) for x, y in ((a.stage, b.stage), (a.area_type, b.area_type), (a.grades, b.grades)))
    few, many = sorted((a.when, b.when), key=len)
    return shared and few.items() <= many.items() and _years(a).meets(_years(b))


def _overlap(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    return not a or not b or bool(set(a) & set(b))


def _years(rule: Rule) -> _Span:
    """The years in which it speaks; cohorts of a rule for entrants stay in school after the last year of entry."""
    last = None if rule.applies_to == "entrants" else rule.valid_to
    return _Span(
        -_EVER if rule.valid_from is None else rule.valid_from, _EVER if last is None else last, True, True
    )  # fmt: skip


def _agree(a: Rule, b: Rule) -> bool:
    """Whether some figure meets both, wherever both give a limit; limits by different metrics cannot be compared."""
    if a.by is not None and b.by is not None and a.by != b.by:
        return True
    return all(x.meets(y) for at, x in _limits(a) for there, y in _limits(b) if at.meets(there))


def _limits(rule: Rule) -> Iterator[tuple[_Span, _Span]]:
    """(figures of the metric `by`, figures that meet the rule there)."""
    if rule.value is not None:
        yield _Span(-_EVER, _EVER, True, True), _allowed(rule, rule.value)
    start = -_EVER
    for step in rule.table:
        end = _EVER if step.up_to is None else step.up_to
        yield _Span(start, end, False, True), _allowed(rule, step.value)
        start = end


def _allowed(rule: Rule, limit: float) -> _Span:
    """The figures of the metric that meet the rule."""
    if rule.operator in ("<", "<="):
        return _Span(-_EVER, limit, True, rule.operator == "<=")
    if rule.operator in (">", ">="):
        return _Span(limit, _EVER, rule.operator == ">=", True)
    return _Span(limit, limit, True, True)
