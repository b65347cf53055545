"""Classes and their sizes: as the county counted them in the base year, as formed in the years that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.records import Allocation, Stages
from placesim.standards.pack import Pack

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = ("classes_to_45", "classes_46_55", "classes_56_65", "classes_66_up")
_BIN_FROM = np.array([0.0, 46.0, 56.0, 66.0])  # the smallest class each bin can hold
_LARGE_BIN, _SUPER_LARGE_BIN = 56.0, 66.0
NO_PUPILS, BY_BINS, BY_AVERAGE, FORMED = range(-1, 3)  # FORMED is the weakest knowledge


@dataclass(frozen=True)
class Classes:
    """Cubes [school, grade, year]: pupils in classes, classes, the largest one, large and super-large ones, basis."""

    pupils: Floats
    classes: Floats
    largest: Floats
    large: Floats
    super_large: Floats
    basis: Ints


def class_measures(allocation: Allocation, enrolment: pd.DataFrame, pack: Pack) -> dict[str, NDArray[Any]]:
    """Cubes [school, stage, year] of the class metrics and `class_basis` (a code)."""
    stages, cubes = allocation.stages, class_cubes(allocation, enrolment, pack)
    starts = stage_starts(stages)
    classes, large = by_stage(cubes.classes, stages), by_stage(cubes.large, stages)
    return {
        "classes": classes,
        "class_size": ratio(by_stage(cubes.pupils, stages), classes),
        "class_size_max": np.fmax.reduceat(cubes.largest, starts, axis=1),
        "large_classes": large,
        "super_large_classes": by_stage(cubes.super_large, stages),
        "large_class_share": ratio(large, classes),
        "class_basis": np.maximum.reduceat(cubes.basis, starts, axis=1),
    }


def class_cubes(allocation: Allocation, enrolment: pd.DataFrame, pack: Pack) -> Classes:
    """The classes of every school, grade and year.

    In years after the base year, and where the county counts no classes, a grade's classes are those formed by the
    allocation and all of them have the grade's average size; with class-size bins, large classes are counted from them.
    """
    return _with_observed(_formed(allocation, pack), allocation, enrolment, pack)


def stage_starts(stages: Stages) -> Ints:
    """Position of the first grade of each stage."""
    return np.flatnonzero(np.diff(stages.stage_of_grade, prepend=-1)).astype(np.int64)


def by_stage(cube: NDArray[Any], stages: Stages) -> Floats:
    """cube[school, grade, year] summed to [school, stage, year]."""
    return np.add.reduceat(cube.astype(float), stage_starts(stages), axis=1)


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    """above ÷ below, NaN where nothing is below."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)


def observed(enrolment: pd.DataFrame, allocation: Allocation) -> Mapping[str, Floats]:
    """[school, grade] in the base year: `pupils`, `classes` and the bins of the table; NaN where it has no row."""
    rows = enrolment[enrolment["year"] == allocation.years[0]]
    school = pd.Index(allocation.schools[:-1]).get_indexer(pd.Index(rows["school_id"]))
    grade = pd.Index(allocation.stages.grades).get_indexer(pd.Index(rows["grade"]))
    known = (school >= 0) & (grade >= 0)
    tables = {}
    for column in ("pupils", "classes", *BINS):
        tables[column] = np.full((len(allocation.schools) - 1, len(allocation.stages.grades)), np.nan)
        if column in rows:
            values = rows[column].to_numpy(dtype=float, na_value=np.nan)
            tables[column][school[known], grade[known]] = values[known]
    return tables


def _formed(allocation: Allocation, pack: Pack) -> Classes:
    pupils, classes = allocation.roll.astype(float), allocation.classes.astype(float)
    size = ratio(pupils, classes)
    large, super_large = (_at_least(size, classes, limit[:, None]) for limit in _limits(allocation.stages, pack))
    basis = np.where(pupils > 0, FORMED, NO_PUPILS)
    return Classes(pupils, classes, size, large, super_large, basis)


def _with_observed(formed: Classes, allocation: Allocation, enrolment: pd.DataFrame, pack: Pack) -> Classes:
    """The formed classes with those of the base year replaced where the county counted them."""
    seen = observed(enrolment, allocation)
    bins = np.stack([seen[b] for b in BINS], axis=-1)
    binned = np.nansum(bins, axis=-1) > 0
    classes = np.where(binned, np.nansum(bins, axis=-1), seen["classes"])
    known = (classes > 0) & (seen["pupils"] > 0)
    size = ratio(seen["pupils"], np.where(known, classes, 0.0))
    top = np.where(bins > 0, _BIN_FROM, 0.0).max(axis=-1)
    large_limit, super_limit = _limits(allocation.stages, pack)
    large = np.where(
        binned & (large_limit == _LARGE_BIN), np.nansum(bins[..., 2:], axis=-1), _at_least(size, classes, large_limit)
    )
    super_large = np.where(
        binned & (super_limit == _SUPER_LARGE_BIN), np.nansum(bins[..., 3:], axis=-1),
        _at_least(size, classes, super_limit),
    )  # fmt: skip
    return Classes(
        _base_year(formed.pupils, seen["pupils"], known),
        _base_year(formed.classes, classes, known),
        _base_year(formed.largest, np.where(binned, np.fmax(size, top), size), known),
        _base_year(formed.large, large, known),
        _base_year(formed.super_large, super_large, known),
        _base_year(formed.basis, np.where(binned, BY_BINS, BY_AVERAGE), known),
    )


def _base_year(cube: NDArray[Any], seen: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[Any]:
    replaced = cube.copy()
    replaced[..., 0] = np.where(known, seen, cube[..., 0])
    return replaced


def _limits(stages: Stages, pack: Pack) -> tuple[Floats, Floats]:
    """By grade: from how many pupils a class is large, and super-large; NaN where the pack does not say."""
    norms = {key: [pack.norm(s, key) for s in stages.ids] for key in ("large_class", "super_large_class")}
    large, super_large = (np.array([n.value if n else np.nan for n in of_stage]) for of_stage in norms.values())
    return large[stages.stage_of_grade], super_large[stages.stage_of_grade]


def _at_least(size: Floats, classes: Floats, limit: Floats) -> Floats:
    """The classes of a grade if their size reaches the limit, else 0; NaN without a limit."""
    counted = np.where(size >= limit, classes, 0.0)
    return np.where(np.isnan(limit), np.nan, counted)
