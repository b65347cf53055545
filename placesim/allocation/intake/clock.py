"""The yearly clock: pupils go up, leave, are moved and come, and September places whoever is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.afresh import Afresh
from placesim.allocation.calibration import Pattern
from placesim.allocation.county import County
from placesim.allocation.groups import in_groups
from placesim.allocation.intake.base_year import base_year
from placesim.allocation.intake.boarders import boarders
from placesim.allocation.intake.families import Families, dwelling_pupils
from placesim.allocation.intake.feeders import fed
from placesim.allocation.intake.released import settle
from placesim.allocation.intake.rooms import (
    Grades,
    Rooms,
    account,
    entry_places,
    formed,
    grades_share_rooms,
    kept_classes,
    relieved,
    vacancies,
)
from placesim.allocation.intake.stock import Stock, advance, no_stock, stock, together, withdraw
from placesim.allocation.intake.year import Year
from placesim.allocation.people import group_phase
from placesim.allocation.problem import Boarding
from placesim.records import Floats, Ints
from placesim.vocabulary import CAP, CAPACITY_BOUND, DESIGN, EMERGENCY


def years_of_intake(county: County, first: Afresh) -> Iterator[Year]:
    """The years of the county, each from the one before; first is the base year placed afresh, for stages without
    rolls.

    1 continuing pupils go up a grade (`advance`), those who left the area are withdrawn; 2 grades and schools that end
    pass their pupils on (`settle`); 3 classes that go on keep their rooms (`account`); 4 entrants of every stage are
    placed by its rule in the rooms left, 5 then pupils who look for another school, last who moved in or were unplaced,
    in the vacancies of their grade; 6 classes are formed.
    """
    year = base_year(county, first)
    yield year
    grades = _grades(county)
    open_years = _open_years(county)
    for t in range(1, len(county.places.years)):
        year = _September(county, grades, t, open_years[:, :, t]).after(year)
        yield year


def _grades(county: County) -> Grades:
    stage = county.places.stages.stage_of_grade
    return Grades(stage, np.diff(stage, prepend=-1) > 0)


def _open_years(county: County) -> Ints:
    """open[school, stage, year]: years since the stage was opened; without end where it was there from the start."""
    serves, count = county.places.serves, len(county.rules)
    taught = np.stack([serves[:, county.grades(k)].any(axis=1) for k in range(count)], axis=1)
    open_ = np.where(taught[:, :, 0], _ALWAYS, -1)
    out = [open_]
    for t in range(1, taught.shape[2]):
        open_ = np.where(taught[:, :, t], np.where(open_ >= 0, np.minimum(open_ + 1, _ALWAYS), 0), -1)
        out.append(open_)
    return np.stack(out, axis=2)


_ALWAYS = 1 << 20


@dataclass(frozen=True)
class _Way:
    """How pupils of a grade are admitted: by which rule, where they want to go, teaches[school, grade], beds, and what
    their families have there already."""

    rule: str
    wants: Pattern | None
    teaches: NDArray[np.bool_]
    boarding: Boarding | None = None
    families: Families | None = None


@dataclass(frozen=True)
class _Applied:
    """entry[school, stage, level] places for entrants, wanted[school, stage] of them, unplaced[area, grade, group],
    entries[stage, area, years ago]."""

    entry: Ints
    wanted: Ints
    unplaced: Ints
    entries: Floats


@dataclass(frozen=True)
class _September:
    """One year at position t; open_years[school, stage]: a school that opens fills up grade by grade."""

    county: County
    grades: Grades
    t: int
    open_years: Ints

    def after(self, before: Year) -> Year:
        county, t = self.county, self.t
        on, finished = advance(before.stock, county.places.stages)
        out, _ = advance(before.dropped, county.places.stages)
        target = county.pupils[:, t].sum(axis=2)
        on = withdraw(on, np.maximum(self._by_cell(on) - target, 0))
        out = withdraw(out, np.maximum(self._by_cell(on) + self._by_cell(out) - target, 0))
        settled = settle(county, on, t)
        out = together(out, settled.dropped)
        there = together(settled.seated, out, *(moving.pupils for moving in settled.moving))
        seated = together(settled.seated, *self._newly_from_outside(target, there))
        entrants = self._cells(target, self.grades.entry, no_stock())
        wants = [self._wants(k, finished, entrants) for k in range(len(county.rules))]
        rooms, wanted = self._rooms(before, (on, seated), entrants, wants)
        sizes = county.places.class_size
        entry = entry_places(rooms, self._roll(seated), self.grades, sizes, self._serves)
        families = Families(seated, before.entries)
        placed = self._entrants(families, entrants, entry, wants)
        for moving in settled.moving:
            cells = moving.pupils.by_area(county.pupils[:, 0].shape)
            placed = self._into_vacancies(cells, rooms, placed, wants, moving.schools)
        movers = self._cells(target, ~self.grades.entry, together(placed, out))
        everywhere = np.ones(len(county.places.ids), dtype=bool)
        asking = entrants + movers + np.where(self.grades.entry[:, None], 0, placed.by_area(entrants.shape))
        placed = self._into_vacancies(movers, rooms, placed, wants, everywhere)
        entries = self._entries(families, entrants, placed)
        applied = _Applied(entry, wanted, asking - placed.by_area(entrants.shape), entries)
        return self._close(seated, placed, out, rooms, applied)

    # ------------------------------------------------------------------ who applies
    def _by_cell(self, rows: Stock) -> Ints:
        """pupils[area, grade]"""
        return rows.by_area(self.county.pupils[:, 0].shape).sum(axis=2)

    def _newly_from_outside(self, target: Ints, there: Stock) -> Iterator[Stock]:
        """Pupils from outside who come to later grades: they are enrolled before anyone of the county."""
        cells = self._cells(target, ~self.grades.entry, there)
        cells[: self.county.outside_area] = 0
        none = np.zeros((len(self.county.places.ids), 3), dtype=np.int64)
        for g in np.flatnonzero(cells.any(axis=(0, 2))).tolist():
            yield self._admit(int(self.grades.stage[g]), g, cells, none, _Way("nearest", None, self._serves))

    def _cells(self, target: Ints, chosen: NDArray[np.bool_], there: Stock) -> Ints:
        """pupils[area, grade, group] of the chosen grades who are not there, in the groups of their cell."""
        missing = np.where(chosen, np.maximum(target - self._by_cell(there), 0), 0)
        return self._in_groups(missing)

    def _in_groups(self, count: Ints) -> Ints:
        """count[area, grade] in the groups of the pupils of the year."""
        phase = group_phase(self.county.places.years[self.t], self.county.places.stages)
        return in_groups(count, self.county.pupils[:, self.t], phase)

    def _wants(self, stage: int, finished: Stock, entrants: Ints) -> Pattern | None:
        entering = entrants[:, self.county.grades(stage).start].sum(axis=1)
        return fed(self.county, stage, self.t, finished, entering)

    # ------------------------------------------------------------------ rooms
    @property
    def _serves(self) -> NDArray[np.bool_]:
        return self.county.places.serves[:, :, self.t]

    def _roll(self, rows: Stock) -> Ints:
        """roll[school, grade] of the schools of the county."""
        return rows.by_school((self.county.outside_school + 1, len(self.grades.stage)))[:-1]

    def _rooms(
        self, before: Year, there: tuple[Stock, Stock], entrants: Ints, wants: list[Pattern | None]
    ) -> tuple[Rooms, Ints]:
        """The rooms of the year, and wanted[school, stage]: entrants if everyone came who wants to.

        there: who went up a grade, and of them who is seated. Classes that others join, from a chain of grades or a
        closed school, pass the cap size only where no room is left.
        """
        county, roll, pool = self.county, self._roll(there[1]), self.county.pool(self.t)
        sizes = county.places.class_size[:, self.grades.stage]
        classes = kept_classes(roll, self._aged(before.classes), sizes[:, :, DESIGN])
        joined = np.where(roll > self._roll(there[0]), roll, 0)
        spare = np.where(grades_share_rooms(pool, self._serves), 0, pool.rooms - classes.sum(axis=1))
        classes = relieved(classes, spare[:, None], joined, sizes[:, :, CAP], self.grades.as_one)
        wanted = np.stack([self._would_come(k, entrants, wants[k]) for k in range(len(wants))], axis=1)
        size = county.places.class_size[:, :, DESIGN]
        need = np.ceil(np.divide(wanted, size, out=np.zeros(wanted.shape), where=size > 0)).astype(np.int64)
        return account(pool, self.grades, self._serves, classes, need), wanted

    def _aged(self, cube: Ints) -> Ints:
        """cube[school, grade] of last year by the grade of this year, 0 in entry grades."""
        return np.where(self.grades.entry, 0, np.roll(cube, 1, axis=1))

    def _would_come(self, stage: int, entrants: Ints, wants: Pattern | None) -> Ints:
        """pupils[school] of the entry grade if places did not matter."""
        rule = self.county.rules[stage]
        free = "nearest" if rule in CAPACITY_BOUND else rule
        structural = self.county.places.places[:, stage, self.t]
        way = _Way(free, wants, self._serves)
        came = self._admit(stage, self.county.grades(stage).start, entrants, structural, way)
        return self._roll(came).sum(axis=1)

    # ------------------------------------------------------------------ admission
    def _entrants(self, families: Families, entrants: Ints, entry: Ints, wants: list[Pattern | None]) -> Stock:
        """The seated and the entrants of every stage, the first stage having its choice of beds."""
        placed = families.seated
        for k, rule in enumerate(self.county.rules):
            grade = self.county.grades(k).start
            beds = self.county.boarding(k, boarders(self.county, placed).sum(axis=1))
            way = _Way(rule, wants[k], self._serves, beds, families)
            placed = together(placed, self._beyond_border(grade), self._admit(k, grade, entrants, entry[:, k], way))
        return placed

    def _into_vacancies(
        self, cells: Ints, rooms: Rooms, placed: Stock, wants: list[Pattern | None], schools: NDArray[np.bool_]
    ) -> Stock:
        """The placed, and pupils of later grades in what schools[school] have left, grade by grade."""
        county, sizes = self.county, self.county.places.class_size
        for g in np.flatnonzero(cells.any(axis=(0, 2))).tolist():
            k, roll = int(self.grades.stage[g]), self._roll(placed)
            now = replace(rooms, classes=formed(rooms, roll, self.grades, sizes))
            left = vacancies(now, roll, self.grades, sizes, g)
            filled = (self.open_years[:, k] >= g - county.grades(k).start) | (roll[:, g] > 0)
            rule = "transport" if county.rules[k] in CAPACITY_BOUND else county.rules[k]
            teaches = self._serves & (filled & schools)[:, None]
            way = _Way(rule, wants[k], teaches, county.boarding(k, boarders(county, placed).sum(axis=1)))
            placed = together(placed, self._admit(k, g, cells, left, way))
        return placed

    def _admit(self, stage: int, grade: int, cells: Ints, places: Ints, way: _Way) -> Stock:
        """The pupils of cells[area, grade, group] in a grade whom the rule places in places[school, level]."""
        county, only = self.county, slice(grade, grade + 1)
        staying = cells[:, only].copy()
        if self.grades.entry[grade]:
            staying -= county.leavers[:, self.t, only]
        if not staying.any():
            return no_stock()
        laid = county.lay_out(stage, self.t, staying, way.teaches[:, only], way.wants)
        told = way.families.told(county, stage, laid) if way.families else laid.admission
        laid = replace(laid, boarding=way.boarding, admission=told)
        dealt = laid.deal(laid.solve(way.rule, places, county.options.allocation))
        here = dealt.school < county.outside_school
        node, school, group, pupils = (c[here] for c in (dealt.node, dealt.school, dealt.cell, dealt.pupils))
        return stock(laid.area[node], school, np.full(len(school), grade), group, pupils)

    def _entries(self, families: Families, entrants: Ints, placed: Stock) -> Floats:
        """entries[stage, area, years ago]: who has a place by a dwelling that had not given it, and those before."""
        county, there = self.county, dwelling_pupils(self.county, placed)
        entries = np.roll(families.entries, 1, axis=2)
        asked = (entrants - county.leavers[:, self.t])[:, :, county.entitlements.by_dwelling].sum(axis=2)
        for k in range(len(county.rules) if entries.shape[2] else 0):
            grade = county.grades(k).start
            entries[k, :, 0] = np.maximum(there[:, grade] - families.locked_of(county, k, asked[:, grade]), 0)
        return entries

    def _beyond_border(self, grade: int) -> Stock:
        """Entrants who attend beyond the border."""
        leavers = self.county.leavers[:, self.t, grade]
        area, group = np.nonzero(leavers)
        school = np.full(len(area), self.county.outside_school)
        return stock(area, school, np.full(len(area), grade), group, leavers[area, group])

    # ------------------------------------------------------------------ the year's end
    def _close(self, seated: Stock, placed: Stock, out: Stock, rooms: Rooms, applied: _Applied) -> Year:
        county, groups = self.county, applied.unplaced.shape
        there = together(
            seated.take(seated.area != county.outside_area), placed.take(placed.area == county.outside_area)
        )
        classes = formed(rooms, self._roll(placed), self.grades, county.places.class_size)
        left = self._left(placed, applied.entry, replace(rooms, classes=classes))
        return Year(
            stock=placed, dropped=out, demand=placed.by_area(groups) + out.by_area(groups) + applied.unplaced,
            classes=classes, rooms=rooms.stage_rooms, places=rooms.places, left=left,
            continuing=self._roll(there), entry=applied.entry, wanted=applied.wanted,
            entries=applied.entries,
        )  # fmt: skip

    def _left(self, placed: Stock, entry: Ints, rooms: Rooms) -> Ints:
        """left[school, grade]: of the entry grades what entrants left, of others vacancies, once a school has grown."""
        county, roll, k = self.county, self._roll(placed), self.grades.stage
        sizes, every = county.places.class_size, range(len(k))
        free = np.stack([vacancies(rooms, roll, self.grades, sizes, g)[:, EMERGENCY] for g in every], axis=1)
        grown = self.open_years[:, k] >= np.arange(len(k)) - np.flatnonzero(self.grades.entry)[k]
        fill = np.array([county.fill(s) for s in k])
        return np.where(self.grades.entry, np.maximum(entry[:, k, fill] - roll, 0), np.where(grown, free, 0))
