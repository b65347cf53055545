"""Known children: what the registers together say of the cohorts that will enter school."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from placesim.demography.pupils.combination import Combined, Seen, combine
from placesim.demography.pupils.growth import excess_growth, measure_growth
from placesim.demography.pupils.home_rolls import HomeRolls
from placesim.demography.pupils.new_homes import children_of_new_homes, homes_factor
from placesim.demography.pupils.places import Places, kept_deviation, places_of
from placesim.demography.pupils.registers import Registers, county_entrants, read_registers
from placesim.records import Floats, Frozen, Inputs, Ints, Projection, Stages, require
from placesim.scenario.options import DemandOptions
from placesim.vocabulary import CHILD_BASES

SOURCES: Final = (*CHILD_BASES, "residents")
# What is believed of the sources before they are compared: standard deviation of an area's log level around the
# children who will enter. Registration stays behind when people move (a third of the nation lives elsewhere: census
# 2020), permits tell of newcomers only, kindergartens stand where children attend; the others list who lives there.
BELIEVED: Final = {
    "registration": 0.30,
    "permit": 0.60,
    "vaccination": 0.05,
    "kindergarten": 0.60,
    "pre_registration": 0.05,
    "residents": 0.05,
}
OF_RESIDENTS: Final = ("vaccination", "pre_registration")  # bases that follow children into new homes
KINDERGARTEN: Final = "kindergarten"  # stands before the stage whose entrants the known children are measured by


@dataclass(frozen=True, eq=False)
class KnownChildren(Frozen):
    """Children of the cohorts known by count, as entrants by home area.

    entrants[area, cohort] expected at the entry grade; by_basis[source, area, cohort] the part of each of `sources` in
    them. variance[area, cohort] of the log of the area's estimate, county_variance[cohort] of the log of the county's.
    disaggregated[area, cohort]: known only as a part of a total. assumed: some basis has neither a ratio nor past
    cohorts. homes_factor: children whom new homes brought, by the registers, per child of their household profiles.
    """

    cohorts: Ints
    sources: tuple[str, ...]
    entrants: Floats
    by_basis: Floats
    variance: Floats
    county_variance: Floats
    disaggregated: NDArray[np.bool_]
    assumed: bool
    homes_factor: float = 1.0

    def check(self) -> None:
        require(bool((self.entrants >= 0).all()), "KnownChildren: entrants below zero")
        gap = np.abs(self.by_basis.sum(axis=0) - self.entrants).max(initial=0.0)
        require(gap <= 1e-6 * max(1.0, self.entrants.max(initial=0.0)), f"KnownChildren: parts open by {gap}")

    def of(self, cohort: Ints) -> Floats:
        """entrants[area, …] of the cohorts asked for, NaN where they are not counted."""
        place = np.searchsorted(self.cohorts, cohort)
        known = np.isin(cohort, self.cohorts)
        found = np.full((len(self.entrants), *cohort.shape), np.nan)
        found[:, known] = self.entrants[:, place[known]]
        return found


def entry_grade(stages: Stages) -> int:
    """The grade whose entrants are counted: the first of the first stage that is not kindergarten."""
    schools = [s.id for s in stages.all if s.id != KINDERGARTEN]
    return stages.grade_slice(schools[0]).start if schools else 0


def read_known_children(
    inputs: Inputs, options: DemandOptions, home: HomeRolls, projection: Projection | None
) -> KnownChildren:
    """The children table, and the residents of the age where there are any, as expected entrants by area and cohort."""
    registers, base = registers_of(inputs, options, home), options.years[0]
    residents = _residents_of(registers.cohorts, projection, base, len(inputs.area_ids))
    homes = {
        b: children_of_new_homes(registers.counts[b], registers.years, registers.cohorts, inputs, options)
        for b in (CHILD_BASES.index(basis) for basis in OF_RESIDENTS)
        if moves_into_homes(projection)  # else homes to come are counted nowhere
    }
    places = places_of(inputs)
    factor = _homes_factor(registers, places, homes)
    brought = {b: factor * net for b, net in homes.items()}
    return replace(known_children(registers, residents, places, base, brought), homes_factor=factor)


def moves_into_homes(projection: Projection | None) -> bool:
    """Whether new homes bring people of their own: only a projection by cohorts moves anybody into them."""
    return projection is not None and projection.method == "cohort"


def _homes_factor(registers: Registers, places: Places, homes: Mapping[int, Floats]) -> float:
    """`homes_factor` over the registers of who lives there."""
    lags = int(registers.to_entry.max(initial=0)) + 1
    if not homes:
        return 1.0
    seen = [excess_growth(registers.counts[b], registers.to_entry, places, lags, net) for b, net in homes.items()]
    return homes_factor(*(np.concatenate([part.ravel() for part in column]) for column in zip(*seen, strict=True)))


def registers_of(inputs: Inputs, options: DemandOptions, home: HomeRolls) -> Registers:
    """The registers, with the entry ratios that the rolls tell."""
    stages = options.stages
    entry_age = int(stages.ages[entry_grade(stages)])
    return read_registers(inputs, options, entry_age=entry_age, entrants=_past_entrants(home, stages))


def known_children(
    registers: Registers, residents: Floats, places: Places, base: int, homes: Mapping[int, Floats]
) -> KnownChildren:
    """The estimate from registers and residents[area, cohort] (NaN where unknown): the cohorts that enter after the
    year `base`, and those who have, each in one combination of all views, raked to the county's entrants.
    homes: basis → children[area, step, cohort] whom new homes brought."""
    county, county_variance = county_entrants(registers)
    shape = (len(residents), len(registers.cohorts))
    entrants, variance, parts = np.zeros(shape), np.zeros(shape), np.zeros((len(SOURCES), *shape))
    views = Views(registers, residents, county, _moves(registers, places, base, homes), base)
    enters = registers.cohorts + registers.entry_age > base
    for cohorts in (np.flatnonzero(enters), np.flatnonzero(~enters)):
        if len(cohorts):
            got = _combined(views, cohorts, places)
            entrants[:, cohorts] = _raked(got.children, county[cohorts], registers)
            variance[:, cohorts] = got.variance
            parts[:, :, cohorts] = got.weight[:, :, None] * entrants[:, cohorts]
    return KnownChildren(
        cohorts=registers.cohorts,
        sources=SOURCES,
        entrants=entrants,
        by_basis=parts,
        variance=variance,
        county_variance=county_variance,
        disaggregated=registers.latest.wholly_spread,
        assumed=any(registers.ratios.assumed),
    )


def _combined(views: Views, cohorts: Ints, places: Places) -> Combined:
    """Combined twice: the residents have no past of their own and move as the bases do that first prove good."""
    believed = _believed(views.registers)
    first = combine(views.at_entry(cohorts, believed, believed), places)
    return combine(views.at_entry(cohorts, believed, first.bias), places)


def _believed(registers: Registers) -> Floats:
    """Variance[source] of an area's log level: as BELIEVED; and a basis that counts a quarter more, or less, children
    than enter in the county is off by as much from area to area."""
    off = np.append(registers.ratios.log_ratio[:, 0], 0.0)
    return np.asarray(np.array([BELIEVED[source] for source in SOURCES]) ** 2 + off**2)


def _raked(children: Floats, county: Floats, registers: Registers) -> Floats:
    """children[area, cohort] × the factor that brings them to county[cohort]. A ratio measured on entrants speaks of
    the whole county; one told or assumed only of the areas that are counted, and the others are added."""
    measured = bool((registers.ratios.cohorts > 0).any())
    counted = np.isfinite(registers.latest.children).any(axis=(0, 2))
    total = children[counted | measured].sum(axis=0)
    return children * np.divide(county, total, out=np.zeros_like(total), where=total > 0)


# ------------------------------------------------------------------------------------------------------------ views
@dataclass(frozen=True, eq=False)
class Moves(Frozen):
    """By basis and years until entry: log growth[basis, area, lag] against the county, its variance, and kept[basis,
    lag] of a deviation from the structure around."""

    growth: Floats
    variance: Floats
    kept: Floats


def _moves(registers: Registers, places: Places, base: int, homes: Mapping[int, Floats]) -> Moves:
    """Learnt from the past of each basis; nothing moves by a basis without counts."""
    lag = registers.lag
    ahead = registers.cohorts + registers.entry_age - base
    lags = max(int(lag.max(initial=0)), int(ahead.max(initial=0))) + 1
    growth, variance = np.zeros((2, len(CHILD_BASES), len(places.kind), lags))
    kept = np.ones((len(CHILD_BASES), lags))
    for b in np.flatnonzero((lag >= 0).any(axis=1)):
        found = measure_growth(registers.counts[b], registers.to_entry, places, lags, homes=homes.get(int(b)))
        growth[b], variance[b] = found.log, found.variance
        kept[b] = kept_deviation(registers.counts[b], registers.to_entry, places, lags)
    return Moves(growth, variance, kept)


@dataclass(frozen=True, eq=False)
class Views(Frozen):
    """What the bases and the residents say: registers, residents[area, cohort] in the year `base` (NaN where unknown),
    the county's entrants[cohort], and how areas grow."""

    registers: Registers
    residents: Floats
    county: Floats
    moves: Moves
    base: int

    def at_entry(self, cohorts: Ints, believed: Floats, bias: Floats) -> Seen:
        """The cohorts at these positions, moved on to their entry and brought to the county's entrants. Residents in
        school stand in only for areas that are never counted: rolls are brought home by them anyway."""
        lag = self.registers.lag[:, cohorts].clip(0)
        ahead = (self.registers.cohorts[cohorts] + self.registers.entry_age - self.base).clip(0)
        there = (self.registers.lag >= 0).any(axis=1)
        weight = np.where(there, 1 / bias[:-1], 0.0)
        weight = weight / max(weight.sum(), np.finfo(float).tiny)
        growth, variance, kept = (
            np.concatenate([_at(part, lag), np.tensordot(weight, part, axes=1)[None, ..., ahead]])
            for part in (self.moves.growth, self.moves.variance, self.moves.kept)
        )
        whole = np.concatenate([self.registers.whole, self.residents[None]])[:, :, cohorts] * np.exp(growth)
        counted = self._told(cohorts)
        somewhere = np.asarray(counted.any(axis=(0, 2)))
        total = np.nansum(np.where(somewhere[:, None], whole, 0.0), axis=1, keepdims=True)
        scale = np.divide(self.county[cohorts], total, out=np.zeros_like(total), where=total > 0)
        living = np.isfinite(self.residents[:, cohorts]) & ((ahead > 0) | ~somewhere[:, None])
        told = np.concatenate([counted, living[None]])
        return Seen(np.where(told, whole * scale, np.nan), variance, believed, kept, ahead)

    def _told(self, cohorts: Ints) -> NDArray[np.bool_]:
        """[basis, area, cohort]: counted; or, where the basis counts the area in none of these cohorts, estimated."""
        told = np.isfinite(self.registers.latest.children[:, :, cohorts])
        return told | (~told.any(axis=2, keepdims=True) & np.isfinite(self.registers.whole[:, :, cohorts]))


def _at(values: Floats, lag: Ints) -> Floats:
    """values[basis, …, lag] at lag[basis, cohort] → [basis, …, cohort]."""
    at = lag if values.ndim == 2 else lag[:, None, :]
    return np.take_along_axis(values, np.broadcast_to(at, (*values.shape[:-1], lag.shape[-1])), axis=-1)


# -------------------------------------------------------------------------------------------------------- residents
def _residents_of(cohorts: Ints, projection: Projection | None, base: int, areas: int) -> Floats:
    """residents[area, cohort] of the cohorts' age in the base year; NaN without projection and for other ages."""
    residents = np.full((areas, len(cohorts)), np.nan)
    if projection is not None:
        by_age = projection.residents[:, projection.years.index(base)].sum(axis=1)
        age = base - cohorts
        held = (age >= 0) & (age < by_age.shape[1])
        residents[:, held] = by_age[:, age[held]]
    return residents


def _past_entrants(home: HomeRolls, stages: Stages) -> dict[int, float]:
    """Cohort → entrants who live in the county, where a roll tells; earlier years by the latest year's border."""
    entry, rolls = entry_grade(stages), home.rolls
    latest = rolls.latest[entry] if len(rolls.latest) else 0.0
    border = home.pupils[entry] / latest if latest > 0 else 1.0
    cohorts = rolls.years - stages.ages[entry]
    return {int(c): float(n) * border for c, n in zip(cohorts, rolls.totals[:, entry], strict=True) if np.isfinite(n)}
