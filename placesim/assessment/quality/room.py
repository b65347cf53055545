"""The quality balance of a run: its tables, and the measures its rules are held against."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from placesim.assessment.quality.between import balance
from placesim.assessment.quality.case import Case
from placesim.assessment.quality.county import county_metrics
from placesim.assessment.quality.frames import frames
from placesim.assessment.quality.grounds import physical_education, shared_grounds
from placesim.assessment.quality.lacks import as_tokens, lacks
from placesim.assessment.quality.ledger import ledger
from placesim.assessment.quality.others import county_gap
from placesim.assessment.quality.paths import quality_places, weak_schools
from placesim.assessment.quality.schools import amounts_of, indicators
from placesim.assessment.quality.verdicts import verdicts
from placesim.assessment.quality.words import (
    BALANCE,
    COUNTY_GAP,
    LEDGER,
    PHYSICAL,
    QUALITY,
    QUALITY_PLACES,
    SHARED,
    TESTS,
    WEAK,
)
from placesim.assessment.told import Told

TABLES: Mapping[str, tuple[str, ...]] = {
    "quality": QUALITY, "balance": BALANCE, "quality_tests": TESTS, "ledger": LEDGER, "weak_schools": WEAK,
    "quality_places": QUALITY_PLACES, "physical_education": PHYSICAL, "shared_grounds": SHARED,
    "county_gap": COUNTY_GAP,
}  # fmt: skip


def quality_balance(case: Case) -> tuple[Told, Mapping[str, pd.DataFrame]]:
    """What the room says, and the measures with those of the evaluation beside, for the pack's rules.

    Without a rule on a resource indicator in the pack there is no such evaluation: every table is empty and nothing is
    missing. Every unit of count in which the pack states indicators is evaluated.
    """
    if not case.units or not case.stages:
        return Told({name: pd.DataFrame(columns=list(columns)) for name, columns in TABLES.items()}), {
            **case.measures,
            "stage_section": case.measures["school"],
        }
    amounts = {unit: amounts_of(case, unit) for unit in dict.fromkeys(("stage_section", *case.units))}
    quality = pd.concat([indicators(case, amounts[unit]) for unit in case.units], ignore_index=True)
    parts = [balance(case, amounts[unit]) for unit in case.units]
    between = pd.concat([table for table, _ in parts], ignore_index=True)
    county = county_metrics(case)
    measured = frames(case, quality, between, county)
    missing = tuple(lacks(case))
    book = ledger(case, measured["stage_section"], parts[0][1])
    tables = {
        "quality": quality,
        "balance": between,
        "quality_tests": verdicts(case, measured, as_tokens(missing)),
        "ledger": book,
        "weak_schools": weak_schools(case, quality, book),
        "quality_places": quality_places(case, quality),
        "physical_education": physical_education(case),
        "shared_grounds": shared_grounds(case, amounts["stage_section"]),
        "county_gap": county_gap(case, between, county),
    }
    return Told(tables, missing), measured
