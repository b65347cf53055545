"""What a development is obliged to deliver, as rules measure it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.assessment.needs.homes import homes
from placesim.records import Inputs
from placesim.scenario.options import AssessmentOptions


def development_measures(inputs: Inputs, options: AssessmentOptions) -> pd.DataFrame:
    """One row per development and stage: development_id, stage, year (of its last completion), planning_area,
    area_type, dwellings, residents (planned), classes_obliged, places_obliged, places_per_dwelling.

    classes_obliged: those of the table `obligations`, or its places ÷ design class size; 0 where it names no school of
    the stage; NaN where the county gives no such table.
    """
    table = homes(inputs)
    facts = inputs.areas.set_index("area_id")
    kind = facts["area_type"] if "area_type" in facts else pd.Series(dtype=object)
    stages = pd.DataFrame({"stage": list(options.stages.ids)})
    rows = table.assign(area_type=table["area_id"].map(kind)).merge(stages, how="cross")
    rows = rows.merge(_agreed(inputs, options), on=["development_id", "stage"], how="left")
    if inputs.has("obligations"):
        rows[["classes_obliged", "places_obliged"]] = rows[["classes_obliged", "places_obliged"]].fillna(0.0)
    rows = rows.rename(columns={"last_completed": "year", "persons": "residents"})
    rows["year"] = rows["year"].astype("int64")
    rows["residents"] = rows["residents"].round(1)
    rows["places_per_dwelling"] = rows["places_obliged"] / rows["dwellings"]
    return rows


def _agreed(inputs: Inputs, options: AssessmentOptions) -> pd.DataFrame:
    """classes_obliged and places_obliged of the rows of `obligations`, the one from the other where one is blank."""
    keys = ["development_id", "stage"]
    table = inputs.frame("obligations")
    if not len(table):
        return pd.DataFrame(columns=[*keys, "classes_obliged", "places_obliged"]).astype(
            {"classes_obliged": "float64", "places_obliged": "float64"}
        )
    size = table["stage"].map({s: n.class_size_design for s, n in options.norms.items()}).astype(float)
    classes, places = (_numbers(table, c) for c in ("classes", "places"))
    return table[keys].assign(
        classes_obliged=classes.where(classes.notna(), np.ceil(places / size)),
        places_obliged=places.where(places.notna(), classes * size),
    )


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table:
        return pd.Series(np.nan, index=table.index)
    return pd.to_numeric(table[column]).astype(float)
