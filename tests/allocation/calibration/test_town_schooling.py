"""Village children at town schools: hold, trend and reverse, and the slope that a trend is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import squares
from toy_run import Toy

from placesim.allocation.calibration import TownSchooling, town_schooling
from placesim.allocation.calibration.town_schooling import RURAL, area_types, slope
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import AREA_TYPES

URBAN, TOWN = (AREA_TYPES.index(kind) for kind in ("urban", "town"))
PULL = np.array([2.0, 0.5, 0.0, 1.5])  # an urban, a rural, an empty rural and a typeless school
KINDS = area_types(["urban", "rural", "rural", None])
ORIGINS = area_types(["urban", "town", "rural", None])


def schooling(mode: str, years: int = 10, change: float = 0.1) -> TownSchooling:
    return TownSchooling(ORIGINS, KINDS, mode, years, np.array([change]))


def test_hold_is_as_fitted_for_every_home_in_every_year() -> None:
    for t in (0, 3, 99):
        found = schooling("hold").attraction(PULL, 0, t)
        assert (found[ORIGINS] == PULL).all()


def test_trend_changes_the_odds_of_town_schools_for_village_homes_alone() -> None:
    found = schooling("trend", 5, 0.1).attraction(PULL, 0, 3)
    assert found[RURAL] == pytest.approx([2 * np.exp(0.3), 0.5, 0.0, 1.5])
    for origin in (URBAN, TOWN, len(AREA_TYPES)):
        assert found[origin].tolist() == PULL.tolist()
    ended = [schooling("trend", 5, 0.1).attraction(PULL, 0, t)[RURAL] for t in (5, 6, 40)]
    assert ended[0].tolist() == ended[1].tolist() == ended[2].tolist()
    assert ended[0][0] == pytest.approx(2 * np.exp(0.5))


def test_reverse_ends_with_schools_that_are_all_alike() -> None:
    half, end, after = (schooling("reverse", 4).attraction(PULL, 0, t) for t in (2, 4, 9))
    assert half[RURAL] == pytest.approx([2**0.5, 0.5**0.5, 1e-3, 1.5**0.5])
    assert end[RURAL].tolist() == after[RURAL].tolist() == [1, 1, 1, 1]
    assert end[URBAN].tolist() == PULL.tolist()


@pytest.mark.parametrize("mode", ["hold", "trend", "reverse"])
def test_the_base_year_is_as_fitted_and_nothing_is_changed(mode: str) -> None:
    pull = PULL.copy()
    assert schooling(mode).attraction(pull, 0, 0)[RURAL] == pytest.approx(PULL, abs=1e-6)
    schooling(mode).attraction(pull, 0, 5)
    assert pull.tolist() == PULL.tolist()


def test_a_county_without_villages() -> None:
    only_towns = TownSchooling(area_types(["urban", "town"]), KINDS, "reverse", 5, np.zeros(1))
    assert only_towns.attraction(PULL, 0, 5)[URBAN].tolist() == PULL.tolist()


def test_the_slope_of_the_odds_by_hand() -> None:
    years = np.array([2020.0, 2021.0, 2022.0])
    pupils = np.array([[100, 100], [200, 100], [400, 100]], dtype=float)
    assert slope(years, pupils) == pytest.approx(np.log(2))
    # log odds 0, 0.3, 0.3: least squares = (0.3 − 0) ÷ 2
    uneven = np.array([[100, 100], [100 * np.exp(0.3), 100], [100, 100 * np.exp(-0.3)]])
    assert slope(years, uneven) == pytest.approx(0.15)


def test_too_few_years_tell_no_slope() -> None:
    pupils = np.array([[100, 100], [200, 100], [400, 0], [0, 5]], dtype=float)
    assert slope(np.arange(4.0), pupils) == 0
    assert slope(np.zeros(0), np.zeros((0, 2))) == 0


def rolls(past: Mapping[int, tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {"school_id": s, "year": y, "grade": "G1", "pupils": n}
        for y, both in past.items()
        for s, n in zip("UV", both, strict=True)
    ]


def county(past: Mapping[int, tuple[int, int]], pupils: Mapping[tuple[str, str], Any]) -> Toy:
    schools = [
        {"school_id": s, "stage": "primary", "rooms": 9, "area_type": kind, "x": x}
        for s, kind, x in (("U", "urban", 100.0), ("V", "rural", 1100.0))
    ]
    return Toy(schools, {}, pupils, years=(2025, 2026, 2027), tables={"enrolment": rolls(past)})


def told(toy: Toy, **parameters: Any) -> TownSchooling:
    options = AllocationOptions(toy.stages, AllocationParameters.model_validate(parameters))
    return town_schooling(toy.places, toy.demand, toy.inputs, options)


DOUBLING = {2023: (100, 100), 2024: (200, 100), 2025: (400, 100)}


def test_the_trend_of_the_rolls() -> None:
    toy = county(DOUBLING, {})
    assert told(toy, town_schooling="trend").change == pytest.approx([np.log(2), 0])
    assert told(toy, town_schooling="hold").change.tolist() == [0, 0]


def test_a_trend_that_is_said_is_taken() -> None:
    found = told(county(DOUBLING, {}), town_schooling="trend", town_schooling_change=0.02, town_schooling_years=3)
    assert found.change.tolist() == [0.02, 0.02]
    assert found.years == 3


def test_rolls_of_later_years_and_long_ago_are_not_read() -> None:
    toy = county({**DOUBLING, 2010: (1, 999), 2019: (1, 999), 2026: (1, 999)}, {})
    assert told(toy, town_schooling="trend").change[0] == pytest.approx(np.log(2))


def test_villages_that_empty_are_no_change_of_schooling() -> None:
    # homes: 100, 200, 400 in town beside 100: the rolls only follow; as many in town every year: the rolls lead
    follow = county(DOUBLING, {("a", "G1"): [100, 200, 400], ("b", "G1"): [100, 100, 100]})
    assert told(_typed(follow), town_schooling="trend").change[0] == pytest.approx(0, abs=1e-9)
    steady = county(DOUBLING, {("a", "G1"): 100, ("b", "G1"): 100})
    assert told(_typed(steady), town_schooling="trend").change[0] == pytest.approx(np.log(2))


def _typed(toy: Toy) -> Toy:
    return replace(toy, tables={**toy.tables, "areas": typed_areas(a="urban", b="rural")})


def typed_areas(**kind: str) -> list[dict[str, Any]]:
    return [{**row, "area_type": kind[row["area_id"]]} for row in squares(list(kind))]


def test_schools_that_teach_some_grades_only_count_in_the_trend() -> None:
    # every roll is of G1 alone; G2 and G3 of both schools are blank
    toy = county({y: (n, 10) for y, n in ((2023, 10), (2024, 20), (2025, 40))}, {})
    assert told(toy, town_schooling="trend").change[0] == pytest.approx(np.log(2))
