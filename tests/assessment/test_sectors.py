"""Public and private shares, by hand and in a run that knows who applies where."""

from __future__ import annotations

import numpy as np
from toy_county import County, assessed, row_of

FLOWS = [(2025, "A", "S1", "G1", 60), (2025, "B", "S2", "G1", 40), (2025, "A", "S1", "G7", 10)]
PLACES = {("S1", "primary"): (90, 90, 90), ("S2", "primary"): (60, 60, 60), ("S1", "junior"): (30, 30, 30)}


def test_shares_by_hand() -> None:
    result = assessed(County(FLOWS, places=PLACES, sectors=("public", "private")))
    row = row_of(result.tables["sectors"], stage="primary")
    assert (row["public_share"], row["private_share"]) == (0.6, 0.4)
    assert (row["private_pupils"], row["bought_places"]) == (40, 0)
    assert (bool(row["at_once"]), row["applied_private"]) == (False, 0)
    assert row_of(result.tables["sectors"], stage="junior")["private_share"] == 0.0
    found = result.findings
    assert found[found["rule_id"] == "cn-private-compulsory"]["stage"].tolist() == ["primary"]


def test_unknown_sectors_are_no_public_ones() -> None:
    table = assessed(County(FLOWS, places=PLACES)).tables["sectors"]
    assert table[["public_share", "private_share"]].isna().all(axis=None)
    assert not np.isnan(table["private_pupils"]).any()
