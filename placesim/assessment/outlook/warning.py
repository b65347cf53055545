"""Early warning: red, amber, green (and blue for empty places) by stage and planning area in three, five, ten years."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from placesim.assessment.chances import rolls_by_draw
from placesim.assessment.location import locate
from placesim.records import Inputs, Results
from placesim.vocabulary import DESIGN, EMERGENCY

HORIZONS: Final = (0, 3, 5, 10)  # years after the base year
COLOURS: Final = ("red", "amber", "blue", "green")  # the first whose rule is broken; green where none is
EARLY_WARNING: Final = (
    "planning_area", "stage", "horizon", "year", "colour", "need", "places_design", "places_emergency", "pressure",
    "unplaced", "unfilled", "chance_over_design", "chance_over_emergency", "rule_id", "document", "document_en",
    "clause", "confidence",
)  # fmt: skip
_CITED: Final = ["rule_id", "document", "document_en", "clause", "confidence"]


def early_warning(results: Results, inputs: Inputs, areas: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """One row per horizon inside the run, planning area and stage with places or pupils who need one there.

    areas: measures by planning area · findings: those of the pack, whose rules `warning-red`, `warning-amber` and
    `warning-blue` give the colours; a county changes them in its own pack. chance_…: share of the sampled futures with
    more pupils than places, NaN without futures.
    """
    first = results.allocation.years[0]
    rows = areas.assign(horizon=areas["year"] - first)
    asked = (rows["need"] > 0) | (rows["places_design"] > 0)
    rows = rows[rows["horizon"].isin(HORIZONS) & asked].reset_index(drop=True)
    keys = ["planning_area", "stage", "year"]
    rows = rows.join(_colours(rows[keys], findings))
    rows = rows.merge(_chances(results, inputs), on=keys, how="left")
    return rows[list(EARLY_WARNING)]


def _colours(rows: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """colour of each row, and the rule that gives it."""
    found = rows.assign(colour="green", **dict.fromkeys(_CITED, None))
    for colour in reversed(COLOURS[:-1]):
        broken = findings[(findings["unit"] == "planning_area") & (findings["rule_id"] == f"warning-{colour}")]
        cited = broken.set_index(["id", "stage", "year"])[_CITED]
        at = pd.MultiIndex.from_frame(rows)
        hit = at.isin(cited.index)
        found.loc[hit, "colour"] = colour
        found.loc[hit, _CITED] = cited.reindex(at[hit]).to_numpy()
    return found[["colour", *_CITED]]


def _chances(results: Results, inputs: Inputs) -> pd.DataFrame:
    """chance_over_design, chance_over_emergency by planning area, stage and year; no rows without futures."""
    allocation, judged = results.allocation, {"chance_over_design": DESIGN, "chance_over_emergency": EMERGENCY}
    at = pd.MultiIndex.from_product([allocation.years, allocation.stages.ids], names=["year", "stage"])
    nowhere = at.to_frame(index=False).iloc[:0].assign(planning_area=None, **dict.fromkeys(judged, np.nan))
    if results.draws is None:
        return nowhere
    lies = locate(results.places.schools, inputs.areas, inputs.frame("planning_areas"))["planning_area"]
    rolls = rolls_by_draw(results, inputs)  # [draw, school, year, stage]
    places = np.moveaxis(allocation.stage_places, 1, 2)  # [school, year, stage, level]
    tables = []
    for name in sorted(lies.dropna().unique()):
        there = (lies == name).to_numpy()
        pupils, held = rolls[:, there].sum(axis=1), places[there].sum(axis=0)
        chances = {c: (pupils > held[..., level]).mean(axis=0).ravel() for c, level in judged.items()}
        tables.append(at.to_frame(index=False).assign(planning_area=name, **chances))
    return pd.concat(tables, ignore_index=True) if tables else nowhere
