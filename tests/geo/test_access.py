"""Access measures: by hand, against plain loops, and the published figures of two Brazilian cities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from placesim.errors import InputError
from placesim.geo import access as module
from placesim.geo import (
    cumulative_opportunities,
    floating_catchment,
    gravity,
    nearest,
    share_within,
    travel_matrix,
)
from placesim.geo.shortest import both_ways

INF = np.inf
EARTH = 6371008.8


def plain_floating(supply: Any, demand: Any, minutes: Any, weight: Callable[[float], float]) -> list[float]:
    ratios = []
    for j in range(len(supply)):
        people = sum(demand[i] * weight(minutes[i][j]) for i in range(len(demand)))
        ratios.append(supply[j] / people if people > 0 else 0.0)
    return [sum(weight(minutes[i][j]) * ratios[j] for j in range(len(supply))) for i in range(len(demand))]


def test_floating_catchment_by_hand() -> None:
    minutes = [[5.0, 30.0], [30.0, 10.0], [31.0, INF]]
    # school 0 is reached by areas 0 and 1 (100 + 300), school 1 by the same: 0.5 and 1 place per child
    found = floating_catchment([200, 400], [100, 300, 50], minutes, limit=30)
    assert found.tolist() == [1.5, 1.5, 0.0]
    halves = floating_catchment([200, 400], [100, 300, 50], minutes, limit=30, decay=lambda m: np.where(m > 9, 0.5, 1))
    # reached by 100 + 150 and by 50 + 150
    assert halves.tolist() == [0.8 + 0.5 * 2, 0.5 * 0.8 + 0.5 * 2, 0.0]


def test_a_number_stands_for_exponential_decay() -> None:
    minutes = np.array([[0.0, 10.0], [20.0, INF]])
    by_number = floating_catchment([3, 4], [1, 2], minutes, limit=15, decay=0.1)
    by_function = floating_catchment([3, 4], [1, 2], minutes, limit=15, decay=lambda m: np.exp(-0.1 * m))
    assert np.array_equal(by_number, by_function)
    assert by_number[1] == 0
    assert gravity([3, 4], minutes, decay=0.1).tolist() == [3 + 4 * np.exp(-1), 3 * np.exp(-2)]
    assert gravity([3, 4], minutes, decay=0.1, limit=9.9).tolist() == [3, 0]
    assert gravity([3, 4], minutes, decay=0).tolist() == [7, 3]  # weight 1 wherever there is a way


def test_schools_that_nobody_reaches_add_nothing() -> None:
    minutes = [[5.0, INF, 5.0], [INF, INF, INF]]
    assert floating_catchment([10, 20, 0], [0, 5], minutes, limit=INF).tolist() == [0, 0]
    assert floating_catchment([10, 20, 0], [2, 5], minutes, limit=INF).tolist() == [5, 0]


def test_opportunities_nearest_and_shares_by_hand() -> None:
    minutes = [[5.0, 15.0, 15.0], [INF, INF, INF], [20.0, 7.0, 7.0]]
    assert cumulative_opportunities([1, 2, 4], minutes, limit=15).tolist() == [7, 0, 6]
    assert cumulative_opportunities([1, 2, 4], minutes, limit=INF).tolist() == [7, 0, 7]
    least, school = nearest(minutes)
    assert (least.tolist(), school.tolist()) == ([5, INF, 7], [0, -1, 1])
    assert share_within([10, 20, 70], least, [4.9, 5, 7, INF]).tolist() == [0, 0.1, 0.8, 0.8]


def test_no_schools_no_areas_nobody() -> None:
    assert nearest(np.zeros((2, 0)))[1].tolist() == [-1, -1]
    assert floating_catchment([], [1, 2], np.zeros((2, 0)), limit=5).tolist() == [0, 0]
    assert floating_catchment([1, 2], [], np.zeros((0, 2)), limit=5).shape == (0,)
    assert np.isnan(share_within([0, 0], [1, 2], [5])).all()


def test_inputs_stay_as_they_were() -> None:
    minutes, supply, demand = np.array([[1.0, 2.0], [INF, 4.0]]), np.array([1.0, 2.0]), np.array([3.0, 4.0])

    def spoil(ways: np.ndarray) -> np.ndarray:
        ways[:] = 1.0
        return ways

    kept = [a.copy() for a in (minutes, supply, demand)]
    floating_catchment(supply, demand, minutes, limit=3, decay=spoil)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (minutes, supply, demand), strict=True))


RIGHT: dict[str, Any] = {"supply": [1, 2], "demand": [3], "minutes": [[1.0, 2.0]], "limit": 5.0}


@pytest.mark.parametrize(
    ("change", "argument", "index"),
    [
        ({"supply": [1, -2]}, "supply", 1),
        ({"supply": [np.nan, 2]}, "supply", 0),
        ({"supply": [1, INF]}, "supply", 1),
        ({"supply": [1]}, "supply", None),
        ({"supply": [1e300, 2], "demand": [1e-300]}, "supply", 0),
        ({"demand": [[3]]}, "demand", None),
        ({"demand": [-1]}, "demand", 0),
        ({"demand": [1, 2]}, "demand", None),
        ({"minutes": [[1.0, np.nan]]}, "minutes", (0, 1)),
        ({"minutes": [[-1.0, 1.0]]}, "minutes", (0, 0)),
        ({"minutes": [1.0, 2.0]}, "minutes", None),
        ({"minutes": [["a", 2.0]]}, "minutes", None),
        ({"limit": np.nan}, "limit", None),
        ({"limit": -1}, "limit", None),
        ({"decay": -0.1}, "decay", None),
        ({"decay": "far"}, "decay", None),
        ({"decay": True}, "decay", None),
        ({"decay": lambda m: -m}, "decay", None),
        ({"decay": lambda m: m * np.nan}, "decay", None),
        ({"decay": lambda m: m[:1]}, "decay", None),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], argument: str, index: Any) -> None:
    with pytest.raises(InputError) as error:
        floating_catchment(**{**RIGHT, **change})
    assert (error.value.argument, error.value.index) == (argument, index)


def test_the_other_measures_name_wrong_arguments_too() -> None:
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("opportunities", lambda: cumulative_opportunities([1], [[1.0, 2.0]], limit=3)),
        ("limit", lambda: cumulative_opportunities([1], [[1.0]], limit=-3)),
        ("decay", lambda: gravity([1], [[1.0]], decay=None)),  # type: ignore[arg-type]
        ("minutes", lambda: nearest([[np.nan]])),
        ("people", lambda: share_within([1], [1, 2], [3])),
        ("nearest", lambda: share_within([1], [-1], [3])),
        ("limits", lambda: share_within([1], [1], [np.nan])),
    ]
    for argument, call in calls:
        with pytest.raises(InputError) as error:
            call()
        assert error.value.argument == argument


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    areas, schools = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    count = st.integers(0, 50).map(float)
    way = st.one_of(st.just(INF), st.integers(0, 40).map(float))
    supply, demand = (draw(st.lists(count, min_size=n, max_size=n)) for n in (schools, areas))
    minutes = draw(st.lists(st.lists(way, min_size=schools, max_size=schools), min_size=areas, max_size=areas))
    return np.array(supply), np.array(demand), np.array(minutes), draw(st.sampled_from([0.0, 15.0, 40.0, INF]))


@given(case=cases(), decay=st.sampled_from([None, 0.0, 0.05, 0.3]))
def test_equal_to_plain_loops_and_every_reached_place_is_shared_out(case: Any, decay: float | None) -> None:
    supply, demand, minutes, limit = case

    def weight(way: float) -> float:
        if way > limit or way == INF:
            return 0.0
        return 1.0 if decay is None else float(np.exp(-decay * way))

    found = floating_catchment(supply, demand, minutes, limit=limit, decay=decay)
    assert np.allclose(found, plain_floating(supply, demand, minutes, weight), rtol=1e-12, atol=0)
    reached = [any(demand[i] > 0 and weight(minutes[i, j]) > 0 for i in range(len(demand))) for j in range(len(supply))]
    assert np.isclose(demand @ found, supply[reached].sum(), rtol=1e-12, atol=0)


@given(case=cases(), factor=st.sampled_from([0.5, 3.0]))
def test_scaling_and_limits(case: Any, factor: float) -> None:
    supply, demand, minutes, limit = case
    found = floating_catchment(supply, demand, minutes, limit=limit)
    assert np.allclose(floating_catchment(factor * supply, demand, minutes, limit=limit), factor * found, rtol=1e-12)
    assert np.allclose(floating_catchment(supply, factor * demand, minutes, limit=limit), found / factor, rtol=1e-12)
    sums = [cumulative_opportunities(supply, minutes, limit=m) for m in (0, 10, 20, 40, INF)]
    assert (np.diff(sums, axis=0) >= 0).all()
    assert np.allclose(sums[-1], gravity(supply, minutes, decay=lambda m: np.ones(len(m))))
    assert (gravity(supply, minutes, decay=0.2) <= gravity(supply, minutes, decay=0.1) + 1e-12).all()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    supply, demand, minutes = rng.random(7), rng.random(31), rng.integers(0, 60, (31, 7)).astype(float)
    whole = floating_catchment(supply, demand, minutes, limit=30, decay=0.1)
    monkeypatch.setattr(module, "_CELLS", 20)
    assert np.allclose(floating_catchment(supply, demand, minutes, limit=30, decay=0.1), whole, rtol=1e-13, atol=0)


def test_belo_horizonte_gives_the_published_figures(
    real_data: Path, record_property: Callable[[str, object], None]
) -> None:
    folder = real_data / "accessibility_belo_horizonte"
    land = pd.read_csv(folder / "land_use.csv")
    minutes = pd.read_csv(folder / "travel_matrix_wide.csv.gz", header=None).to_numpy(float)
    minutes[minutes == -1] = INF
    assert (np.diag(minutes) == 5).all()
    np.fill_diagonal(minutes, 5.8)  # as the reference has it: the matrix keeps whole minutes only
    people, jobs, schools = (land[c].to_numpy(float) for c in ("population", "jobs", "schools"))
    ours = pd.DataFrame(
        {
            "jobs_cumulative_30": cumulative_opportunities(jobs, minutes, limit=30),
            "schools_gravity_exp02": gravity(schools, minutes, decay=0.2),
            "jobs_2sfca_50": floating_catchment(jobs, people, minutes, limit=50),
            "schools_2sfca_30_per_1000": 1000 * floating_catchment(schools, people, minutes, limit=30),
            "minutes_to_nearest_school": nearest(minutes[:, schools > 0])[0],
        },
        index=land["id"],
    )
    reference = pd.read_csv(folder / "reference.csv").set_index("id").reindex(land["id"])
    assert list(reference.columns) == list(ours.columns)
    assert len(reference) == 898
    for column in ours:
        assert np.allclose(ours[column], reference[column], rtol=1e-9, atol=1e-12), column
    published = pd.read_csv(folder / "published.csv")
    names = {"cumulative_jobs_30": "jobs_cumulative_30", "gravity_schools_exp_0.2": "schools_gravity_exp02"}
    columns = published["measure"].replace({**names, "2sfca_jobs_50": "jobs_2sfca_50"})
    found = np.array([ours.at[i, c] for i, c in zip(published["id"], columns, strict=True)])
    gap = np.abs(found - published["published"].to_numpy())
    assert len(gap) == 18
    assert gap.max() < 1e-6
    record_property("largest_gap_to_published", float(gap.max()))


def haversine(lon: np.ndarray, lat: np.ndarray, to_lon: np.ndarray, to_lat: np.ndarray) -> np.ndarray:
    """metres[point, node] on the sphere."""
    lon, lat, to_lon, to_lat = (np.radians(a) for a in (lon[:, None], lat[:, None], to_lon[None], to_lat[None]))
    half = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(half))


def test_sao_paulo_walks_to_the_nearest_school(real_data: Path, record_property: Callable[[str, object], None]) -> None:
    folder = real_data / "osm_sao_paulo_centre"
    nodes, hexes = pd.read_csv(folder / "nodes.csv.gz"), pd.read_csv(folder / "hexgrid.csv")
    edges = pd.read_csv(folder / "edges.csv.gz").query("walk == 1")
    at = pd.Index(nodes["node"])
    u, v, length = at.get_indexer(edges["u"]), at.get_indexer(edges["v"]), edges["length_m"].to_numpy()
    _, part = connected_components(both_ways(u, v, length, len(nodes)).cost, directed=False)
    kept = np.flatnonzero(part == np.bincount(part).argmax())
    place = [nodes[c].to_numpy()[kept] for c in ("lon", "lat")]
    far = haversine(hexes["lon"].to_numpy(), hexes["lat"].to_numpy(), *place)
    node, snap = kept[far.argmin(axis=1)], far.min(axis=1)
    school = np.flatnonzero(hexes["schools"] > 0)
    walk = snap[:, None] + travel_matrix(u, v, length, node, node[school]) + snap[school]
    walk[school, np.arange(len(school))] = 0
    metres, which = nearest(walk)
    reference = pd.read_csv(folder / "reference_nearest_school.csv").set_index("id").loc[hexes["id"]]
    assert len(reference) == 323
    assert (at[node] == reference["snap_node"]).all()
    assert (hexes["id"].to_numpy()[school[which]] == reference["nearest_school_hex"]).all()
    assert np.abs(metres - reference["walk_m"].to_numpy()).max() < 0.0051  # the reference is rounded to 0.01
    people = hexes["population"].to_numpy(float)
    mean = people @ metres / people.sum()
    within = share_within(people, metres, [500, 1000])
    assert round(mean, 1) == 629.6
    assert (100 * within).round(2).tolist() == [36.71, 88.24]
    record_property("mean_walk_metres", round(float(mean), 2))
