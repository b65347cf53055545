"""The measures of every unit with those of the evaluation beside: what its rules are held against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from placesim.assessment.classes import ratio
from placesim.assessment.quality.between import as_measures
from placesim.assessment.quality.case import SECTION, Case
from placesim.assessment.quality.county import KEY
from placesim.assessment.quality.schools import METRICS
from placesim.assessment.rounding import as_written
from placesim.standards.evaluate import ID_COLUMNS

JUDGED = [*METRICS, "indicators_met", "indicator_share_min"]


def frames(
    case: Case, quality: pd.DataFrame, balance: pd.DataFrame, county: pd.DataFrame
) -> Mapping[str, pd.DataFrame]:
    """Unit of count → its measures with the columns of the evaluation, and `excluded`.

    Of a school that is not evaluated the seven indicators are NaN; `indicators_met` is so too where one of them is not
    known. The county's coefficients are those of the first unit of count in which the pack states indicators; stages
    taken together stand in rows of their own.
    """
    found = dict(case.measures) | {"stage_section": _sections(case)}
    for unit in case.units:
        own = _own(quality[quality["unit"] == unit], unit)
        keys = [ID_COLUMNS[unit], *KEY]
        found[unit] = found[unit].merge(own, on=keys, how="left" if unit == "stage_section" else "outer")
    cvs = pd.DataFrame(dict(as_measures(balance, case.units[0]))) if len(balance) else pd.DataFrame()
    own_county = county.join(cvs, on=KEY) if len(cvs) else county
    found["county"] = case.measures["county"].merge(
        own_county.assign(county="county"), on=["county", *KEY], how="outer"
    )
    return found


def _own(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    own = rows[[*KEY, "excluded", *JUDGED]].assign(**{ID_COLUMNS[unit]: rows["id"]})
    own[JUDGED] = own[JUDGED].astype(float).where(own["excluded"].isna())
    own["indicators_met"] = own["indicators_met"].where(own["indicator_share_min"].notna())
    return own


def _sections(case: Case) -> pd.DataFrame:
    """The school measures with the special rooms and lessons of the stages that are evaluated.

    rooms per 12 classes = rooms × 12 ÷ classes; area: that of the smallest room; lessons per class and week.
    """
    sections, resources = case.sections(), case.resources()
    classes = sections["classes"].to_numpy(dtype=float)
    given = {c: resources[c].to_numpy(dtype=float) for c in ("music_room_area", "art_room_area", "pe_lessons")}
    per_12 = {
        f"{kind}_per_12": ratio(resources[kind].to_numpy(dtype=float) * 12, classes)
        for kind in ("music_rooms", "art_rooms")
    }
    taught = sections["roll"].to_numpy() > 0
    own = sections[SECTION].assign(**{c: np.where(taught, v, np.nan) for c, v in (given | per_12).items()})
    running = case.measures["school"]
    return running.merge(as_written(own), on=SECTION, how="left")
