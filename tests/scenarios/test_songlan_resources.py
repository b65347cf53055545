"""What Songlan's schools have is of a county's size, sound, and different between town and village."""

from __future__ import annotations

import pandas as pd
import pytest
from songlan_files import Files


@pytest.fixture(params=["songlan", "other"])
def county(request: pytest.FixtureRequest) -> Files:
    return request.getfixturevalue(request.param)


def per_pupil(county: Files) -> pd.DataFrame:
    """Rows of resources with the pupils and the area type of their section."""
    stages = {"一": "primary", "二": "primary", "三": "primary", "四": "primary", "五": "primary", "六": "primary",
              "七": "junior", "八": "junior", "九": "junior"}  # fmt: skip
    rolls = county.rolls().query("学年 == 2025")
    stage = rolls["年级"].str[0].map(stages).where(rolls["年级"].str.endswith("年级"))
    pupils = rolls.assign(stage=stage).groupby(["学校代码", "stage"])["在校生数"].sum().rename("pupils").reset_index()
    kinds = county.layer("schools")[["school_id", "stage", "area_type"]]
    rows = county.table("resources").merge(kinds, on=["school_id", "stage"])
    return rows.merge(pupils.rename(columns={"学校代码": "school_id"}), on=["school_id", "stage"])


def test_every_section_with_pupils_is_there_once(county: Files) -> None:
    rows = county.table("resources")
    assert not rows.duplicated(["school_id", "stage"]).any()
    assert set(rows["stage"]) == {"primary", "junior"}
    assert len(rows) in range(len(per_pupil(county)), len(per_pupil(county)) + 2)  # T13 stands in another's books


def test_parts_of_the_teachers_are_parts(county: Files) -> None:
    rows = county.table("resources")
    for part in ("above_degree_teachers", "backbone_teachers", "pe_art_teachers", "mid_title_teachers", "pe_teachers"):
        assert (rows[part] <= rows["teachers"]).all(), part


def test_towns_lack_ground_and_villages_teachers(county: Files) -> None:
    # A real county of this kind (Ningguo 2022) has coefficients of .17 to .76 in primary and .25 to 1.06 in junior.
    sums = (
        per_pupil(county)
        .query("stage == 'primary'")
        .groupby("area_type")[["sports_area", "pupils", "backbone_teachers"]]
        .sum()
    )
    ground = sums["sports_area"] / sums["pupils"]
    backbone = sums["backbone_teachers"] / sums["pupils"] * 100
    assert ground["urban"] < 7.5 < ground["rural"]
    assert backbone["urban"] > 0.7
    assert 9 < per_pupil(county)["books"].sum() / per_pupil(county)["pupils"].sum() < 40
