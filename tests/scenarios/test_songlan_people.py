"""The people: a crowded county town, emptying villages and waves of pupils, sized by national figures."""

from __future__ import annotations

import pandas as pd
import pytest
from songlan_files import Files

PRIMARY = ["一年级", "二年级", "三年级", "四年级", "五年级", "六年级"]
JUNIOR = ["七年级", "八年级", "九年级"]
SENIOR = ["高一", "高二", "高三"]
KINDERGARTEN = ["小班", "中班", "大班"]
AGES = {"kindergarten": (3, 5), "primary": (6, 11), "junior": (12, 14), "senior": (15, 17)}
BINS = ["45人及以下", "46—55人", "56—65人", "66人及以上"]


@pytest.fixture(params=["songlan", "other"])
def county(request: pytest.FixtureRequest) -> Files:
    """What must hold under any seed."""
    return request.getfixturevalue(request.param)


def rolls_with_type(county: Files) -> pd.DataFrame:
    schools = county.layer("schools").drop_duplicates("school_id").set_index("school_id")
    rolls = county.rolls()
    return rolls.assign(area_type=rolls["学校代码"].map(schools["area_type"]))


def by_stage(rolls: pd.DataFrame, grades: list[str]) -> pd.Series:
    return rolls[rolls["年级"].isin(grades)].groupby("学年")["在校生数"].sum()


def test_size_of_the_county(county: Files) -> None:
    residents = county.residents()
    total = residents["residents"].sum()
    assert 160_000 < total < 185_000
    share = residents.groupby("area_type")["residents"].sum() / total
    assert 0.45 < share["urban"] < 0.57
    assert 0.30 < share["rural"] < 0.42


def test_sexes_and_ages_are_those_of_a_county_that_people_leave(county: Files) -> None:
    residents = county.residents()
    by_age = residents.groupby("age")["residents"].sum()
    assert list(by_age.index) == list(range(101))
    males, females = (residents.loc[residents["female"] == f, "residents"].sum() for f in (False, True))
    assert 0.96 < males / females < 1.08
    young = residents[residents["age"] < 15].groupby("female")["residents"].sum()
    assert 1.05 < young[False] / young[True] < 1.20
    assert by_age[20:30].sum() < 0.5 * by_age[50:60].sum()
    assert 0.12 < by_age[65:].sum() / by_age.sum() < 0.24
    old = residents[residents["age"] >= 65].groupby("area_type")["residents"].sum()
    everyone = residents.groupby("area_type")["residents"].sum()
    assert (old / everyone)["rural"] > 2 * (old / everyone)["urban"]


def test_births_fall_to_half_within_nine_years(county: Files) -> None:
    births = county.table("births")
    total = births[births["basis"] == "mother_residence"].groupby("year")["births"].sum()
    assert list(total.index) == list(range(2008, 2025))
    assert 0.42 < total[2024] / total[2016] < 0.60
    assert total.loc[2012:2017].idxmax() in (2016, 2017)
    per_thousand = 1000 * total[2024] / county.residents()["residents"].sum()
    assert 4.5 < per_thousand < 7.0  # the nation: 6.77


def test_class_size_bins_sum_to_the_classes(county: Files) -> None:
    rolls = county.rolls()
    assert (rolls[BINS].sum(axis=1) == rolls["班级数"]).all()
    assert (rolls["班级数"] > 0).all()
    assert (rolls["寄宿生"] <= rolls["在校生数"]).all()
    assert (rolls["在校生数"] <= 75 * rolls["班级数"]).all()


def test_no_campus_has_more_classes_than_rooms(county: Files) -> None:
    rooms = county.layer("schools").drop_duplicates("school_id").set_index("school_id")["rooms"]
    classes = county.rolls().groupby(["学校代码", "学年"])["班级数"].sum()
    over = classes[classes > rooms.reindex(classes.index.get_level_values(0)).to_numpy()]
    assert set(over.index.get_level_values(0)) <= {"N03", "N04"}  # these hold the books of teaching points


def test_county_town_is_crowded_and_villages_are_empty(county: Files) -> None:
    rolls = rolls_with_type(county)
    schools = county.layer("schools").drop_duplicates("school_id").set_index("school_id")
    now = rolls[rolls["学年"] == 2025]
    roll = now.groupby("学校代码")["在校生数"].sum()
    for prefix, size in (("P", 45), ("J", 50), ("N01", 47)):
        town = [s for s in roll.index if s.startswith(prefix) and schools["area_type"][s] == "urban"]
        assert roll[town].sum() > 1.03 * size * schools["rooms"][town].sum(), prefix
    rural = roll[schools["area_type"].reindex(roll.index) == "rural"]
    assert (rural < 100).mean() > 0.9  # one larger point in the hills may have a few more
    assert rural.max() < 120
    assert rural.sum() < 0.35 * 30 * schools["rooms"][rural.index].sum()
    compulsory = now[now["年级"].isin(PRIMARY + JUNIOR)].groupby("area_type")[BINS].sum()
    large = compulsory[BINS[2:]].sum(axis=1) / compulsory.sum(axis=1)
    assert large["urban"] > 0.08
    assert large["rural"] == 0
    assert large["town"] < 0.05


def test_kindergartens_empty_first_and_the_wave_is_in_primary_and_junior_now(county: Files) -> None:
    rolls = rolls_with_type(county)
    urban = rolls[rolls["area_type"] == "urban"]
    kindergarten, primary, junior = (by_stage(urban, g) for g in (KINDERGARTEN, PRIMARY, JUNIOR))
    assert kindergarten.idxmax() in (2020, 2021, 2022)
    assert kindergarten[2025] < 0.8 * kindergarten.max()
    assert primary.idxmax() in (2023, 2024, 2025)
    assert junior[2025] > 0.98 * junior[2019]
    first = urban[urban["年级"] == "一年级"].groupby("学年")["在校生数"].sum()
    assert first[2025] < 0.9 * first.max()


def test_the_junior_wave_lies_ahead_and_the_primary_wave_behind(county: Files) -> None:
    children = pd.concat(county.truth(y).assign(age=lambda t, y=y: y - t["cohort"], year=y) for y in range(2019, 2032))
    urban = children[children["area_type"] == "urban"]
    of_age = {s: urban[urban["age"].between(*a)].groupby("year")["children"].sum() for s, a in AGES.items()}
    assert of_age["kindergarten"].idxmax() in (2020, 2021, 2022)
    assert of_age["primary"].idxmax() in (2023, 2024, 2025)
    assert of_age["junior"].idxmax() in (2029, 2030)
    assert of_age["senior"].idxmax() >= 2028
    assert of_age["junior"].max() > 1.06 * of_age["junior"][2025]
    assert of_age["primary"][2031] < 0.75 * of_age["primary"][2025]


def test_village_entrants_fall_faster_than_those_of_the_county_town(county: Files) -> None:
    entrants = {
        y: county.truth(y).query("cohort == @y - 6").groupby("area_type")["children"].sum() for y in (2019, 2031)
    }
    fall = entrants[2031] / entrants[2019]
    assert fall["rural"] < 0.5
    assert fall["rural"] < 0.8 * fall["urban"]


def test_rolls_fit_the_residents_of_their_ages(county: Files) -> None:
    children = county.truth(2025).groupby("cohort")["children"].sum()
    now = county.rolls()[lambda r: r["学年"] == 2025]
    expected = {"K": (KINDERGARTEN, range(2020, 2023), 0.80, 0.97), "P": (PRIMARY, range(2014, 2020), 0.98, 1.01)}
    expected |= {"J": (JUNIOR, range(2011, 2014), 0.95, 1.01), "S": (SENIOR, range(2008, 2011), 0.55, 0.70)}
    for grades, cohorts, low, high in expected.values():
        pupils = now.loc[now["年级"].isin(grades), "在校生数"].sum()
        assert low < pupils / children.loc[list(cohorts)].sum() < high


def test_the_true_flows_are_the_rolls_without_pupils_from_beyond_the_border(county: Files) -> None:
    flows = county.table("truth/flows")
    border = county.table("flows")
    inside = flows[flows["school_id"] != "outside"]["pupils"].sum()
    coming = border[border["area_id"] == "outside"]["pupils"].sum()
    assert inside + coming == county.rolls().query("学年 == 2025")["在校生数"].sum()
    going = border[border["school_id"] == "outside"].groupby("stage")["pupils"].sum()
    assert going.sum() == flows.loc[flows["school_id"] == "outside", "pupils"].sum()
    assert going["senior"] > going["primary"]
