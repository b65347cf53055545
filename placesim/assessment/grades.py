"""Measures of single grades: what rules for entrants and for named grades are judged by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.assessment.classes import class_cubes, ratio
from placesim.records import Inputs, Results
from placesim.standards.pack import Pack


def grade_measures(results: Results, inputs: Inputs, pack: Pack, sections: pd.DataFrame) -> pd.DataFrame:
    """One row per school, stage, year and grade taught: school_id, stage, year, grade, entered, area_type, complete and
    the metrics of classes, in the order of the sections and grades.

    entered: the year in which the cohort of the grade entered the stage, had nobody repeated or skipped a grade.
    """
    places, allocation = results.places, results.allocation
    stages = places.stages
    cubes = class_cubes(allocation, inputs.frame("enrolment"), pack)
    at = np.nonzero(places.serves)
    school, grade, year = at
    stage = stages.stage_of_grade[grade]
    since = np.concatenate([np.arange(count) for count in np.bincount(stages.stage_of_grade)])
    years = np.array(allocation.years, dtype=np.int64)[year]
    table = pd.DataFrame(
        {
            "school_id": np.array(places.ids, dtype=object)[school],
            "stage": np.array(stages.ids, dtype=object)[stage],
            "year": years,
            "grade": np.array(stages.grades, dtype=object)[grade],
            "entered": years - since[grade],
            "roll": allocation.roll[at],
            "classes": cubes.classes[at],
            "class_size": ratio(cubes.pupils, cubes.classes)[at],
            "class_size_max": cubes.largest[at],
            "large_classes": cubes.large[at],
            "super_large_classes": cubes.super_large[at],
            "large_class_share": ratio(cubes.large, cubes.classes)[at],
        }
    )
    keys = ["school_id", "stage", "year"]
    return sections[[*keys, "area_type", "complete"]].merge(table, on=keys)
