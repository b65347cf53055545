"""What can be wrong with a change: one plain function per kind, in one table; every problem is found at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import process

from placesim.errors import Finding
from placesim.scenario import changes as kinds
from placesim.scenario.changes import Change
from placesim.supply.ledger import Ledger
from placesim.supply.sites import position_of
from placesim.vocabulary import OUTSIDE

Check = Callable[["Case", Any], list[Finding]]


@dataclass(frozen=True)
class Case:
    """A change about to be applied to the ledger as earlier changes left it."""

    ledger: Ledger
    name: str
    change: Change

    @property
    def year(self) -> int:
        return self.change.year

    def finding(self, code: str, value: str, facts: Mapping[str, Any]) -> list[Finding]:
        common = {"change": self.name, "kind": self.change.kind, "year": self.year}
        return [Finding(code, column=f"change.{self.name}", value=value, facts={**common, **facts})]

    def known(self, code: str, values: Iterable[str], among: Sequence[str]) -> list[Finding]:
        """Every value stands in the list; else `code` with the nearest one."""
        unknown = [v for v in values if v not in among]
        return [f for v in unknown for f in self.finding(code, v, {"nearest": nearest(v, among), "count": len(among)})]

    def schools(self, *schools: str) -> list[Finding]:
        """Known campuses that teach in the year of the change."""
        return self.known("E400", schools, self.ledger.ids) or [f for s in schools for f in self._running(s)]

    def _running(self, school: str) -> list[Finding]:
        taught = self.ledger.serves[self.ledger.at(school)].any(axis=0)
        if taught[self.ledger.column(self.year)]:
            return []
        opens = [*np.array(self.ledger.years)[taught], *self.ledger.openings.get(school, ())]
        later = [int(y) for y in opens if y > self.year]
        return self.finding("E405", school, {"opens": min(later)}) if later else self.finding("E404", school, {})

    def stages(self, *stages: str) -> list[Finding]:
        """Known stages that have norms."""
        ids = self.ledger.stages.ids
        unknown = [s for s in stages if s not in ids]
        lacking = [s for s in stages if s in ids and s not in self.ledger.norms]
        return [f for s in unknown for f in self.finding("E403", s, {"known": ", ".join(ids)})] + [
            f for s in lacking for f in self.finding("E417", s, {})
        ]

    def teaches(self, school: str, stage: str) -> list[Finding]:
        """The campus runs the stage in the year of the change."""
        if stage in self.ledger.stages_taught(school, self.year):
            return []
        return self.finding("E410", school, {"stage": stage})

    def rooms_known(self, *schools: str) -> list[Finding]:
        lacking = [s for s in schools if not self.ledger.rooms_known[self.ledger.at(s)]]
        return [f for s in lacking for f in self.finding("E407", s, {})]

    def rooms_left(self, school: str, rooms: int, until: int | None) -> list[Finding]:
        """The campus can give up so many rooms in every year of the change."""
        least = int(self.ledger.rooms[self.ledger.at(school), self.ledger.span(self.year, until)].min())
        return self.finding("E408", school, {"rooms": rooms, "has": least}) if least < rooms else []

    def receivers(self, school: str, receivers: Sequence[str]) -> list[Finding]:
        """Receivers run in that year, are not the closing school, and between them teach all of its stages."""
        if problems := self.known("E400", receivers, self.ledger.ids):
            return problems
        itself = [f for r in receivers if r == school for f in self.finding("E411", school, {})]
        others = [r for r in receivers if r != school]
        shut = [r for r in others if not self.ledger.stages_taught(r, self.year)]
        taught = {r: self.ledger.stages_taught(r, self.year) for r in others if r not in shut}
        needed = self.ledger.stages_taught(school, self.year)
        idle = [r for r, stages in taught.items() if not set(stages) & set(needed)]
        useful = len(idle) < len(taught)
        missing = [s for s in needed if useful and not any(s in stages for stages in taught.values())]
        return [
            *itself,
            *(f for r in shut for f in self.finding("E413", r, {"school": school})),
            *(f for r in idle for f in self.finding("E414", r, {"school": school, "stages": ", ".join(needed)})),
            *(f for s in missing for f in self.finding("E415", s, {"school": school})),
        ]


def nearest(value: str, among: Sequence[str]) -> str:
    """The most similar of a list, or – where the list is empty."""
    found = process.extractOne(value, among)
    return found[0] if found else "–"


def _open(case: Case, change: kinds.Open) -> list[Finding]:
    ledger = case.ledger
    problems = case.stages(*change.stages)
    if change.school == OUTSIDE or change.school in ledger.existing:
        problems += case.finding("E412", change.school, {})
    if change.site is not None and change.site not in (sites := list(ledger.sites["site_id"])):
        return problems + case.known("E401", [change.site], sites)
    if position_of(ledger, change) is None:
        where = change.site or f"{change.x}, {change.y}"
        problems += case.finding("E420", where, {})
    return problems + _site_ready(case, change)


def _site_ready(case: Case, change: kinds.Open) -> list[Finding]:
    sites = case.ledger.sites
    ready = sites.loc[sites["site_id"] == change.site, "available_from"].astype(float).max()
    return case.finding("W402", str(change.site), {"ready": int(ready)}) if ready > change.year else []


def _more_rooms(case: Case, change: kinds.Expand | kinds.Bulge | kinds.Lease) -> list[Finding]:
    return case.schools(change.school) or case.rooms_known(change.school)


def _reduce(case: Case, change: kinds.Reduce) -> list[Finding]:
    return _more_rooms(case, change) or case.rooms_left(change.school, change.rooms, None)  # type: ignore[arg-type]


def _close(case: Case, change: kinds.Close | kinds.Suspend) -> list[Finding]:
    return case.schools(change.school) or case.receivers(change.school, change.receivers)


def _merge(case: Case, change: kinds.Merge) -> list[Finding]:
    if problems := case.schools(*change.schools):
        return problems
    return [f for school in change.schools for f in case.receivers(school, (change.into,))]


def _reopen(case: Case, change: kinds.Reopen) -> list[Finding]:
    if problems := case.known("E400", [change.school], case.ledger.ids):
        return problems
    return [] if change.school in case.ledger.suspended else case.finding("E416", change.school, {})


def _convert(case: Case, change: kinds.Convert) -> list[Finding]:
    if problems := case.schools(change.school) + case.stages(change.from_stage, change.to_stage):
        return problems
    has = change.to_stage in case.ledger.stages_taught(change.school, change.year)
    problems = case.finding("E409", change.school, {"stage": change.to_stage}) if has else []
    return problems + case.teaches(change.school, change.from_stage)


def _between(case: Case, giver: str, taker: str, until: int | None) -> list[Finding]:
    """Rooms go from one campus to another."""
    if problems := case.schools(giver, taker) or case.rooms_known(giver, taker):
        return problems
    if giver == taker:
        return case.finding("E411", giver, {})
    rooms = case.change.rooms  # type: ignore[union-attr]
    return case.rooms_left(giver, rooms, until)


def _transfer(case: Case, change: kinds.TransferRooms) -> list[Finding]:
    return _between(case, change.from_school, change.to_school, None)


def _borrow(case: Case, change: kinds.Borrow) -> list[Finding]:
    return _between(case, change.host, change.school, change.until)


def _rezone(case: Case, change: kinds.Rezone) -> list[Finding]:
    problems = case.known("E402", change.areas, list(case.ledger.areas["area_id"]))
    if unknown := case.stages(change.stage) + case.schools(*change.schools):
        return problems + unknown
    return problems + [f for s in change.schools for f in case.teaches(s, change.stage)]


def _join(case: Case, change: kinds.JoinSchoolGroup) -> list[Finding]:
    return case.schools(change.school)


def _buy(case: Case, change: kinds.BuyPlaces) -> list[Finding]:
    if problems := case.schools(change.school) + case.stages(change.stage):
        return problems
    private = case.ledger.campuses.loc[change.school, "sector"] == "private"
    problems = [] if private else case.finding("E419", change.school, {})
    return problems + case.teaches(change.school, change.stage)


def _equip(case: Case, change: kinds.Equip) -> list[Finding]:
    return (case.schools(change.school) + case.stages(change.stage)) or case.teaches(change.school, change.stage)


def _not_built(case: Case, change: Change) -> list[Finding]:
    return case.finding("E418", change.kind, {})


CHECKS: Mapping[str, Check] = {
    "open": _open,
    "expand": _more_rooms,
    "bulge": _more_rooms,
    "lease": _more_rooms,
    "reduce": _reduce,
    "close": _close,
    "merge": _merge,
    "suspend": _close,
    "reopen": _reopen,
    "convert": _convert,
    "transfer_rooms": _transfer,
    "borrow": _borrow,
    "rezone": _rezone,
    "join_school_group": _join,
    "buy_places": _buy,
    "equip": _equip,
    "split_grades": _not_built,
    "cap_intake": _not_built,
    "board": _not_built,
    "bus": _not_built,
}


def check_change(case: Case) -> list[Finding]:
    """Everything wrong with one change, given what earlier changes did; errors only where it cannot be applied."""
    if case.year < case.ledger.years[0]:
        return case.finding("E406", str(case.year), {"base_year": case.ledger.years[0]})
    if case.year > case.ledger.years[-1]:
        return case.finding("W400", str(case.year), {"last_year": case.ledger.years[-1]})
    return CHECKS[case.change.kind](case, case.change)
