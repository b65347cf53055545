"""Random small counties for the laws of the yearly clock."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from toy_run import Toy

from placesim.vocabulary import OUTSIDE

GRADES = ("G1", "G2", "G3", "G4", "G5")
STAGES = ("primary", "junior")
YEARS = (2025, 2026, 2027, 2028)
AREAS = ("a", "b", "c")
RULES = ("transport", "nearest", "catchment", "tiers", "choice")


def _school(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """One row per stage: rooms pooled, or given places without rooms, now and then only some of the grades or years."""
    common: dict[str, Any] = {"school_id": name, "area_type": draw(st.sampled_from(["urban", "town", "rural", None]))}
    common["institution_id"] = draw(st.sampled_from(["I", "J", None]))
    common["rooms"] = draw(st.integers(1, 9))
    if draw(st.integers(0, 4)) == 0:
        common["valid_to"] = draw(st.integers(2025, 2027))
    elif draw(st.integers(0, 4)) == 0:
        common["valid_from"] = draw(st.integers(2026, 2028))
    stages = draw(st.sampled_from([("primary",), ("junior",), STAGES]))
    rows = [{**common, "stage": s} for s in stages]
    if stages == ("primary",) and draw(st.integers(0, 3)) == 0:
        rows[0]["last_grade"] = draw(st.sampled_from(["G1", "G2"]))
    if len(stages) == 1 and draw(st.integers(0, 4)) == 0:
        rows[0].update(rooms=None, places=draw(st.integers(0, 40)))
    return rows


def _pupils(draw: st.DrawFn, areas: tuple[str, ...]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for area in areas:
        for grade in GRADES:
            found[area, grade] = tuple(draw(st.lists(st.integers(0, 25), min_size=len(YEARS), max_size=len(YEARS))))
    if draw(st.booleans()):
        found[OUTSIDE, draw(st.sampled_from(GRADES))] = draw(st.integers(0, 6))
    return found


def _rolls(draw: st.DrawFn, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    taught = {"primary": GRADES[:3], "junior": GRADES[3:]}
    return [
        {"school_id": r["school_id"], "year": 2025, "grade": g, "pupils": n, "classes": -(-n // 12)}
        for r in rows
        for g in taught[r["stage"]]
        if not (r.get("last_grade") and g > r["last_grade"]) and r.get("valid_from", 0) <= 2025
        for n in [draw(st.integers(0, 30))]
    ]


@st.composite
def toys(draw: st.DrawFn, rules: tuple[str, ...] = RULES, rolls: bool = True) -> Toy:
    areas = AREAS[: draw(st.integers(1, 3))]
    names = [f"S{i}" for i in range(draw(st.integers(1, 4)))]
    rows = [row for name in names for row in _school(draw, name)]
    minutes = {
        (a, s): float(draw(st.integers(1, 60))) for a in areas for s in names if draw(st.integers(0, 5)) > 0
    }  # fmt: skip
    tables: dict[str, Any] = {}
    if rolls and draw(st.booleans()):
        tables["enrolment"] = _rolls(draw, rows)
    leaving = {(a, s): draw(st.sampled_from([0.0, 0.0, 0.2])) for a in areas for s in STAGES}
    closure = draw(st.sampled_from([{}, {"dropping_out": 0.3, "to_town": 0.5}, {"boarding": 1.0}]))
    parameters = {"rule": draw(st.sampled_from(rules)), "closure": closure}
    return Toy(
        schools=rows, minutes=minutes, pupils=_pupils(draw, areas), areas=areas, years=YEARS, tables=tables,
        leaving=leaving, parameters=parameters,
    )  # fmt: skip
