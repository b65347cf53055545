"""calibrate_profile: known profiles recovered, what the yields do not tell stays, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.calibration import (
    PRIOR,
    Calibration,
    Prior,
    calibrate_profile,
    calibrate_profiles,
    stock_mix,
)
from placesim.demography.residents.county_yields import county_model
from placesim.demography.residents.household_profiles import dwelling_types, read_profiles
from placesim.demography.residents.population import AGES
from placesim.demography.residents.schedules import bundled_mortality, fertility_shape, survival_from_mortality
from placesim.demography.residents.yields import HomeRates, YieldModel, pupil_yields
from placesim.errors import InputError
from placesim.records import Stage, Stages
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Demography, Housing

STAGES = Stages(
    tuple(
        Stage(name, tuple(f"{name}{i}" for i in range(years)), {}, first)
        for name, first, years in (("kindergarten", 3, 3), ("primary", 6, 6), ("junior", 12, 3), ("senior", 15, 3))
    )
)
RATES = HomeRates(
    survival=survival_from_mortality(np.tile(bundled_mortality(), (2, 1))),
    fertility=1.2 * fertility_shape(),
    out_rate=np.zeros((2, AGES)),
    males_per_female_birth=1.1,
)
MODEL = YieldModel(RATES, STAGES, occupied=(0.35, 0.65, 0.8, 0.88, 0.92))
START = dwelling_types()["commodity_medium"].persons
LOOSE = Prior(spread=50.0, step=50.0, size=50.0)


def grouped(persons: np.ndarray) -> np.ndarray:
    return np.add.reduceat(persons, PRIOR.edges[:-1])


def changed(*factors: float) -> np.ndarray:
    """The starting profile with the factors of its age groups."""
    return START * np.repeat(factors, np.diff(PRIOR.edges))


#                 0–2  3–5  6–8  9–11 12–14 15–17 18–24 25– 30–  35–  40–  45– 60+
TRUTH = changed(1.6, 1.3, 1.2, 1.1, 0.8, 0.7, 0.6, 1.2, 1.4, 1.2, 0.9, 0.8, 0.6)


def observed(truth: np.ndarray, years: int = 20) -> pd.DataFrame:
    """The yields of a profile, as the table `yields` has them."""
    table = pupil_yields({"flat": truth}, MODEL, years=years)
    return table[["dwelling_type", "stage", "years_since", "pupils_per_dwelling"]]


def recounted(table: pd.DataFrame, dwellings: int, seed: int) -> pd.DataFrame:
    """Yields as counted over so many dwellings."""
    pupils = np.random.default_rng(seed).poisson(table["pupils_per_dwelling"] * dwellings)
    return table.assign(pupils_per_dwelling=pupils / dwellings, dwellings=dwellings)


# -------------------------------------------------------------------------------------------------- known profiles
def test_a_profile_is_recovered_from_its_own_yields():
    got = calibrate_profile(observed(TRUTH), START, MODEL, prior=LOOSE)
    np.testing.assert_allclose(grouped(got.persons)[:6], grouped(TRUTH)[:6], rtol=2e-3)
    assert grouped(got.persons)[7:10].sum() == pytest.approx(grouped(TRUTH)[7:10].sum(), rel=0.02)  # parents to be
    assert got.yields["residual"].abs().max() < 1e-4


def test_the_right_profile_stays_where_it_is():
    got = calibrate_profile(observed(START), START, MODEL)
    np.testing.assert_allclose(got.persons, START, rtol=1e-9)
    assert got.moved == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(got.yields["before"], got.yields["observed"], rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_counts_over_two_thousand_dwellings_recover_the_children(seed: int):
    got = calibrate_profile(recounted(observed(TRUTH), 2000, seed), START, MODEL)
    before = np.abs(grouped(START) / grouped(TRUTH) - 1)[:6]
    after = np.abs(grouped(got.persons) / grouped(TRUTH) - 1)[:6]
    assert after.mean() < 0.4 * before.mean()
    true_yields = observed(TRUTH)["pupils_per_dwelling"].to_numpy()
    assert rms(got.yields["fitted"] - true_yields) < 0.5 * rms(got.yields["observed"] - true_yields)  # noise averaged


def rms(values: pd.Series) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def test_what_the_yields_do_not_tell_stays_and_is_said():
    got = calibrate_profile(recounted(observed(TRUTH), 2000, 1), START, MODEL)
    assert (got.informed[:5] > 0.9).all()
    assert got.informed[-1] < 0.25  # only by way of its neighbours and the household's size
    assert (got.informed >= 0).all()
    assert (got.informed <= 1).all()
    # beyond 60 there are no yields: what is left is the prior's mean, given the younger groups
    start, neighbour, size = 1 / PRIOR.spread**2, 1 / PRIOR.step**2, 1 / PRIOR.size**2
    share = grouped(START) / START.sum()
    wanted = start + neighbour * got.factors[-2] + size * share[-1] * (1 - (share * got.factors)[:-1].sum())
    assert got.factors[-1] == pytest.approx(wanted / (start + neighbour + size * share[-1] ** 2))


def test_more_dwellings_weigh_more():
    yields = observed(TRUTH)
    few, many = (calibrate_profile(recounted(yields, n, 3), START, MODEL) for n in (20, 5000))
    assert few.moved < many.moved
    assert (few.informed <= many.informed + 1e-12).all()


def test_a_yield_counted_over_more_dwellings_speaks_louder():
    rows = [
        {"stage": "primary", "years_since": 0, "pupils_per_dwelling": y, "dwellings": n}
        for y, n in ((0.1, 5000), (0.3, 50))
    ]
    got = calibrate_profile(pd.DataFrame(rows), START, MODEL)
    fitted = got.yields["fitted"]
    assert fitted.nunique() == 1
    assert abs(fitted[0] - 0.1) < abs(fitted[0] - 0.3)


@settings(max_examples=25)
@given(st.lists(st.floats(0.0, 3.0), min_size=13, max_size=13), st.integers(0, 1000))
def test_fits_are_never_negative_and_never_worse_than_the_start(factors, seed):
    got = calibrate_profile(recounted(observed(changed(*factors)), 300, seed), START, MODEL)
    assert (got.persons >= 0).all()
    assert badness(got, got.factors) <= badness(got, np.ones(13)) + 1e-9
    table = pupil_yields({"flat": got.persons}, MODEL, years=20)
    np.testing.assert_allclose(got.yields["fitted"], table["pupils_per_dwelling"], atol=1e-9)


def badness(got: Calibration, factors: np.ndarray) -> float:
    """The sum that is minimised, written out again."""
    yields = pupil_yields({"flat": START * np.repeat(factors, np.diff(got.edges))}, MODEL, years=20)
    misses = (got.yields["observed"] - yields["pupils_per_dwelling"]) / got.yields["error"]
    moves = ((factors - 1) / PRIOR.spread) ** 2
    steps = (np.diff(factors) / PRIOR.step) ** 2
    size = ((grouped(START) * factors).sum() / START.sum() - 1) / PRIOR.size
    return float((misses**2).sum() + moves.sum() + steps.sum() + size**2)


def test_groups_without_people_stay_empty():
    start = START.copy()
    start[:18] = 0
    got = calibrate_profile(observed(TRUTH), start, MODEL)
    assert not got.persons[:18].any()
    assert got.yields["fitted"].iloc[-1] > 0  # children born there


def test_the_fit_is_a_table_of_profiles():
    got = calibrate_profile(observed(TRUTH), START, MODEL)
    rows = got.rows("flat")
    assert list(rows.columns) == ["dwelling_type", "age_from", "age_to", "persons"]
    assert rows["age_from"].tolist() == [*PRIOR.edges[:-1]]
    assert rows["age_to"].tolist()[-2:] == [59, 100]
    assert rows["persons"].sum() == pytest.approx(got.persons.sum())


def test_a_table_of_several_types_is_fitted_type_by_type():
    other = observed(changed(*np.linspace(0.5, 1.5, 13))).assign(dwelling_type="loft")
    both = pd.concat([other, observed(TRUTH)], ignore_index=True)
    got = calibrate_profiles(both, {"flat": START, "loft": START, "villa": START}, MODEL)
    assert list(got) == ["flat", "loft"]
    np.testing.assert_array_equal(got["flat"].persons, calibrate_profile(observed(TRUTH), START, MODEL).persons)
    with pytest.raises(InputError, match=r"observed.dwelling_type\[0\]: must have a profile; nearest: lofts"):
        calibrate_profiles(both, {"flat": START, "lofts": START}, MODEL)


def test_the_prior_holds_what_the_bundled_types_differ_by():
    """Draws of the prior vary as the profiles of the bundled types do around their mean."""
    types = np.stack([grouped(kind.persons) for kind in dwelling_types().values()])
    ratios = types / types.mean(axis=0)
    groups, share = np.eye(13), grouped(START) / START.sum()
    rows = [groups / PRIOR.spread, np.diff(groups, axis=0) / PRIOR.step, share[None] / PRIOR.size]
    precision = np.concatenate(rows).T @ np.concatenate(rows)
    drawn = np.random.default_rng(5).multivariate_normal(np.zeros(13), np.linalg.inv(precision), 4000)
    assert drawn.std() == pytest.approx(ratios.std(), rel=0.15)
    assert np.diff(drawn, axis=1).std() == pytest.approx(np.diff(ratios, axis=1).std(), rel=0.15)
    sizes = types.sum(axis=1)
    assert (drawn @ share).std() == pytest.approx((sizes / sizes.mean()).std(), rel=0.15)


def test_a_county_fits_its_own_table_of_yields():
    asked = ProjectionOptions((2025, 2026), "08-31", Demography(), Housing())
    rates = [{"measure": "total_fertility", "value": 1.2}]
    empty = county({"areas": squares(["A"]), "rates": rates})
    model = county_model(empty, asked, STAGES)
    seen = pupil_yields({"talent": TRUTH}, model, years=15)
    rows = seen[["dwelling_type", "stage", "years_since", "pupils_per_dwelling"]].to_dict("records")
    inputs = county({"areas": squares(["A"]), "rates": rates, "yields": [{**r, "dwellings": 1000} for r in rows]})
    profiles = read_profiles(inputs)
    before = dict(zip(profiles.types, profiles.at_entry, strict=True))
    got = calibrate_profiles(inputs.frame("yields"), before, model)["talent"]
    assert rms(got.yields["residual"]) < 0.1 * rms(got.yields["observed"] - got.yields["before"])


# ----------------------------------------------------------------------------------------------- homes of many ages
def test_the_stock_of_a_year_by_hand():
    np.testing.assert_allclose(stock_mix([100, 300, 0]), [[1, 0, 0], [0.75, 0.25, 0], [0, 0.75, 0.25]])


def test_a_profile_is_recovered_from_the_stock_as_a_whole():
    mix = stock_mix([500, 200, 900, 400, 300, 0, 600, 500, 100, 300])
    single = observed(TRUTH, years=9).pivot_table(index="stage", columns="years_since", values="pupils_per_dwelling")
    rows = [
        {"stage": stage, "pupils_per_dwelling": value}
        for stage in STAGES.ids
        for value in mix @ single.loc[stage].to_numpy()
    ]
    got = calibrate_profile(pd.DataFrame(rows), START, MODEL, age_mix=np.tile(mix, (4, 1)), prior=LOOSE)
    np.testing.assert_allclose(grouped(got.persons)[:6], grouped(TRUTH)[:6], rtol=5e-3)
    assert got.yields["years_since"].isna().all()


# ------------------------------------------------------------------------------------------------------- bad input
ROW = {"stage": "primary", "years_since": 3, "pupils_per_dwelling": 0.2, "dwellings": 100.0}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"pupils_per_dwelling": -0.1}, "observed.pupils_per_dwelling[1]"),
        ({"pupils_per_dwelling": np.nan}, "observed.pupils_per_dwelling[1]"),
        ({"pupils_per_dwelling": np.inf}, "observed.pupils_per_dwelling[1]"),
        ({"pupils_per_dwelling": "few"}, "observed.pupils_per_dwelling: must be an array of numbers"),
        ({"stage": "nursery"}, "observed.stage[1]"),
        ({"stage": None}, "observed.stage[1]"),
        ({"years_since": np.nan}, "observed.years_since[1]"),
        ({"years_since": -1}, "observed.years_since[1]"),
        ({"years_since": 1.5}, "observed.years_since[1]"),
        ({"dwellings": 0.0}, "observed.dwellings[1]"),
        ({"dwellings": -5.0}, "observed.dwellings[1]"),
        ({"dwellings": np.inf}, "observed.dwellings[1]: must be a finite number"),
        ({"dwellings": True}, "observed.dwellings[1]"),
        ({"pupils_per_dwelling": 1j}, "observed.pupils_per_dwelling[0]"),
        ({"stage": ["primary"]}, "observed.stage: must hold names"),
    ],
)
def test_wrong_rows_are_refused_by_name(change, where):
    with pytest.raises(InputError) as error:
        calibrate_profile(pd.DataFrame([ROW, {**ROW, **change}]), START, MODEL)
    assert str(error.value).startswith(where)


def test_missing_tables_and_columns_are_refused():
    for table, where in (
        (pd.DataFrame([ROW]).iloc[:0], "at least one row"),
        (pd.DataFrame([ROW]).drop(columns="stage"), "the column stage"),
        (pd.DataFrame([ROW]).drop(columns="pupils_per_dwelling"), "the column pupils_per_dwelling"),
        (pd.DataFrame([ROW]).drop(columns="years_since"), r"observed.years_since\[0\]"),
    ):
        with pytest.raises(InputError, match=where):
            calibrate_profile(table, START, MODEL)


def test_a_profile_without_anybody_is_refused():
    with pytest.raises(InputError, match="profile: must have residents"):
        calibrate_profile(pd.DataFrame([ROW]), np.zeros(AGES), MODEL)


def test_a_blank_number_of_dwellings_leaves_the_model_error_alone():
    blank = calibrate_profile(pd.DataFrame([{**ROW, "dwellings": None}]), START, MODEL)
    without = calibrate_profile(pd.DataFrame([ROW]).drop(columns="dwellings"), START, MODEL)
    np.testing.assert_array_equal(blank.persons, without.persons)


@pytest.mark.parametrize(
    ("mix", "where"),
    [
        ([[0.5, 0.4]], "age_mix[0]"),
        ([[1.5, -0.5]], "age_mix[0, 1]"),
        ([[np.nan, 1.0]], "age_mix[0, 0]"),
        ([[1.0], [1.0]], "age_mix: must be [row (1)"),
        ([1.0], "age_mix"),
    ],
)
def test_wrong_mixes_are_refused_by_name(mix, where):
    with pytest.raises(InputError) as error:
        calibrate_profile(pd.DataFrame([ROW]), START, MODEL, age_mix=mix)
    assert str(error.value).startswith(where)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"edges": (0, 50)}, "prior.edges"),
        ({"edges": (0, 30, 20, 101)}, "prior.edges[2]"),
        ({"edges": (0, 30.5, 101)}, "prior.edges[1]"),
        ({"spread": 0.0}, "prior.spread"),
        ({"step": np.nan}, "prior.step"),
        ({"size": -0.1}, "prior.size"),
        ({"spread": "a"}, "prior.spread"),
        ({"spread": None}, "prior.spread"),
        ({"spread": True}, "prior.spread"),
        ({"step": np.array([0.3])}, "prior.step"),
        ({"edges": None}, "prior.edges"),
    ],
)
def test_wrong_priors_are_refused_by_name(change, where):
    with pytest.raises(InputError) as error:
        calibrate_profile(pd.DataFrame([ROW]), START, MODEL, prior=replace(PRIOR, **change))
    assert str(error.value).startswith(where)


@pytest.mark.parametrize("completions", [[], [0, 5], [3, -1], [np.nan, 3]])
def test_wrong_completions_are_refused(completions):
    with pytest.raises(InputError, match="completions"):
        stock_mix(completions)


@pytest.mark.parametrize("table", [None, {"stage": ["primary"]}, [ROW]])
@pytest.mark.parametrize(
    "fit", [lambda t: calibrate_profile(t, START, MODEL), lambda t: calibrate_profiles(t, {"flat": START}, MODEL)]
)
def test_yields_must_be_a_table(table, fit):
    with pytest.raises(InputError, match="observed: must be a DataFrame"):
        fit(table)


def test_a_model_and_a_prior_are_asked_for():
    row = pd.DataFrame([{**ROW, "dwelling_type": "flat"}])
    for change, argument in (({"model": None}, "model"), ({"prior": None}, "prior"), ({"prior": 2.0}, "prior")):
        asked = {"model": MODEL, **change}
        for fit, start in ((calibrate_profile, START), (calibrate_profiles, {"flat": START})):
            with pytest.raises(InputError) as caught:
                fit(row, start, **asked)
            assert caught.value.argument == argument


def test_columns_are_given_once():
    row = pd.DataFrame([ROW])
    with pytest.raises(InputError, match="observed: must have the column stage once"):
        calibrate_profile(pd.concat([row, row[["stage"]]], axis=1), START, MODEL)


# ------------------------------------------------------------------------------------------- tables of several types
TWO = pd.DataFrame([{**ROW, "dwelling_type": name} for name in ("flat", "loft", "flat", "loft")])


@pytest.mark.parametrize(
    ("column", "value", "where"),
    [
        ("pupils_per_dwelling", -1.0, "observed.pupils_per_dwelling[3]"),
        ("years_since", 1.5, "observed.years_since[3]"),
        ("stage", "nursery", "observed.stage[3]"),
        ("dwellings", 0.0, "observed.dwellings[3]"),
        ("dwelling_type", "villa", "observed.dwelling_type[3]: must have a profile"),
        ("dwelling_type", None, "observed.dwelling_type[3]: must have a profile"),
        ("dwelling_type", ["loft"], "observed.dwelling_type: must hold names"),
    ],
)
def test_rows_are_counted_over_the_whole_table(column, value, where):
    table = TWO.astype({column: object})
    table.at[3, column] = value
    with pytest.raises(InputError) as error:
        calibrate_profiles(table, {"flat": START, "loft": START}, MODEL)
    assert str(error.value).startswith(where)


def test_rows_are_positions_whatever_the_index():
    table = TWO.assign(pupils_per_dwelling=[0.2, 0.2, 0.2, -1.0]).set_axis([7, 7, 0, 0])
    with pytest.raises(InputError, match=r"observed.pupils_per_dwelling\[3\]"):
        calibrate_profiles(table, {"flat": START, "loft": START}, MODEL)


def test_a_table_without_rows_or_types_is_refused():
    with pytest.raises(InputError, match="observed: must have at least one row"):
        calibrate_profiles(TWO.iloc[:0], {"flat": START}, MODEL)
    with pytest.raises(InputError, match="observed: must have the column dwelling_type"):
        calibrate_profiles(TWO.drop(columns="dwelling_type"), {"flat": START}, MODEL)


@pytest.mark.parametrize(
    ("profiles", "argument"),
    [
        (None, "profiles"),
        (START, "profiles"),
        ({}, "profiles"),
        ({"flat": START, "loft": START[:9]}, "profiles['loft']"),
        ({"flat": START, "loft": 0 * START}, "profiles['loft']"),
        ({"flat": START, 7: START}, "observed.dwelling_type"),
    ],
)
def test_the_profile_that_is_wrong_is_named(profiles, argument):
    with pytest.raises(InputError) as caught:
        calibrate_profiles(TWO, profiles, MODEL)
    assert caught.value.argument == argument


@pytest.mark.parametrize("completions", [[1j], [True], np.ma.masked_array([1.0], mask=[1])])
def test_completions_of_other_kinds_are_refused(completions):
    with pytest.raises(InputError, match=r"completions\[0\]: must be a number, not"):
        stock_mix(completions)


def test_what_is_given_is_not_changed():
    table, start = observed(TRUTH), START.copy()
    before = table.copy()
    got = calibrate_profile(table, start, MODEL)
    pd.testing.assert_frame_equal(table, before)
    np.testing.assert_array_equal(start, START)
    start[0] = 9.0
    assert got.profile[0] == START[0]
