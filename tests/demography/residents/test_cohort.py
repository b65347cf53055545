"""project_population: worked by hand, against its twin, against published projections, and with bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cohort_plain import project_population_plain
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.cohort import Rates, project_population
from placesim.errors import InputError


def random_case(seed: int, *, steps: int = 3, areas: int = 2, ages: int = 6, shared: bool = False):
    rng = np.random.default_rng(seed)
    kinds = 1 if shared else areas
    base = rng.uniform(50, 100, (areas, 2, ages))
    migrants = rng.uniform(-3.0, 5.0, (steps, areas, 2, ages))
    migrants[..., :steps] = np.abs(migrants[..., :steps])  # those born on the way may be few, or none
    rates = Rates(
        survival=rng.uniform(0.8, 1.0, (steps, kinds, 2, ages)),
        fertility=rng.uniform(0.0, 0.3, (steps, kinds, ages)),
        net_migrants=migrants,
        males_per_female_birth=rng.uniform(1.0, 1.2, steps),
    )
    return base, rates


# ------------------------------------------------------------------------------------------------------ by hand
def hand_case() -> tuple[np.ndarray, Rates]:
    """One area, ages 0, 1, 2, 3+; fertility only at age 1 (and at the excluded ages 0 and 3, where it is idle)."""
    base = np.array([[[10.0, 20.0, 30.0, 40.0], [10.0, 20.0, 30.0, 40.0]]])
    survival = np.array([0.9, 0.8, 0.7, 0.5])
    rates = Rates(
        survival=np.broadcast_to(survival, (1, 1, 2, 4)),
        fertility=np.array([[[9.0, 0.5, 0.0, 9.0]]]),
        net_migrants=np.full((1, 1, 2, 4), 4.0),
        males_per_female_birth=np.array([1.5]),
    )
    return base, rates


def test_a_step_worked_by_hand_with_migrants_at_the_end():
    base, rates = hand_case()
    got = project_population(base, rates)
    # women of age 1: 20 at the start, 10 × 0.8 = 8 at the end; births 0.5 × 14 = 7, of which 7 / 2.5 = 2.8 girls
    np.testing.assert_allclose(got.births, [[[2.8, 4.2]]], rtol=1e-14)
    np.testing.assert_allclose(got.population[1, 0, 0], [2.8 * 0.9 + 4, 8 + 4, 14 + 4, 35 + 4], rtol=1e-14)
    np.testing.assert_allclose(got.deaths[0, 0, 1], [0.42, 2.0, 6.0, 35.0], rtol=1e-13)


def test_a_step_worked_by_hand_with_migrants_spread_evenly():
    base, rates = hand_case()
    got = project_population(base, rates, migration="even")
    # half of the 4 migrants arrive first: women of age 1 are 22, then 12 × 0.8 + 2 = 11.6; births 0.5 × 16.8 = 8.4
    np.testing.assert_allclose(got.births.sum(), 8.4, rtol=1e-14)
    np.testing.assert_allclose(got.population[1, 0, 1, 1:], [9.6 + 2, 15.4 + 2, 37 + 2], rtol=1e-14)


def test_births_count_the_years_of_the_step():
    base, rates = hand_case()
    once = project_population(base, rates).births
    five = project_population(base, replace(rates, step_years=5)).births
    np.testing.assert_allclose(five, 5 * once, rtol=1e-14)


def test_no_steps_give_the_base_back():
    base, rates = random_case(1, steps=0)
    got = project_population(base, rates)
    np.testing.assert_array_equal(got.population, base[None])
    assert got.births.shape == (0, 2, 2)


# ------------------------------------------------------------------------------------------------ twin and laws
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["end", "even"]), st.booleans(), st.integers(2, 9))
def test_kernel_equals_its_twin(seed, migration, shared, ages):
    base, rates = random_case(seed, areas=3, ages=ages, shared=shared)
    got = project_population(base, rates, migration=migration)
    plain = project_population_plain(base, rates, migration=migration)
    for fast, slow in zip((got.population, got.births, got.deaths), plain, strict=True):
        np.testing.assert_allclose(fast, slow, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["end", "even"]))
def test_the_account_closes_by_sex_and_area(seed, migration):
    base, rates = random_case(seed)
    got = project_population(base, rates, migration=migration)
    change = np.diff(got.population.sum(axis=-1), axis=0)
    flows = got.births - got.deaths.sum(axis=-1) + rates.net_migrants.sum(axis=-1)
    np.testing.assert_allclose(change, flows, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10), st.sampled_from(["end", "even"]))
def test_linear_in_people_and_migrants(seed, factor, migration):
    base, rates = random_case(seed)
    other, moves = random_case(seed + 1)
    both = project_population(
        base + factor * other,
        replace(rates, net_migrants=rates.net_migrants + factor * moves.net_migrants),
        migration=migration,
    )
    one = project_population(base, rates, migration=migration)
    two = project_population(other, replace(rates, net_migrants=moves.net_migrants), migration=migration)
    np.testing.assert_allclose(both.population, one.population + factor * two.population, rtol=1e-10)


def test_areas_do_not_touch_each_other():
    base, rates = random_case(5, areas=4)
    whole = project_population(base, rates)
    alone = project_population(
        base[2:3],
        replace(
            rates,
            survival=rates.survival[:, 2:3],
            fertility=rates.fertility[:, 2:3],
            net_migrants=rates.net_migrants[:, 2:3],
        ),
    )
    np.testing.assert_array_equal(whole.population[:, 2:3], alone.population)


def test_a_closed_population_tends_to_the_dominant_eigenvector():
    ages = 5
    survival, fertility = np.array([0.95, 0.95, 0.95, 0.9, 0.5]), np.array([0.0, 0.6, 0.9, 0.4, 0.0])
    base = np.ones((1, 2, ages))
    steps = 400
    rates = Rates(
        np.broadcast_to(survival, (steps, 1, 2, ages)),
        np.broadcast_to(fertility, (steps, 1, ages)),
        np.zeros((steps, 1, 2, ages)),
        np.ones(steps),
    )
    matrix = np.zeros((ages, ages))  # one sex, the step written as a matrix
    for x in range(1, ages):
        matrix[x, x - 1] = survival[x]
    matrix[-1, -1] = survival[-1]
    women = fertility[1:-1] * 0.5 * 0.5 * survival[0]
    matrix[0, 1:-1] += women
    matrix[0] += (women[:, None] * matrix[1:-1]).sum(axis=0)
    values, vectors = np.linalg.eig(matrix)
    dominant = np.abs(vectors[:, values.real.argmax()].real)
    end = project_population(base, rates).population[-1, 0, 0]
    np.testing.assert_allclose(end / end.sum(), dominant / dominant.sum(), atol=1e-10)


def test_arguments_are_never_modified_and_results_are_read_only():
    base, rates = random_case(3)
    before = [np.array(a) for a in (base, rates.survival, rates.fertility, rates.net_migrants)]
    for array in (base, rates.survival, rates.fertility, rates.net_migrants):
        array.flags.writeable = False
    got = project_population(base, rates, migration="even")
    for array, copy in zip((base, rates.survival, rates.fertility, rates.net_migrants), before, strict=True):
        np.testing.assert_array_equal(array, copy)
    with pytest.raises(ValueError, match="read-only"):
        got.population[0, 0, 0, 0] = 1.0


def test_whole_numbers_and_lists_are_taken():
    base, rates = hand_case()
    lists = Rates(rates.survival.tolist(), rates.fertility.tolist(), rates.net_migrants.astype(int).tolist(), [1.5])
    got = project_population(base.astype(int).tolist(), lists)
    np.testing.assert_array_equal(got.population, project_population(base, rates).population)


# ---------------------------------------------------------------------------------------------------- bad input
def broken(name: str, index: tuple[int, ...], value: float) -> tuple[np.ndarray, Rates]:
    base, rates = random_case(7)
    if name == "base":
        base[index] = value
        return base, rates
    array = np.array(getattr(rates, name))
    array[index] = value
    return base, replace(rates, **{name: array})


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("base", (1, 0, 2), np.nan),
        ("base", (0, 1, 3), -1.0),
        ("survival", (2, 1, 0, 4), 1.0000001),
        ("survival", (0, 0, 0, 1), -0.1),
        ("survival", (0, 0, 0, 1), np.inf),
        ("fertility", (1, 0, 2), -0.01),
        ("fertility", (1, 0, 2), np.nan),
        ("net_migrants", (0, 1, 1, 0), np.nan),
        ("males_per_female_birth", 2, -1.0),
        ("males_per_female_birth", 2, np.nan),
    ],
)
def test_a_bad_value_is_named_with_its_index(name, index, value):
    base, rates = broken(name, index, value)
    with pytest.raises(InputError) as caught:
        project_population(base, rates)
    assert (caught.value.argument, caught.value.index) == (name, index)


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("survival", np.s_[:, :, :, :-1]),
        ("survival", np.s_[:2]),
        ("survival", np.s_[0]),
        ("fertility", np.s_[:, :, 1:]),
        ("net_migrants", np.s_[:, :1]),
        ("males_per_female_birth", np.s_[:1]),
    ],
)
def test_a_wrong_shape_is_named(name, cut):
    base, rates = random_case(7)
    with pytest.raises(InputError) as caught:
        project_population(base, replace(rates, **{name: getattr(rates, name)[cut]}))
    assert caught.value.argument == name


def test_other_wrong_arguments():
    base, rates = random_case(7)
    for call, argument in [
        (lambda: project_population(base[:, :1], rates), "base"),
        (lambda: project_population([["x"]], rates), "base"),
        (lambda: project_population(base, rates, migration="start"), "migration"),
        (lambda: project_population(base, replace(rates, step_years=2)), "step_years"),
        (lambda: project_population(base, replace(rates, step_years=np.array([1, 5]))), "step_years"),
        (lambda: project_population(base, rates, migration=["end"]), "migration"),
        (lambda: project_population(base, None), "rates"),
    ]:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.argument == argument


@pytest.mark.parametrize(("migration", "age"), [("end", 3), ("even", 3)])
def test_a_cell_below_zero_is_named(migration, age):
    base, rates = random_case(7)
    moves = np.array(rates.net_migrants)
    moves[1, 1, 0, age] = -1000.0
    with pytest.raises(InputError, match=f"step 1, area 1, sex 0, age {age}") as caught:
        project_population(base, replace(rates, net_migrants=moves), migration=migration)
    assert caught.value.index == (1, 1, 0, age)


def test_leavers_may_empty_a_cell_exactly():
    base, rates = random_case(7, steps=1)
    still = replace(rates, net_migrants=np.zeros_like(rates.net_migrants))
    survivors = project_population(base, still).population[1]
    got = project_population(base, replace(still, net_migrants=-survivors[None]))
    np.testing.assert_array_equal(got.population[1], np.zeros_like(base))


@pytest.mark.parametrize("name", ["base", "survival", "fertility", "net_migrants", "males_per_female_birth"])
@pytest.mark.parametrize("kind", [complex, bool, "M8[ns]", "m8[ns]"])
@pytest.mark.filterwarnings("error")
def test_arrays_of_other_kinds_are_refused(name, kind):
    base, rates = random_case(7)
    given = {"base": base, **vars(rates)}
    given[name] = np.zeros(np.shape(given[name]), dtype=kind)
    with pytest.raises(InputError, match="must be a number, not") as caught:
        project_population(given.pop("base"), Rates(**given))
    first = (0,) * given[name].ndim if name != "base" else (0, 0, 0)
    assert (caught.value.argument, caught.value.index) == (name, first if len(first) > 1 else 0)


@pytest.mark.parametrize(("name", "index"), [("base", (1, 0, 2)), ("net_migrants", (0, 1, 1, 3))])
def test_a_masked_cell_is_missing(name, index):
    base, rates = random_case(7)
    given = {"base": base, **vars(rates)}
    masked = np.ma.masked_array(given[name], mask=np.zeros(np.shape(given[name]), dtype=bool))
    open_mask = {**given, name: masked}
    assert (project_population(open_mask.pop("base"), Rates(**open_mask)).population[0] == base).all()
    masked[index] = np.ma.masked
    given[name] = masked
    with pytest.raises(InputError, match="masked") as caught:
        project_population(given.pop("base"), Rates(**given))
    assert (caught.value.argument, caught.value.index) == (name, index)


@pytest.mark.parametrize(
    "years", [True, np.True_, np.array(5), np.timedelta64(1), "1", None, [1], {}, 1j, float("nan")]
)
def test_years_of_a_step_are_one_number(years):
    base, rates = random_case(7)
    with pytest.raises(InputError, match="step_years: must be 1 or 5"):
        project_population(base, replace(rates, step_years=years))


@pytest.mark.parametrize("name", ["base", "fertility", "net_migrants"])
@pytest.mark.parametrize("migration", ["end", "even"])
@pytest.mark.filterwarnings("error")
def test_what_outgrows_all_numbers_is_named(name, migration):
    base, rates = random_case(7)
    given = {"base": base, **vars(rates)}
    given[name] = np.full_like(given[name], 1.7e308)
    given[name].flat[1] = np.finfo(float).max  # the greatest of all
    at = np.unravel_index(1, given[name].shape)
    with pytest.raises(InputError, match="beyond the largest number") as caught:
        project_population(given.pop("base"), Rates(**given), migration=migration)
    assert (caught.value.argument, caught.value.index) == (name, at)


# ------------------------------------------------------------------------------------------------ published cases
def by_sex(frame: pd.DataFrame, column: str, *index: str) -> np.ndarray:
    """[…index, sex, age] of a tidy table."""
    keys = [*index, "sex", next(c for c in ("age", "age_start") if c in frame)]
    sizes = [frame[k].nunique() for k in keys]
    return frame.sort_values(keys)[column].to_numpy().reshape(sizes)


def test_canada_1950_to_2020_every_cell(real_data: Path, record_property: pytest.RecordProperty):
    folder = real_data / "ccm_canada_1950_2020_1x1"
    rates = pd.read_csv(folder / "rates.csv.gz")
    births_by_women = by_sex(rates.assign(asfr=rates["asfr"].fillna(0.0)), "asfr", "year")[:, 0]
    got = project_population(
        by_sex(pd.read_csv(folder / "base_population_1950.csv"), "pop_1950")[None],
        Rates(
            survival=by_sex(rates, "survival_ratio", "year")[:, None],
            fertility=births_by_women[:, None],
            net_migrants=by_sex(rates, "net_migrants", "year")[:, None],
            males_per_female_birth=pd.read_csv(folder / "srb.csv")["srb"].to_numpy(),
        ),
    )
    expected = by_sex(pd.read_csv(folder / "expected_population.csv.gz"), "pop", "year")
    assert expected.size == 14_342
    error = float(np.abs(got.population[:, 0] - expected).max())
    record_property("Canada 1950–2020: largest error of a cell, persons", error)
    np.testing.assert_allclose(got.population[:, 0], expected, rtol=0, atol=1e-6)
    births = pd.read_csv(folder / "expected_births.csv").pivot(index="year", columns="sex", values="births")
    np.testing.assert_allclose(got.births[:, 0], births[["female", "male"]], rtol=0, atol=1e-6)
    deaths = by_sex(pd.read_csv(folder / "expected_cohort_deaths.csv.gz"), "cohort_deaths", "year")
    np.testing.assert_allclose(got.deaths[:, 0], deaths, rtol=0, atol=1e-6)


def test_sweden_1993_to_1998_every_cell(real_data: Path, record_property: pytest.RecordProperty):
    folder = real_data / "ccm_sweden_1993_5x5"
    table = pd.read_csv(folder / "inputs.csv")
    got = project_population(
        by_sex(table, "pop_1993")[None],
        Rates(
            survival=by_sex(table, "survival_ratio")[None, None],
            fertility=by_sex(table, "asfr")[None, None, 0],
            net_migrants=by_sex(table, "net_migrants_5y")[None, None],
            males_per_female_birth=np.array([1.05]),
            step_years=5,
        ),
        migration="even",
    )
    expected = pd.read_csv(folder / "expected.csv")
    error = np.abs(got.population[1, 0] - by_sex(expected, "pop_1998_expected")).max()
    record_property("Sweden 1993–1998: largest error of a cell before rounding, persons", float(error))
    np.testing.assert_array_equal(np.rint(got.population[1, 0]), by_sex(expected, "pop_1998_expected"))
    total = expected["births_by_mother_age_5y"].sum()  # seven rounded groups
    assert abs(got.births.sum() - total) <= 7 * 0.5
