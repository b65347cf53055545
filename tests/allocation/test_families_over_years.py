"""Siblings and locked dwellings over random whole runs, judged by the rows alone with arithmetic of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_run import Toy

from placesim.records import Allocation, Stage, Stages
from placesim.standards.norms import StageNorms

YEARS = (2025, 2026, 2027, 2028)
HARD = {"primary": StageNorms(10, 10, 10), "junior": StageNorms(10, 10, 10)}
ONE_GRADE = Stages((Stage("primary", ("G1",), {"en": "Primary"}, 6),))
TIERS = {"rule": "tiers", "tiers": [{"id": "owner", "place_lock": True}, {"id": "permit"}], "default_tier": "owner",
         "calibrate": False}  # fmt: skip


def placed(found: Allocation, year: int, grade: str) -> dict[tuple[str, str, str], int]:
    """pupils of a grade by area, school and group."""
    total: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in found.rows().itertuples():
        if row.year == year and row.grade == grade:
            total[str(row.area_id), str(row.school_id), str(row.group)] += int(row.pupils)
    return total


# --------------------------------------------------------------------------------------------- locks
@st.composite
def zones_with_locks(draw: st.DrawFn) -> tuple[Toy, int, dict[str, tuple[float, float]]]:
    """P is the school of areas a and b (owners) and c (permits); Q takes whoever finds no place there."""
    lock = draw(st.integers(2, 4))
    homes = {a: (float(draw(st.integers(5, 90))), draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))) for a in "ab"}
    rows: dict[str, list[dict[str, Any]]] = {
        "dwellings": [{"area_id": a, "dwellings": n, "turnover": sold} for a, (n, sold) in homes.items()],
        "applicants": [{"area_id": "c", "stage": "primary", "tier": "permit", "share": 1.0}],
        "catchments": [{"area_id": a, "school_id": "P", "stage": "primary"} for a in "abc"],
    }
    pupils = {(a, "G1"): [float(draw(st.integers(0, 14))) for _ in YEARS] for a in "abc"}
    toy = Toy(
        [{"school_id": "P", "stage": "primary", "rooms": draw(st.integers(1, 3))},
         {"school_id": "Q", "stage": "primary", "rooms": 9}],
        {(a, s): m for a in "abc" for s, m in (("P", 5.0), ("Q", 9.0))}, pupils, areas=("a", "b", "c"), years=YEARS,
        tables=rows, norms=HARD, stages=ONE_GRADE, parameters={**TIERS, "place_lock_years": {"primary": lock}},
    )  # fmt: skip
    return toy, lock, homes


def locked_share(used: list[float], dwellings: float, sold_a_year: float) -> float:
    """The chance that an applicant lives in a dwelling sold since it gave its place; used: latest year first."""
    kept = [n * (1 - sold_a_year) ** (ago + 1) for ago, n in enumerate(used)]
    sold, others = sum(used) - sum(kept), dwellings - sum(kept)
    return min(sold / others, 1.0) if others > 0 else float(sold > 0)


@settings(max_examples=60, deadline=None)
@given(zones_with_locks())
def test_locked_pupils_never_displace_others(case: tuple[Toy, int, dict[str, tuple[float, float]]]) -> None:
    toy, lock, homes = case
    found = toy.allocate()
    used: dict[str, list[float]] = {a: [] for a in homes}
    for t, year in enumerate(YEARS):
        sat = placed(found, year, "G1")
        owners = {a: int(toy.pupils[a, "G1"][t]) for a in homes}  # type: ignore[index]
        locked = {a: owners[a] * locked_share(used[a][: lock - 1], *homes[a]) if t else 0.0 for a in homes}
        free = sum(owners.values()) - sum(locked.values())
        at_p = sum(sat[a, "P", "owner"] for a in homes)
        if t and sat["c", "Q", "permit"] > 0:  # somebody without a lock was sent away: no locked one sits in P
            assert at_p <= free + len(homes), (year, at_p, free)
        if t and sat["c", "P", "permit"] > 0:  # a lower tier got in: every owner without a lock did
            assert at_p >= free - len(homes), (year, at_p, free)
        for a in homes:
            used[a].insert(0, max(sat[a, "P", "owner"] + sat[a, "Q", "owner"] - locked[a], 0.0))


# --------------------------------------------------------------------------------------------- siblings
@st.composite
def towns_with_siblings(draw: st.DrawFn) -> tuple[Toy, float]:
    """Three schools of three grades, zones that change in 2026, and no tier but one."""
    share = draw(st.sampled_from([0.25, 0.5, 1.0]))
    schools = [{"school_id": s, "stage": "primary", "rooms": draw(st.integers(3, 9))} for s in "PQR"]
    before = {a: draw(st.sampled_from("PQR")) for a in "ab"}
    after = {a: draw(st.sampled_from("PQR")) for a in "ab"}
    zones = [{"area_id": a, "school_id": s, "stage": "primary", "valid_to": 2025} for a, s in before.items()]
    zones += [{"area_id": a, "school_id": s, "stage": "primary", "valid_from": 2026} for a, s in after.items()]
    pupils: dict[tuple[str, str], list[float]] = {}
    for a in "ab":
        first = [float(draw(st.integers(0, 20))) for _ in YEARS]
        pupils[a, "G1"] = first
        pupils[a, "G2"] = [0.0, *first[:-1]]
        pupils[a, "G3"] = [0.0, 0.0, *first[:-2]]
    minutes = {(a, s): float(draw(st.integers(1, 30))) for a in "ab" for s in "PQR"}
    rule = {**TIERS, "sibling_share": {"primary": share}}
    return Toy(schools, minutes, pupils, years=YEARS, tables={"catchments": zones}, norms=HARD, parameters=rule), share


@settings(max_examples=60, deadline=None)
@given(towns_with_siblings())
def test_siblings_are_at_the_school_of_the_elder_ones(case: tuple[Toy, float]) -> None:
    """Where the places for entrants hold all of a school's younger siblings, each area's are there."""
    toy, share = case
    found = toy.allocate()
    september = {(r.school_id, r.year): r.intake_emergency for r in found.tables["intake"].itertuples()}
    for year in YEARS[1:]:
        elder = {(a, s): sum(placed(found, year, g)[a, s, "owner"] for g in ("G2", "G3")) for a in "ab" for s in "PQR"}
        entrants = {a: int(toy.pupils[a, "G1"][YEARS.index(year)]) for a in "ab"}  # type: ignore[index]
        expected = {}
        for a in "ab":
            there = sum(elder[a, s] for s in "PQR")
            siblings = min(share * entrants[a], there)
            expected |= {(a, s): siblings * elder[a, s] / there if there else 0.0 for s in "PQR"}
        sat = placed(found, year, "G1")
        for s in "PQR":
            if sum(np.ceil(expected[a, s]) for a in "ab") <= september[s, year]:
                for a in "ab":
                    assert sat[a, s, "owner"] >= np.floor(expected[a, s]) - 1, (year, a, s, expected[a, s])
