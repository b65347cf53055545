"""Movement from counts: pairs by hand, what is taken out, what speaks first, and what the projection makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from handmade import STAGES, county, squares
from hypothesis import given, settings
from hypothesis import strategies as st

from placesim.demography.residents.account import account
from placesim.demography.residents.cohort_pairs import child_pairs, register_of, weigh
from placesim.demography.residents.migration import (
    Movement,
    estimate_movement,
    following_cohorts,
    migration_told,
    moves_estimated,
)
from placesim.demography.residents.population import AGES, read_population
from placesim.demography.residents.projection import project, projection_rates
from placesim.demography.residents.roll_movement import roll_evidence
from placesim.records import Inputs, Projection, Stage, Stages
from placesim.scenario.options import ProjectionOptions
from placesim.scenario.parameters import Break, Demography, Housing

YEARS = (2025, 2026, 2027)
IMMORTAL = {"measure": "survival", "value": 1.0, "age_from": 0, "age_to": 130}
CHILDLESS = {"measure": "total_fertility", "value": 0.0}
SURE = np.ones((2, AGES))


def options(*, housing: Housing | None = None, **demography: Any) -> ProjectionOptions:
    return ProjectionOptions(YEARS, "08-31", Demography(**demography), housing or Housing())


def flat(residents: dict[str, float], year: int = 2025, **more: Any) -> list[dict[str, Any]]:
    """Every single age of both sexes with the same residents."""
    return [
        {"area_id": area, "year": year, "sex": sex, "age_from": age, "age_to": age, "residents": count, **more}
        for area, count in residents.items()
        for sex in ("female", "male")
        for age in range(101)
    ]


def counted(area: str, cohort: int, by_date: dict[str, float], basis: str = "vaccination") -> list[dict[str, Any]]:
    row = {"area_id": area, "cohort": cohort, "basis": basis}
    return [{**row, "as_of": day, "children": children} for day, children in by_date.items()]


def inputs(
    *, types: dict[str, str] | None = None, rates: tuple[dict, ...] = (IMMORTAL, CHILDLESS), **tables: Any
) -> Inputs:
    types = types or {"A": "urban", "B": "rural"}
    areas = [{**s, "area_type": types[s["area_id"]], "planning_area": "P"} for s in squares(sorted(types))]
    tables.setdefault("population", flat(dict.fromkeys(types, 100)))
    return county({"areas": areas, "rates": list(rates), **tables})


def estimated(table: Inputs, told: ProjectionOptions | None = None, **more: Any) -> Movement:
    census = read_population(table, "08-31")
    survival = np.ones((len(table.area_ids), 2, AGES))
    return estimate_movement(table, told or options(), census, survival=survival, **more)


def projected(table: Inputs, told: ProjectionOptions | None = None) -> Projection:
    projection = project(table, told or options())
    assert projection is not None
    return projection


# ------------------------------------------------------------------------------------------------ pairs of children
def test_a_pair_by_hand():
    table = inputs(children=counted("A", 2020, {"2022-08-31": 100, "2023-08-31": 120, "2024-08-31": 90}))
    survival = np.ones((2, AGES))
    survival[:, 3] = 0.9
    pairs = child_pairs(table, options(), survival)
    np.testing.assert_array_equal(pairs.first, [3, 4])
    np.testing.assert_array_equal(pairs.last, [3, 4])
    np.testing.assert_allclose(pairs.years, 1, atol=0.01)
    np.testing.assert_allclose(pairs.expected, [90, 120], rtol=1e-3)
    np.testing.assert_array_equal(pairs.found, [120, 90])


def test_counts_in_spring_and_years_apart():
    days = {"2022-05-01": 100, "2023-05-01": 110, "2026-05-01": 80}
    pairs = child_pairs(inputs(children=counted("A", 2020, days)), options(), SURE)
    np.testing.assert_array_equal(pairs.first, [3, 4])
    np.testing.assert_array_equal(pairs.last, [3, 6])
    np.testing.assert_allclose(pairs.years, [1, 3], atol=0.01)


def test_counts_before_birth_other_registers_and_several_cohorts_make_no_pairs():
    rows = counted("A", 2020, {"2020-01-31": 50, "2020-08-31": 100})
    rows += counted("A", 2019, {"2020-08-31": 70, "2021-08-31": 70}, basis="kindergarten")
    rows += counted("A", 2018, {"2020-08-31": 70, "2021-08-31": 70})
    table = inputs(children=rows)
    assert register_of(table) == "vaccination"
    assert len(child_pairs(table, options(), SURE).area) == 1
    frame = table.tables["children"].rows
    frame["cohort_to"] = np.where(frame["cohort"] == 2018, 2019.0, np.nan)
    assert len(child_pairs(table, options(), SURE).area) == 0


def test_registration_speaks_only_where_nothing_better_does():
    rows = counted("A", 2020, {"2021-08-31": 9, "2022-08-31": 9}, basis="registration")
    assert register_of(inputs(children=rows)) == "registration"
    assert register_of(inputs(children=rows[:1])) is None
    assert register_of(inputs(children=counted("A", 2020, {"2021-08-31": 9, "2022-08-31": 9}, basis="permit"))) is None


def test_breaks_part_the_counts():
    rows = [r for a in "AB" for r in counted(a, 2018, {f"{y}-08-31": 100 for y in range(2019, 2024)})]
    table = inputs(children=rows)
    assert len(child_pairs(table, options(), SURE).area) == 8
    everywhere, one = options(breaks=(Break(year=2021),)), options(breaks=(Break(year=2021, areas=("B",)),))
    assert len(child_pairs(table, everywhere, SURE).area) == 6
    np.testing.assert_array_equal(np.bincount(child_pairs(table, one, SURE).area), [4, 3])


def test_children_of_new_homes_are_no_movers():
    tables = {
        "developments": [
            {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2023}
            | {"dwellings": 100, "status": "complete", "displaced_share": 0.0}
        ],
        "household_profiles": [{"dwelling_type": "flat", "age_from": 3, "age_to": 3, "persons": 0.4}],
        "children": counted("A", 2020, {"2022-08-31": 100, "2023-08-31": 140}),
    }
    pairs = child_pairs(inputs(**tables), options(housing=Housing(occupied=(1.0,))), SURE)
    np.testing.assert_allclose(pairs.found, 100)
    assert not estimated(inputs(**tables), options(housing=Housing(occupied=(1.0,)))).net.any()


def test_a_year_far_from_the_others_counts_less():
    """Ten areas of steady counts of children aged 3; in one of them a year brings half as many again."""
    rng = np.random.default_rng(0)
    types = {f"{i}": "rural" for i in range(10)}
    rows = []
    for area in types:
        for year in range(2015, 2023):
            more = 50 if (area, year) == ("4", 2019) else 0
            found = 100.0 + more + int(rng.integers(-2, 3))
            rows += counted(area, year - 3, {f"{year - 1}-08-31": 100, f"{year}-08-31": found})
    pairs = child_pairs(inputs(types=types, children=rows), options(), SURE)
    weight, noise = weigh(pairs)
    odd = pairs.found > 130
    assert weight[odd].max() < 0.2
    assert weight[~odd].mean() > 0.95
    assert noise < 0.1


# -------------------------------------------------------------------------------------------------- what is estimated
def many_counts(rng: np.random.Generator, jump: float = 0.15) -> tuple[Inputs, dict[str, str]]:
    """40 areas of two types; rural children leave at 2 % a year, and at 6 by another `jump` to the towns."""
    types = {f"{i:02d}": ("urban" if i % 2 else "rural") for i in range(40)}
    rows = []
    for area, kind in types.items():
        sign = 1 if kind == "urban" else -1
        size = float(rng.integers(40, 200))
        for cohort in range(2010, 2024):
            count = size
            days = {}
            for year in range(max(cohort, 2018), min(cohort + 9, 2025) + 1):
                days[f"{year}-08-31"] = float(np.round(count))
                count *= 1 + sign * (0.02 + (jump if year + 1 - cohort == 6 else 0.0))
            rows += counted(area, cohort, days)
    return inputs(types=types, population=flat(dict.fromkeys(types, 50)), children=rows), types


def test_rates_and_the_jump_at_six_are_recovered():
    table, types = many_counts(np.random.default_rng(0))
    movement = estimated(table)
    rural = np.array([types[a] == "rural" for a in table.area_ids])
    np.testing.assert_allclose(movement.net[rural, :, 1:6].mean(), -0.02, atol=0.003)
    np.testing.assert_allclose(movement.net[rural, 0, 6].mean(), -0.17, atol=0.01)
    np.testing.assert_allclose(movement.net[~rural, 0, 6].mean(), 0.17, atol=0.01)
    assert not movement.net[:, :, 10:].any()  # nobody older is counted
    told = movement.table
    row = told[(told["area_type"] == "rural") & (told["age_from"] == 6)].iloc[0]
    assert (row["source"], row["sex"]) == ("children", "both")
    np.testing.assert_allclose(row["rate"], -0.17, atol=0.01)
    assert 0 <= row["weight"] <= 1
    assert row["person_years"] > 0


def test_a_cohort_follows_its_counts_when_projected():
    table, types = many_counts(np.random.default_rng(1), jump=0.0)
    got = projected(table)
    urban = types[table.area_ids[0]] == "urban"
    change = got.residents[0, 2, 0, 5] / got.residents[0, 0, 0, 3]
    np.testing.assert_allclose(change, (1.02 if urban else 0.98) ** 2, atol=0.01)


def test_no_counts_no_movement():
    table = inputs(children=counted("A", 2020, {"2022-08-31": 50}))
    assert not moves_estimated(table, options())
    assert not projected(table).net_migration.any()
    movement = estimated(table)
    assert not movement.net.any()
    assert movement.table.empty


def test_counts_that_do_not_change_are_no_movement():
    rows = [
        r for a in "AB" for c in range(2015, 2022) for r in counted(a, c, {f"{y}-08-31": 60 for y in range(2021, 2026)})
    ]
    assert np.abs(projected(inputs(children=rows)).net_migration).max() < 1e-9


def test_the_table_of_rates_speaks_first():
    days = {f"{y}-08-31": float(n) for y, n in zip(range(2021, 2026), (100, 80, 64, 51, 41), strict=True)}
    children = [r for a in "AB" for r in counted(a, 2020, days)]
    own = {"measure": "out_rate", "value": 0.5, "area_type": "rural", "age_from": 0, "age_to": 130}
    table = inputs(rates=(IMMORTAL, CHILDLESS, own), children=children)
    rates = projection_rates(table, options())
    np.testing.assert_allclose(rates.out_rate[0, 1], 0.5)
    np.testing.assert_allclose(rates.out_rate[0, 0, 0, 2:6], 0.2, atol=0.01)
    told = migration_told(table, (2025,))
    assert told[0, 1].all()
    assert not told[0, 0].any()


def test_the_factor_acts_on_newcomers_alone():
    table, _ = many_counts(np.random.default_rng(2), jump=0.0)
    once, twice = projection_rates(table, options()), projection_rates(table, options(migration_factor=2.0))
    np.testing.assert_allclose(twice.in_count, 2 * once.in_count)
    np.testing.assert_array_equal(twice.out_rate, once.out_rate)
    assert (once.in_count > 0).any()
    assert (once.out_rate > 0).any()


def test_areas_without_own_counts_move_like_their_type():
    table, types = many_counts(np.random.default_rng(3))
    children = table.tables["children"].rows
    kept = children[children["area_id"] != "00"].to_dict("records")
    movement = estimated(inputs(types=types, population=flat(dict.fromkeys(types, 50)), children=kept))
    np.testing.assert_allclose(movement.net[0, 0, 6], -0.17, atol=0.01)


def test_what_other_counties_taught_stands_in():
    told = options(child_movement=-0.03)
    movement = estimated(inputs(), told)
    np.testing.assert_allclose(movement.net[:, :, 1:16], -0.03)
    assert not movement.net[:, :, 0].any()
    assert not movement.net[:, :, 16:].any()
    assert moves_estimated(inputs(), told)
    table, _ = many_counts(np.random.default_rng(4))
    by_own, by_both = estimated(table), estimated(table, options(child_movement=-0.03))
    np.testing.assert_allclose(by_own.net[:, 0, 1:8], by_both.net[:, 0, 1:8], atol=0.01)  # many own counts speak


# ------------------------------------------------------------------------------------------------ two populations
def test_residuals_of_two_populations_by_hand():
    types = {"A": "urban", "B": "rural"}
    people = flat({"A": 1000, "B": 1000}, 2015) + flat({"A": 1200, "B": 800}, 2025)
    movement = estimated(inputs(types=types, population=people))
    yearly = (1 + np.array([200, -200]) / np.array([1100, 900]) / 10 / 2) / (
        1 - np.array([200, -200]) / np.array([1100, 900]) / 10 / 2
    ) - 1
    np.testing.assert_allclose(movement.net[:, 0, 50], yearly, rtol=0.02)
    np.testing.assert_allclose(movement.net[:, 0, 10], yearly, rtol=0.02)  # children too, where no register tells
    np.testing.assert_allclose((1 + movement.net[:, 0, 50]) ** 10, [1.2, 0.8], rtol=0.01)


def test_those_born_in_between_tell_nothing():
    people = flat({"A": 100, "B": 100}, 2015)
    people += [{**r, "residents": 500 if r["age_to"] < 10 else 100} for r in flat({"A": 0, "B": 0}, 2025)]
    assert not estimated(inputs(population=people)).net[:, :, 1:80].any()


def test_residents_of_new_homes_are_taken_out():
    types = {"A": "urban", "B": "urban"}
    homes = {
        "developments": [
            {"development_id": "D", "phase": "1", "dwelling_type": "flat", "area_id": "A", "year": 2021}
            | {"dwellings": 1010, "status": "complete", "displaced_share": 0.5}
        ],
        "household_profiles": [{"dwelling_type": "flat", "age_from": 0, "age_to": 100, "persons": 4.0}],
        "rates": [IMMORTAL, CHILDLESS, {"measure": "out_rate", "value": 0.0}],
    }
    told = options(housing=Housing(occupied=(1.0,)))
    start = flat({"A": 100, "B": 100}, 2020)
    without = ProjectionOptions((2020, 2021, 2022, 2023, 2024, 2025), "08-31", told.demography, told.housing)
    areas = [{**s, "area_type": types[s["area_id"]], "planning_area": "P"} for s in squares(["A", "B"])]
    grown = projected(county({"areas": areas, "population": start, **homes}), without).year(2025)
    later = [
        {**r, "residents": float(grown["AB".index(r["area_id"]), ["female", "male"].index(r["sex"]), r["age_from"]])}
        for r in flat({"A": 0, "B": 0}, 2025)
    ]
    del homes["rates"]
    movement = estimated(inputs(types=types, population=start + later, **homes), told)
    assert np.abs(movement.net[:, :, 16:]).max() < 1e-9


def test_populations_of_two_bases_are_no_flow():
    people = flat({"A": 1000, "B": 1000}, 2015, basis="registered") + flat(
        {"A": 1500, "B": 500}, 2025, basis="resident"
    )
    table = inputs(population=people)
    assert not moves_estimated(table, options())
    assert not estimated(table).net.any()


def test_a_break_between_two_populations():
    people = flat({"A": 1000, "B": 1000}, 2015) + flat({"A": 1500, "B": 500}, 2025)
    table = inputs(population=people)
    assert not estimated(table, options(breaks=(Break(year=2020),))).net.any()
    one = estimated(table, options(breaks=(Break(year=2016, areas=("A",)),)))
    assert (one.net[1, :, 30] < 0).all()


def test_a_population_after_the_base_year_is_not_looked_at():
    people = flat({"A": 1000, "B": 1000}, 2025) + flat({"A": 1500, "B": 500}, 2030)
    assert not estimated(inputs(population=people)).net.any()


def test_counts_of_long_ago_tell_nothing():
    people = flat({"A": 1000, "B": 1000}, 2000) + flat({"A": 1500, "B": 500}, 2010) + flat({"A": 900, "B": 900}, 2025)
    rows = counted("A", 2010, {"2011-08-31": 100, "2012-08-31": 50, "2016-08-31": 50, "2017-08-31": 50})
    table = inputs(population=people, children=rows)
    pairs = child_pairs(table, options(), SURE)
    np.testing.assert_array_equal(pairs.last, [6, 7])
    assert (estimated(table).net[0, :, 50] < 0).all()  # of 2010–2025; A grew before


def test_populations_of_many_years_tell_how_far_they_are_to_be_trusted():
    """Registers that differ from year to year by chance alone: areas that do not move are told so."""
    rng = np.random.default_rng(0)
    types = {f"{i}": "rural" for i in range(12)}
    people = []
    for year in range(2019, 2026):
        people += [{**r, "residents": float(rng.poisson(200))} for r in flat(dict.fromkeys(types, 0), year)]
    net = estimated(inputs(types=types, population=people)).net
    assert np.abs(net[:, :, 20:60]).mean() < 0.01
    assert net[:, 0, 20:60].std(axis=0).max() < 0.01


# ------------------------------------------------------------------------------------------------------------ rolls
def test_rolls_of_the_county_tell_ages_that_nothing_else_does():
    """Ages 7, 8 and 10 of the toy stages; the entry to the second stage at 9 counts too, kindergartens would not."""
    rolls = [
        {"school_id": "S", "year": y, "grade": f"G{g}", "pupils": round(1000 * 0.95 ** (g - 1))}
        for y in (2023, 2024, 2025)
        for g in range(1, 6)
    ]
    movement = estimated(inputs(enrolment=rolls), stages=STAGES)
    np.testing.assert_allclose(movement.net[:, :, [7, 8, 9, 10]], -0.05, atol=0.001)
    assert set(movement.table["source"]) == {"rolls"}
    assert not estimated(
        inputs(enrolment=rolls), options(breaks=(Break(year=2024), Break(year=2025))), stages=STAGES
    ).net.any()


def test_rolls_speak_between_the_start_of_compulsory_schooling_and_its_end():
    stages = Stages(
        (
            Stage("kindergarten", ("K1", "K2"), {}, 4),
            Stage("primary", ("G1", "G2"), {}, 6),
            Stage("junior", ("G3", "G4"), {}, 8),
            Stage("senior", ("G5",), {}, 13),
        )
    )
    grades = {"K1": 100, "K2": 150, "G1": 200, "G2": 190, "G3": 171, "G4": 171, "G5": 90}
    rolls = [
        {"school_id": s, "year": y, "grade": g, "pupils": n}
        for s in "ST"
        for y in (2024, 2025)
        for g, n in grades.items()
    ]
    rolls += [
        {"school_id": "S", "year": 2012, "grade": "G1", "pupils": 9000},
        {"school_id": "S", "year": 2030, "grade": "G2", "pupils": 9},
    ]
    got = roll_evidence(inputs(enrolment=rolls), options(), stages, survival=SURE, ages=16)
    np.testing.assert_allclose(got.moves[0, [6, 7, 8, 9]], [0, -20, -38, 0])  # both schools together
    np.testing.assert_allclose(got.exposure[0, [5, 6, 7, 8, 9, 13]], [0, 0, 390, 361, 342, 0])
    assert not roll_evidence(inputs(enrolment=rolls), options(), None, survival=SURE, ages=16).exposure.any()


# -------------------------------------------------------------------------------------------------------- properties
def random_county(rng: np.random.Generator) -> tuple[dict[str, str], list[dict], list[dict]]:
    types = {f"a{i}": ("urban", "town", "rural")[i % 3] for i in range(6)}
    population = []
    for year in (2018, 2025):
        population += [{**r, "residents": float(rng.integers(0, 40))} for r in flat(dict.fromkeys(types, 0), year)]
    children = [
        row
        for area in types
        for cohort in range(2012, 2022, 3)
        for row in counted(area, cohort, {f"{y}-08-31": float(rng.integers(0, 30)) for y in range(cohort, 2025)})
    ]
    return types, population, children


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["end", "even"]))
def test_whatever_is_counted_nobody_falls_below_zero_and_the_account_closes(seed, timing):
    types, population, children = random_county(np.random.default_rng(seed))
    rates = ({"measure": "total_fertility", "value": 1.2},)
    table = inputs(types=types, population=population, children=children, rates=rates)
    got = projected(table, options(migration_timing=timing))  # the record refuses an open account
    assert np.isfinite(got.residents).all()
    told = account(got, table)
    end = told["start"] + told["births"] - told["deaths"] + told["net_migration"]
    np.testing.assert_allclose(end, told["end"], atol=1e-6)


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_the_names_and_order_of_areas_change_nothing(seed):
    rng = np.random.default_rng(seed)
    types, population, children = random_county(rng)
    order = rng.permutation(6)
    names = {area: f"b{order[i]}" for i, area in enumerate(types)}
    renamed = [[{**row, "area_id": names[row["area_id"]]} for row in rows] for rows in (population, children)]
    first = projected(inputs(types=types, population=population, children=children))
    again = projected(
        inputs(types={names[a]: k for a, k in types.items()}, population=renamed[0][::-1], children=renamed[1][::-1])
    )
    np.testing.assert_allclose(first.residents, again.residents[order], atol=1e-6)


@pytest.mark.parametrize("day", ["2022-02-29", "not a day", None])
def test_a_day_that_is_none_is_passed_over(day):
    rows = counted("A", 2020, {"2021-08-31": 10, "2023-08-31": 10})
    rows.append({**rows[0], "as_of": day, "children": 999})
    assert len(child_pairs(inputs(children=rows), options(), SURE).area) == 1


def test_children_among_newcomers_follow_the_size_of_their_cohort():
    """Age 5 at the end of the third step was 2 at the start; at the end of the first, 4: half as many children."""
    people = np.full(101, 100.0)
    people[:3], people[3:5] = 50.0, 100.0
    got = following_cohorts(np.full((3, 1, 2, 101), 8.0), people)
    assert got[2, 0, 0, 5] == 4.0
    assert got[0, 0, 0, 5] == 8.0  # the first step is as told
    assert (got[:, :, :, 16:] == 8.0).all()  # adults come as counted


def test_newcomers_of_a_level_county_stay_as_they_are():
    told = np.random.default_rng(3).uniform(0, 9, (5, 2, 2, 101))
    np.testing.assert_array_equal(following_cohorts(told, np.full(101, 30.0)), told)
