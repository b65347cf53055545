"""What the evaluation measures of the county as a whole, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from quality_county import case_of, reported
from toy_county import County, counted, row_of

from placesim.assessment.quality.case import Case
from placesim.assessment.quality.county import county_metrics

COUNTY = County(flows=[(2025, "A", "S1", "G1", 400), (2025, "A", "S1", "G7", 300)])
BOTH = "primary+junior"

# metric, what the county reports, value by hand
SHARES = [
    ("special_funds_per_pupil", {"special_funds": 396_000, "special_pupils": 60}, 6600.0),
    ("training_hours", {"hours_of_training": 432_000, "teachers_trained": 1200}, 360.0),
    ("rotation_share", {"eligible_teachers": 960, "rotated_teachers": 108}, 0.1125),
    ("rotation_backbone_share", {"rotated_teachers": 100, "rotated_backbone": 19}, 0.19),
    ("quota_share", {"quota_places": 640, "quality_senior_places": 1280}, 0.5),
    (
        "migrant_public_share",
        {"migrants_in_public": 700, "migrants_in_purchased": 65, "migrant_children": 900},
        0.85,
    ),
    ("disabled_enrolment", {"disabled_enrolled": 114, "disabled_children": 120}, 0.95),
    ("training_fund_share", {"training_funds": 612_000, "public_funds": 15_300_000}, 0.04),
    ("satisfaction", {"satisfied": 873, "asked": 1000}, 0.873),
]


def value(case: Case, metric: str, stage: str = BOTH, year: int = 2025) -> float:
    return float(row_of(county_metrics(case), stage=stage, year=year)[metric])


@pytest.mark.parametrize(("metric", "counts", "expected"), SHARES, ids=lambda x: x if isinstance(x, str) else "")
def test_shares_of_reported_counts(metric: str, counts: dict[str, float], expected: float) -> None:
    rows = [reported(name, count) for name, count in counts.items()]
    assert value(case_of(COUNTY, {"indicators": rows}), metric) == pytest.approx(expected)
    assert np.isnan(value(case_of(COUNTY, {"indicators": rows[:-1]}), metric))  # a count is lacking: not zero
    assert value(case_of(COUNTY, {"indicators": [reported(metric, 0.5)]}), metric) == 0.5  # reported as it is


def test_a_share_of_nothing_has_no_value() -> None:
    rows = [reported("disabled_enrolled", 0), reported("disabled_children", 0)]
    assert np.isnan(value(case_of(COUNTY, {"indicators": rows}), "disabled_enrolment"))


def test_reports_hold_until_a_later_year() -> None:
    county = County(flows=[(y, "A", "S1", "G1", 400) for y in (2025, 2026, 2027)], years=(2025, 2026, 2027))
    rows = [reported("satisfaction", 0.8, year=2024), reported("satisfaction", 0.9, year=2027)]
    case = case_of(county, {"indicators": rows})
    assert [value(case, "satisfaction", year=y) for y in (2025, 2026, 2027)] == [0.8, 0.8, 0.9]


def test_other_counties_are_not_this_one() -> None:
    other = {"county": "there", "own": False}
    case = case_of(COUNTY, {"indicators": [reported("satisfaction", 0.8), reported("quota_share", 0.6, **other)]})
    assert value(case, "satisfaction") == 0.8
    assert np.isnan(value(case, "quota_share"))
    alone = case_of(COUNTY, {"indicators": [reported("satisfaction", 0.8, own=None)]})
    assert value(alone, "satisfaction") == 0.8  # one county only: nothing to tell apart


def test_certified_teachers() -> None:
    """45 of 40 in post and 10 on contract: 0.9. A row that does not say who is certified is not counted."""

    def staff(subject: str, **more: float) -> dict[str, object]:
        return {"school_id": "S1", "stage": "primary", "subject": subject, "year": 2025, **more}

    rows = [
        staff("maths", in_post=30, contract=10, certified=36),
        staff("music", in_post=10, certified=9),
        staff("PE", in_post=5),
    ]
    case = case_of(COUNTY, {"staff": rows})
    assert value(case, "certified_share", "primary") == pytest.approx(0.9)
    assert np.isnan(value(case, "certified_share", "junior"))


# The toy's primary has the grades G1 and G4: who is in G4 in 2025 was in G1 in 2024.
ROLLS = [counted("S1", "G1", 100) | {"year": 2024}, counted("S1", "G4", 95)]
MOVED = [reported(name, n, "primary") for name, n in (("transfers_in", 6), ("transfers_out", 5), ("deaths", 1))]


def test_retention_by_hand() -> None:
    """95 in the last grade of 100 who entered + 6 in − 5 out − 1 death: 0.95."""
    case = case_of(COUNTY, {"enrolment": ROLLS, "indicators": MOVED})
    assert value(case, "retention_3", "primary") == 0.95
    for lacking in ({"enrolment": ROLLS, "indicators": MOVED[1:]}, {"enrolment": ROLLS[1:], "indicators": MOVED}):
        assert np.isnan(value(case_of(COUNTY, lacking), "retention_3", "primary"))


def test_retention_of_a_later_year_takes_the_pupils_of_the_run() -> None:
    county = County(
        flows=[(2025, "A", "S1", "G1", 90), (2026, "A", "S1", "G4", 88), (2026, "A", "S1", "G1", 70)],
        years=(2025, 2026),
    )
    case = case_of(county, {"indicators": [{**row, "year": 2026} for row in MOVED]})
    assert value(case, "retention_3", "primary", 2026) == round(88 / 90, 4)  # 90 + 6 − 5 − 1
    assert np.isnan(value(case, "retention_3", "primary", 2025))  # nobody reported 2025


ZONES = pd.DataFrame(
    [("A", "S2", "primary", np.nan, np.nan, np.nan), ("B", "S2", "primary", np.nan, 2026.0, np.nan)],
    columns=["area_id", "school_id", "stage", "share", "valid_from", "valid_to"],
)
FLOWS = [(y, area, "S2", grade, n) for y in (2025, 2026) for area, grade, n in
         (("A", "G1", 60), ("B", "G1", 40), ("B", "G4", 500), ("outside", "G1", 20))]  # fmt: skip


def zoned(**facts: object) -> float:
    """nearby_share of primary in 2025; S2 lies in a town, S1 in a village."""
    county = County(flows=[*FLOWS, (2025, "B", "S1", "G1", 900)], years=(2025, 2026))
    case = case_of(county, {})
    schools = case.results.places.schools.assign(**facts)
    places = replace(case.results.places, schools=gpd.GeoDataFrame(schools), catchments=ZONES)
    return value(replace(case, results=replace(case.results, places=places)), "nearby_share", "primary")


def test_entrants_from_the_zone_by_hand() -> None:
    """In 2025 only A names S2: 60 of its 120 entrants. Village schools and higher grades do not count."""
    assert zoned() == 0.5
    assert zoned(sector=["private", "public"], beds=[0.0, 0.0]) == 0.5


def test_private_and_boarding_schools_do_not_count() -> None:
    assert np.isnan(zoned(sector=["public", "private"]))
    assert np.isnan(zoned(beds=[np.nan, 80.0]))


def test_zones_count_in_their_years() -> None:
    """From 2026 on B names S2 too: 100 of 120."""
    county = County(flows=FLOWS, years=(2025, 2026))
    case = case_of(county, {})
    results = replace(case.results, places=replace(case.results.places, catchments=ZONES))
    assert value(replace(case, results=results), "nearby_share", "primary", 2026) == round(100 / 120, 4)
    assert np.isnan(value(replace(case, results=results), "nearby_share", "junior", 2026))
    assert np.isnan(value(case, "nearby_share", "primary", 2026))  # no catchments
