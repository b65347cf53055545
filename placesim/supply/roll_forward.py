"""The supply year by year: tables, committed projects, then the changes in order; and everything wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from placesim.errors import DataError, Finding
from placesim.records import AppliedChange, Inputs, Places
from placesim.scenario.changes import Change, Close, Merge, Open, Suspend
from placesim.scenario.options import SupplyOptions
from placesim.supply import zones
from placesim.supply.changes import EFFECTS
from placesim.supply.checks import Case, check_change
from placesim.supply.ledger import Ledger
from placesim.supply.opening_balance import add_projects, open_ledger, shared_with_others


def roll_forward(inputs: Inputs, options: SupplyOptions) -> Places:
    """Every campus ever open in the years of the run, its rooms and places after all changes.

    Changes apply by year, within a year openings first, then by name. Raises DataError with the findings of
    `check_changes` where a change cannot be carried out.
    """
    ledger, applied, findings = _carry_out(inputs, options)
    if any(f.is_error for f in findings):
        raise DataError(findings)
    return _publish(ledger, applied)


def check_changes(inputs: Inputs, options: SupplyOptions) -> list[Finding]:
    """Everything wrong with the changes of a scenario, and stages without norms; what cannot be applied is skipped."""
    ledger, applied, findings = _carry_out(inputs, options)
    taught = [s for s in options.stages.ids if ledger.taught[:, options.stages.grade_slice(s)].any()]
    findings += [Finding("E424", column="standards", value=s) for s in taught if s not in options.norms]
    carried_out = {a.name: options.changes[a.name] for a in applied}
    return findings + _short_receivers(inputs, ledger, carried_out)


def _carry_out(inputs: Inputs, options: SupplyOptions) -> tuple[Ledger, list[AppliedChange], list[Finding]]:
    ledger = open_ledger(inputs, options)
    findings, applied = shared_with_others(ledger, inputs) + add_projects(ledger, inputs), []
    for name, change in sorted(options.changes.items(), key=_order):
        problems = check_change(Case(ledger, name, change))
        findings += problems
        if change.year <= options.years[-1] and not any(f.is_error for f in problems):
            applied.append(_apply(ledger, name, change))
    return ledger, applied, findings


def _order(item: tuple[str, Change]) -> tuple[int, bool, str]:
    """By year and name, openings first: a campus that opens may take over in the same year from one that closes."""
    name, change = item
    return change.year, not isinstance(change, Open), name


def _apply(ledger: Ledger, name: str, change: Change) -> AppliedChange:
    """Carry a change out; rooms and places gained are those of its first year, a lender's own loss not counted."""
    counted = np.array(ledger.ids) != (getattr(change, "host", None) or getattr(change, "from_school", None))
    column = ledger.column(change.year)
    before = _stock(ledger, column)
    EFFECTS[change.kind](ledger, change)
    rooms, places = np.rint((_stock(ledger, column) - before)[:, counted].sum(axis=1)).astype(int)
    return AppliedChange(
        name=name, kind=change.kind, school=_subject(change), year=change.year, until=getattr(change, "until", None),
        rooms=int(rooms), places=int(places), cost=change.cost, reason=change.reason,
    )  # fmt: skip


def _stock(ledger: Ledger, column: int) -> np.ndarray:
    """[rooms | design places, school] of one year."""
    return np.stack([ledger.in_use(ledger.rooms)[:, column], ledger.campus_places()[:, column]])


def _subject(change: Change) -> str:
    """The campus a change is about; all schools of a rezoning."""
    for key in ("school", "into", "to_school"):
        if hasattr(change, key):
            return str(getattr(change, key))
    return ", ".join(change.schools)  # type: ignore[union-attr]


def _short_receivers(inputs: Inputs, ledger: Ledger, changes: Mapping[str, Change]) -> list[Finding]:
    """Build before close: receivers that, with all changes, lack design places for the latest rolls of both."""
    rolls = inputs.frame("enrolment")
    latest = rolls[rolls["year"] == rolls["year"].max()].groupby("school_id")["pupils"].sum()
    places, findings = ledger.campus_places(), []
    for name, change in changes.items():
        closing, receivers = _closing(change)
        pupils = int(latest.reindex([*closing, *receivers]).fillna(0).sum())
        room = int(sum(places[ledger.at(r), ledger.column(change.year)] for r in receivers))
        if receivers and pupils > room and latest.index.isin(closing).any():
            facts = {"receivers": ", ".join(receivers), "pupils": pupils, "places": room, "year": change.year}
            findings.append(Finding("W401", column=f"change.{name}", value=", ".join(closing), facts=facts))
    return findings


def _closing(change: Change) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(schools that stop, schools that receive their pupils)"""
    if isinstance(change, Merge):
        return change.schools, (change.into,)
    return ((change.school,), change.receivers) if isinstance(change, Close | Suspend) else ((), ())


def _publish(ledger: Ledger, applied: list[AppliedChange]) -> Places:
    listed = ledger.listed
    ids = tuple(np.array(ledger.ids, dtype=object)[listed])
    places, binding, class_size = ledger.places()
    rows = ledger.catchments[ledger.catchments["school_id"].isin(ids)]
    return Places(
        schools=ledger.campuses[listed].reset_index(), ids=ids, years=ledger.years, stages=ledger.stages,
        rooms=ledger.in_use(ledger.rooms)[listed], temporary_rooms=ledger.in_use(ledger.temporary)[listed],
        serves=ledger.serves[listed], places=places[listed], bought=ledger.bought_places[listed],
        binding=binding[listed], class_size=class_size[listed],
        catchments=zones.published(rows),
        receiving=pd.DataFrame(ledger.receiving, columns=["school_id", "receiver", "year", "order"]),
        school_groups=pd.DataFrame(ledger.groups, columns=["school_id", "school_group", "year"]),
        changes=tuple(applied),
    )  # fmt: skip
