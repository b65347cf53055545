"""The base year of the clock: as the rolls have it, else as the rules would place everyone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.afresh import Afresh
from placesim.allocation.calibration import Fitted
from placesim.allocation.classes import classes_wanted, form_classes
from placesim.allocation.county import County
from placesim.allocation.intake.families import first_entries
from placesim.allocation.intake.stock import Stock, no_stock, stock, together
from placesim.allocation.intake.year import Year
from placesim.allocation.split import split_rooms
from placesim.records import Ints
from placesim.vocabulary import DESIGN

_YEAR, _AREA, _SCHOOL, _GRADE, _GROUP, _PUPILS = range(6)


def base_year(county: County, afresh: Afresh) -> Year:
    """Stages with rolls as fitted to them, others as placed afresh; classes as counted, else as formed."""
    parts = [_stage(county, k, afresh) for k in range(len(county.rules))]
    everyone = together(*parts)
    roll = everyone.by_school((county.outside_school + 1, len(county.places.stages.grades)))[:-1]
    from_outside = everyone.take(everyone.area == county.outside_area)
    known = np.array([_fitted(county, k) is not None for k in range(len(county.rules))])
    by_roll = known[county.places.stages.stage_of_grade]
    inflow = from_outside.by_school((county.outside_school + 1, len(by_roll)))[:-1]
    rooms = _rooms(county, roll, known, afresh)
    size = (len(county.places.ids), len(county.rules))
    places = county.pool(0).split(rooms)
    return Year(
        stock=everyone, dropped=no_stock(), demand=county.pupils[:, 0], classes=_classes(county, roll, rooms),
        rooms=rooms, places=places, left=_left(county, places, roll), continuing=np.where(by_roll, roll, inflow),
        entry=np.zeros((*size, 3), dtype=np.int64), wanted=np.zeros(size, dtype=np.int64),
        entries=first_entries(county, everyone),
    )  # fmt: skip


def _rooms(county: County, roll: Ints, known: NDArray[np.bool_], afresh: Afresh) -> Ints:
    """rooms[school, stage]: of a campus all of whose stages have rolls by their classes, else as placed afresh."""
    pool, need = county.pool(0), np.zeros((len(roll), len(known)), dtype=np.int64)
    for k in range(len(known)):
        grades = county.grades(k)
        wanted = classes_wanted(roll[:, grades], pool.class_size[:, k, DESIGN])
        counted = county.classes[:, grades]
        need[:, k] = np.where((counted > 0) & (roll[:, grades] > 0), counted, wanted).sum(axis=1)
    by_classes = split_rooms(pool.rooms, np.where(pool.taught, need, 0), pool.taught)
    told = pool.shared & (known | ~pool.taught).all(axis=1)
    return np.where(told[:, None], by_classes, afresh.rooms)


def anew(county: County, afresh: Afresh, t: int) -> Year:
    """A later year in which everyone is placed anew."""
    parts = [_as_placed(county, k, t, afresh) for k in range(len(county.rules))]
    everyone = together(*parts)
    axes = (county.outside_school + 1, len(county.places.stages.grades))
    inflow = everyone.take(everyone.area == county.outside_area).by_school(axes)[:-1]
    roll = everyone.by_school(axes)[:-1]
    size = (len(county.places.ids), len(county.rules))
    return Year(
        stock=everyone, dropped=no_stock(), demand=county.pupils[:, t],
        classes=_formed(county, roll, afresh.rooms, t), rooms=afresh.rooms, places=afresh.places,
        left=_left(county, afresh.places, roll), continuing=inflow, entry=np.zeros((*size, 3), dtype=np.int64),
        wanted=np.zeros(size, dtype=np.int64), entries=first_entries(county, everyone),
    )  # fmt: skip


def _left(county: County, places: Ints, roll: Ints) -> Ints:
    """left[school, grade] of places[school, stage, level] that all grades of a stage share."""
    left = np.zeros_like(roll)
    for k in range(len(county.rules)):
        grades = county.grades(k)
        left[:, grades] = np.maximum(places[:, k, county.fill(k)] - roll[:, grades].sum(axis=1), 0)[:, None]
    return left


def _fitted(county: County, stage: int) -> Fitted | None:
    return county.calibration.fitted[stage] if county.calibration else None


def _stage(county: County, stage: int, afresh: Afresh) -> Stock:
    fitted = _fitted(county, stage)
    if fitted is None:
        return _as_placed(county, stage, 0, afresh)
    grade = fitted.grade + county.grades(stage).start
    return _in_groups(county, fitted, grade)


def _as_placed(county: County, stage: int, t: int, afresh: Afresh) -> Stock:
    """Who has a place, and who attends beyond the border."""
    rows = afresh.flows[stage]
    rows = rows[rows[:, _SCHOOL] < county.outside_school]
    inside = stock(*(rows[:, c] for c in (_AREA, _SCHOOL, _GRADE, _GROUP, _PUPILS)))
    grades = county.grades(stage)
    leavers = county.leavers[:, t, grades]
    area, grade, group = np.nonzero(leavers)
    beyond = np.full(len(area), county.outside_school)
    return together(inside, stock(area, beyond, grade + grades.start, group, leavers[area, grade, group]))


def _in_groups(county: County, fitted: Fitted, grade: Ints) -> Stock:
    """The fitted rows divided over the groups of their area and grade, whole, cell by cell.

    Groups that apply to private schools stand last, and so do these schools, so that they meet.
    """
    groups = county.pupils[:, 0].shape[2]
    of_cell = county.pupils[fitted.area, 0, grade]
    if groups == 1:
        return stock(fitted.area, fitted.school, grade, np.zeros_like(grade), fitted.pupils)
    stage = int(county.places.stages.stage_of_grade[grade[0]]) if len(grade) else 0
    private = np.append(county.entitlements.private_schools(stage, 0), False)  # the last: beyond the border
    order = np.lexsort((fitted.school, private[fitted.school], grade, fitted.area))
    cell = (fitted.area * county.pupils.shape[2] + grade)[order]
    # The pupils of a cell stand in a row, group by group; the schools of the cell cut it where their numbers end.
    end = np.cumsum(fitted.pupils[order])
    start = end - fitted.pupils[order]
    first = np.concatenate([[0], np.flatnonzero(np.diff(cell)) + 1])
    offset = np.repeat(start[first], np.diff(np.append(first, len(cell))))
    edges = np.cumsum(of_cell[order], axis=1)
    upto = [np.minimum(e[:, None] - offset[:, None], edges) for e in (end, start)]
    pupils = np.diff(upto[0] - upto[1], axis=1, prepend=0)
    row, group = np.nonzero(pupils)
    at = order[row]
    return stock(fitted.area[at], fitted.school[at], grade[at], group, pupils[row, group])


def _formed(county: County, roll: Ints, rooms: Ints, t: int) -> Ints:
    """classes[school, grade] within the rooms[school, stage] of the year at position t, where rooms are known."""
    places, classes = county.places, np.zeros_like(roll)
    for k in range(len(county.rules)):
        grades = county.grades(k)
        known = np.where(places.rooms[:, t] > 0, rooms[:, k], -1)
        classes[:, grades] = form_classes(roll[:, grades], places.class_size[:, k], known)
    return classes


def _classes(county: County, roll: Ints, rooms: Ints) -> Ints:
    """As the county counted them where they hold pupils, else formed."""
    return np.where((county.classes > 0) & (roll > 0), county.classes, _formed(county, roll, rooms, 0))
