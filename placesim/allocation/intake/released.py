"""Pupils whose school does not teach their next grade: chains of grades, and schools that close."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.allocation.county import County
from placesim.allocation.intake.stock import Stock, no_stock, part, together, with_pupils, without
from placesim.records import Ints, Places
from placesim.vocabulary import CAP


@dataclass(frozen=True)
class Moving:
    """Pupils who look for another school, among schools[school]."""

    pupils: Stock
    schools: NDArray[np.bool_]


@dataclass(frozen=True)
class Settled:
    """Who keeps or has got a school, who dropped out, and who looks for a school."""

    seated: Stock
    dropped: Stock
    moving: tuple[Moving, ...]


def settle(county: County, on: Stock, t: int) -> Settled:
    """Divide the pupils who went up a grade, on, by what their school teaches in the year at position t.

    A school that teaches other grades of the stage passes those it cannot keep to the campuses of its institution that
    teach the grade (split campuses, teaching points), the nearest to their home. Of a school that closed, the shares of
    `closure` drop out, leave for a town or board, the rest go to its receivers in their order, as far as their places
    at cap level reach, the last of them taking whoever is left; where none is named, to its institution. All others
    look for a school themselves.
    """
    places, closure = county.places, county.options.allocation.closure
    here = on.school < county.outside_school
    stays = ~here
    stays[here] = places.serves[on.school[here], on.grade[here], t]
    seated, released = on.take(stays), on.take(~stays)
    if not len(released.pupils):
        return Settled(seated, no_stock(), ())
    closed = ~_stage_taught(county, released, t)
    passed, chain_end = _along_chain(county, released.take(~closed), t)
    leaving = released.take(closed)
    gone = []
    for turn, share in enumerate((closure.dropping_out, closure.to_town, closure.boarding)):
        remaining = 1.0 - sum((closure.dropping_out, closure.to_town, closure.boarding)[:turn])
        pupils = part(leaving, share / remaining if remaining > 0 else 0.0, t + turn)
        gone.append(with_pupils(leaving, pupils))
        leaving = without(leaving, pupils)
    received, rest = _to_receivers(county, leaving, together(seated, passed), t)
    kept, rest = _along_chain(county, rest, t)
    seated = together(seated, passed, received, kept)
    every = np.ones(len(places.ids), dtype=bool)
    looking = (Moving(gone[1], _of_towns(places)), Moving(gone[2], county.beds > 0),
               Moving(together(rest, chain_end), every))  # fmt: skip
    return Settled(seated, gone[0], tuple(m for m in looking if len(m.pupils.pupils)))


def _stage_taught(county: County, rows: Stock, t: int) -> NDArray[np.bool_]:
    """Whether the school of the row teaches some grade of its stage."""
    stage = county.places.stages.stage_of_grade
    taught = np.stack([county.places.serves[:, stage == k, t].any(axis=1) for k in range(stage[-1] + 1)], axis=1)
    return taught[rows.school, stage[rows.grade]]


def _along_chain(county: County, released: Stock, t: int) -> tuple[Stock, Stock]:
    """(rows at the campus of the same institution that goes on, rows without one)."""
    institution = county.places.schools.get("institution_id")
    if institution is None:
        return no_stock(), released
    codes = pd.factorize(institution)[0]
    pairs = pd.DataFrame({"row": np.arange(len(released.pupils)), "code": codes[released.school]})
    mates = pd.DataFrame({"code": codes, "mate": np.arange(len(codes))})
    found = pairs[pairs["code"] >= 0].merge(mates, on="code")
    row, mate = found["row"].to_numpy(), found["mate"].to_numpy()
    teaches = county.places.serves[mate, released.grade[row], t]
    row, mate = row[teaches], mate[teaches]
    minutes = _minutes(county, released, row, mate)
    order = np.lexsort((mate, minutes, row))
    chosen = order[np.unique(row[order], return_index=True)[1]]
    school = released.school.copy()
    school[row[chosen]] = mate[chosen]
    passed = np.zeros(len(school), dtype=bool)
    passed[row] = True
    moved = Stock(released.area, school, released.grade, released.group, released.pupils)
    return moved.take(passed), released.take(~passed)


def _minutes(county: County, rows: Stock, row: Ints, school: Ints) -> NDArray[np.float64]:
    """Minutes from the home of the row to the school; infinite where it is not in reach."""
    found = np.full(len(row), np.inf)
    stage = county.places.stages.stage_of_grade[rows.grade[row]]
    for k, ways in enumerate(county.ways):
        mine = stage == k
        found[mine] = ways.between(rows.area[row[mine]], school[mine])
    return found


def _to_receivers(county: County, leaving: Stock, seated: Stock, t: int) -> tuple[Stock, Stock]:
    """(rows at the receivers of their closed school, rows whose school named none that teaches their grade)."""
    places, stages = county.places, county.places.stages
    if not len(leaving.pupils):
        return no_stock(), leaving
    rolls = seated.by_school((county.outside_school + 1, len(stages.grades)))[:-1]
    starts = np.flatnonzero(np.diff(stages.stage_of_grade, prepend=-1))
    room = np.maximum(places.places[:, :, t, CAP] - np.add.reduceat(rolls, starts, axis=1), 0)
    received, rest = [], leaving
    for school in np.unique(leaving.school).tolist():
        named = _receivers(places, school, places.years[t])
        for order, receiver in enumerate(named):
            can = (rest.school == school) & places.serves[receiver, rest.grade, t]
            later = [places.serves[r, :, t] for r in named[order + 1 :]]
            last = ~np.logical_or.reduce([np.zeros(len(stages.grades), dtype=bool), *later])
            taken = _within(rest, can, room[receiver], stages.stage_of_grade, last)
            received.append(_at(rest, receiver, taken))
            np.subtract.at(room[receiver], stages.stage_of_grade[rest.grade], taken)
            rest = without(rest, taken)
    return together(no_stock(), *received), rest


def _within(rest: Stock, can: NDArray[np.bool_], room: Ints, stage_of_grade: Ints, last: NDArray[np.bool_]) -> Ints:
    """pupils[row] that fit into room[stage], row by row; all of them in grades for which this is the last receiver."""
    taken = np.zeros(len(rest.pupils), dtype=np.int64)
    for stage in np.unique(stage_of_grade[rest.grade[can]]).tolist():
        rows = np.flatnonzero(can & (stage_of_grade[rest.grade] == stage))
        pupils = rest.pupils[rows]
        before = np.cumsum(pupils) - pupils
        fits = np.clip(max(int(room[stage]), 0) - before, 0, pupils)
        taken[rows] = np.where(last[rest.grade[rows]], pupils, fits)
    return taken


def _at(rows: Stock, school: int, pupils: Ints) -> Stock:
    some = pupils > 0
    return Stock(rows.area[some], np.full(int(some.sum()), school), rows.grade[some], rows.group[some], pupils[some])


def _receivers(places: Places, school: int, year: int) -> list[int]:
    """Receivers of a school that closes this year, in their order."""
    rows = places.receiving
    rows = rows[(rows["school_id"] == places.ids[school]) & (rows["year"] == year)].sort_values("order")
    return _known(places, rows["receiver"])


def _known(places: Places, ids: Iterable[str]) -> list[int]:
    return [places.ids.index(i) for i in ids if i in places.ids]


def _of_towns(places: Places) -> NDArray[np.bool_]:
    return places.schools["area_type"].isin(["urban", "town"]).to_numpy()
