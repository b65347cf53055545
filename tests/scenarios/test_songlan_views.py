"""Each register has the blind spots that the README names, and only those."""

from __future__ import annotations

import pandas as pd
import pytest
from songlan_files import Files

NOW = "2025-08-31"
SMALL = range(2019, 2026)  # cohorts aged 0–6


@pytest.fixture(params=["songlan", "other"])
def county(request: pytest.FixtureRequest) -> Files:
    return request.getfixturevalue(request.param)


def known(county: Files, basis: str, as_of: str = NOW) -> pd.DataFrame:
    children = county.table("children")
    rows = children[(children["basis"] == basis) & (children["as_of"] == as_of)]
    return rows.merge(county.layer("areas")[["area_id", "area_type", "planning_area"]])


def of_cohorts(rows: pd.DataFrame, cohorts: range) -> pd.DataFrame:
    return rows[rows["cohort"].isin(cohorts)]


def test_registers_of_seven_years_and_four_bases(county: Files) -> None:
    children = county.table("children")
    assert set(children["basis"]) == {"registration", "permit", "vaccination", "kindergarten"}
    assert sorted(children["as_of"].unique()) == [f"{y}-08-31" for y in range(2019, 2026)]
    assert not children.duplicated(["area_id", "cohort", "basis", "as_of"]).any()
    assert (children["cohort"] <= children["as_of"].str[:4].astype(int)).all()


def test_village_children_are_registered_at_home_and_live_in_town(county: Files) -> None:
    registered = of_cohorts(known(county, "registration"), SMALL).groupby("area_type")["children"].sum()
    living = of_cohorts(county.truth(2025), SMALL).groupby("area_type")["children"].sum()
    assert registered["rural"] > 1.4 * living["rural"]
    assert registered["urban"] < 0.8 * living["urban"]


def test_births_are_registered_late(county: Files) -> None:
    """A cohort grows on the register while its members are few years old, without anyone being born."""
    for cohort in (2019, 2020, 2021):
        counts = [
            of_cohorts(known(county, "registration", f"{y}-08-31"), range(cohort, cohort + 1))["children"].sum()
            for y in range(cohort, min(cohort + 4, 2026))
        ]
        assert counts == sorted(counts)
        assert counts[0] < 0.85 * counts[-1]


def test_desirable_addresses_hold_children_who_live_elsewhere(county: Files) -> None:
    zones = county.table("catchments").query("school_id == 'P01'")["area_id"]
    registered = of_cohorts(known(county, "registration"), SMALL)
    living = of_cohorts(county.truth(2025), SMALL)
    ratio = {
        where: registered.loc[chosen(registered), "children"].sum() / living.loc[chosen(living), "children"].sum()
        for where, chosen in {
            "desirable": lambda t: t["area_id"].isin(zones),
            "other": lambda t: (t["area_type"] == "urban") & ~t["area_id"].isin(zones),
        }.items()
    }
    assert ratio["desirable"] > 1.25 * ratio["other"]


def test_permits_miss_many_migrant_children_and_villages_issue_none(county: Files) -> None:
    permits = known(county, "permit")
    assert set(permits["area_type"]) == {"urban", "town"}
    registered = of_cohorts(known(county, "registration"), SMALL).groupby("area_type")["children"].sum()
    living = of_cohorts(county.truth(2025), SMALL).groupby("area_type")["children"].sum()
    held = permits[permits["area_type"] == "urban"]["children"].sum()
    assert 0 < held < 0.6 * (living["urban"] - registered["urban"])
    by_age = of_cohorts(permits, SMALL).groupby("cohort")["children"].sum()
    assert by_age[2025] < by_age[2019]


def test_kindergartens_count_where_they_stand(county: Files) -> None:
    schools = county.layer("schools").query("stage == 'kindergarten'")
    areas = county.layer("areas")[["area_id", "geometry"]]
    places = set(schools.sjoin(areas, predicate="within")["area_id"])
    counted = known(county, "kindergarten")
    assert set(counted["area_id"]) == places
    assert set(counted["cohort"]) == {2020, 2021, 2022}
    living = of_cohorts(county.truth(2025), range(2020, 2023))["children"].sum()
    assert 0.80 < counted["children"].sum() / living < 0.95


def test_kindergarten_returns_agree_with_the_rolls_but_for_a_silent_private_one(county: Files) -> None:
    rolls = county.rolls()
    rolls = rolls[rolls["年级"].isin(["小班", "中班", "大班"])]
    for year in (2021, 2023):
        counted = known(county, "kindergarten", f"{year}-08-31")["children"].sum()
        booked = rolls[rolls["学年"] == year]
        silent = booked.loc[booked["学校代码"] == "K07", "在校生数"].sum() if year < 2022 else 0
        assert counted == booked["在校生数"].sum() - silent


def test_vaccination_is_close_to_the_residents(county: Files) -> None:
    listed = of_cohorts(known(county, "vaccination"), SMALL).groupby("area_type")["children"].sum()
    living = of_cohorts(county.truth(2025), SMALL).groupby("area_type")["children"].sum()
    assert ((listed / living).between(0.94, 1.06)).all()


def test_the_count_misses_the_youngest_and_movers(county: Files) -> None:
    counted = county.residents().query("age < 18").groupby(["area_type", "age"])["residents"].sum()
    living = county.truth(2025).assign(age=lambda t: 2025 - t["cohort"]).groupby(["area_type", "age"])["children"].sum()
    ratio = (counted.groupby("area_type").sum() / living.groupby("area_type").sum()).to_dict()
    assert all(0.95 < value < 1.03 for value in ratio.values())
    youngest = counted["urban"].loc[0:2].sum() / living["urban"].loc[0:2].sum()
    assert youngest < counted["urban"].loc[3:17].sum() / living["urban"].loc[3:17].sum()


def test_pupils_of_some_points_stand_in_the_books_of_the_central_school(county: Files) -> None:
    rolls = county.rolls()
    years = rolls.groupby("学校代码")["学年"].unique()
    assert "T13" not in years.index
    assert sorted(years["T07"]) == sorted(years["T08"]) == [2023, 2024, 2025]
    assert sorted(years["T06"]) == [2019, 2020]  # closed since
    low = rolls[rolls["年级"].isin(["一年级", "二年级", "三年级"])]
    central = low[low["学校代码"] == "N03"].groupby("学年")["在校生数"].sum()
    points = low[low["学校代码"].isin(["T07", "T08"])].groupby("学年")["在校生数"].sum()
    assert central[2022] - central[2023] > 0.6 * points[2023]


def test_births_by_registration_are_spread_over_the_villages(county: Files) -> None:
    births = county.table("births").merge(county.layer("areas")[["area_id", "area_type"]])
    total = births[births["year"].between(2015, 2019)].pivot_table(
        index="area_type", columns="basis", values="births", aggfunc="sum"
    )
    assert total.loc["rural", "registration"] > 1.3 * total.loc["rural", "mother_residence"]
    assert total.loc["urban", "registration"] < total.loc["urban", "mother_residence"]


def test_rates_are_given_by_kind_of_area_and_plausible(county: Files) -> None:
    rates = county.table("rates")
    fertility = rates[rates["measure"] == "fertility"]
    total = (fertility["value"] * 5).groupby(fertility["area_type"]).sum()
    assert set(total.index) == {"urban", "town", "rural"}
    assert total.between(0.8, 2.2).all()
    out = rates[rates["measure"] == "out_rate"]
    assert out["value"].between(0, 0.4).all()
    young = out[out["age_from"] == 18].set_index("area_type")["value"]
    assert young["rural"] > young["urban"]
    came = rates[rates["measure"] == "in_count"].groupby("area_type")["value"].sum()
    assert came["urban"] > came["rural"] > came["town"]
    assert 104 < rates.loc[rates["measure"] == "sex_ratio_at_birth", "value"].item() < 118
