"""The transport kernel: by hand, against two independent solvers, and its laws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_flow import by_linear_programme, by_shortest_paths
from scipy.spatial.distance import cdist

from placesim.allocation import transport, whole
from placesim.allocation.flow import Arcs, Steps, cheapest_flow
from placesim.errors import InputError

Way = tuple[int, int, float]


def solve(pupils: Sequence[int], places: Sequence[int], ways: list[Way], price: float) -> Any:
    area, school, minutes = zip(*ways, strict=True) if ways else ((), (), ())
    return transport(pupils, places, area, school, minutes, unplaced_minutes=price)


def objective(flow: Any, price: float) -> float:
    return float(flow.total_minutes + price * flow.unplaced.sum())


def test_the_nearest_school_is_full() -> None:
    # area 0 (10 pupils) and area 1 (5): school 0 has 8 places, school 1 has 20
    flow = solve([10, 5], [8, 20], [(0, 0, 5.0), (0, 1, 9.0), (1, 0, 4.0), (1, 1, 30.0)], 600.0)
    assert flow.pupils.tolist() == [3, 7, 5, 0]  # area 1 has farther to go, so it gets the near places
    assert flow.unplaced.tolist() == [0, 0]
    assert flow.total_minutes == 3 * 5 + 7 * 9 + 5 * 4


def test_too_few_places_leave_the_farthest_unplaced() -> None:
    flow = solve([4, 4], [5], [(0, 0, 10.0), (1, 0, 20.0)], 600.0)
    assert flow.pupils.tolist() == [4, 1]
    assert flow.unplaced.tolist() == [0, 3]


def test_a_way_that_costs_more_than_the_price_is_not_used_one_as_dear_is() -> None:
    flow = solve([1, 1, 1], [9], [(0, 0, 59.999), (1, 0, 60.0), (2, 0, 60.001)], 60.0)
    assert flow.pupils.tolist() == [1, 1, 0]


@pytest.mark.parametrize("price", [1e9, 1e18, np.inf])
def test_a_huge_price_places_as_many_as_can_be(price: float) -> None:
    ways = [(0, 0, 1.0), (1, 0, 1.5), (1, 1, 80.0), (2, 1, 80.25), (2, 2, 3.0)]
    flow = solve([1, 1, 1], [1, 1, 1], ways, price)
    assert flow.unplaced.sum() == 0
    assert flow.total_minutes == 1 + 80 + 3


def test_nothing_to_place_nowhere_to_go() -> None:
    assert solve([], [], [], 600.0).pupils.tolist() == []
    assert solve([3], [], [], 600.0).unplaced.tolist() == [3]
    assert solve([3], [0], [(0, 0, 1.0)], 600.0).unplaced.tolist() == [3]
    assert solve([3], [5], [], 600.0).unplaced.tolist() == [3]
    assert solve([0], [5], [(0, 0, 1.0)], 600.0).pupils.tolist() == [0]
    assert solve([2], [5], [(0, 0, np.inf)], 600.0).unplaced.tolist() == [2]
    assert solve([2], [5], [(0, 0, 0.0)], 0.0).unplaced.tolist() == [0]


def test_repeated_ways_use_the_shorter() -> None:
    assert solve([4], [9], [(0, 0, 3.0), (0, 0, 2.0), (0, 0, 4.0)], 600.0).pupils.tolist() == [0, 4, 0]


def test_steps_are_filled_in_order_of_their_price() -> None:
    # two schools side by side, 5 places each and 5 more at +10; the far one is 4 minutes farther
    arcs = Arcs(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 5.0]))
    steps = Steps(np.array([[5, 5], [5, 5]]), np.array([0.0, 10.0]))
    found = [cheapest_flow(np.array([n]), arcs, steps, 600.0).tolist() for n in (4, 7, 10, 13, 18, 25)]
    assert found == [[4, 0], [5, 2], [5, 5], [8, 5], [10, 8], [10, 10]]


def test_equal_totals_do_not_depend_on_the_order_of_rows() -> None:
    ways = [(a, s, 10.0) for a in range(4) for s in range(3)]
    first = solve([5, 5, 5, 5], [7, 7, 7], ways, 600.0).pupils
    order = np.random.default_rng(1).permutation(len(ways))
    second = solve([5, 5, 5, 5], [7, 7, 7], [ways[i] for i in order], 600.0).pupils
    assert second.tolist() == first[order].tolist()


@pytest.mark.parametrize(
    ("change", "argument", "index"),
    [
        ({"pupils": [1.5, 2]}, "pupils", 0),
        ({"pupils": [1, np.nan]}, "pupils", 1),
        ({"pupils": [[1, 2]]}, "pupils", None),
        ({"pupils": [1, -2]}, "pupils", 1),
        ({"pupils": [1, np.inf]}, "pupils", 1),
        ({"places": [0.2]}, "places", 0),
        ({"places": [-1]}, "places", 0),
        ({"places": ["many"]}, "places", None),
        ({"area": [0, 2]}, "area", 1),
        ({"area": [0, 0.5]}, "area", 1),
        ({"school": [0, -1]}, "school", 1),
        ({"school": [0]}, "school", None),
        ({"minutes": [1.0, np.nan]}, "minutes", 1),
        ({"minutes": [-1.0, 1.0]}, "minutes", 0),
        ({"minutes": [1.0]}, "minutes", None),
        ({"unplaced_minutes": np.nan}, "unplaced_minutes", None),
        ({"unplaced_minutes": -1.0}, "unplaced_minutes", None),
        ({"unplaced_minutes": [1.0, 2.0]}, "unplaced_minutes", None),
        ({"unplaced_minutes": "dear"}, "unplaced_minutes", None),
        ({"pupils": [1, 1e19]}, "pupils", 1),
        ({"pupils": [2.0**53, 1]}, "pupils", None),
        ({"places": [1e30]}, "places", 0),
        ({"pupils": []}, "area", None),
        ({"places": []}, "school", None),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], argument: str, index: int | None) -> None:
    right = {
        "pupils": [1, 2],
        "places": [3],
        "area": [0, 1],
        "school": [0, 0],
        "minutes": [1.0, 2.0],
        "unplaced_minutes": 9.0,
    }
    with pytest.raises(InputError) as error:
        transport(**{**right, **change})
    assert (error.value.argument, error.value.index) == (argument, index)


# ------------------------------------------------------------------------------------------------- independent solvers
@st.composite
def instances(draw: st.DrawFn, most: int = 6) -> tuple[list[int], list[int], list[Way], float]:
    areas, schools = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    pupils = draw(st.lists(st.integers(0, most), min_size=areas, max_size=areas))
    places = draw(st.lists(st.integers(0, 2 * most), min_size=schools, max_size=schools))
    # thousandths of a minute: the linear programme's own tolerance is coarser than the finest floats
    minutes = st.one_of(st.integers(0, 30).map(float), st.integers(0, 90_000).map(lambda n: n / 1000))
    ways = draw(st.lists(st.tuples(st.integers(0, areas - 1), st.integers(0, schools - 1), minutes), max_size=15))
    return pupils, places, ways, draw(st.sampled_from([5.0, 60.0, 600.0]))


@given(instances())
def test_equal_to_the_linear_programme(case: tuple[list[int], list[int], list[Way], float]) -> None:
    pupils, places, ways, price = case
    flow = solve(pupils, places, ways, price)
    exact = by_linear_programme(np.array(pupils), np.array(places), ways, price)
    assert objective(flow, price) == pytest.approx(exact, rel=1e-6, abs=1e-9)


@given(instances(most=2), st.integers(0, 2), st.sampled_from([0.0, 7.5, 40.0]))
def test_steps_equal_the_plain_twin(
    case: tuple[list[int], list[int], list[Way], float], more: int, extra: float
) -> None:
    pupils, places, ways, price = case
    steps = [[(p, 0.0), (more, extra)] for p in places]
    arcs = Arcs(*(np.array([w[i] for w in ways], dtype=t) for i, t in enumerate((np.int64, np.int64, np.float64))))
    places_ = np.array([[p, more] for p in places], dtype=np.int64)
    found = cheapest_flow(np.array(pupils), arcs, Steps(places_, np.array([0.0, extra])), price)
    load = np.bincount(arcs.school, weights=found, minlength=len(places))
    total = found @ arcs.minutes + extra * np.maximum(load - places, 0).sum() + price * (sum(pupils) - found.sum())
    assert total == pytest.approx(by_shortest_paths(pupils, steps, ways, price), rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(0, 90), min_size=6, max_size=6), st.one_of(st.floats(0, 1e6), st.just(np.inf)))
def test_any_float_may_be_minutes_or_price(minutes: list[float], price: float) -> None:
    flow = solve([2, 3], [1, 2, 2], [(i // 3, i % 3, m) for i, m in enumerate(minutes)], price)
    assert flow.pupils.sum() + flow.unplaced.sum() == 5
    if price > 400:
        assert flow.unplaced.sum() == 0


@given(instances())
def test_places_hold_and_every_pupil_is_accounted_for(case: tuple[list[int], list[int], list[Way], float]) -> None:
    pupils, places, ways, price = case
    flow = solve(pupils, places, ways, price)
    area, school = (np.array([w[i] for w in ways], dtype=int) for i in (0, 1))
    assert (flow.pupils >= 0).all()
    assert (np.bincount(school, weights=flow.pupils, minlength=len(places)) <= places).all()
    assert (np.bincount(area, weights=flow.pupils, minlength=len(pupils)) + flow.unplaced == pupils).all()


@given(instances(), st.integers(0, 3), st.integers(1, 9))
def test_more_places_never_raise_the_total(
    case: tuple[list[int], list[int], list[Way], float], at: int, more: int
) -> None:
    pupils, places, ways, price = case
    wider = [p + more * (i == at) for i, p in enumerate(places)]
    before, after = (objective(solve(pupils, p, ways, price), price) for p in (places, wider))
    assert after <= before * (1 + 1e-9) + 1e-9


@given(instances(), st.integers(0, 3))
def test_a_school_that_goes_never_lowers_the_total(
    case: tuple[list[int], list[int], list[Way], float], at: int
) -> None:
    pupils, places, ways, price = case
    before = objective(solve(pupils, places, ways, price), price)
    after = objective(solve(pupils, places, [w for w in ways if w[1] != at], price), price)
    assert after >= before * (1 - 1e-9) - 1e-9


@given(instances(), st.randoms(use_true_random=False))
def test_renaming_areas_and_schools_leaves_the_total(
    case: tuple[list[int], list[int], list[Way], float], rng: Any
) -> None:
    pupils, places, ways, price = case
    a, s = list(range(len(pupils))), list(range(len(places)))
    rng.shuffle(a)
    rng.shuffle(s)
    renamed = [(a.index(i), s.index(j), m) for i, j, m in ways]
    rng.shuffle(renamed)
    other = solve([pupils[i] for i in a], [places[j] for j in s], renamed, price)
    assert objective(other, price) == pytest.approx(
        objective(solve(pupils, places, ways, price), price), rel=1e-9, abs=1e-9
    )


@given(instances(), st.sampled_from([0.25, 3.0, 1000.0]))
def test_scaling_minutes_and_price_scales_the_total(
    case: tuple[list[int], list[int], list[Way], float], by: float
) -> None:
    pupils, places, ways, price = case
    scaled = solve(pupils, places, [(a, s, m * by) for a, s, m in ways], price * by)
    expected = by * objective(solve(pupils, places, ways, price), price)
    assert objective(scaled, price * by) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("price", [60.0, 600.0, 1e12])
def test_a_county_equals_the_linear_programme(price: float) -> None:
    rng = np.random.default_rng(7)
    areas, schools = 300, 40
    minutes = cdist(rng.random((areas, 2)), rng.random((schools, 2))) * 60
    pupils = rng.integers(0, 40, areas)
    places = rng.multinomial(int(pupils.sum() * 0.95), np.full(schools, 1 / schools))
    near = np.argsort(minutes, axis=1)[:, :12]
    ways = [(a, int(s), float(minutes[a, s])) for a in range(areas) for s in near[a]]
    exact = by_linear_programme(pupils, places, ways, min(price, 1e5))  # beyond that the solver's own tolerance shows
    flow = solve(pupils.tolist(), places.tolist(), ways, price)
    assert flow.total_minutes + min(price, 1e5) * flow.unplaced.sum() == pytest.approx(exact, rel=1e-6)


@pytest.mark.evidence
@pytest.mark.parametrize("seed", range(200))
def test_a_random_county_equals_the_linear_programme(seed: int) -> None:
    """Sizes, loads, ties, closed schools, areas without ways and prices at random."""
    rng = np.random.default_rng(seed)
    areas, schools = int(rng.integers(5, 150)), int(rng.integers(1, 30))
    minutes = cdist(rng.random((areas, 2)), rng.random((schools, 2))) * 60
    if seed % 3 == 0:
        minutes = np.rint(minutes / 5) * 5  # ties
    pupils = rng.integers(0, 40, areas) * (rng.random(areas) > 0.1)
    load, price = rng.choice([0.6, 0.97, 1.0, 1.3]), float(rng.choice([20.0, 60.0, 600.0]))
    places = rng.multinomial(int(pupils.sum() / load), rng.dirichlet(np.ones(schools))) * (rng.random(schools) > 0.1)
    near = np.argsort(minutes, axis=1)[:, : rng.integers(1, schools + 1)]
    ways = [(a, int(s), float(minutes[a, s])) for a in range(areas) if rng.random() > 0.05 for s in near[a]]
    found = objective(solve(pupils.tolist(), places.tolist(), ways, price), price)
    assert found == pytest.approx(by_linear_programme(pupils, places, ways, price), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("load", "price"), [(0.9, 60.0), (1.1, 600.0), (0.97, np.inf)])
def test_many_ways_equal_cost_scaling(load: float, price: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    areas, schools = 400, 150
    minutes = cdist(rng.random((areas, 2)), rng.random((schools, 2))) * 60
    pupils = rng.integers(0, 40, areas)
    places = rng.multinomial(int(pupils.sum() / load), np.full(schools, 1 / schools)) * (rng.random(schools) > 0.1)
    ways = list(zip(*(i.ravel() for i in np.indices(minutes.shape)), minutes.ravel(), strict=True))
    flows = []
    for large in (1, len(ways) + 1):
        monkeypatch.setattr("placesim.allocation.flow._LARGE", large)
        flows.append(solve(pupils, places, ways, price))
    assert flows[0].unplaced.sum() == flows[1].unplaced.sum()
    assert flows[0].total_minutes == pytest.approx(flows[1].total_minutes, rel=1e-9)


@pytest.mark.parametrize("year", [2011, 2016])
def test_hamilton_equals_the_linear_programme_and_the_published_total(real_data: Path, year: int) -> None:
    folder = real_data / "zoning_hamilton_on"
    units = gpd.read_file(folder / "units_da2006.geojson").to_crs("EPSG:26917")
    schools = pd.read_csv(folder / "schools.csv")
    there = schools["years"].isin([str(year), "2011 and 2016"]) & schools[f"capacity_{year}"].notna()
    schools = schools[there & (schools["system"] == "Public") & (schools["level"] == "Elementary")]
    children = units[["m_5_9", "m_10_14", "f_5_9", "f_10_14"]].sum(axis=1).fillna(0).to_numpy() * 0.55
    pupils, places = whole(children), np.floor(schools[f"capacity_{year}"]).astype(int).to_numpy()
    metres = cdist(np.c_[units.centroid.x, units.centroid.y], schools[["x_utm17n", "y_utm17n"]])
    area, school = (i.ravel() for i in np.indices(metres.shape))
    flow = transport(pupils, places, area, school, metres.ravel(), unplaced_minutes=1e6)
    assert flow.unplaced.sum() == 0
    ways = list(zip(area.tolist(), school.tolist(), metres.ravel().tolist(), strict=True))
    assert flow.total_minutes == pytest.approx(by_linear_programme(pupils, places, ways, 1e6), rel=1e-6)
    reference = pd.read_csv(folder / "reference_allocation.csv").set_index("year").loc[year]
    assert len(schools) == reference["schools"]
    assert flow.total_minutes / pupils.sum() == pytest.approx(reference["lp_mean_m"], rel=0.01)
    assert pupils @ metres.min(axis=1) / pupils.sum() == pytest.approx(reference["nearest_mean_m"], rel=0.01)


def test_places_without_end_hold_everyone() -> None:
    found = transport([5, 2.0**40], [2.0**53, 2.0**53], [0, 0, 1], [0, 1, 1], [2.0, 1.0, 1.0], unplaced_minutes=9)
    assert found.pupils.tolist() == [0, 5, 2**40]


def test_a_way_where_there_is_no_axis_says_so() -> None:
    with pytest.raises(InputError, match="must be empty, as pupils is"):
        transport([], [3], [0], [0], [1.0], unplaced_minutes=1)
