"""Areas, regions, whole schools: sums that close, shares that follow from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from toy_county import AREAS, County, assessed, counted, row_of, rows_of

FLOWS = [
    (2025, "A", "S1", "G1", 60),
    (2025, "B", "S1", "G4", 40),
    (2025, "A", "S1", "G7", 12),
    (2025, "outside", "S2", "G1", 3),
    (2025, "B", "S2", "G1", 27),
    (2025, "B", "outside", "G7", 5),
]
UNPLACED = [(2025, "B", "G7", 4), (2025, "A", "G1", 2)]
PLACES = {("S1", "primary"): (90, 95, 110), ("S1", "junior"): (48, 50, 55), ("S2", "primary"): (120, 120, 130)}
COUNTY = County(flows=FLOWS, unplaced=UNPLACED, places=PLACES, residents={"A": 700.0, "B": 300.5})


def test_areas() -> None:
    areas = assessed(COUNTY).measures["area"]
    row = row_of(areas, area_id="B", stage="junior")
    assert (row["pupils"], row["placed"], row["placed_outside"], row["unplaced"]) == (9, 0, 5, 4)
    row = row_of(areas, area_id="A", stage="primary")
    assert (row["pupils"], row["placed"], row["placed_outside"], row["unplaced"]) == (62, 60, 0, 2)
    assert (row["residents"], row["planning_area"], row["area_type"]) == (700, "P1", "rural")


def test_planning_areas_count_residents_where_they_live_and_rolls_where_schools_lie() -> None:
    frame = assessed(COUNTY).measures["planning_area"]
    row = row_of(frame, planning_area="P1", stage="primary")
    assert (row["pupils"], row["placed"], row["roll"]) == (62, 60, 100)
    assert row["places_design"] == 90
    assert row["utilisation"] == 1.1111
    assert row["shortfall"] == 2 + 5  # unplaced residents and the excess of the school that lies there
    bare = row_of(frame, planning_area="P2", stage="junior")
    assert (bare["pupils"], bare["roll"], bare["places_design"], bare["shortfall"]) == (9, 0, 0, 4)
    assert np.isnan(bare["utilisation"])


def test_area_types_follow_the_school_for_rolls() -> None:
    county = County(flows=FLOWS, unplaced=UNPLACED, places=PLACES, school_types=("town", None))
    frame = assessed(county).measures["area_type"]
    assert frame["area_type"].unique().tolist() == ["rural", "town"]
    town, rural = (row_of(frame, area_type=t, stage="primary") for t in ("town", "rural"))
    assert (town["roll"], rural["roll"]) == (130, 0)
    assert (town["pupils"], rural["pupils"]) == (67, 62)


def test_the_county() -> None:
    row = row_of(assessed(COUNTY).measures["county"], stage="primary")
    assert (row["pupils"], row["placed"], row["unplaced"], row["inflow"], row["roll"]) == (129, 127, 2, 3, 130)
    assert row["residents"] == 1000.5
    assert row["places_design"] == 210
    assert row["unfilled"] == 90
    assert row["excess"] == 5
    assert row["shortfall"] == 7


def test_without_residents_they_are_unknown_and_noted() -> None:
    result = assessed(County(flows=FLOWS))
    assert result.measures["county"]["residents"].isna().all()
    assert "assessment.note.residents" in result.notes


def test_without_planning_areas_there_are_no_rows_and_a_note() -> None:
    result = assessed(County(flows=FLOWS, planning_areas=(None, None)))
    assert result.measures["planning_area"].empty
    assert "assessment.note.planning_areas" in result.notes
    assert len(result.measures["county"]) == 2


def test_class_size_of_a_region_is_that_of_its_classes() -> None:
    books = [counted("S2", "G1", 50, classes=1)]
    row = row_of(assessed(County(flows=FLOWS, enrolment=books)).measures["county"], stage="primary")
    assert row["classes"] == 3
    assert row["class_size"] == (60 + 40 + 50) / 3  # the roll of the model is 30 in S2, its class is the counted one
    assert row["large_classes"] == 1


def test_a_nine_year_school_is_one_school() -> None:
    frame = assessed(COUNTY).measures["campus"]
    row = row_of(frame, school_id="S1")
    assert row["stage"] == "primary+junior"
    assert (row["roll"], row["rooms"], row["places_design"], row["area_type"]) == (112, 4, 138, "rural")
    assert row_of(frame, school_id="S2")["stage"] == "primary"
    apart = assessed(COUNTY, "generic").measures["campus"]
    assert rows_of(apart, school_id="S1")["stage"].tolist() == ["primary", "junior"]


def test_stages_are_joined_only_in_years_that_have_both() -> None:
    county = County(flows=[], years=(2025, 2026), closed=[("S1", "G7", 2026)])
    frame = assessed(county).measures["campus"]
    assert rows_of(frame, school_id="S1")[["stage", "year"]].values.tolist() == [
        ["primary+junior", 2025],
        ["primary", 2026],
    ]


def test_institutions_join_campuses() -> None:
    frame = assessed(County(flows=FLOWS, institutions=("I", "I"))).measures["institution"]
    assert frame[["institution_id", "stage", "roll"]].values.tolist() == [["I", "primary+junior", 142]]
    alone = assessed(County(flows=FLOWS, institutions=(None, "I"))).measures["institution"]
    assert alone["institution_id"].tolist() == ["S1", "I"]


flows = st.lists(
    st.tuples(
        st.sampled_from([2025, 2026]),
        st.sampled_from([*AREAS, "outside"]),
        st.sampled_from(["S1", "S2", "outside"]),
        st.sampled_from(["G1", "G4", "G7"]),
        st.integers(1, 300),
    ).filter(lambda f: not (f[2] == "S2" and f[3] == "G7") and not (f[1] == "outside" and f[2] == "outside")),
    max_size=15,
)
unplaced = st.lists(
    st.tuples(
        st.sampled_from([2025, 2026]), st.sampled_from(AREAS), st.sampled_from(["G1", "G4", "G7"]), st.integers(1, 50)
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(flows, unplaced)
def test_sums_close_at_every_level(
    moved: list[tuple[int, str, str, str, int]], without: list[tuple[int, str, str, int]]
) -> None:
    measures = assessed(County(flows=moved, unplaced=without, years=(2025, 2026), places=PLACES)).measures
    county = measures["county"].set_index(["stage", "year"])
    keys = ["stage", "year"]
    for unit in ("area", "planning_area", "area_type"):
        for metric in ("pupils", "placed", "placed_outside", "unplaced"):
            pd.testing.assert_series_equal(
                measures[unit].groupby(keys, sort=False)[metric].sum().reindex(county.index), county[metric]
            )
    schools = measures["school"].groupby(keys)
    for metric in ("roll", "inflow", "places_design", "unfilled", "excess", "classes"):
        assert (schools[metric].sum().reindex(county.index, fill_value=0) == county[metric]).all()
    assert (county["roll"] == county["placed"] + county["inflow"]).all()
    assert measures["campus"]["roll"].sum() == county["roll"].sum() == sum(f[4] for f in moved if f[2] != "outside")
    assert (county["placed"] + county["placed_outside"] + county["unplaced"] == county["pupils"]).all()


@pytest.mark.parametrize("point", [Point(-400, 500), Point(0, 0)])
def test_a_school_just_outside_belongs_to_the_nearest_area(point: Point) -> None:
    frame = assessed(County(flows=FLOWS, points=(point, Point(1500, 500)))).measures["school"]
    assert rows_of(frame, school_id="S1")["planning_area"].unique().tolist() == ["P1"]
