"""Classes formed from rolls, within the rooms."""

from __future__ import annotations

import numpy as np

from placesim.records import Floats, Ints
from placesim.vocabulary import DESIGN


def classes_wanted(roll: Ints, design: Floats) -> Ints:
    """classes[unit, grade] = ⌈roll ÷ design size⌉, one at least for a grade with pupils.

    roll[unit, grade], design[unit].
    """
    size = design[:, None]
    wanted = np.ceil(np.divide(roll, size, out=np.zeros(roll.shape), where=size > 0) - 1e-9).astype(np.int64)
    return np.maximum(wanted, roll > 0)


def form_classes(roll: Ints, class_size: Floats, rooms: Ints) -> Ints:
    """classes[unit, grade] of one stage, a unit being a school in a year.

    roll[unit, grade] pupils; class_size[unit, level]; rooms[unit] of the stage, −1 where not known. Wanted are
    ⌈roll ÷ design size⌉ classes in each grade. Where rooms are fewer, they go one by one to the grade whose classes are
    largest, which makes the largest class as small as it can be. Each grade with pupils is counted as one class even
    where grades outnumber rooms and would be taught together: the rooms then say so.
    """
    wanted, classes = classes_wanted(roll, class_size[:, DESIGN]), (roll > 0).astype(np.int64)
    enough = (rooms < 0) | (wanted.sum(axis=1) <= rooms)
    classes[enough] = wanted[enough]
    short = np.flatnonzero(~enough)
    left = rooms[short] - classes[short].sum(axis=1)
    while (more := left > 0).any():
        short, left = short[more], left[more]
        largest = (roll[short] / np.maximum(classes[short], 1)).argmax(axis=1)
        classes[short, largest] += 1
        left = left - 1
    return classes
