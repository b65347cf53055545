"""Loudoun County's elementary and middle schools, 2020-21: published plans priced again, and better ones found.

Balance alone, published best 6.2124 (es) and 1.2033 (ms); with a floor on utilisation, at no more cut borders; and the
front of balance against pupils who change school.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from zone_checks import Case, is_plan, lacking, price

from placesim.allocation import ZoneWeights, Zoning, zone
from placesim.allocation.zoning.district import checked_district
from placesim.allocation.zoning.terms import zone_terms

Level = tuple[Case, pd.Series, pd.DataFrame]
SEEDS = range(5)
FRESH = range(100, 105)  # on which nothing of the search was chosen
LONG = 600  # seconds, never reached: what is judged is the counted effort


@pytest.fixture(scope="module")
def level(real_data: Path) -> Callable[[str], Level]:
    """(case with the existing plan as `present`, the published best plan, the published figures) of es or ms."""
    folder = real_data / "zoning_loudoun_va_spa"
    units, pairs = (pd.read_csv(folder / f"{name}.csv") for name in ("spas", "adjacency"))
    plans, schools = (pd.read_csv(folder / f"{name}.csv") for name in ("plans", "schools"))
    unit_of = {spa: at for at, spa in enumerate(units["spa"])}

    def read(name: str) -> Level:
        plan = plans[plans["level"] == name].set_index("spa").loc[units["spa"]]
        here = schools[schools["code"].isin(plan["existing"])]
        school_of = {code: at for at, code in enumerate(here["code"])}
        case = Case(
            pupils=units[f"{name}_students"].tolist(),
            places=here["capacity"].tolist(),
            home=here["spa"].map(unit_of).tolist(),
            neighbours=list(zip(pairs["spa_a"].map(unit_of), pairs["spa_b"].map(unit_of), strict=True)),
            present=plan["existing"].map(school_of).tolist(),
        )
        told = pd.read_csv(folder / "plan_summary.csv").query("level == @name").set_index("plan")
        return case, plan["best_published"].map(school_of), told

    return read


def cut(case: Case, school: Any) -> int:
    return int(sum(school[a] != school[b] for a, b in case.neighbours))


def solved(case: Case, seeds: range = SEEDS, **more: Any) -> list[Zoning]:
    """The plans of all seeds, each checked by code that shares nothing with the search."""
    found = [zone(**{**vars(case), **more}, seconds=LONG, seed=seed) for seed in seeds]
    for plan in found:
        assert plan.stopped != "time"
        assert is_plan(case, plan.school.tolist())
        told = Case(**{**vars(case), **more})
        assert plan.objective == pytest.approx(price(told, plan.school.tolist()))
        assert plan.bound <= plan.objective
    return found


def balance(case: Case, plan: Zoning) -> float:
    return price(Case(**{**vars(case), "weights": ZoneWeights()}), plan.school.tolist())


@pytest.mark.parametrize("name", ["es", "ms"])
def test_published_plans_have_the_published_figures(level: Callable[[str], Level], name: str) -> None:
    case, best, told = level(name)
    district = checked_district(
        case.pupils, case.places, case.home, case.neighbours, minutes=None, present=case.present,
        weights=case.weights, floor=0.0,
    )  # fmt: skip
    for plan, school in (("existing", np.array(case.present)), ("best_published", best.to_numpy())):
        terms = zone_terms(district, school)
        assert terms.imbalance == pytest.approx(told.loc[plan, "sum_abs_imbalance"], abs=1e-6)
        assert terms.over_places * sum(case.pupils) == pytest.approx(told.loc[plan, "students_over_capacity"])
        assert price(case, school.tolist()) == pytest.approx(terms.imbalance)
        assert is_plan(case, school.tolist()) == (told.loc[plan, "noncontiguous_zones"] == 0)
    assert terms.moved > 0


@pytest.mark.evidence
@pytest.mark.parametrize(("name", "median", "bound"), [("es", 5.10, 4.785), ("ms", 1.095, 1.0837)])
def test_balance_alone(
    level: Callable[[str], Level], record_property: Any, name: str, median: float, bound: float
) -> None:
    case, _, told = level(name)
    found = solved(case)
    reached = sorted(plan.objective for plan in found)
    record_property("imbalance", [round(x, 4) for x in reached])
    assert reached[2] <= median
    assert reached[-1] < told.loc["best_published", "sum_abs_imbalance"]
    assert found[0].bound == pytest.approx(bound, abs=1e-3)


@pytest.mark.evidence
@pytest.mark.parametrize(
    ("name", "floor", "per_border", "median", "borders"),
    [("es", 0.63, 0.003, 5.45, 609), ("ms", 0.71, 0.002, 1.17, 296)],
)
def test_balance_with_a_floor_at_no_more_borders(
    level: Callable[[str], Level], record_property: Any, name: str, floor: float, per_border: float, median: float,
    borders: int,
) -> None:  # fmt: skip
    case, best, _ = level(name)
    assert cut(case, best.tolist()) == borders
    weights = ZoneWeights(imbalance=1, compactness=per_border * len(case.neighbours))
    found = solved(case, weights=weights, min_utilisation=floor)
    reached = sorted(balance(case, plan) for plan in found)
    cuts = [cut(case, plan.school) for plan in found]
    record_property("imbalance", [round(x, 4) for x in reached])
    record_property("borders", cuts)
    assert reached[2] <= median
    assert max(cuts) <= borders
    for plan in found:
        load = np.bincount(plan.school, weights=case.pupils) / np.array(case.places)
        assert load.min() >= floor


@pytest.mark.evidence
def test_fresh_seeds_reach_what_was_promised(level: Callable[[str], Level], record_property: Any) -> None:
    """es and ms, by balance alone and with the floors: the median of five seeds; no seed above the published best."""
    (es, _, told), (ms, *_) = level("es"), level("ms")
    alone = [sorted(plan.objective for plan in solved(case, FRESH)) for case in (es, ms)]
    assert [alone[0][2] <= 5.10, alone[1][2] <= 1.095] == [True, True]
    assert alone[0][-1] < told.loc["best_published", "sum_abs_imbalance"]
    floored = []
    for case, floor, per_border, median, borders in ((es, 0.63, 0.003, 5.45, 609), (ms, 0.71, 0.002, 1.17, 296)):
        weights = ZoneWeights(imbalance=1, compactness=per_border * len(case.neighbours))
        found = solved(case, FRESH, weights=weights, min_utilisation=floor)
        floored.append(sorted(balance(case, plan) for plan in found))
        assert floored[-1][2] <= median
        assert max(cut(case, plan.school) for plan in found) <= borders
        for plan in found:
            assert lacking(Case(**{**vars(case), "min_utilisation": floor}), plan.school.tolist()) == (0, 0)
    record_property("imbalance", [[round(x, 4) for x in reached] for reached in (*alone, *floored)])


@pytest.mark.evidence
def test_the_front_of_balance_against_pupils_who_move(level: Callable[[str], Level], record_property: Any) -> None:
    """Dearer moves: fewer pupils move and balance is worse; a tenth of the pupils buys most of it."""
    case, _, told = level("es")
    front = []
    for moved in (0.0, 2.0, 5.0, 10.0, 20.0, 50.0):
        weights = ZoneWeights(imbalance=1, moved=moved)
        plans = [
            zone(**{**vars(case), "weights": weights, "min_utilisation": 0.63}, seconds=LONG, seed=s) for s in SEEDS[:3]
        ]
        plan = min(plans, key=lambda p: p.objective)
        assert is_plan(case, plan.school.tolist())
        leaving = sum(n for n, s, t in zip(case.pupils, plan.school, case.present, strict=True) if s != t)
        front.append((moved, round(balance(case, plan), 4), leaving))
    record_property("weight, imbalance, pupils moved", front)
    balances, movers = [row[1] for row in front], [row[2] for row in front]
    assert balances == sorted(balances)
    assert movers == sorted(movers, reverse=True)
    assert any(b < told.loc["best_published", "sum_abs_imbalance"] and m <= 14800 / 2 for _, b, m in front)
