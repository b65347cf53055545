"""Where pupils would go by nearness, size and catchment alone: shares worked out by hand, and what never fails."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.calibration.pattern import Pattern, joined, observed_pattern, pattern
from placesim.allocation.problem import Zones
from placesim.allocation.tables import Ways

NAN = float("nan")
Rows = Mapping[tuple[int, int], float]


def ways(minutes: Rows) -> Ways:
    rows = sorted((a, m, s) for (a, s), m in minutes.items())
    area, least, school = (np.array([r[i] for r in rows], dtype=t) for i, t in enumerate((int, float, int)))
    return Ways(area, school, least)


def zones(share: Rows) -> Zones:
    rows = sorted((a, s, v) for (a, s), v in share.items())
    area, school, given_ = (np.array([r[i] for r in rows], dtype=t) for i, t in enumerate((int, int, float)))
    return Zones(area, school, given_)


def shares(found: Pattern) -> dict[tuple[int, int], float]:
    return dict(zip(zip(found.area.tolist(), found.school.tolist(), strict=True), found.share.tolist(), strict=True))


def made(minutes: Rows, zoned: Rows, size: list[int], friction: float = 5.0, out: float = 0.25) -> dict:
    return shares(pattern(ways(minutes), zones(zoned), np.array(size), friction, out))


def test_gravity_by_hand() -> None:
    # 5·ln 2 minutes farther makes a school half as likely; school 2 has three times the places
    half = 5 * np.log(2)
    found = made({(0, 0): 4.0, (0, 1): 4.0 + half, (0, 2): 4.0 + half}, {}, [100, 100, 300])
    assert found == pytest.approx({(0, 0): 1 / 3, (0, 1): 1 / 6, (0, 2): 1 / 2})


def test_only_differences_of_minutes_count() -> None:
    near = made({(0, 0): 0.0, (0, 1): 3.0}, {}, [1, 1])
    far = made({(0, 0): 9000.0, (0, 1): 9003.0}, {}, [1, 1])  # exp(−1800) is no number
    assert far == pytest.approx(near)
    assert far[0, 0] == pytest.approx(1 / (1 + np.exp(-0.6)))


def test_a_zone_takes_all_but_those_who_look_elsewhere() -> None:
    # gravity: equal ways and places, half each; zone: school 0
    found = made({(0, 0): 5.0, (0, 1): 5.0}, {(0, 0): NAN}, [100, 100])
    assert found == pytest.approx({(0, 0): 0.75 + 0.125, (0, 1): 0.125})


def test_a_shared_zone_by_places_and_by_share() -> None:
    ways_ = {(0, 0): 5.0, (0, 1): 5.0}
    assert made(ways_, {(0, 0): NAN, (0, 1): NAN}, [100, 300], out=0.0) == pytest.approx({(0, 0): 0.25, (0, 1): 0.75})
    assert made(ways_, {(0, 0): 0.6, (0, 1): 0.4}, [100, 300], out=0.0) == pytest.approx({(0, 0): 0.6, (0, 1): 0.4})
    assert made(ways_, {(0, 0): 0.6, (0, 1): NAN}, [100, 300], out=0.0) == pytest.approx({(0, 0): 0.6, (0, 1): 0.4})


def test_areas_without_zone_beside_areas_with_one() -> None:
    found = made({(0, 0): 1.0, (1, 0): 1.0, (1, 1): 1.0}, {(0, 1): NAN}, [100, 100], out=0.5)
    assert found == pytest.approx({(0, 0): 0.5, (0, 1): 0.5, (1, 0): 0.5, (1, 1): 0.5})


def test_a_zone_out_of_reach_is_all_there_is() -> None:
    assert made({}, {(0, 0): NAN, (0, 1): NAN}, [100, 100]) == pytest.approx({(0, 0): 0.5, (0, 1): 0.5})


def test_closed_schools_get_nobody() -> None:
    # the zone of school 0, which is closed: gravity alone; without an open way nothing
    assert made({(0, 0): 1.0, (0, 1): 9.0}, {(0, 0): NAN}, [0, 50]) == {(0, 1): 1.0}
    assert made({(0, 0): 1.0, (0, 1): 9.0}, {(0, 0): NAN, (0, 1): NAN}, [0, 50]) == {(0, 1): 1.0}
    assert made({(0, 0): 1.0, (1, 1): 1.0}, {(0, 0): NAN}, [0, 50]) == {(1, 1): 1.0}
    assert made({(0, 0): 1.0}, {(0, 0): NAN}, [0]) == {}


def test_no_ways_and_no_zones() -> None:
    assert made({}, {}, [5]) == {}


def test_weights_of_a_pair_are_summed_and_sorted() -> None:
    found = joined(np.array([1, 0, 1, 1]), np.array([0, 3, 2, 0]), np.array([1.0, 7.0, 2.0, 1.0]))
    assert shares(found) == {(0, 3): 1.0, (1, 0): 0.5, (1, 2): 0.5}
    assert found.area.tolist() == [0, 1, 1]
    nobody = joined(np.array([0, 1]), np.array([0, 0]), np.array([0.0, 2.0]))
    assert shares(nobody) == {(1, 0): 1.0}


def test_flows_shrink_to_the_model_by_one_pupil() -> None:
    model = joined(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0.5, 0.5, 0.9, 0.1]))
    flows = joined(np.array([0, 0]), np.array([1, 2]), np.array([6.0, 3.0]))  # nine pupils of area 0
    found = shares(observed_pattern(model, flows, np.array([9.0, 0.0])))
    assert found == pytest.approx({(0, 0): 0.05, (0, 1): (6 + 0.5) / 10, (0, 2): 0.3, (1, 0): 0.9, (1, 1): 0.1})


def test_many_flows_say_all_and_one_pupil_half() -> None:
    model = joined(np.array([0]), np.array([0]), np.array([1.0]))
    flows = joined(np.array([0]), np.array([1]), np.array([1.0]))
    assert shares(observed_pattern(model, flows, np.array([1.0]))) == pytest.approx({(0, 0): 0.5, (0, 1): 0.5})
    assert shares(observed_pattern(model, flows, np.array([1e6])))[0, 1] == pytest.approx(1, abs=2e-6)


@given(
    minutes=st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 3)), st.floats(0, 5000)),
    zoned=st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 3)), st.one_of(st.just(NAN), st.floats(0, 1))),
    size=st.lists(st.integers(0, 500), min_size=4, max_size=4),
    out=st.floats(0, 1),
)
def test_shares_of_an_area_sum_to_one_over_open_schools(
    minutes: Rows, zoned: Rows, size: list[int], out: float
) -> None:
    found = made(minutes, zoned, size, out=out)
    total: dict[int, float] = {}
    for (area, school), share in found.items():
        assert size[school] > 0
        assert share > 0
        assert (area, school) in minutes or (area, school) in zoned
        total[area] = total.get(area, 0) + share
    assert list(total.values()) == pytest.approx([1.0] * len(total))
    somewhere = {a for a, s in (*minutes, *zoned) if size[s] > 0}
    assert set(total) == somewhere
    assert list(found) == sorted(found)
