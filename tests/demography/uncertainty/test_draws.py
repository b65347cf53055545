"""Sampled futures: they spread around the central run, share their random numbers, and add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import STAGES, county, squares

from placesim.demography import draw_demand, estimate_demand, project
from placesim.errors import InputError
from placesim.records import DemandDraws, Inputs
from placesim.scenario.options import DemandOptions, DrawOptions, ProjectionOptions
from placesim.scenario.parameters import DemandParameters, Demography, Housing, Uncertainty

YEARS = tuple(range(2025, 2034))
QUIET = {
    "fertility_sd": 0.0,
    "migration_sd": 0.0,
    "place_sd": 0.0,
    "count_sd": 0.0,
    "profile_sd": 0.0,
    "delay_years": {},
}


def inputs(*, children: bool = True, people: bool = True, developments: tuple[dict, ...] = ()) -> Inputs:
    areas = [row | {"planning_area": p} for row, p in zip(squares(["A", "B", "C"]), ("T1", "T1", "T2"), strict=True)]
    rolls = {2023: [92, 86, 81, 72, 64], 2024: [90, 88, 85, 78, 70], 2025: [88, 91, 84, 80, 74]}
    tables: dict[str, Any] = {
        "areas": areas,
        "enrolment": [
            {"school_id": "S", "year": y, "grade": g, "pupils": n}
            for y, row in rolls.items()
            for g, n in zip(STAGES.grades, row, strict=True)
        ],
    }
    if children:
        tables["children"] = [
            {"area_id": a, "cohort": c, "basis": "vaccination", "as_of": "2025-08-31", "children": n + c % 4}
            for c in range(2019, 2025)
            for a, n in {"A": 30, "B": 40, "C": 20}.items()
        ]
    if people:
        tables["population"] = [
            {"area_id": a, "year": 2025, "sex": sex, "age_from": x, "age_to": x, "residents": n}
            for a, n in {"A": 16, "B": 21, "C": 12}.items()
            for sex in ("female", "male")
            for x in range(60)
        ]
        tables["rates"] = [
            {"measure": "total_fertility", "value": 1.4},
            {"measure": "out_rate", "age_from": 0, "age_to": 59, "value": 0.02},
            {"measure": "in_count", "age_from": 0, "age_to": 59, "value": 90},
        ]
    if developments:
        tables["developments"] = list(developments)
        ages = ((0, 5, 0.3), (6, 11, 0.4), (12, 59, 2.0))
        tables["household_profiles"] = [
            {"dwelling_type": "flat", "age_from": a, "age_to": b, "persons": n} for a, b, n in ages
        ]
    return county(tables)


def options(years: tuple[int, ...] = YEARS, **told: Any) -> DrawOptions:
    demand = DemandOptions(years, STAGES, DemandParameters())
    projection = ProjectionOptions(years, "08-31", Demography(), Housing())
    return DrawOptions(demand, projection, Uncertainty(**{"draws": 40, **told}))


def drawn(tables: Inputs, asked: DrawOptions) -> tuple[np.ndarray, DemandDraws]:
    """(the central run as [planning area + outside, year, grade], the draws)."""
    projection = project(tables, asked.projection)
    demand = estimate_demand(projection, tables, asked.demand)
    draws = draw_demand(projection, demand, tables, asked)
    assert draws is not None
    pupils = demand.pupils[..., 0]
    return np.stack([pupils[:2].sum(axis=0), pupils[2], pupils[3]]), draws


def test_no_draws_are_no_record():
    tables, asked = inputs(), options(draws=0)
    projection = project(tables, asked.projection)
    assert draw_demand(projection, estimate_demand(projection, tables, asked.demand), tables, asked) is None


def test_the_base_year_is_known():
    central, draws = drawn(inputs(), options())
    np.testing.assert_allclose(
        draws.pupils[:, :, 0], np.broadcast_to(central[:, 0], draws.pupils[:, :, 0].shape), rtol=1e-5
    )


def test_futures_open_up_with_time():
    _, draws = drawn(inputs(), options(draws=200))
    spread = np.log(draws.pupils[:, :2].sum(axis=(1, 3))).std(axis=0)
    assert spread[0] < 1e-5  # single precision
    assert 0 < spread[1] < spread[2]
    assert spread[1] < spread[8]
    assert spread[8] < 0.5


def test_the_mean_of_the_futures_is_the_central_run():
    central, draws = drawn(inputs(), options(draws=400))
    whole = draws.pupils[:, :2].sum(axis=1)  # [draw, year, grade]
    error = whole.std(axis=0) / np.sqrt(len(whole))
    gap = np.abs(whole.mean(axis=0) - central[:2].sum(axis=0))
    assert (gap <= 4.5 * error + 0.01 * central[:2].sum(axis=0)).all()  # 1 %: births follow women who moved, too


def test_without_births_moves_and_housing_drawn_only_entry_and_passage_vary():
    central, draws = drawn(inputs(children=False), options(**QUIET))
    later = slice(3, None)  # three years on, the first three grades hold nobody seen in the base year: residents alone
    np.testing.assert_allclose(draws.pupils[:, :2, 8, 0], np.broadcast_to(central[:2, 8, 0], (40, 2)), rtol=1e-5)
    assert draws.pupils[:, 0, later, 4].std(axis=0).max() > 0


def test_the_same_seed_gives_the_same_and_another_seed_another():
    tables = inputs()
    first, second, other = (drawn(tables, options(seed=s))[1].pupils for s in (5, 5, 6))
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_more_draws_leave_the_first_ones_as_they_were():
    tables = inputs()
    np.testing.assert_allclose(
        drawn(tables, options(draws=10))[1].pupils, drawn(tables, options())[1].pupils[:10], rtol=1e-5
    )


def test_variants_share_their_random_numbers():
    """A draw that is high in one variant is high in the other: only so is their difference the variant's effect."""
    tables, asked = inputs(), options()
    dear = DrawOptions(
        asked.demand, ProjectionOptions(YEARS, "08-31", Demography(fertility_factor=1.2), Housing()), asked.uncertainty
    )
    one, two = (drawn(tables, o)[1].pupils[:, :2].sum(axis=(1, 2, 3)) for o in (asked, dear))
    assert np.corrcoef(one, two)[0, 1] > 0.99
    assert (two > one).all()


def test_new_homes_may_not_come():
    planned = {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "C", "year": 2027,
               "dwellings": 100, "status": "planned", "displaced_share": 0.0}  # fmt: skip
    _, draws = drawn(inputs(developments=(planned,)), options(draws=100, **QUIET))
    grown = draws.pupils[:, 1, 4].sum(axis=1)
    low, high = np.quantile(grown, [0.05, 0.95])
    assert high > low + 20  # built in about four futures of ten
    built = (grown > (low + high) / 2).mean()
    assert 0.25 < built < 0.55


@pytest.mark.parametrize("tables", [{"children": False, "people": False}, {"people": False}, {"children": False}])
def test_a_county_with_less_still_has_its_futures(tables):
    _, draws = drawn(inputs(**tables), options())
    assert draws.pupils.shape == (40, 3, len(YEARS), len(STAGES.grades))
    assert np.isfinite(draws.pupils).all()
    assert draws.pupils[:, :2, 8].sum(axis=(1, 2)).std() > 0


def test_a_single_year_has_nothing_to_draw():
    central, draws = drawn(inputs(), options((2025,)))
    np.testing.assert_allclose(draws.pupils, np.broadcast_to(central, draws.pupils.shape), rtol=1e-5)


def test_a_demand_of_other_years_is_refused():
    tables, asked = inputs(), options()
    projection = project(tables, asked.projection)
    demand = estimate_demand(projection, tables, asked.demand)
    with pytest.raises(InputError, match="options: must have the years of the demand"):
        draw_demand(projection, demand, tables, options(YEARS[:-1]))
    with pytest.raises(InputError, match="demand: must be a Demand"):
        draw_demand(projection, None, tables, asked)


def test_named_futures_are_low_medium_and_high():
    _, draws = drawn(inputs(), options())
    size = draws.pupils[:, :2].sum(axis=(1, 2, 3))
    low, medium, high = (size[draws.named[n]] for n in ("low", "medium", "high"))
    assert low < medium < high
    assert (size < low).mean() == pytest.approx(0.1, abs=0.03)
