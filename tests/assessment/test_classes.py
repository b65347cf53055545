"""Classes: bins before averages before classes formed; no average hides a large class the county has counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_county import County, assessed, counted, row_of

FLOWS = [(2025, "A", "S1", "G1", 111), (2025, "A", "S1", "G4", 90), (2026, "A", "S1", "G1", 132)]
CLASSES = {("S1", "G1", 2025): 2, ("S1", "G4", 2025): 2, ("S1", "G1", 2026): 2}


def primary(*books: dict[str, object], year: int = 2025, pack: str = "cn-national") -> pd.Series:
    county = County(flows=FLOWS, years=(2025, 2026), classes=CLASSES, enrolment=books)
    return row_of(assessed(county, pack).measures["school"], school_id="S1", stage="primary", year=year)


def test_formed_classes() -> None:
    row = primary()
    assert row["class_basis"] == "formed"
    assert row["classes"] == 4
    assert row["class_size"] == 201 / 4
    assert row["class_size_max"] == 55.5
    assert row["large_classes"] == 0
    assert row["large_class_share"] == 0


def test_every_class_of_a_grade_at_the_limit_is_large() -> None:
    row = primary(year=2026)
    assert row["class_size_max"] == 66
    assert (row["large_classes"], row["super_large_classes"], row["large_class_share"]) == (2, 2, 1)


def test_averages_of_counted_classes() -> None:
    row = primary(counted("S1", "G1", 112, classes=2), counted("S1", "G4", 90, classes=3))
    assert row["class_basis"] == "average"
    assert row["classes"] == 5
    assert row["class_size"] == 202 / 5
    assert row["class_size_max"] == 56
    assert (row["large_classes"], row["super_large_classes"]) == (2, 0)


def test_bins_show_what_the_average_hides() -> None:
    row = primary(
        counted("S1", "G1", 100, classes=2, classes_to_45=1, classes_56_65=1),
        counted("S1", "G4", 96, classes_to_45=1, classes_66_up=1),
    )
    assert row["class_basis"] == "bins"
    assert row["classes"] == 4
    assert row["class_size"] == 196 / 4
    assert row["class_size_max"] == 66  # the smallest a class of the last bin can be
    assert (row["large_classes"], row["super_large_classes"], row["large_class_share"]) == (2, 1, 0.5)


def test_a_section_is_known_as_well_as_its_least_known_grade() -> None:
    binned, averaged = counted("S1", "G1", 80, classes_to_45=2), counted("S1", "G4", 90, classes=2)
    assert primary(binned, averaged)["class_basis"] == "average"
    assert primary(binned)["class_basis"] == "formed"
    mixed = primary(binned)
    assert mixed["classes"] == 4  # two counted in grade 1, two formed in grade 4
    assert mixed["class_size"] == (80 + 90) / 4


def test_the_years_after_the_base_year_are_formed() -> None:
    later = primary(counted("S1", "G1", 80, classes_to_45=2), counted("S1", "G4", 90, classes=2), year=2026)
    assert later["class_basis"] == "formed"
    assert later["classes"] == 2


def test_counted_classes_without_pupils_are_not_believed() -> None:
    row = primary(counted("S1", "G1", 0, classes=3))
    assert row["class_basis"] == "formed"
    assert row["classes"] == 4


def test_a_pack_without_a_limit_knows_no_large_class() -> None:
    row = primary(year=2026, pack="generic")
    assert row["class_size_max"] == 66
    assert np.isnan(row["large_classes"])
    assert np.isnan(row["large_class_share"])


def test_a_section_without_pupils_has_no_class() -> None:
    row = row_of(assessed(County(flows=[])).measures["school"], school_id="S2")
    assert row["classes"] == 0
    assert np.isnan(row["class_size"])
    assert np.isnan(row["class_size_max"])
    assert row["large_classes"] == 0
    assert row["class_basis"] == "formed"


@pytest.mark.parametrize("bins", [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)])
def test_the_largest_class_is_at_least_its_bin(bins: tuple[int, ...]) -> None:
    names = ("classes_to_45", "classes_46_55", "classes_56_65", "classes_66_up")
    row = primary(counted("S1", "G1", 10, **dict(zip(names, bins, strict=True))), counted("S1", "G4", 9, classes=1))
    assert row["class_size_max"] == max(10, *(f for f, n in zip((0, 46, 56, 66), bins, strict=True) if n))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 8)), min_size=2, max_size=2))
def test_class_measures_equal_a_loop_over_grades(grades: list[tuple[int, int]]) -> None:
    flows = [(2025, "A", "S2", g, p) for g, (p, _) in zip(("G1", "G4"), grades, strict=True)]
    classes = {("S2", g, 2025): n for g, (_, n) in zip(("G1", "G4"), grades, strict=True)}
    row = row_of(assessed(County(flows=flows, classes=classes)).measures["school"], school_id="S2")
    assert row["classes"] == sum(n for _, n in grades)
    assert row["class_size_max"] == round(max(p / n for p, n in grades), 2)
    assert row["large_classes"] == sum(n for p, n in grades if p / n >= 56)
    assert row["super_large_classes"] == sum(n for p, n in grades if p / n >= 66)
