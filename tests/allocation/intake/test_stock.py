"""The stock of the clock against slow twins that treat it as a plain count of children."""

from __future__ import annotations

from collections import Counter

import numpy as np
from handmade import STAGES
from hypothesis import given
from hypothesis import strategies as st

from placesim.allocation.intake.stock import Stock, advance, no_stock, part, stock, together, withdraw

AREAS, SCHOOLS, GROUPS = 3, 3, 2
GRADES = len(STAGES.grades)
LAST = (2, 4)  # positions of G3 and G5, where the stages end

keys = st.tuples(*(st.integers(0, n - 1) for n in (AREAS, SCHOOLS, GRADES, GROUPS)))
rows = st.lists(st.tuples(keys, st.integers(0, 9)), max_size=25)


def made(given_rows: list[tuple[tuple[int, ...], int]]) -> Stock:
    columns = np.array([(*key, n) for key, n in given_rows], dtype=np.int64).reshape(-1, 5)
    return stock(*columns.T)


def counted(found: Stock) -> Counter[tuple[int, ...]]:
    return Counter({tuple(r[:4]): r[4] for r in np.stack(found.columns, axis=1).tolist()})


def plain(given_rows: list[tuple[tuple[int, ...], int]]) -> Counter[tuple[int, ...]]:
    out: Counter[tuple[int, ...]] = Counter()
    for key, n in given_rows:
        out[key] += n
    return +out


@given(rows, st.randoms())
def test_rows_are_added_up_whatever_their_order(some, random):
    mixed = random.sample(some, len(some))
    found = made(mixed)
    assert counted(found) == plain(some)
    assert list(zip(*(c.tolist() for c in found.columns[:4]), strict=True)) == sorted(plain(some))
    assert (found.pupils > 0).all()


@given(rows, rows)
def test_together_is_the_sum(one, other):
    assert counted(together(made(one), made(other), no_stock())) == plain(one + other)


@given(rows)
def test_whoever_goes_up_and_whoever_finishes_are_everyone(some):
    on, done = advance(made(some), STAGES)
    up = {(a, s, g + 1, k): n for (a, s, g, k), n in plain(some).items() if g not in LAST}
    assert counted(on) == up
    assert counted(done) == {key: n for key, n in plain(some).items() if key[2] in LAST}


@given(rows)
def test_sums_by_area_and_by_school(some):
    by_area, by_school = np.zeros((AREAS, GRADES, GROUPS), int), np.zeros((SCHOOLS, GRADES), int)
    for (a, s, g, k), n in plain(some).items():
        by_area[a, g, k] += n
        by_school[s, g] += n
    np.testing.assert_array_equal(made(some).by_area(by_area.shape), by_area)
    np.testing.assert_array_equal(made(some).by_school(by_school.shape), by_school)


@given(rows, st.integers(0, 2**32 - 1))
def test_exactly_the_surplus_leaves_each_cell_and_each_school_in_proportion(some, seed):
    surplus = np.random.default_rng(seed).integers(0, 30, (AREAS, GRADES))
    before, after = plain(some), counted(withdraw(made(some), surplus))
    for a in range(AREAS):
        for g in range(GRADES):
            there = {key: n for key, n in before.items() if (key[0], key[2]) == (a, g)}
            total = sum(there.values())
            leave = min(total, int(surplus[a, g]))
            assert sum(n - after[key] for key, n in there.items()) == leave
            for key, n in there.items():
                assert 0 <= after[key] <= n
                assert abs((n - after[key]) - n * leave / total) < 1
    assert set(after) <= set(before)


@given(rows, st.floats(0, 1), st.integers(0, 20))
def test_a_part_is_the_share_of_everyone_to_within_a_child(some, share, turn):
    whole = made(some)
    taken = part(whole, share, turn)
    assert ((taken >= 0) & (taken <= whole.pupils)).all()
    assert abs(taken.sum() - share * whole.pupils.sum()) <= 1


def test_a_part_of_one_and_of_nothing():
    whole = made([((0, 0, 0, 0), 7), ((1, 0, 0, 0), 1)])
    assert part(whole, 1.0, 3).tolist() == [7, 1]
    assert part(whole, 0.0, 3).tolist() == [0, 0]
    assert part(no_stock(), 0.5, 0).tolist() == []
