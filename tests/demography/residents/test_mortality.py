"""Life tables and survival ratios: worked by hand, three ways into the same table, laws, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.demography.residents.mortality import (
    LifeTable,
    life_table,
    life_table_of_person_years,
    life_table_of_survivors,
    single_ages,
    survival_ratios,
)
from placesim.errors import InputError

ABRIDGED = (0, 1, *range(5, 101, 5))


def gompertz(ages: tuple[int, ...] | range) -> np.ndarray:
    """m[sex, group] of a modern population: infants, then rates that rise by 9 % a year from a low floor."""
    middle = np.append((np.array(ages[:-1]) + np.array(ages[1:])) / 2, ages[-1] + 2.0)
    rates = 0.0002 + 0.00003 * np.exp(0.09 * middle)
    rates[0] = 0.004
    return np.stack([rates, 1.3 * rates])


# -------------------------------------------------------------------------------------------------------- by hand
def test_an_abridged_table_by_hand():
    rates = np.array([0.02, 0.001, 0.002, 0.5])
    table = life_table(np.stack([rates, rates]), (0, 1, 5, 10))
    infants = 0.02 / (1 + (1 - (0.053 + 2.8 * 0.02)) * 0.02)
    one_to_four = 4 * 0.001 / (1 + (4 - (1.522 - 1.518 * 0.02)) * 0.001)
    five_to_nine = 5 * 0.002 / (1 + 2.5 * 0.002)
    alive = np.cumprod([1, 1 - infants, 1 - one_to_four, 1 - five_to_nine])
    np.testing.assert_allclose(table.survivors[0], alive, rtol=1e-14)
    assert table.person_years[0, 0] == pytest.approx(1 - infants * (1 - 0.109))
    assert table.person_years[0, 2] == pytest.approx(2.5 * (alive[2] + alive[3]))
    assert table.person_years[0, 3] == pytest.approx(alive[3] / 0.5)


def test_a_rate_is_deaths_per_person_year():
    rates = gompertz(ABRIDGED)
    table = life_table(rates, ABRIDGED)
    np.testing.assert_allclose(-np.diff(table.survivors) / table.person_years[:, :-1], rates[:, :-1], rtol=1e-12)


def test_high_infant_mortality_has_constant_years_lived():
    rates = np.full((2, 4), 0.2)
    years = life_table(rates, (0, 1, 5, 10)).person_years[:, 0]
    dying = 0.2 / (1 + (1 - np.array([0.35, 0.33])) * 0.2)
    np.testing.assert_allclose(years, 1 - dying * (1 - np.array([0.35, 0.33])))


def test_ratios_of_both_steps_by_hand():
    years = np.array([0.9, 3.5, 4.0, 3.0, 2.0])
    table = LifeTable(np.array([0, 1, 5, 10, 15]), np.ones((2, 5)), np.stack([years, years]))
    np.testing.assert_allclose(survival_ratios(table, step_years=5)[0], [4.4 / 5, 4 / 4.4, 3 / 4, 2 / 5])
    single = LifeTable(np.arange(4), np.ones((2, 4)), np.stack([years[:4] / 4] * 2))
    expected = [0.225, 1.0, 1.0, 0.75 / 1.75]
    np.testing.assert_allclose(survival_ratios(single)[0], np.minimum(expected, 1))


# ------------------------------------------------------------------------------------------- the ways into a table
def test_survivors_lead_back_to_the_table_of_the_rates():
    table = life_table(gompertz(ABRIDGED), ABRIDGED)
    back = life_table_of_survivors(table.survivors * 100_000, ABRIDGED)
    np.testing.assert_allclose(back.survivors, table.survivors, rtol=1e-12)
    np.testing.assert_allclose(back.person_years[:, :-1], table.person_years[:, :-1], rtol=1e-9)
    np.testing.assert_allclose(
        back.person_years[:, -1], table.person_years[:, -1], rtol=0.3
    )  # the open group is guessed


def test_person_years_lead_back_to_the_ratios_of_the_rates():
    table = life_table(gompertz(ABRIDGED), ABRIDGED)
    back = life_table_of_person_years(table.person_years * 100_000, ABRIDGED, radix=100_000)
    np.testing.assert_allclose(survival_ratios(back, step_years=5), survival_ratios(table, step_years=5), rtol=1e-12)
    young, all_but_the_oldest = np.s_[:, :10], np.s_[:, :16]
    np.testing.assert_allclose(back.survivors[young], table.survivors[young], rtol=1e-3)
    np.testing.assert_allclose(back.survivors[all_but_the_oldest], table.survivors[all_but_the_oldest], rtol=2e-2)


@pytest.mark.parametrize("oldest", [85, 100, 110])
def test_single_ages_of_an_abridged_table_are_near_those_it_was_made_of(oldest):
    fine = life_table(gompertz(range(oldest + 1)), range(oldest + 1))
    starts = np.array([0, 1, *range(5, oldest + 1, 5)])
    years = np.add.reduceat(fine.person_years, starts, axis=1)
    got = single_ages(LifeTable(starts, fine.survivors[:, starts], years))
    exact = single_ages(fine)
    assert got.ages.tolist() == list(range(101))
    knots = starts[starts <= 100]
    np.testing.assert_allclose(got.survivors[:, knots], exact.survivors[:, knots], rtol=1e-9)
    np.testing.assert_allclose(got.survivors[:, :85], exact.survivors[:, :85], rtol=3e-3)
    np.testing.assert_allclose(survival_ratios(got)[:, 2:80], survival_ratios(exact)[:, 2:80], rtol=2e-3)


def test_single_ages_of_a_single_table_are_the_table():
    table = life_table(gompertz(range(101)), range(101))
    got = single_ages(table)
    np.testing.assert_allclose(got.survivors, table.survivors, rtol=1e-9)
    np.testing.assert_allclose(survival_ratios(got), survival_ratios(table), rtol=1e-9)


def test_an_open_group_that_starts_early_keeps_its_person_years():
    table = life_table(gompertz((*ABRIDGED[:18], 85)), (*ABRIDGED[:18], 85))
    np.testing.assert_allclose(
        single_ages(table).person_years[:, 85:].sum(axis=1), table.person_years[:, -1], rtol=0.01
    )


# ----------------------------------------------------------------------------------------------------------- laws
@given(st.lists(st.floats(0, 3), min_size=22, max_size=22), st.sampled_from([1, 5]))
def test_ratios_are_shares_whatever_the_rates(rates, step):
    table = life_table(np.array([rates, rates[::-1]]), ABRIDGED)
    ratios = survival_ratios(single_ages(table) if step == 1 else table, step_years=step)
    assert ((ratios >= 0) & (ratios <= 1)).all()
    assert (np.diff(table.survivors) <= 0).all()


@given(st.integers(0, 2**32 - 1))
def test_person_years_of_later_births_are_those_who_survive(seed):
    """A stationary population reproduces itself under its own ratios."""
    rates = np.random.default_rng(seed).uniform(0.0001, 0.3, (2, 101))
    years = life_table(rates, range(101)).person_years
    ratios = survival_ratios(life_table(rates, range(101)))
    births = np.ones((2, 1))
    aged = np.concatenate([births, years[:, :-2], years[:, -2:].sum(axis=1, keepdims=True)], axis=1)
    holds = np.concatenate([births, years[:, :-1]], axis=1) >= years.repeat(1, axis=1)  # no ratio was cut at 1
    np.testing.assert_allclose((aged * ratios)[:, :-1][holds[:, :-1]], years[:, :-1][holds[:, :-1]], rtol=1e-12)


def test_leading_axes_are_kept():
    rates = np.broadcast_to(gompertz(ABRIDGED), (3, 4, 2, 22))
    table = single_ages(life_table(rates, ABRIDGED))
    assert survival_ratios(table).shape == (3, 4, 2, 101)
    alone = survival_ratios(single_ages(life_table(gompertz(ABRIDGED), ABRIDGED)))
    np.testing.assert_array_equal(survival_ratios(table)[2, 3], alone)


# ------------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("call", "argument", "index"),
    [
        (lambda m: life_table(np.where(m == m[1, 3], np.nan, m), ABRIDGED), "mortality", (1, 3)),
        (lambda m: life_table(-m, ABRIDGED), "mortality", (0, 0)),
        (lambda m: life_table(m[:1], ABRIDGED), "mortality", None),
        (lambda m: life_table(m, ABRIDGED[:-1]), "mortality", None),
        (lambda m: life_table(m, (0, 5, *ABRIDGED[2:])), "ages", None),
        (lambda m: life_table(m, (0, 1, 5, 5, *ABRIDGED[4:])), "ages", 3),
        (lambda m: life_table(m, (0, 1, 5.5, *ABRIDGED[3:])), "ages", 2),
        (lambda m: life_table_of_survivors(m[:, ::-1] * 0, ABRIDGED), "survivors", (0, 0)),
        (lambda m: life_table_of_survivors(np.sort(m), ABRIDGED), "survivors", (0, 1)),
        (lambda m: life_table_of_person_years(m * 0, ABRIDGED), "person_years", (0, 0)),
        (lambda m: life_table_of_person_years(m, ABRIDGED, radix=0), "radix", None),
        (lambda m: survival_ratios(life_table(m, ABRIDGED)), "table", None),
        (lambda m: survival_ratios(life_table(m, ABRIDGED), step_years=2), "step_years", None),
    ],
)
def test_bad_arguments_are_named(call, argument, index):
    with pytest.raises(InputError) as caught:
        call(gompertz(ABRIDGED))
    assert (caught.value.argument, caught.value.index) == (argument, index)
