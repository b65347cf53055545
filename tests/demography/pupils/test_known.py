"""Known children as one estimate: parts by source, the county's entrants, and each basis held against the others."""

from __future__ import annotations

import numpy as np
import pytest
from handmade import STAGES, county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.pupils.home_rolls import read_home_rolls
from placesim.demography.pupils.known import SOURCES, KnownChildren, read_known_children
from placesim.records import Projection
from placesim.scenario.options import DemandOptions
from placesim.scenario.parameters import DemandParameters

YEARS, BASE, ENTRY_AGE = tuple(range(2025, 2032)), 2025, 6
COMING = np.arange(2020, 2026)


def options(**told: object) -> DemandOptions:
    return DemandOptions(YEARS, STAGES, DemandParameters(**told))


def child(area: str, cohort: int, children: float, *, basis: str = "registration", year: int = BASE) -> dict:
    return {"area_id": area, "cohort": cohort, "basis": basis, "as_of": f"{year}-08-31", "children": children}


def residents(by_cohort: np.ndarray, cohorts: np.ndarray) -> Projection:
    """by_cohort[area, cohort] as residents of the base year."""
    people = np.zeros((len(by_cohort), 1, 2, 101))
    people[:, 0, 0, BASE - cohorts] = by_cohort
    names = tuple(f"A{i}" for i in range(len(by_cohort)))
    return Projection(names, (BASE,), "given", people, *[np.zeros(0)] * 5)


def estimate(
    rows: list[dict],
    areas: list[str],
    *,
    rolls: dict[int, float] | None = None,
    told: Projection | None = None,
    **parameters: object,
) -> KnownChildren:
    enrolment = [{"school_id": "S", "year": y, "grade": "G1", "pupils": n} for y, n in (rolls or {}).items()]
    given_tables = {"areas": squares(areas), "children": rows} | ({"enrolment": enrolment} if enrolment else {})
    inputs, asked = county(given_tables), options(**parameters)
    return read_known_children(inputs, asked, read_home_rolls(inputs, asked), told)


# ------------------------------------------------------------------------------------------------------ one basis
def test_one_count_on_one_basis_is_taken_as_it_is():
    rows = [child("A", 2019, 60), child("A", 2020, 50), child("B", 2019, 65), child("B", 2020, 25)]
    got = estimate(rows, ["A", "B"], rolls={2025: 100})
    np.testing.assert_allclose(got.of(np.array([2020]))[:, 0], [40, 20])  # 100 of the 125 of cohort 2019 entered
    assert got.sources == SOURCES
    assert not got.assumed
    assert not got.disaggregated.any()


def test_without_rolls_all_children_are_taken_to_enter():
    got = estimate([child("A", 2020, 40), child("B", 2020, 0)], ["A", "B"])
    np.testing.assert_allclose(got.entrants[:, 0], [40, 0])
    assert got.assumed


def test_a_ratio_of_the_scenario_speaks_first():
    rows = [child("A", 2019, 125), child("A", 2020, 50)]
    got = estimate(rows, ["A"], rolls={2025: 100}, entry_ratio={"registration": 0.6})
    np.testing.assert_allclose(got.of(np.array([2020])), [[30]])


def test_an_area_without_children_in_the_table_goes_by_its_residents():
    rows = [child(a, c, n) for c in COMING for a, n in (("A", 40), ("B", 20))]
    told = residents(np.array([[50.0] * 6, [25.0] * 6, [10.0] * 6]), COMING)
    got = estimate(rows, ["A", "B", "C"], told=told)
    np.testing.assert_allclose(got.entrants, [[40] * 6, [20] * 6, [8] * 6], rtol=1e-6)
    assert (got.by_basis[SOURCES.index("residents"), 2] > 0).all()
    np.testing.assert_allclose(estimate(rows, ["A", "B", "C"]).entrants[2], 0)


def test_a_total_is_marked():
    rows = [child("A", 2020, 40), child("A", 2021, 20), {**child("B", 2020, 30), "cohort_to": 2021}]
    got = estimate(rows, ["A", "B"])
    np.testing.assert_allclose(got.entrants, [[40, 20], [20, 10]], rtol=1e-4)
    assert got.disaggregated.tolist() == [[False, False], [True, True]]


# ---------------------------------------------------------------------------------------------------- several bases
def crowd(seed: int, bias: dict[str, float], areas: int = 40) -> tuple[list[str], np.ndarray, list[dict]]:
    """(areas, true children[area, cohort], rows): each basis is off by its own factor in every area."""
    rng = np.random.default_rng(seed)
    names = [f"A{i:02d}" for i in range(areas)]
    truth = rng.poisson(rng.uniform(5, 80, areas)[:, None] * np.linspace(1.2, 0.8, 6)).astype(float)
    rows = []
    for basis, sd in bias.items():
        factor = np.exp(rng.normal(0, sd, areas))
        counts = rng.binomial(truth.astype(int), 0.97) * factor[:, None]
        rows += [
            child(n, int(c), v, basis=basis)
            for n, row in zip(names, counts, strict=True)
            for c, v in zip(COMING, row, strict=True)
        ]
    return names, truth, rows


def error(got: KnownChildren, truth: np.ndarray) -> float:
    values = got.of(COMING)
    return float(np.abs(values * truth.sum(axis=0) / values.sum(axis=0) - truth).sum() / truth.sum())


def test_bases_together_are_better_than_the_best_of_them():
    """Whichever is the good one: the differences tell, not the name. Areas are off by 10, 15 and 30 %."""
    together, best = [], []
    for seed in range(6):
        roles = np.random.default_rng(seed).permutation(["registration", "vaccination", "pre_registration"])
        names, truth, rows = crowd(seed, dict(zip(roles, (0.10, 0.15, 0.30), strict=True)), areas=120)
        together.append(error(estimate(rows, names), truth))
        best.append(min(error(estimate([r for r in rows if r["basis"] == b], names), truth) for b in roles))
    assert np.mean(together) < 0.9 * np.mean(best)


def test_bases_are_never_summed():
    rows = [child("A", 2020, 100), child("A", 2020, 100, basis="vaccination"), child("B", 2020, 50),
            child("B", 2020, 50, basis="vaccination")]  # fmt: skip
    got = estimate(rows, ["A", "B"])
    np.testing.assert_allclose(got.entrants[:, 0], [100, 50])
    assert (got.by_basis[[SOURCES.index("registration"), SOURCES.index("vaccination")]] > 0).all()


def test_the_county_goes_by_the_basis_whose_ratio_holds():
    """Vaccination lists hold nine in ten entrants every year, registration a share that swings."""
    swing, rolls, rows = (1.0, 1.4, 0.7, 1.3, 0.8), {}, []
    for k, cohort in enumerate(range(2015, 2020)):
        rolls[cohort + ENTRY_AGE] = 100
        rows += [child("A", cohort, 90, basis="vaccination", year=cohort + 5)]
        rows += [child("A", cohort, 100 * swing[k], year=cohort + 5)]
    rows += [child("A", 2020, 45, basis="vaccination"), child("A", 2020, 80)]
    got = estimate(rows, ["A"], rolls=rolls)
    assert got.of(np.array([2020]))[0, 0] == pytest.approx(50, rel=0.05)


# -------------------------------------------------------------------------------------------------------- any county
@st.composite
def any_county(draw: st.DrawFn) -> tuple[list[dict], list[str], dict[int, float]]:
    areas = [f"A{i}" for i in range(draw(st.integers(1, 4)))]
    cell = st.tuples(
        st.sampled_from(areas), st.integers(2016, 2025), st.sampled_from(SOURCES[:-1]), st.integers(2021, 2025)
    )
    keys = draw(st.lists(cell, unique=True, max_size=30))
    rows = [child(a, c, draw(st.integers(0, 60)), basis=b, year=y) for a, c, b, y in keys]
    return rows, areas, {y: draw(st.integers(0, 200)) for y in range(2022, 2026)}


@settings(max_examples=60)
@given(any_county(), st.booleans())
def test_whatever_the_county_hands_over(made, with_people):
    rows, areas, rolls = made
    told = residents(np.full((len(areas), 10), 7.0), np.arange(2016, 2026)) if with_people else None
    got = estimate(rows, areas, rolls=rolls, told=told)
    for values in (got.entrants, got.by_basis, got.variance, got.county_variance):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    np.testing.assert_allclose(got.by_basis.sum(axis=0), got.entrants, atol=1e-9)
