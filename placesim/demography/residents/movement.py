"""Movement of children learnt from counties with two censuses, for a county that has only one.

The net change of a cohort of children between two censuses (log of those found at the later one ÷ those of the first)
follows from what the first census already shows: how many residents a county has per registered person, its young
adults, the age and sex of those who could be parents, children per parent, and how cohorts ahead have grown. A ridge
regression with an effect of each group of counties (a prefecture), all shrunk as far as the counties themselves tell:
Henderson's mixed model equations, the two ratios of variances by restricted maximum likelihood (Searle, Casella &
McCulloch, Variance Components, ch. 6–7), counties far off weighted down (Huber 1964).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from placesim.arguments import as_numbers, refuse
from placesim.errors import InputError
from placesim.records import Floats, Frozen, Ints

FEATURES: Final = (
    "residents_per_registered",
    "gap_to_registered",
    "young_adults",
    "parents_age",
    "parents_sex",
    "children_per_parent",
    "growth_to_5_9",
    "growth_to_10_14",
)
HUBER: Final = 1.345  # residuals beyond so many standard deviations are weighted down
ROUNDS: Final = 8  # of weighting anew; the weights have settled by then
PENALTIES: Final = np.geomspace(0.1, 1e4, 16)  # residual variance ÷ variance of the slopes, of the groups
SEXES_BOTH: Final = slice(0, 2)
WOMEN, MEN = slice(0, 1), slice(1, 2)


def movement_features(residents: ArrayLike, edges: Sequence[int], registered: ArrayLike) -> Floats:
    """features[unit, FEATURES] of residents[unit, sex, group] (sex 0 female, 1 male) at the first census.

    `edges`: groups + 1 increasing ages, the last exclusive; they must hold the ages 0, 5, 10, 15, 20, 25, 30, 35, 40.
    registered[unit]: people registered in the unit (户籍). All features are logarithms of ratios:
    residents ÷ registered and its size without sign · 20–34 ÷ all · 25–29 ÷ 35–39 · men ÷ women aged 25–39 ·
    0–4 ÷ women aged 25–39 · 5–9 ÷ 0–4 · 10–14 ÷ 5–9.
    Raises InputError for other shapes, broken numbers, or an age range or unit with nobody.
    """
    people = as_numbers("residents", residents, axes=3)
    refuse("residents", people, ~(np.isfinite(people) & (people >= 0)), "must be a number and not negative")
    everyone = as_numbers("registered", registered, axes=1)
    refuse("registered", everyone, ~(np.isfinite(everyone) & (everyone > 0)), "must be above zero")
    if people.shape[1] != 2 or people.shape[0] != len(everyone) or people.shape[2] != len(edges) - 1:
        rule = f"must be [unit ({len(everyone)}), sex (2), group ({len(edges) - 1})]"
        raise InputError("residents", rule, value=people.shape)
    ages = _Ages(people, np.asarray(edges, dtype=np.int64))
    gap = np.log(people.sum(axis=(1, 2)) / everyone)
    return np.stack(
        [
            gap,
            np.abs(gap),
            np.log(ages.count(20, 35) / people.sum(axis=(1, 2))),
            np.log(ages.count(25, 30) / ages.count(35, 40)),
            np.log(ages.count(25, 40, MEN) / ages.count(25, 40, WOMEN)),
            np.log(ages.count(0, 5) / ages.count(25, 40, WOMEN)),
            np.log(ages.count(5, 10) / ages.count(0, 5)),
            np.log(ages.count(10, 15) / ages.count(5, 10)),
        ],
        axis=1,
    )


@dataclass(frozen=True, eq=False)
class _Ages:
    people: Floats
    edges: Ints

    def count(self, first: int, end: int, sexes: slice = SEXES_BOTH) -> Floats:
        """people[unit] aged first … end − 1."""
        if not np.isin([first, end], self.edges).all():
            raise InputError("edges", f"must hold the ages {first} and {end}", value=self.edges.tolist())
        groups = slice(int(np.searchsorted(self.edges, first)), int(np.searchsorted(self.edges, end)))
        total: Floats = self.people[:, sexes, groups].sum(axis=(1, 2))
        refuse("residents", total, total <= 0, f"has nobody aged {first}–{end - 1}")
        return total


# ------------------------------------------------------------------------------------------------------------ fit
@dataclass(frozen=True, eq=False)
class MovementModel(Frozen):
    """log change = mean + Σ slope × (feature − centre) ÷ scale + effect of the group (0 for a group not seen).

    slope[feature] is per standard deviation of the feature; weight[unit] how far each county was believed;
    residual_sd and group_sd: standard deviations of the logarithm.
    """

    mean: float
    slope: Floats
    centre: Floats
    scale: Floats
    groups: tuple[str, ...]
    effect: Floats
    weight: Floats
    residual_sd: float
    group_sd: float

    def predict(self, features: ArrayLike, groups: Sequence[str] | None = None) -> Floats:
        """Expected log change[unit] of counties with features[unit, feature]; `groups` as in `fit_movement`."""
        given = _features(features, len(self.slope))
        names = _names(groups, len(given))
        effects = dict(zip(self.groups, self.effect, strict=True))
        of_group = np.array([effects.get(name, 0.0) for name in names])
        change: Floats = self.mean + (given - self.centre) / self.scale @ self.slope + of_group
        return change


def fit_movement(features: ArrayLike, change: ArrayLike, *, groups: Sequence[str] | None = None) -> MovementModel:
    """Learn log change[unit] of a cohort of children from features[unit, feature] of the counties.

    `groups` names the group of each county (its prefecture), whose common part is learnt too. How far slopes and groups
    are shrunk is chosen from the given counties alone. Raises InputError for broken numbers, other shapes, or fewer
    than four counties.
    """
    given = _features(features)
    y = as_numbers("change", change, axes=1)
    refuse("change", y, ~np.isfinite(y), "must be a finite number")
    if len(y) != len(given) or len(y) < 4:
        raise InputError(
            "change", f"must hold one number for each of four or more counties ({len(given)})", value=len(y)
        )
    centre, spread = given.mean(axis=0), given.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    names, member = np.unique(np.array(_names(groups, len(y)), dtype=str), return_inverse=True)
    terms = _Terms((given - centre) / scale, np.eye(len(names))[member])
    coefficients, weight, residual, group = _robust(terms, y)
    slopes = 1 + given.shape[1]
    return MovementModel(
        mean=float(coefficients[0]),
        slope=coefficients[1:slopes],
        centre=centre,
        scale=scale,
        groups=tuple(str(n) for n in names),
        effect=coefficients[slopes:],
        weight=weight,
        residual_sd=residual,
        group_sd=group,
    )


def predict_held_out(
    features: ArrayLike, change: ArrayLike, fold: ArrayLike, *, groups: Sequence[str] | None = None
) -> Floats:
    """log change[unit] of each county as the counties of all other folds foretell it; fold[unit] are any labels."""
    given, y = _features(features), as_numbers("change", change, axes=1)
    names, label = np.array(_names(groups, len(given)), dtype=str), np.asarray(fold)
    if label.shape != y.shape:
        raise InputError("fold", f"must hold one label for each of {len(y)} counties", value=label.shape)
    foretold = np.empty(len(y))
    for out in (label == one for one in np.unique(label)):
        model = fit_movement(given[~out], y[~out], groups=names[~out].tolist())
        foretold[out] = model.predict(given[out], names[out].tolist())
    return foretold


def yearly_rate(change: ArrayLike, years: float) -> Floats:
    """Net movers per child and year that make up a log change over `years` years (for `demography.child_movement`)."""
    if not years > 0:
        raise InputError("years", "must be above zero", value=years)
    rate: Floats = np.expm1(as_numbers("change", change) / years)
    return rate


@dataclass(frozen=True, eq=False)
class _Terms:
    """Standardised features[unit, feature] and member[unit, group]."""

    features: Floats
    member: Floats

    @property
    def design(self) -> Floats:
        return np.column_stack([np.ones(len(self.features)), self.features, self.member])

    def penalty(self, slopes: float, groups: float) -> Floats:
        return np.repeat([0.0, slopes, groups], [1, self.features.shape[1], self.member.shape[1]])


def _robust(terms: _Terms, y: Floats) -> tuple[Floats, Floats, float, float]:
    """(coefficients, weight[unit], residual sd, group sd), weights and penalties found in turn."""
    design, weight = terms.design, np.ones(len(y))
    for _ in range(ROUNDS):
        equations = _Equations((design.T * weight) @ design, design.T @ (weight * y), float((weight * y * y).sum()))
        slopes, groups = _penalties(terms, equations, len(y))
        coefficients, quadratic, _ = equations.solve(terms.penalty(slopes, groups))
        residual = y - design @ coefficients
        sd = 1.4826 * float(np.median(np.abs(residual)))
        weight = np.minimum(1.0, HUBER * sd / np.maximum(np.abs(residual), 1e-12)) if sd > 0 else weight
    variance = max(quadratic, 0.0) / max(len(y) - 1, 1)
    return coefficients, weight, float(np.sqrt(variance)), float(np.sqrt(variance / groups))


def _penalties(terms: _Terms, equations: _Equations, count: int) -> tuple[float, float]:
    """The (slopes, groups) of the grid with the largest restricted likelihood."""
    best = (np.inf, 1.0, 1.0)
    for slopes in PENALTIES:
        for groups in PENALTIES:
            penalty = terms.penalty(slopes, groups)
            _, quadratic, log_det = equations.solve(penalty)
            deviance = (count - 1) * np.log(max(quadratic, 1e-300)) + log_det - np.log(penalty[1:]).sum()
            best = min(best, (float(deviance), float(slopes), float(groups)))
    return best[1], best[2]


@dataclass(frozen=True, eq=False)
class _Equations:
    """The mixed model equations before the penalty: crossed[term, term], right[term], and Σ weight × change²."""

    crossed: Floats
    right: Floats
    square: float

    def solve(self, penalty: Floats) -> tuple[Floats, float, float]:
        """(coefficients, penalised residual sum of squares, log determinant)."""
        left = self.crossed + np.diag(penalty)
        coefficients = np.linalg.solve(left, self.right).astype(np.float64, copy=False)
        log_det = float(np.linalg.slogdet(left)[1])
        return coefficients, self.square - float(self.right @ coefficients), log_det


# ------------------------------------------------------------------------------------------------- what is refused
def _features(features: ArrayLike, count: int | None = None) -> Floats:
    given: NDArray[np.float64] = as_numbers("features", features, axes=2)
    refuse("features", given, ~np.isfinite(given), "must be a finite number")
    if count is not None and given.shape[1] != count:
        raise InputError("features", f"must hold {count} features of each county", value=given.shape)
    return given


def _names(groups: Sequence[str] | None, count: int) -> list[str]:
    """The group of each county; without groups all are of one."""
    if groups is None:
        return [""] * count
    if len(groups) != count:
        raise InputError("groups", f"must name the group of each of {count} counties", value=len(groups))
    return [str(name) for name in groups]
