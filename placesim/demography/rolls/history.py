"""What forecasts of rolls know: pupils by year, school and grade, and births by the year in which they enter."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from placesim.demography.rolls.level import Flags, is_known, some
from placesim.errors import InputError
from placesim.records import Floats, Frozen, Ints, require

SMALL: Final = 6.0  # pupils: a grade up to this size may well be empty for a year
NEARBY: Final = 3  # years on either side in which an empty grade had pupils, to be taught all the same
LAST_YEAR: Final = 9999
LONGEST_LAG: Final = 30  # years from birth to the first grade
LONGEST: Final = 300  # years of history: beyond it a year is a slip of the pen


@dataclass(frozen=True, eq=False)
class History(Frozen):
    """pupils[year, school, grade] of consecutive years, NaN where not counted, 0 where there are none.

    births[year, school or 1] by the year in which they enter the first grade, from the first year of pupils on, NaN
    where unknown; no columns without births.
    """

    first_year: int
    schools: tuple[Any, ...]
    grades: tuple[str, ...]
    pupils: Floats
    births: Floats

    def check(self) -> None:
        years, schools, grades = self.pupils.shape
        require((schools, grades) == (len(self.schools), len(self.grades)), "pupils[year, school, grade]")
        require(self.births.shape[1] in (0, 1, schools), "births have no, one or every school's series")
        require(not (self.pupils < 0).any() and not (self.births < 0).any(), "nobody is fewer than none")
        require(years > 0, "a history has a year")

    @cached_property
    def taught(self) -> Flags:
        """taught[year, school, grade]: with pupils, or a small grade empty for a while in a school that is not."""
        pupils = np.nan_to_num(self.pupils)
        padded = np.pad(pupils, ((NEARBY, NEARBY), (0, 0), (0, 0)))
        most = np.max([padded[i : i + len(pupils)] for i in range(2 * NEARBY + 1)], axis=0)
        empty = (self.pupils == 0) & self.open_schools[:, :, None] & (most > 0) & (most <= SMALL)
        return (pupils > 0) | empty

    @property
    def open_schools(self) -> Flags:
        """open[year, school]: with pupils."""
        return some(self.pupils > 0, 2)

    @property
    def last_year(self) -> int:
        return self.first_year + len(self.pupils) - 1

    @property
    def births_by_school(self) -> bool:
        return self.births.shape[1] > 1

    def until(self, year: int) -> History:
        """What was known in `year`: pupils up to it, births up to as many years ahead as are known today."""
        cut = year - self.first_year + 1
        known = np.flatnonzero(some(is_known(self.births), 1))
        ahead = (int(known[-1]) + 1 if len(known) else 0) - len(self.pupils)
        births = self.births[: max(cut + ahead, 0)]
        return History(self.first_year, self.schools, self.grades, self.pupils[:cut], births)


def read_history(
    enrolment: pd.DataFrame,
    births: pd.DataFrame | None,
    *,
    grades: Sequence[str],
    entry_lag: int | None,
    exclude: Sequence[int],
) -> History:
    """The history up to the last year of `enrolment` that is not excluded.

    Raises InputError for missing columns, years that are not whole, pupils or births that are not numbers ≥ 0, rows
    without a school, grades not listed, a year, school and grade given twice, and births without an entry_lag.
    """
    listed, apart = _listed(grades), _excluded(exclude)
    year, schools, place, grade, pupils = _rows(enrolment, listed)
    known = ~np.isin(year, apart)
    if not known.any():
        raise InputError("exclude", "must leave a year of enrolment", value=sorted(set(apart.tolist())))
    first, last = int(year[known].min()), int(year[known].max())
    if last - first > LONGEST:
        row = int(np.abs(year - np.median(year)).argmax())
        raise InputError("enrolment", f"years must lie within {LONGEST} of each other", row, int(year[row]))
    counted = np.full((last - first + 1, len(schools), len(listed)), np.nan)
    counted[year[known] - first, place[known], grade[known]] = pupils[known]
    filled = _told_apart(_last_year_mended(counted))
    return History(first, schools, listed, filled, _entering(births, schools, first, last, entry_lag))


def _last_year_mended(counted: Floats) -> Floats:
    """counted[year, school, grade] with holes of the last year filled, since every forecast starts there.

    A hole: no row, though the grade held more than SMALL pupils the year before and the school (or, for a grade that
    stands in no row at all, the county) goes on with grades below and above it. Filled by the cohort below a year
    before, at the ratio of the schools that were counted, else by the grade's own pupils of the year before.
    """
    if len(counted) < 2 or counted.shape[2] < 2:
        return counted
    before, last = counted[-2], counted[-1]
    there = np.nan_to_num(last) > 0
    below, above = np.cumsum(there, axis=1) - there > 0, np.cumsum(there[:, ::-1], axis=1)[:, ::-1] - there > 0
    nowhere = ~is_known(last).any(axis=0) & there.any()
    hole = (
        ~is_known(last) & (np.nan_to_num(before) > SMALL) & ((below & above) | (nowhere & there.any(axis=1)[:, None]))
    )
    if not hole.any():
        return counted
    fed = np.concatenate([np.full((len(before), 1), np.nan), before[:, :-1]], axis=1)
    both = is_known(last) & (np.nan_to_num(fed) > 0)
    seen, expected = (np.where(both, part, 0.0).sum(axis=0) for part in (last, fed))
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=expected > 0)
    estimate = np.where(np.nan_to_num(fed) > 0, fed * ratio, before)
    mended = counted.copy()
    mended[-1] = np.where(hole, estimate, last)
    return mended


def _told_apart(counted: Floats) -> Floats:
    """Cells without a row told apart: 0 where there was nobody, NaN where nobody counted.

    A year without rows is not counted, a school without rows between years with rows neither; before its first and
    after its last year a school has nobody. Of a school that was counted, a grade without a row is empty, unless the
    years around it held more than SMALL pupils.
    """
    rows = is_known(counted)
    school_year = some(rows, 2)
    started = np.maximum.accumulate(school_year, axis=0)
    goes_on = np.maximum.accumulate(school_year[::-1], axis=0)[::-1]
    uncounted = started & goes_on & ~school_year
    around = np.full(counted.shape, np.nan)
    around[1:-1] = np.minimum(counted[:-2], counted[2:])
    gap = school_year[:, :, None] & ~rows & (around > SMALL)
    nobody = ~rows & ~gap & ~uncounted[:, :, None] & some(school_year, 1)[:, None, None]
    return np.where(nobody, 0.0, counted)


def _listed(grades: Sequence[str]) -> tuple[str, ...]:
    unordered = isinstance(grades, str | bytes | set | frozenset) or not isinstance(grades, Iterable)
    given = () if unordered else tuple(grades)
    if not given:
        raise InputError("grades", "must list the grades from the first to the last", value=grades)
    for place, grade in enumerate(given):
        if not isinstance(grade, str | int | np.integer) or isinstance(grade, bool):
            raise InputError("grades", "must be names or whole numbers", place, grade)
    listed = tuple(str(g) for g in given)
    for place, grade in enumerate(listed):
        if grade in listed[:place]:
            raise InputError("grades", "a grade stands twice", place, grade)
    return listed


def _excluded(exclude: Sequence[int]) -> Ints:
    if not isinstance(exclude, Iterable):
        raise InputError("exclude", "must list years", value=exclude)
    years = list(exclude)
    for place, year in enumerate(years):
        if isinstance(year, bool) or not isinstance(year, int | np.integer) or abs(year) > LAST_YEAR:
            raise InputError("exclude", "must be whole years", place, year)
    return np.array([int(y) for y in years], dtype=np.int64)


def _rows(enrolment: pd.DataFrame, grades: tuple[str, ...]) -> tuple[Ints, tuple[Any, ...], Ints, Ints, Floats]:
    """(year, schools in order, place of the school, grade, pupils) of the rows, every rule tested."""
    _refuse_columns("enrolment", enrolment, ("year", "school", "grade", "pupils"))
    if not len(enrolment):
        raise InputError("enrolment", "must have rows")
    year = whole_years("enrolment", enrolment)
    schools, place = _places(enrolment["school"])
    grade = _grades(enrolment["grade"], grades)
    pupils = counts("enrolment", enrolment, "pupils")
    again = pd.DataFrame({"year": year, "school": place, "grade": grade}).duplicated().to_numpy()
    for row in np.flatnonzero(again)[:1]:
        cell = f"{year[row]}, {schools[place[row]]}, {grades[grade[row]]}"
        raise InputError("enrolment", "gives a year, school and grade twice", int(row), cell)
    return year, schools, place, grade, pupils


def _refuse_columns(argument: str, frame: Any, columns: tuple[str, ...]) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(argument, "must be a DataFrame", value=type(frame).__name__)
    for column in columns:
        if column not in frame:
            raise InputError(argument, f"needs a column {column}", value=list(frame.columns))
    for column in ("school", *columns):
        if (frame.columns == column).sum() > 1:
            raise InputError(argument, f"has the column {column} twice", value=list(frame.columns))


def whole_years(argument: str, frame: pd.DataFrame) -> Ints:
    """The column year as whole numbers, or InputError with the first row that is none."""
    values = pd.to_numeric(frame["year"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    for row in np.flatnonzero(~((np.abs(values) <= LAST_YEAR) & (values == np.floor(values))))[:1]:
        raise InputError(argument, "year must be a whole number", int(row), frame["year"].iloc[row])
    return values.astype(np.int64)


def counts(argument: str, frame: pd.DataFrame, column: str) -> Floats:
    """The column as finite numbers that are not negative, or InputError with the first row that is none."""
    if frame[column].dtype.kind in "mMbc":
        raise InputError(argument, f"{column} must be a number and not negative", 0, str(frame[column].dtype))
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    for row in np.flatnonzero(~(is_known(values) & (values >= 0)))[:1]:
        raise InputError(argument, f"{column} must be a number and not negative", int(row), frame[column].iloc[row])
    return values


def _places(named: pd.Series) -> tuple[tuple[Any, ...], Ints]:
    """(schools in the order of their names, place of each row); numbers come before other names."""
    for row in np.flatnonzero(named.isna().to_numpy())[:1]:
        raise InputError("enrolment", "school must be given", int(row), named.iloc[row])
    for row, school in enumerate(named):
        if not isinstance(school, Hashable) or school == "":
            raise InputError("enrolment", "school must be a name or a number", row, repr(school))
    code, found = pd.factorize(named.astype(object))
    names = list(found)
    order = sorted(range(len(names)), key=lambda i: _by_name(names[i]))
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return tuple(names[i] for i in order), rank[code]


def _by_name(school: Hashable) -> tuple[bool, float, str]:
    number = isinstance(school, int | float | np.number)
    return (not number, float(school) if number else 0.0, str(school))  # type: ignore[arg-type]


def _grades(named: pd.Series, grades: tuple[str, ...]) -> Ints:
    """Place of each row's grade; whole numbers are read as their digits."""
    code, found = pd.factorize(named.astype(object), use_na_sentinel=False)
    texts = [str(int(g)) if isinstance(g, float) and g.is_integer() else str(g) for g in found]
    place = pd.Index(grades, dtype=object).get_indexer(pd.Index(texts, dtype=object))[code].astype(np.int64)
    for row in np.flatnonzero(place < 0)[:1]:
        raise InputError("enrolment", f"grade must be one of {', '.join(grades)}", int(row), named.iloc[row])
    return place


def _entering(births: pd.DataFrame | None, schools: tuple[Any, ...], first: int, last: int, lag: int | None) -> Floats:
    """births[year of entry from `first` on, school or 1]; rows of schools without enrolment are left out."""
    given = isinstance(lag, int | np.integer) and not isinstance(lag, bool) and 0 <= lag <= LONGEST_LAG
    if not given and (births is not None or lag is not None):
        rule = f"must be given with births: whole years, at most {LONGEST_LAG}, from birth to the first grade"
        raise InputError("entry_lag", rule, value=lag)
    if births is None or lag is None:
        return np.empty((last - first + 1, 0))
    _refuse_columns("births", births, ("year", "births"))
    enters = whole_years("births", births) + int(lag)
    number = counts("births", births, "births")
    place, series = _series(births, schools)
    again = pd.DataFrame({"year": enters, "series": place}).duplicated().to_numpy() & (place >= 0)
    for row in np.flatnonzero(again)[:1]:
        raise InputError("births", "gives a year twice", int(row), births["year"].iloc[row])
    use = (place >= 0) & (enters >= first)
    table = np.full((max(last, int(enters[use].max(initial=last))) - first + 1, series), np.nan)
    table[enters[use] - first, place[use]] = number[use]
    return table


def refuse_strangers(enrolment: pd.DataFrame, births: pd.DataFrame | None) -> None:
    """Raise InputError where births are by school and no school of them has enrolment (1 is not "1")."""
    if births is not None and "school" in births and len(births):
        told = births["school"].astype(object)
        if not told.isin(set(enrolment["school"].astype(object))).any():
            raise InputError("births", "school must be one of enrolment's", 0, repr(told.iloc[0]))


def _series(births: pd.DataFrame, schools: tuple[Any, ...]) -> tuple[Ints, int]:
    """(series of each row, −1 where its school has no enrolment; how many series)."""
    if "school" not in births:
        return np.zeros(len(births), dtype=np.int64), 1
    for row in np.flatnonzero(births["school"].isna().to_numpy())[:1]:
        raise InputError("births", "school must be given where births are by school", int(row), None)
    index = pd.Index(list(schools), dtype=object)
    return index.get_indexer(pd.Index(births["school"], dtype=object)).astype(np.int64), len(schools)
