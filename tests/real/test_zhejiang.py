"""China's censuses of 2010 and 2020 in Zhejiang: children of 2010 ten years later, foretold by what 2010 knew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placesim.demography.residents.movement import movement_features, predict_held_out

EDGES = [0, 1, *range(5, 90, 5), 101]
GROUPS = ["0", "1-4", *(f"{a}-{a + 4}" for a in range(5, 85, 5)), "85+"]


@dataclass(frozen=True)
class Counties:
    """features[county] of 2010; prefecture[county]; then[cohort][county] and now[cohort][county]: the cohorts aged 0–4
    and 5–9 in 2010."""

    features: np.ndarray
    prefecture: list[str]
    then: dict[str, np.ndarray]
    now: dict[str, np.ndarray]

    def change(self, cohort: str) -> np.ndarray:
        return np.log(self.now[cohort] / self.then[cohort])

    def miss(self, cohort: str, foretold: np.ndarray) -> tuple[float, float]:
        """(MAPE, bias) in percent of a foretold log change."""
        error = self.then[cohort] * np.exp(foretold) / self.now[cohort] - 1
        return 100 * float(np.abs(error).mean()), 100 * float(error.mean())

    def held_out(self, cohort: str, fold: np.ndarray) -> tuple[float, float]:
        return self.miss(cohort, predict_held_out(self.features, self.change(cohort), fold, groups=self.prefecture))


@pytest.fixture(scope="module")
def counties(real_data: Path) -> Counties:
    folder = real_data / "china_census_zhejiang"
    units = pd.read_csv(folder / "zhejiang_units.csv", dtype={"code": str}).set_index("code")
    units = units[(units["level"] == "county") & (units["same_name"].astype(str) == "True")]
    counted = pd.read_csv(folder / "zhejiang_population.csv.gz", dtype={"code": str})
    wide = counted.pivot_table(index="code", columns=["year", "sex", "age_group"], values="population", aggfunc="sum")
    wide = wide.loc[list(units.index)]
    people = {
        year: np.stack([wide[year][sex][GROUPS].to_numpy(float) for sex in ("female", "male")], axis=1)
        for year in (2010, 2020)
    }
    features = movement_features(people[2010], EDGES, units["hukou_2010"])
    prefecture = [code[:4] for code in units.index]
    then = {"10-14": people[2010][:, :, :2].sum(axis=(1, 2)), "15-19": people[2010][:, :, 2].sum(axis=1)}
    now = {g: people[2020][:, :, GROUPS.index(g)].sum(axis=1) for g in ("10-14", "15-19")}
    return Counties(features, prefecture, then, now)


def test_the_naive_figures_are_reproduced(counties: Counties, record_property: Callable[[str, object], None]):
    assert len(counties.prefecture) == 82
    for cohort, mape, bias in (("10-14", 14.6, -8.1), ("15-19", 25.4, -2.3)):
        got = counties.miss(cohort, np.zeros(82))
        record_property(f"naive MAPE {cohort}", round(got[0], 2))
        np.testing.assert_allclose(got, (mape, bias), atol=0.06)


def test_children_of_a_held_out_county_are_foretold_a_quarter_better(
    counties: Counties, record_property: Callable[[str, object], None]
):
    """Each county by all others of its province, those of its own prefecture among them."""
    mape, bias = counties.held_out("10-14", np.arange(82))
    record_property("MAPE 10-14, leave one county out", round(mape, 2))
    record_property("bias 10-14, leave one county out", round(bias, 2))
    assert mape <= 0.75 * 14.6
    assert abs(bias) < 2


@pytest.mark.evidence
def test_ten_folds_and_whole_prefectures_held_out(counties: Counties, record_property: Callable[[str, object], None]):
    """Ten folds lose some of a county's neighbours, a held-out prefecture all: then little is left to know."""
    folds = [np.random.default_rng(seed).permutation(82) % 10 for seed in range(20)]
    prefecture = np.unique(counties.prefecture, return_inverse=True)[1]
    middling = np.array([np.median(np.delete(counties.change("10-14"), i)) for i in range(82)])
    record_property(
        "MAPE 10-14 by the median change of the other counties", round(counties.miss("10-14", middling)[0], 2)
    )
    for cohort, naive in (("10-14", 14.6), ("15-19", 25.4)):
        ten = np.array([counties.held_out(cohort, fold)[0] for fold in folds])
        whole, _ = counties.held_out(cohort, prefecture)
        record_property(f"MAPE {cohort}, 20 × ten folds, mean (worst)", f"{ten.mean():.2f} ({ten.max():.2f})")
        record_property(f"MAPE {cohort}, leave one prefecture out", round(whole, 2))
        record_property(f"MAPE {cohort}, leave one county out", round(counties.held_out(cohort, np.arange(82))[0], 2))
        assert ten.mean() < 0.9 * naive
        assert whole < naive
