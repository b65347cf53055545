"""China 2020–2050 in five-year steps, from the inputs of the UN's World Population Prospects 2019: its medium variant.

The life tables are ours, from its abridged death rates. Its net migration comes without ages: it is spread like the
population at the start of each step.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placesim.demography.residents.cohort import Rates, project_population
from placesim.demography.residents.mortality import life_table, single_ages, survival_ratios

START, STEPS = 2020, 6
SEXES = ["female", "male"]
AGES = (0, 1, *range(5, 101, 5))


def by_sex(table: pd.DataFrame, age: str, value: str) -> np.ndarray:
    """[sex, group]."""
    return table.pivot(index="sex", columns=age, values=value).loc[SEXES].to_numpy()


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "wpp2019_china"


def population(folder: Path, year: int, kind: str) -> np.ndarray:
    table = pd.read_csv(folder / "china_population.csv").query("year == @year and kind == @kind")
    return by_sex(table, "age_start", "pop_thousands")


def projected(folder: Path) -> np.ndarray:
    """population[step, sex, group], every step with the period's own rates."""
    mortality = pd.read_csv(folder / "china_mx.csv")
    shape = pd.read_csv(folder / "china_asfr_pct.csv")
    told = pd.read_csv(folder / "china_tfr_srb_migration.csv").set_index("period")
    people = [population(folder, START, "estimate")]
    for step in range(STEPS):
        period = f"{START + 5 * step}-{START + 5 * step + 5}"
        table = life_table(by_sex(mortality[mortality["period"] == period], "age", "mx"), AGES)
        fertility = np.zeros(21)
        percent = shape[shape["period"] == period].sort_values("age")
        fertility[percent["age"] // 5] = told.loc[period, "tfr"] * percent["pct_asfr"] / 100 / 5
        now = people[-1]
        rates = Rates(
            survival=survival_ratios(table, step_years=5)[None, None],
            fertility=fertility[None, None],
            net_migrants=(told.loc[period, "net_migration_thousands"] * now / now.sum())[None, None],
            males_per_female_birth=[told.loc[period, "srb"]],
            step_years=5,
        )
        people.append(project_population(now[None], rates, migration="even").population[1, 0])
    return np.array(people)


def test_the_medium_variant_is_met(folder: Path, record_property: pytest.RecordProperty) -> None:
    got = projected(folder)
    error = {}
    for step in range(1, STEPS + 1):
        year = START + 5 * step
        expected = population(folder, year, "medium")
        error[year] = got[step].sum() / expected.sum() - 1
        children = got[step, :, 1:3].sum() / expected[:, 1:3].sum() - 1
        record_property(f"China {year}: total", f"{error[year]:+.3%}")
        record_property(f"China {year}: ages 5–14", f"{children:+.3%}")
        assert abs(children) <= 0.006
    assert abs(error[2025]) <= 0.001
    assert abs(error[2050]) <= 0.0025


def test_life_expectancy_is_the_same_by_groups_and_by_single_ages(folder: Path) -> None:
    mortality = pd.read_csv(folder / "china_mx.csv")
    table = life_table(by_sex(mortality[mortality["period"] == "2020-2025"], "age", "mx"), AGES)
    by_group = table.person_years.sum(axis=1)
    np.testing.assert_allclose(single_ages(table).person_years.sum(axis=1), by_group, rtol=1e-3)
    assert 70 < by_group[1] < by_group[0] < 90
