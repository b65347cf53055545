"""Measures of school sections: one row per school, stage and year in which the stage is taught."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.assessment.classes import by_stage, class_measures, observed, ratio, stage_starts
from placesim.records import Floats, Inputs, Results, require
from placesim.standards.pack import Pack
from placesim.vocabulary import BINDINGS, CAP, CLASS_BASES, DESIGN, EMERGENCY

COUNTS = (
    "roll",
    "inflow",
    "rooms",
    "places_design",
    "places_cap",
    "places_emergency",
    "unfilled",
    "over_design",
    "excess",
)


def section_measures(results: Results, inputs: Inputs, pack: Pack, located: pd.DataFrame) -> pd.DataFrame:
    """school_id, stage, year, area_id, planning_area, area_type, complete, binding, class_basis and the metrics of
    rolls, places and classes; rows in the order of the schools, stages and years.

    utilisation = roll ÷ design places · unfilled = max(0, design places − roll) · over_design =
    max(0, roll − design places) · excess = max(0, roll − cap places) ·
    residual = roll − actual roll (base year). Shares of nothing are NaN.
    """
    places, allocation = results.places, results.allocation
    taught = np.add.reduceat(places.serves.astype(int), stage_starts(places.stages), axis=1)
    grades = np.bincount(places.stages.stage_of_grade)[:, None]
    cubes = _rolls(results, inputs) | class_measures(allocation, inputs.frame("enrolment"), pack)
    require((cubes["roll"][taught == 0] == 0).all(), "Assessment: pupils at a closed stage")
    at = np.nonzero(taught)
    school, stage, year = at
    facts = {
        "school_id": np.array(places.ids, dtype=object)[school],
        "stage": np.array(places.stages.ids, dtype=object)[stage],
        "year": np.array(allocation.years, dtype=np.int64)[year],
        **{c: located[c].to_numpy()[school] for c in ("area_id", "planning_area", "area_type")},
        "complete": (taught == grades)[at],
        "binding": np.array(BINDINGS, dtype=object)[places.binding[at]],
        "class_basis": np.array([*CLASS_BASES, CLASS_BASES[-1]], dtype=object)[cubes.pop("class_basis")[at]],
    }
    return _typed(pd.DataFrame(facts | {name: cube[at] for name, cube in cubes.items()}))


def _rolls(results: Results, inputs: Inputs) -> dict[str, NDArray[Any]]:
    """Cubes [school, stage, year] of rolls and places."""
    allocation, stages = results.allocation, results.places.stages
    roll, places = by_stage(allocation.roll, stages), allocation.stage_places
    design = places[..., DESIGN]
    unfilled = np.maximum(0, design - roll)
    actual = np.full(roll.shape, np.nan)
    actual[..., 0] = _actual(inputs, results)
    return {
        "roll": roll,
        "roll_actual": actual,
        "residual": roll - actual,
        "inflow": by_stage(allocation.inflow, stages),
        "rooms": allocation.stage_rooms,
        "places_design": design,
        "places_cap": places[..., CAP],
        "places_emergency": places[..., EMERGENCY],
        "utilisation": ratio(roll, design),
        "unfilled": unfilled,
        "unfilled_share": ratio(unfilled, design),
        "over_design": np.maximum(0, roll - design),
        "excess": np.maximum(0, roll - places[..., CAP]),
    }


def _actual(inputs: Inputs, results: Results) -> Floats:
    """Pupils on the books in the base year [school, stage], NaN where the table has no row."""
    pupils = observed(inputs.frame("enrolment"), results.allocation)["pupils"]
    starts = stage_starts(results.places.stages)
    known = np.logical_or.reduceat(~np.isnan(pupils), starts, axis=1)
    return np.where(known, np.add.reduceat(np.nan_to_num(pupils), starts, axis=1), np.nan)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(COUNTS, "int64"))
