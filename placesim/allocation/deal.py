"""From pupils of a node to grades and groups: every school gets its number, every cell is used up, evenly mixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placesim.allocation.problem import Shipments
from placesim.records import Floats, Ints


@dataclass(frozen=True)
class Dealt:
    """pupils[row] of cell[row] of node[row] who go to school[row]."""

    node: Ints
    cell: Ints
    school: Ints
    pupils: Ints


def deal(cells: Ints, sent: Shipments, phase: Floats) -> Dealt:
    """Deal the pupils of cells[node, cell] to the schools their node sends them to.

    The pupils of a node stand in the order of the cells (grade by grade); school j takes its i-th pupil at (i + ½) ÷
    its number, so every stretch of the order is mixed in the proportion of the schools; phase[node] turns the round, so
    that no school takes the same grade of every area. Each node's shipments sum to its pupils.
    """
    alone = np.bincount(sent.node, minlength=len(cells))[sent.node] == 1
    single, several = _rows(sent, alone), _rows(sent, ~alone)
    parts = [_whole_nodes(cells, single), _mixed_nodes(cells, several, phase)]
    columns = (np.concatenate([getattr(p, c) for p in parts]) for c in ("node", "cell", "school", "pupils"))
    return Dealt(*columns)


def _rows(sent: Shipments, chosen: np.ndarray) -> Shipments:
    return Shipments(sent.node[chosen], sent.school[chosen], sent.pupils[chosen])


def _whole_nodes(cells: Ints, sent: Shipments) -> Dealt:
    """Nodes that send all their pupils to one school."""
    row, cell = np.nonzero(cells[sent.node])
    return Dealt(sent.node[row], cell, sent.school[row], cells[sent.node[row], cell])


def _mixed_nodes(cells: Ints, sent: Shipments, phase: Floats) -> Dealt:
    nodes = np.unique(sent.node)
    total = cells[nodes].sum(axis=1)
    cell = np.repeat(np.tile(np.arange(cells.shape[1]), len(nodes)), cells[nodes].ravel())
    row = np.repeat(np.arange(len(sent.node)), sent.pupils)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(sent.pupils) - sent.pupils, sent.pupils)
    turn = (nth + 0.5) / sent.pupils[row]
    row = row[np.lexsort((row, turn, sent.node[row]))]
    seat = _turned(total, np.floor(phase[nodes] * total).astype(np.int64))
    pairs, pupils = np.unique(row[seat] * cells.shape[1] + cell, return_counts=True)
    row, cell = np.divmod(pairs, cells.shape[1])
    return Dealt(sent.node[row], cell, sent.school[row], pupils)


def _turned(total: Ints, shift: Ints) -> Ints:
    """Positions 0 … n−1 in stretches of the given lengths, each stretch turned round by its shift."""
    start = np.repeat(np.cumsum(total) - total, total)
    within = np.arange(len(start)) - start
    return start + (within + np.repeat(shift, total)) % np.repeat(total, total)
