"""Public and private: shares of places and pupils, and what became of those who applied to private schools."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.assessment.classes import by_stage, ratio
from placesim.records import Allocation, Results
from placesim.vocabulary import DESIGN

PRIVATE: Final = "private"
SECTORS_TABLE: Final = (
    "stage", "year", "public_share", "private_share", "private_pupils", "bought_places", "at_once", "applied_private",
    "placed_private", "returned_public",
)  # fmt: skip


def sector_shares(results: Results) -> pd.DataFrame:
    """stage, year, public_share of the design places, private_share of the pupils; NaN where no school has a sector.

    Places that the county has bought in a private school (购买学位) are public, and so are the pupils who fill them.
    """
    table = _by_stage_and_year(results)
    return table[["stage", "year", "public_share", "private_share"]]


def sectors(results: Results) -> pd.DataFrame:
    """SECTORS_TABLE by stage and year.

    private_pupils: beyond the bought places · at_once: the rule of the stage knows who applies to private schools, and
    admits to both sectors at the same time (公民同招) · applied_private: entrants who applied to a private school,
    placed_private of them, returned_public: placed in a public one, for want of a private place.
    """
    return _by_stage_and_year(results).join(_applied(results))[list(SECTORS_TABLE)]


def _private(results: Results) -> NDArray[np.bool_]:
    schools = results.places.schools
    if "sector" not in schools:
        return np.zeros(len(schools), dtype=bool)
    return schools["sector"].eq(PRIVATE).to_numpy(dtype=bool)


def _by_stage_and_year(results: Results) -> pd.DataFrame:
    allocation, places, private = results.allocation, results.places, _private(results)
    known = "sector" in places.schools and bool(places.schools["sector"].notna().any())
    roll, design = by_stage(allocation.roll, places.stages), allocation.stage_places[..., DESIGN]
    bought = np.minimum(places.bought, design)
    beyond = np.maximum(roll - bought, 0)[private].sum(axis=0)
    public = design.sum(axis=0) - (design - bought)[private].sum(axis=0)
    at = pd.MultiIndex.from_product([places.stages.ids, allocation.years], names=["stage", "year"])
    shares = {"public_share": ratio(public, design.sum(axis=0)), "private_share": ratio(beyond, roll.sum(axis=0))}
    facts = {name: np.where(known, share, np.nan).ravel().round(4) for name, share in shares.items()}
    counts = {"private_pupils": beyond.ravel(), "bought_places": bought[private].sum(axis=0).ravel()}
    return at.to_frame(index=False).assign(**facts, **counts)


def _applied(results: Results) -> pd.DataFrame:
    """at_once, applied_private, placed_private, returned_public in the order of the stages and years."""
    allocation, private = results.allocation, _private(results)
    of_group = np.array([g == PRIVATE or g.endswith(f":{PRIVATE}") for g in allocation.groups])
    inside = np.append(private, False)[allocation.school]
    here = allocation.school < len(allocation.schools)
    rows = []
    for stage in allocation.stages.ids:
        entry = allocation.stages.grade_slice(stage).start
        applied = allocation.demand[:, :, entry][:, :, of_group].sum(axis=(0, 2))
        asked = here & of_group[allocation.group] & (allocation.grade == entry)
        placed, returned = (_by_year(allocation, asked & chosen) for chosen in (inside, ~inside))
        at_once = bool(of_group.any()) and allocation.rules[stage] in ("tiers", "choice")
        rows += [(at_once, *row) for row in zip(applied.tolist(), placed.tolist(), returned.tolist(), strict=True)]
    return pd.DataFrame(rows, columns=["at_once", "applied_private", "placed_private", "returned_public"])


def _by_year(allocation: Allocation, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    pupils = np.bincount(allocation.year[rows], weights=allocation.pupils[rows], minlength=len(allocation.years))
    return pupils.astype(np.int64)
