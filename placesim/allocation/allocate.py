"""Who goes where, year by year and stage by stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from placesim.allocation.classes import form_classes
from placesim.allocation.people import whole_pupils
from placesim.allocation.stage_year import Question, StageYear, lay_out
from placesim.allocation.tables import DatedZones, Ways, dated_zones, inflow_weights, ways_by_stage
from placesim.allocation.year import Pool, Solved, solve_year
from placesim.records import Allocation, Demand, Floats, Inputs, Ints, Places, Travel, freeze, require
from placesim.scenario.options import AllocationOptions
from placesim.vocabulary import CAPACITY_BOUND, DESIGN, OUTSIDE

# Columns of a flow row, in the order in which rows are sorted; pupils come last.
_YEAR, _AREA, _SCHOOL, _GRADE, _GROUP, _PUPILS = range(6)


@dataclass(frozen=True)
class _County:
    """What the years have in common."""

    pupils: Ints  # [area, year, grade, group]
    leavers: Ints  # of which placed beyond the border
    places: Places
    ways: tuple[Ways, ...]  # [stage]
    zones: DatedZones
    inflow_weight: Floats  # [stage, school]
    options: AllocationOptions

    def lay_out(self, stage: int, t: int) -> StageYear:
        """Nodes, ways and zones of a stage in the year at position t."""
        places, grades = self.places, self._grades(stage)
        rows, everywhere = self.zones.of(stage, places.years[t]), np.ones(len(places.ids))
        return lay_out(
            Question(
                cells=(self.pupils - self.leavers)[:, t, grades],
                teaches=places.serves[:, grades, t],
                ways=self.ways[stage],
                zones=(self.zones.area[rows], self.zones.school[rows], self.zones.share[rows]),
                kind=np.zeros(self.pupils.shape[3], dtype=np.int64),
                inflow_weight=np.stack([self.inflow_weight[stage], places.places[:, stage, t, DESIGN], everywhere]),
            )
        )

    def pool(self, t: int) -> Pool:
        """The campuses in the year at position t."""
        p = self.places
        taught = np.stack([p.serves[:, self._grades(k), t].any(axis=1) for k in range(len(p.stages.ids))], axis=1)
        return Pool(p.rooms[:, t], p.class_size, p.places[:, :, t], p.bought[:, :, t], p.binding[:, :, t], taught)

    def flows(self, stage: int, t: int, laid: StageYear, solved: Solved) -> Ints:
        """rows[row, column] of a stage in a year; schools past the last one are outside and unplaced."""
        dealt = solved.dealt[stage]
        grade, group = np.divmod(dealt.cell, self.pupils.shape[3])
        grade = grade + self._grades(stage).start
        year = np.full(len(grade), t)
        return np.stack([year, laid.area[dealt.node], dealt.school, grade, group, dealt.pupils], axis=1)

    def _grades(self, stage: int) -> slice:
        return self.places.stages.grade_slice(self.places.stages.ids[stage])


def allocate(demand: Demand, travel: Travel, places: Places, inputs: Inputs, options: AllocationOptions) -> Allocation:
    """Place the whole pupils of every year by the rule of each stage; what fits nowhere is unplaced.

    Pupils who leave the county and pupils who come from outside are placed first (by leaving shares; by the latest
    flows, else by places). Campuses of several stages split their rooms by what the stages would need if everyone went
    to the nearest school (or, under `catchment`, to the zone's), the rule decides, and then spare whole rooms of a
    stage go to stages of the same campus that are full at design level, which are solved once more.
    """
    require(demand.areas == (*travel.areas, OUTSIDE), "allocate: demand and travel differ in their areas")
    require(travel.schools == places.ids and demand.years == places.years, "allocate: schools or years differ")
    pupils, leavers = whole_pupils(demand)
    county = _County(
        pupils, leavers, places, ways_by_stage(travel, options), dated_zones(places, travel.areas),
        inflow_weights(inputs, places), options,
    )  # fmt: skip
    rules = [options.rule(s) for s in places.stages.ids]
    rows, solved, unzoned = [_leaving(leavers, len(places.ids))], [], False
    for t in range(len(places.years)):
        laid = [county.lay_out(k, t) for k in range(len(rules))]
        solved.append(solve_year(laid, rules, county.pool(t), options.allocation))
        rows += [county.flows(k, t, stage, solved[-1]) for k, stage in enumerate(laid)]
        unzoned |= any(stage.unzoned() for stage, rule in zip(laid, rules, strict=True) if rule == "catchment")
    return _record(demand, county, np.concatenate(rows), solved, ("allocation.no_catchment",) * unzoned)


def _leaving(leavers: Ints, schools: int) -> Ints:
    """Flow rows to the school `outside`."""
    area, year, grade, group = np.nonzero(leavers)
    return np.stack([year, area, np.full(len(area), schools), grade, group, leavers[area, year, grade, group]], axis=1)


def _record(
    demand: Demand, county: _County, rows: Ints, solved: Iterable[Solved], notes: tuple[str, ...]
) -> Allocation:
    places, outside = county.places, len(county.places.ids)
    rows = rows[np.lexsort(tuple(rows[:, c] for c in (_GROUP, _GRADE, _SCHOOL, _AREA, _YEAR)))]
    unplaced = np.zeros_like(county.pupils)
    homeless = rows[rows[:, _SCHOOL] > outside]
    np.add.at(unplaced, tuple(homeless[:, c] for c in (_AREA, _YEAR, _GRADE, _GROUP)), homeless[:, _PUPILS])
    placed = rows[rows[:, _SCHOOL] <= outside]
    stage_rooms = np.stack([s.rooms for s in solved], axis=2)
    year, area, school, grade, group, pupils = (placed[:, c].copy() for c in range(_PUPILS + 1))
    rules = {s: county.options.rule(s) for s in places.stages.ids}
    return Allocation(
        areas=demand.areas, schools=(*places.ids, OUTSIDE), years=places.years, stages=places.stages,
        groups=demand.groups, year=year, area=area, school=school, grade=grade, group=group, pupils=pupils,
        demand=county.pupils, unplaced=unplaced,
        classes=_classes(placed, places, stage_rooms), stage_rooms=stage_rooms,
        stage_places=np.stack([s.places for s in solved], axis=2), rules=freeze(rules),
        capacity_bound=tuple(s for s, rule in rules.items() if rule in CAPACITY_BOUND), notes=notes,
        draw=demand.draw,
    )  # fmt: skip


def _classes(placed: Ints, places: Places, stage_rooms: Ints) -> Ints:
    """classes[school, grade, year] within the rooms of each stage, where the rooms of the campus are known."""
    roll = np.zeros((len(places.ids) + 1, len(places.stages.grades), len(places.years)), dtype=np.int64)
    np.add.at(roll, tuple(placed[:, c] for c in (_SCHOOL, _GRADE, _YEAR)), placed[:, _PUPILS])
    classes = np.zeros_like(roll[:-1])
    known = places.rooms > 0
    for k, stage in enumerate(places.stages.ids):
        grades = places.stages.grade_slice(stage)
        by_unit = np.moveaxis(roll[:-1, grades], 1, 2).reshape(known.size, -1)  # unit = school × year
        size = np.repeat(places.class_size[:, k], len(places.years), axis=0)
        rooms = np.where(known, stage_rooms[:, k], -1).ravel()
        formed = form_classes(by_unit, size, rooms).reshape(*known.shape, -1)
        classes[:, grades] = np.moveaxis(formed, 2, 1)
    return classes
