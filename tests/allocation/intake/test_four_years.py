"""Four years of three schools, worked by hand: pooled rooms, a teaching point, an opening and a closure.

Classes of 10 (design), 12 (cap), 15 (emergency). C (central school, in the town): primary G1–G3 and junior G4–G5 in 9
rooms. T (teaching point of C in the village): G1–G2, 2 rooms, closes in 2028, its pupils go to N. N opens in 2026:
primary, 3 rooms. Area a is the town, b the village. Minutes: a–C 5, a–N 6, b–T 5, b–N 12, b–C 15. Over design costs 10
minutes, over cap 30.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from toy_run import Toy

from placesim.records import Allocation
from placesim.scenario.changes import Close

YEARS = (2025, 2026, 2027, 2028)
GRADES = ("G1", "G2", "G3", "G4", "G5")
TOWN = {
    "G1": [12, 14, 8, 40],
    "G2": [10, 12, 14, 8],
    "G3": [8, 10, 12, 14],
    "G4": [10, 8, 10, 12],
    "G5": [10, 10, 8, 10],
}
VILLAGE = {"G1": 8, "G2": 8, "G3": 8, "G4": 6, "G5": 6}

TOY = Toy(
    schools=[
        {"school_id": "C", "stage": "primary", "rooms": 9, "institution_id": "I", "area_type": "town"},
        {"school_id": "C", "stage": "junior", "rooms": 9, "institution_id": "I", "area_type": "town"},
        {"school_id": "T", "stage": "primary", "rooms": 2, "institution_id": "I", "area_type": "rural",
         "last_grade": "G2"},
        {"school_id": "N", "stage": "primary", "rooms": 3, "area_type": "rural", "valid_from": 2026},
    ],
    minutes={("a", "C"): 5.0, ("a", "N"): 6.0, ("b", "T"): 5.0, ("b", "N"): 12.0, ("b", "C"): 15.0},
    pupils={**{("a", g): n for g, n in TOWN.items()}, **{("b", g): n for g, n in VILLAGE.items()}},
    years=YEARS, parameters={"calibrate": False}, area_types={"a": "town", "b": "rural"},
    changes={"t": Close(kind="close", school="T", year=2028, receivers=("N",))},
)  # fmt: skip

# year → school → grade → pupils by area, and classes
Roll = dict[str, dict[str, tuple[dict[str, int], int]]]
EXPECTED: dict[int, Roll] = {
    # All are placed afresh. C needs 2 + 1 + 2 classes for its primary grades (G3 of the village among them: T ends at
    # G2) and 2 + 2 for junior: exactly its 9 rooms.
    2025: {
        "C": {
            "G1": ({"a": 12}, 2), "G2": ({"a": 10}, 1), "G3": ({"a": 8, "b": 8}, 2),
            "G4": ({"a": 10, "b": 6}, 2), "G5": ({"a": 10, "b": 6}, 2),
        },
        "T": {"G1": ({"b": 8}, 1), "G2": ({"b": 8}, 1)},
    },
    # T passes 8 pupils to G3 of C, where one class of 10 was: 18 in one room would be over 12, so a second class is
    # formed before entrants get rooms. 2 + 2 classes of primary and 2 of junior go on, 3 rooms are free; entrants need
    # 2 + 2, and the equal remainders go to the earlier stage: 2 for G1, 1 for G4, whose 14 pupils sit in it (over cap,
    # within 15). N opens, but nobody lives nearest to it, so it stays empty.
    2026: {
        "C": {
            "G1": ({"a": 14}, 2), "G2": ({"a": 12}, 2), "G3": ({"a": 10, "b": 8}, 2),
            "G4": ({"a": 8, "b": 6}, 1), "G5": ({"a": 10, "b": 6}, 2),
        },
        "T": {"G1": ({"b": 8}, 1), "G2": ({"b": 8}, 1)},
    },
    # G3: 12 + 8 from T in the two classes of last year's G2, 10 each. G5 goes on as one class of 14. 5 classes go on, 4
    # rooms are free, entrants need 1 + 2; the room left over goes to junior (need 1 : 2) and relieves G5.
    2027: {
        "C": {
            "G1": ({"a": 8}, 1), "G2": ({"a": 14}, 2), "G3": ({"a": 12, "b": 8}, 2),
            "G4": ({"a": 10, "b": 6}, 2), "G5": ({"a": 8, "b": 6}, 2),
        },
        "T": {"G1": ({"b": 8}, 1), "G2": ({"b": 8}, 1)},
    },
    # T closes: its 16 go to G2 and G3 of N. Of C 1 + 2 + 2 classes go on; 4 free rooms for a need of 4 + 2: 3 and 1.
    # G4: 18 apply for one room, 15 get in; those farthest away, 3 of the village, are unplaced. G1: design places of
    # C are 20 (2 tracks), at cap 30 (3 rooms at design size), 45 at most; of N 10, 12, 15. The 8 of the village go to N
    # (12 minutes, C 15), the town fills C to 20 and N to 10 (2), C to 30 (15 minutes, N 16) and N to 12 (2); the last 6
    # cost 35 minutes at C, 36 at N: 36 of the town at C, 4 at N.
    2028: {
        "C": {
            "G1": ({"a": 36}, 3), "G2": ({"a": 8}, 1), "G3": ({"a": 14}, 2),
            "G4": ({"a": 12, "b": 3}, 1), "G5": ({"a": 10, "b": 6}, 2),
        },
        "N": {"G1": ({"a": 4, "b": 8}, 1), "G2": ({"b": 8}, 1), "G3": ({"b": 8}, 1)},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Allocation:
    return TOY.allocate()


@pytest.mark.parametrize("year", YEARS)
def test_who_sits_where(found: Allocation, year: int) -> None:
    rows = found.rows()
    rows = rows[rows["year"] == year]
    seen = {(r.school_id, r.grade, r.area_id): r.pupils for r in rows.itertuples()}
    hand = {(s, g, a): n for s, roll in EXPECTED[year].items() for g, (by, _) in roll.items() for a, n in by.items()}
    assert seen == hand


@pytest.mark.parametrize("year", YEARS)
def test_classes(found: Allocation, year: int) -> None:
    hand = [[EXPECTED[year].get(s, {}).get(g, ({}, 0))[1] for g in GRADES] for s in ("C", "N", "T")]
    assert found.schools[:3] == ("C", "N", "T")
    assert found.classes[:, :, YEARS.index(year)].tolist() == hand


def test_unplaced(found: Allocation) -> None:
    at = {(found.areas[a], YEARS[t], GRADES[g]): int(found.unplaced[a, t, g, 0])
          for a, t, g, _ in zip(*found.unplaced.nonzero(), strict=True)}  # fmt: skip
    assert at == {("b", 2028, "G4"): 3}


def test_september_places(found: Allocation) -> None:
    rows = found.tables["intake"].set_index(["school_id", "stage", "year"])
    columns = ["continuing", "wanted", "admitted", "intake_design", "intake_cap", "intake_emergency", "moved_in",
               "places_design", "largest_grade", "leaves"]  # fmt: skip
    hand = {
        # continuing 12 + 10 + 8 from T; two rooms; G3 is largest, it leaves next year
        ("C", "primary", 2026): [30, 14, 14, 20, 24, 30, 0, 60, "G3", 2027],
        # one room free; G5 of 16 is largest
        ("C", "junior", 2026): [16, 14, 14, 10, 12, 15, 0, 30, "G5", 2027],
        # three rooms, one track: 10, at cap three rooms of 10, at most 3 × 15; nobody comes
        ("N", "primary", 2026): [0, 0, 0, 10, 30, 45, 0, 30, "G3", 2027],
        ("C", "primary", 2028): [22, 40, 36, 20, 30, 45, 0, 60, "G1", 2031],
        ("C", "junior", 2028): [16, 18, 15, 10, 12, 15, 0, 30, "G5", 2029],
        ("N", "primary", 2028): [16, 8, 12, 10, 12, 15, 0, 30, "G1", 2031],
    }
    assert {key: rows.loc[key, columns].tolist() for key in hand} == hand
    assert ("T", "primary", 2028) not in rows.index
    assert rows.index.is_unique


def test_schooling_in_towns(found: Allocation) -> None:
    rows = found.tables["town_schooling"].set_index(["stage", "year"])
    hand = {
        ("primary", 2025): (38 / 54, 30 / 54, 8 / 24),  # C 12 + 10 + 16 of 54; homes a 30; village G3 8 of 24
        ("primary", 2026): (44 / 60, 36 / 60, 8 / 24),
        ("primary", 2028): (58 / 86, 62 / 86, 0.0),  # C 36 + 8 + 14; N is rural; homes a 62
        ("junior", 2028): (1.0, 22 / 31, 1.0),  # of those who have a place: a 12 + 10, b 3 + 6
    }
    for key, shares in hand.items():
        assert tuple(rows.loc[key]) == pytest.approx(shares), key


def test_a_closure_with_leavers() -> None:
    """Of the 16 of T a quarter drops out (4), a quarter leaves for the town (4: C), a quarter boards (4: N has beds).

    Those for the town: C has no room in G2 and G3 left but what its classes of 8 and 14 leave.
    """
    shares = {"dropping_out": 0.25, "to_town": 0.25, "boarding": 0.25}
    schools = [{**s, "beds": 50} if s["school_id"] == "N" else s for s in TOY.schools]
    toy = replace(TOY, schools=schools, parameters={"calibrate": False, "closure": shares})
    found = toy.allocate()
    rows = found.rows()
    now = rows[(rows["year"] == 2028) & (rows["area_id"] == "b") & rows["grade"].isin(["G2", "G3"])]
    assert now.groupby("school_id")["pupils"].sum().to_dict() == {"C": 4, "N": 8}
    lost = found.unplaced[1, 3, :, 0]
    assert lost[1:3].sum() == 4


def test_shares_of_everyone_leave_nobody_to_the_receivers() -> None:
    for name in ("dropping_out", "to_town"):
        toy = replace(TOY, parameters={"calibrate": False, "closure": {name: 1.0}})
        found = toy.allocate()
        rows: pd.DataFrame = found.rows()
        at_n = rows[(rows["year"] == 2028) & (rows["school_id"] == "N") & (rows["grade"] != "G1")]
        if name == "dropping_out":
            assert at_n.empty
            assert found.unplaced[1, 3, 1:3, 0].tolist() == [8, 8]
