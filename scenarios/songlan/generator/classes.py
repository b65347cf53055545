"""How schools form classes, and the class-size bins of the annual return."""

from __future__ import annotations

import numpy as np

from .campuses import Campuses
from .facts import CLASS_SIZE, GRADE_STAGE, Ints, stream

BINS = (-np.inf, 45.5, 55.5, 65.5, np.inf)
UNEVEN = 1.6  # pupils by which classes of one grade differ


def form_classes(campuses: Campuses, rolls: Ints) -> Ints:
    """classes[campus, grade]: as few as the planned class size allows, fewer where the rooms do not suffice.

    Rooms are given out one by one to the grade whose classes would be the largest for their stage.
    """
    size = np.array([CLASS_SIZE[stage] for stage in GRADE_STAGE])
    wanted = np.ceil(rolls / size).astype(np.int64)
    classes = (rolls > 0).astype(np.int64)
    rooms = campuses.table["rooms"].to_numpy()
    while True:
        crowding = np.where(wanted > classes, rolls / np.maximum(classes, 1) / size, 0.0)
        row = np.flatnonzero((classes.sum(axis=1) < rooms) & (crowding.max(axis=1) > 0))
        if len(row) == 0:
            return classes
        classes[row, crowding.argmax(axis=1)[row]] += 1


def class_bins(rolls: Ints, classes: Ints, seed: int, year: int) -> Ints:
    """bins[campus, grade, (to 45, 46–55, 56–65, 66 and more)]; they sum to the classes."""
    rng = stream(seed, 1000 + year)
    bins = np.zeros((*rolls.shape, len(BINS) - 1), dtype=np.int64)
    for row, grade in np.argwhere(classes > 0):
        number = int(classes[row, grade])
        shift = rng.normal(0, UNEVEN, number)
        sizes = np.round(rolls[row, grade] / number + shift - shift.mean())
        bins[row, grade] = np.histogram(sizes, BINS)[0]
    return bins
