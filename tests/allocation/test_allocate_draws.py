"""Sampled futures placed anew: by hand, against the central run, and the same for any number of workers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import STAGES, no_access
from toy_run import Toy

from placesim.allocation.draws import allocate_draws
from placesim.assessment.chances import rolls_by_draw
from placesim.records import AllocationDraws, DemandDraws, LawError, Results
from placesim.scenario.options import AllocationOptions
from placesim.scenario.parameters import AllocationParameters
from placesim.vocabulary import OUTSIDE

FACTORS = (0.5, 1.0, 1.5)
TOY = Toy(
    schools=[
        {"school_id": "S1", "stage": "primary", "rooms": 1},
        {"school_id": "S2", "stage": "primary", "rooms": 2},
        {"school_id": "S3", "stage": "junior", "rooms": 3},
    ],
    minutes={("a", "S1"): 5.0, ("a", "S2"): 20.0, ("b", "S1"): 12.0, ("b", "S2"): 6.0, ("a", "S3"): 9.0},
    pupils={("a", "G1"): 8, ("b", "G1"): 4, ("outside", "G1"): 2, ("a", "G4"): (10, 30), ("b", "G4"): 2},
    years=(2025, 2026),
)


def results_of(toy: Toy, factors: Any = FACTORS) -> Results:
    demand = toy.demand
    central = np.concatenate([demand.pupils[:-1].sum(axis=0, keepdims=True), demand.pupils[-1:]]).sum(axis=-1)
    pupils = (np.array(factors)[:, None, None, None] * central).astype(np.float32)
    draws = DemandDraws(("", OUTSIDE), toy.years, toy.stages, pupils, {"low": 0, "medium": 1, "high": 2})
    access = no_access()
    return Results(None, demand, toy.travel, toy.places, toy.allocate(), access, draws)


def placed(toy: Toy, factors: Any = FACTORS, **told: Any) -> AllocationDraws:
    options = AllocationOptions(toy.stages, AllocationParameters.model_validate(dict(toy.parameters)))
    return allocate_draws(results_of(toy, factors), toy.inputs, options, **{"workers": 1, **told})


def by_stage(roll: np.ndarray) -> np.ndarray:
    """roll[school, grade, year] → roll[school, stage, year]"""
    return np.stack([roll[:, STAGES.grade_slice(s)].sum(axis=1) for s in STAGES.ids], axis=1)


def test_a_draw_like_the_central_run_is_placed_like_it() -> None:
    found, central = placed(TOY), TOY.allocate()
    assert found.stages == STAGES.ids
    assert (found.roll[1] == by_stage(central.roll)).all()
    unplaced = central.unplaced[:-1].sum(axis=(0, 3))
    assert found.unplaced[1, 0].sum() == unplaced.sum()


def test_pupils_of_a_larger_draw_are_redirected() -> None:
    """S1 has 10, 12 and 15 places; S2 is 15 minutes farther for a, over design costs 10 minutes, over cap 30."""
    toy = replace(TOY, pupils={("a", "G1"): 8, ("b", "G1"): 4})
    found = placed(toy, (0.5, 1.0, 1.5, 2.0))
    assert found.roll[:, :2, 0, 0].tolist() == [[4, 2], [8, 4], [12, 6], [12, 12]]
    assert found.pupils[:, 0, 0, 0].tolist() == [6, 12, 18, 24]


def test_a_county_with_leavers_and_partial_schools_is_placed_like_the_central_run() -> None:
    rng = np.random.default_rng(8)
    areas, schools = [f"a{i}" for i in range(12)], [f"S{j}" for j in range(5)]
    last = [None, None, "G1", "G2", None]
    toy = Toy(
        schools=[
            {"school_id": s, "stage": "primary", "rooms": 6, "last_grade": g}
            for s, g in zip(schools, last, strict=True)
        ],
        minutes={(a, s): float(rng.uniform(1, 40)) for a in areas for s in schools},
        pupils={(a, g): int(rng.integers(0, 15)) for a in [*areas, OUTSIDE] for g in ("G1", "G2", "G3")},
        areas=areas,
        leaving={(a, "primary"): 0.2 for a in areas[:4]},
    )
    found, central = placed(toy, (0.8, 1.0, 1.2)), toy.allocate()
    assert (found.roll[1, :, 0] == by_stage(central.roll)[:, 0]).all()
    assert found.unplaced[1, 0, 0, 0] == central.unplaced[:-1].sum()
    assert (np.diff(found.pupils.sum(axis=(1, 2, 3))) > 0).all()


def test_nobody_is_taken_beyond_the_emergency_level() -> None:
    toy = replace(TOY, pupils={("a", "G4"): (10, 40)})
    found = placed(toy)
    assert found.roll[:, 2, 1].tolist() == [[5, 20], [10, 40], [15, 45]]
    assert found.unplaced[:, 0, 1].tolist() == [[0, 0], [0, 0], [0, 15]]


def test_those_from_outside_are_seated_first() -> None:
    toy = replace(TOY, pupils={("outside", "G4"): 40, ("a", "G4"): 6})
    found = placed(toy)
    assert found.roll[:, 2, 1, 0].tolist() == [23, 45, 60]
    assert found.unplaced[:, :, 1, 0].tolist() == [[0, 0], [1, 0], [9, 0]]


@pytest.mark.parametrize("rules", [{"junior": "nearest"}, {"primary": "nearest", "junior": "catchment"}])
def test_only_stages_under_the_rule(rules: dict[str, str]) -> None:
    found = placed(replace(TOY, parameters={"rules": rules}))
    assert found.stages == tuple(s for s in STAGES.ids if s not in rules)
    assert found.years == TOY.years


def test_the_number_of_workers_changes_nothing() -> None:
    factors = np.random.default_rng(3).uniform(0.5, 1.8, 20)
    one, two = (placed(TOY, factors, workers=w) for w in (1, 2))
    for name in ("pupils", "unplaced", "roll"):
        assert (getattr(one, name) == getattr(two, name)).all()


def test_ctrl_c_keeps_finished_years() -> None:
    def interrupt(done: int, _all: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    found = placed(TOY, progress=interrupt)
    assert found.interrupted
    assert found.years == (2025,)
    assert (found.roll[..., 0] == placed(TOY).roll[..., 0]).all()


def test_chances_use_what_was_placed_anew() -> None:
    results = results_of(TOY)
    found = placed(TOY)
    part = AllocationDraws(
        found.schools, found.planning_areas, ("junior",), (2026,), found.pupils[:, :, 1:, 1:],
        found.unplaced[:, :, 1:, 1:], found.roll[:, :, 1:, 1:],
    )  # fmt: skip
    before = rolls_by_draw(results, TOY.inputs)
    after = rolls_by_draw(replace(results, allocation_draws=part), TOY.inputs)
    assert (after[:, :, 1, 1] == found.roll[:, :, 1, 1]).all()
    assert (after[:, :, 0] == before[:, :, 0]).all()
    assert (after[:, :, 1, 0] == before[:, :, 1, 0]).all()


def test_the_law_of_the_record() -> None:
    found = placed(TOY)
    with pytest.raises(LawError, match="placed"):
        replace(found, roll=found.roll + 1)
    with pytest.raises(LawError, match="below zero"):
        replace(found, unplaced=found.unplaced - 1)
