"""The search for zones of a case from several seeds, and the price of a plan drawn by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from placesim.allocation.zoning import ZoneWeights, Zoning, zone
from placesim.allocation.zoning.district import District, checked_district
from placesim.allocation.zoning.graph import attached
from placesim.allocation.zoning.terms import ZoneTerms, loads, zone_terms
from placesim.errors import Finding
from placesim.inputs.findings import first_few
from placesim.records import Floats, Ints
from placesim.rezoning.case import RezoningCase

_OVER, _MOVED, _BALANCE = 30.0, 5.0, 10.0  # minutes that a pupil over the places, or moved, counts as; and balance
_SPLIT = 2.0  # minutes that a pupil apart from most of their feeder zone counts as
_FLOOR = 0.5  # of the county's utilisation


@dataclass(frozen=True)
class ZoneOptions:
    """weights by name where they differ from the usual ones; floor: the least utilisation, above 0, None: half of the
    county's; how many seeds, counted from `seed`, each with a ceiling of seconds."""

    weights: Mapping[str, float] = field(default_factory=dict)
    floor: float | None = None
    seeds: int = 4
    seed: int = 0
    seconds: float = 30.0


@dataclass(frozen=True)
class Design:
    """school[area] zone; terms of the plan and of the present zones (None where areas have none); load[zone];
    attached[area]: its zone leads to its school. objectives[seed] of the search, none for a plan drawn by hand."""

    case: RezoningCase
    school: Ints
    weights: ZoneWeights
    floor: float
    terms: ZoneTerms
    before: ZoneTerms | None
    objective: float
    bound: float | None
    stopped: str | None
    objectives: tuple[float, ...]
    attached: np.ndarray
    findings: tuple[Finding, ...]

    @property
    def load(self) -> Floats:
        return np.bincount(self.school, weights=self.case.pupils, minlength=len(self.case.zones)).astype(np.float64)


def usual_weights(case: RezoningCase) -> ZoneWeights:
    """In minutes per pupil: 30 for one over the places, 5 for one who moves, 10 × the mean |1 − utilisation|, and where
    zones of the stage before are known 2 for one who does not go on with most of theirs."""
    split = _SPLIT if case.feeder_zones else 0.0
    balance = _BALANCE / len(case.zones)
    return ZoneWeights(imbalance=balance, over_places=_OVER, minutes=1.0, moved=_MOVED, split_feeders=split)


def design_zones(case: RezoningCase, options: ZoneOptions, progress: Callable[[str], None]) -> Design:
    """The best plan of several seeds. A pinned area counts as out of reach of every other school."""
    weights, floor = _told(case, options)
    minutes = case.minutes.copy()
    for area, zone_, _ in case.pins:
        minutes[area, np.arange(len(case.zones)) != zone_] = np.inf
        minutes[area, zone_] = min(minutes[area, zone_], np.nan_to_num(case.minutes[area], posinf=0.0).max())
    found: list[Zoning] = []
    for seed in range(options.seed, options.seed + options.seeds):
        progress("zone")
        plan = zone(
            case.pupils,
            case.places,
            case.home,
            case.pairs,
            minutes=minutes,
            present=case.present,
            feeders=case.feeders,
            weights=weights,
            min_utilisation=floor,
            seconds=options.seconds,
            seed=seed,
        )
        found.append(plan)
    best = min(found, key=lambda p: (_breaches(case, p.school, floor), p.objective))
    design = price_zones(case, best.school, options)
    return replace(
        design,
        objective=best.objective,
        bound=best.bound,
        stopped=best.stopped,
        objectives=tuple(p.objective for p in found),
    )


def price_zones(case: RezoningCase, school: Ints, options: ZoneOptions) -> Design:
    """What any plan costs, connected or not."""
    weights, floor = _told(case, options)
    district = _district(case, weights, floor)
    terms = zone_terms(district, school)
    known = bool((case.present >= 0).all())
    unknown = weights.split_feeders and not case.feeder_zones
    notes = (*case.notes, Finding("N647", value=case.stage)) if unknown else case.notes
    return Design(
        case=case,
        school=school,
        weights=weights,
        floor=floor,
        terms=terms,
        before=zone_terms(district, case.present) if known else None,
        objective=terms.weighted(weights),
        bound=None,
        stopped=None,
        objectives=(),
        attached=attached(district, school),
        findings=(*notes, *_findings(case, school, district)),
    )


def _told(case: RezoningCase, options: ZoneOptions) -> tuple[ZoneWeights, float]:
    usual = case.pupils.sum() / case.places.sum()
    floor = options.floor if options.floor is not None else max(0.01, round(_FLOOR * usual, 2))
    return replace(usual_weights(case), **options.weights), float(floor)


def _district(case: RezoningCase, weights: ZoneWeights, floor: float) -> District:
    return checked_district(
        case.pupils,
        case.places,
        case.home,
        case.pairs,
        minutes=case.minutes,
        present=case.present,
        feeders=case.feeders,
        weights=weights,
        floor=floor,
    )


def _breaches(case: RezoningCase, school: Ints, floor: float) -> tuple[int, float]:
    pins = sum(int(school[area] != zone_) for area, zone_, _ in case.pins)
    load = np.bincount(school, weights=case.pupils, minlength=len(case.zones))
    return pins, float(np.round(np.maximum(0, floor - load / case.places).sum(), 9))


def _findings(case: RezoningCase, school: Ints, district: District) -> list[Finding]:
    """Pins not kept, zones in pieces or without their school, below the floor, ways that travel does not list."""
    out = []
    ids, zones = np.array(case.areas, dtype=object), np.array(case.zones, dtype=object)
    lost = [f"{ids[area]} ({zones[zone_]})" for area, zone_, _ in case.pins if school[area] != zone_]
    if lost:
        out.append(Finding("W640", facts={"count": len(lost), "first": first_few(lost)}))
    apart = ~attached(district, school)
    if apart.any():
        out.append(Finding("W641", facts={"count": int(apart.sum()), "first": first_few(ids[apart])}))
    outside = school[case.home] != np.arange(len(zones))
    if outside.any():
        out.append(Finding("W642", facts={"count": int(outside.sum()), "first": first_few(zones[outside])}))
    low = np.flatnonzero(loads(district, school) < district.floor * case.places - 1e-9)
    if len(low):
        facts = {"count": len(low), "first": first_few(zones[low]), "floor": f"{district.floor:.0%}"}
        out.append(Finding("W643", facts=facts))
    far = np.isinf(case.minutes[np.arange(len(ids)), school])
    if far.any():
        out.append(Finding("W644", facts={"count": int(far.sum()), "first": first_few(ids[far])}))
    return out
