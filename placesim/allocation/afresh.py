"""Everyone placed anew in every year: what the county would look like if nobody were at a school already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placesim.allocation.county import County
from placesim.allocation.stage_year import StageYear
from placesim.allocation.year import Solved, solve_year
from placesim.records import Ints


@dataclass(frozen=True)
class Afresh:
    """Flow rows of a year at position t by stage, rooms[school, stage] and places[school, stage, level]; whether some
    pupils have no catchment."""

    flows: tuple[Ints, ...]
    rooms: Ints
    places: Ints
    unzoned: bool


def place_afresh(county: County, t: int) -> Afresh:
    """Solve a year by the rule of each stage.

    Campuses of several stages split their rooms by what the stages would need if everyone went where the rule leads
    without regard to places, the rule decides, and then spare whole rooms of a stage go to stages of the same campus
    that are full at design level, which are solved once more. Each stage may fill every bed of a campus.
    """
    rules, nobody = county.rules, np.zeros(len(county.places.ids), dtype=np.int64)
    laid = []
    for k in range(len(rules)):
        grades = county.grades(k)
        cells = (county.pupils - county.leavers)[:, t, grades]
        stage = county.lay_out(k, t, cells, county.places.serves[:, grades, t], county.wants(k, t))
        laid.append(replace(stage, boarding=county.boarding(k, nobody)))
    solved = solve_year(laid, rules, county.pool(t), county.options.allocation)
    unzoned = any(stage.unzoned() for stage, rule in zip(laid, rules, strict=True) if rule == "catchment")
    flows = tuple(_flows(county, k, t, stage, solved) for k, stage in enumerate(laid))
    return Afresh(flows, solved.rooms, solved.places, unzoned)


def _flows(county: County, stage: int, t: int, laid: StageYear, solved: Solved) -> Ints:
    """rows[row, column] of a stage in a year; schools past the last one are outside and unplaced."""
    dealt = solved.dealt[stage]
    grade, group = np.divmod(dealt.cell, county.pupils.shape[3])
    grade = grade + county.grades(stage).start
    year = np.full(len(grade), t)
    return np.stack([year, laid.area[dealt.node], dealt.school, grade, group, dealt.pupils], axis=1)
