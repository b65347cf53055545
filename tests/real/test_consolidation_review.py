"""The ranking for review against the schools that Hamilton really removed between 2011 and 2016."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from placesim.assessment import underused


@pytest.fixture(scope="module")
def schools(real_data: Path) -> pd.DataFrame:
    """Schools of 2011 with roll and capacity; those rebuilt elsewhere ("Moved") count as kept."""
    table = pd.read_csv(real_data / "zoning_hamilton_on" / "schools.csv", dtype={"school_id": str})
    there = table[(table["years"] != "2016") & table["enrolment_2011"].notna() & table["capacity_2011"].notna()]
    return there.rename(columns={"enrolment_2011": "roll", "capacity_2011": "places"})


def auc(score: NDArray[np.float64], removed: NDArray[np.bool_]) -> float:
    """The chance that a removed school scores above a kept one."""
    above = score[removed][:, None] - score[~removed][None]
    return float((above > 0).mean() + (above == 0).mean() / 2)


@pytest.mark.parametrize(
    ("levels", "reached", "by_utilisation", "found"),
    [(("Elementary",), 0.867, 0.826, 4), (("Elementary", "High"), 0.843, 0.830, 4)],
)
def test_the_schools_removed_rank_high(
    schools: pd.DataFrame, record_property: Callable[[str, object], None], levels: tuple[str, ...], reached: float,
    by_utilisation: float, found: int,
) -> None:  # fmt: skip
    """found: removed schools among as many first ranks as schools were removed (precision = recall)."""
    of_level = schools[schools["level"].isin(levels)].reset_index(drop=True)
    ranked = underused(of_level[["school_id", "places", "roll"]]).set_index("school_id").loc[of_level["school_id"]]
    removed = (of_level["status"] == "Removed").to_numpy()
    area = auc(ranked["score"].to_numpy(), removed)
    first = int((ranked["rank"].to_numpy()[removed] <= removed.sum()).sum())
    plain = auc((of_level["places"] / of_level["roll"]).to_numpy(), removed)
    record_property("auc", round(area, 3))
    record_property("precision", round(first / int(removed.sum()), 3))
    assert plain == pytest.approx(by_utilisation, abs=5e-4)
    assert area == pytest.approx(reached, abs=5e-4)
    assert first == found
