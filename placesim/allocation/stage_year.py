"""One stage in one year: its nodes, the problem put to the rule, and the pupils dealt to grades and groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placesim.allocation.admission import Admission
from placesim.allocation.calibration import Pattern
from placesim.allocation.deal import Dealt, deal
from placesim.allocation.flow import Arcs
from placesim.allocation.problem import Boarding, Problem, Shipments, Wants, Zones, node_phase, shipments
from placesim.allocation.rules import RULES
from placesim.allocation.tables import Ways
from placesim.allocation.whole import whole_by_group
from placesim.records import Floats, Ints
from placesim.scenario.parameters import AllocationParameters


@dataclass(frozen=True)
class Question:
    """What is known of a stage in a year before places are split.

    cells[area, grade, group] pupils to place, the last area being outside; teaches[school, grade]; ways within the
    limits; zones area[row], school[row], share[row]; kind[group], the same for groups that the rule treats alike;
    wants, where known; where those from outside are enrolled: inflow_weight[source, school], of which the first source
    that names a school of the band counts.
    """

    cells: Ints
    teaches: NDArray[np.bool_]
    ways: Ways
    zones: tuple[Ints, Ints, Floats]
    kind: Ints
    inflow_weight: Floats
    wants: Pattern | None = None


@dataclass(frozen=True)
class StageYear:
    """Nodes with their cells[node, grade × group]; the last ones are outside and already sent to their schools.

    bands[school, band]: whether the school teaches it; band[node].
    """

    area: Ints
    kind: Ints
    cells: Ints
    phase: Floats
    residents: int  # nodes before this position are areas of the county
    arcs: Arcs
    zones: Zones
    inflow: Shipments
    schools: int
    groups: int
    wants: Wants | None
    bands: NDArray[np.bool_]
    band: Ints
    boarding: Boarding | None = None
    admission: Admission | None = None

    def enrolled(self) -> Ints:
        """pupils[school] from outside."""
        return self.inflow.load(self.schools)

    def solve(self, rule: str, places: Ints, parameters: AllocationParameters) -> Shipments:
        """What the rule sends from the county's areas; places[school, level] of the stage, inflow seated first."""
        left = np.maximum(places - self.enrolled()[:, None], 0)
        pupils = self.cells[: self.residents].sum(axis=1)
        n = self.residents
        return RULES[rule](
            Problem(
                self.area[:n],
                self.kind[:n],
                pupils,
                self.phase[:n],
                self.arcs,
                self.zones,
                places,
                left,
                parameters,
                admission=self.admission,
                wants=self.wants,
                boarding=self.boarding,
            )
        )

    def unzoned(self) -> bool:
        """Some node of the county has no catchment row."""
        return len(np.unique(self.zones.node)) < self.residents

    def deal(self, sent: Shipments) -> Dealt:
        """Pupils by node, cell and school; school = number of schools + 1 for those who are unplaced."""
        pupils = self.cells.sum(axis=1)
        gone = np.concatenate([sent.node, self.inflow.node])
        placed = np.bincount(gone, weights=np.concatenate([sent.pupils, self.inflow.pupils]), minlength=len(pupils))
        every = np.arange(len(pupils))
        rest = shipments(every, np.full(len(pupils), self.schools + 1), pupils - placed.astype(np.int64))
        node = np.concatenate([gone, rest.node])
        order = np.argsort(node, kind="stable")
        school = np.concatenate([sent.school, self.inflow.school, rest.school])[order]
        together = np.concatenate([sent.pupils, self.inflow.pupils, rest.pupils])[order]
        return deal(self.cells, Shipments(node[order], school, together), self.phase)

    def roll(self, dealt: Dealt) -> Ints:
        """roll[school, grade] of what was dealt."""
        roll = np.zeros((self.schools, self.cells.shape[1] // self.groups), dtype=np.int64)
        here = dealt.school < self.schools
        np.add.at(roll, (dealt.school[here], dealt.cell[here] // self.groups), dealt.pupils[here])
        return roll


def lay_out(question: Question) -> StageYear:
    """Nodes = area × band of grades that the same schools teach × kind, with pupils; the outside nodes stand last."""
    bands, band_of_grade = np.unique(question.teaches, axis=1, return_inverse=True)
    in_band = band_of_grade[None, :] == np.arange(bands.shape[1])[:, None]
    of_kind = question.kind[None, :] == np.arange(question.kind.max() + 1)[:, None]
    # cells[band, kind, area, grade, group]: the pupils of the node, zero in other grades and groups
    cells = np.where(in_band[:, None, None, :, None] & of_kind[None, :, None, None, :], question.cells[None, None], 0)
    outside = len(question.cells) - 1
    band, kind, area = np.nonzero(cells.sum(axis=(3, 4)))
    order = np.lexsort((kind, area, band, area == outside))
    band, kind, area = band[order], kind[order], area[order]
    residents = int((area < outside).sum())
    node_of = np.full((len(in_band), outside + 1, len(of_kind)), -1)
    node_of[band[:residents], area[:residents], kind[:residents]] = np.arange(residents)
    phase = node_phase(area, band, kind)
    flat = cells[band, kind, area].reshape(len(band), question.cells.shape[1] * len(question.kind))
    inflow = _inflow(question, bands[:, band[residents:]], flat[residents:].sum(axis=1), phase[residents:])
    return StageYear(
        area=area, kind=kind, cells=flat, phase=phase, residents=residents,
        arcs=_arcs(question.ways, bands, node_of), zones=_zones(question.zones, bands, node_of),
        inflow=Shipments(inflow.node + residents, inflow.school, inflow.pupils), schools=len(bands),
        groups=len(question.kind), wants=_wants(question.wants, bands, node_of),
        bands=bands, band=band,
    )  # fmt: skip


def _arcs(ways: Ways, bands: NDArray[np.bool_], node_of: Ints) -> Arcs:
    """Ways of every node to schools that teach its band, sorted by node, minutes and school as the ways are."""
    band, row, kind = _rows(ways.area, ways.school, bands, node_of)
    node = node_of[band, ways.area[row], kind]
    order = np.argsort(node, kind="stable")
    return Arcs(node[order], ways.school[row[order]], ways.minutes[row[order]])


def _zones(rows: tuple[Ints, Ints, Floats], bands: NDArray[np.bool_], node_of: Ints) -> Zones:
    """Catchment rows by node, each school once; shares of repeated rows add up."""
    area, school, share = rows
    band, row, kind = _rows(area, school, bands, node_of)
    pair = node_of[band, area[row], kind] * len(bands) + school[row]
    pairs, first = np.unique(pair, return_inverse=True)
    given = ~np.isnan(share[row])
    total = np.bincount(first, weights=np.nan_to_num(share[row]), minlength=len(pairs))
    blank = np.bincount(first, weights=given, minlength=len(pairs)) == 0
    return Zones(pairs // len(bands), pairs % len(bands), np.where(blank, np.nan, total))


def _wants(found: Pattern | None, bands: NDArray[np.bool_], node_of: Ints) -> Wants | None:
    """The shares of an area among the schools that teach the node's band; nodes that want none of them have no rows."""
    if found is None:
        return None
    band, row, kind = _rows(found.area, found.school, bands, node_of)
    node = node_of[band, found.area[row], kind]
    order = np.argsort(node, kind="stable")
    node, row = node[order], row[order]
    share = found.share[row]
    return Wants(node, found.school[row], share / np.bincount(node, weights=share, minlength=1)[node])


def _rows(area: Ints, school: Ints, bands: NDArray[np.bool_], node_of: Ints) -> tuple[Ints, Ints, Ints]:
    """(band, row, kind) of the rows (area, school) that serve a node."""
    band, row, kind = np.nonzero(bands.T[:, school][:, :, None] & (node_of[:, area] >= 0))
    return band, row, kind


def _inflow(question: Question, teaches: NDArray[np.bool_], pupils: Ints, phase: Floats) -> Shipments:
    """Pupils from outside, by band, in proportion to the weights.

    teaches[school, band], pupils[band]; a band that no school teaches stays unplaced.
    """
    weight = np.zeros(teaches.T.shape)
    for source in question.inflow_weight:
        weight = np.where(weight.sum(axis=1, keepdims=True) > 0, weight, teaches.T * source)
    band, school = np.nonzero(weight)
    expected = pupils[band] * weight[band, school] / weight.sum(axis=1)[band]
    return shipments(band, school, whole_by_group(expected, band, phase))
