"""What the tables of roads and travel lack, before travel is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.geo.catchments import check_addresses
from placesim.geo.contiguity import check_contiguity
from placesim.geo.ground import Ground, ground_of, reach_of
from placesim.geo.homes import homes_of
from placesim.geo.profiles import RIDE
from placesim.geo.road_checks import check_roads
from placesim.inputs.findings import at_row, at_table, capped, first_few
from placesim.records import Floats, Inputs, Ints
from placesim.scenario.options import TravelOptions

_ID = {"areas": "area_id", "schools": "school_id"}
_NOT_IN_MATRIX = {"areas": "W343", "schools": "W344"}
_HALF = 0.5 - 1e-9


def check_ground(inputs: Inputs, options: TravelOptions) -> list[Finding]:
    """Everything about roads, travel, neighbouring areas and addresses that a planner should know before a run."""
    return [*check_travel(inputs, options), *capped([*check_contiguity(inputs), *check_addresses(inputs)])]


def check_travel(inputs: Inputs, options: TravelOptions) -> list[Finding]:
    """Everything that keeps travel from being measured, and every area or school that is out of reach."""
    if inputs.has("travel"):
        return capped(_matrix_gaps(inputs))
    findings = list(check_roads(inputs, options)) if inputs.has("roads") else list(_straight_line(inputs, options))
    if any(f.is_error for f in findings):
        return capped(findings)
    campus = np.flatnonzero(_first_rows(inputs, "schools") & _located(inputs, "schools"))
    ground = ground_of(inputs, homes_of(inputs), inputs.frame("schools").geometry.to_numpy()[campus], options.travel)
    findings += _off_roads(inputs, ground, campus)
    if not any(f.is_error for f in findings):
        findings += _unreached(inputs, ground, campus)
    return capped(findings)


def _matrix_gaps(inputs: Inputs) -> Iterator[Finding]:
    """Areas and schools that no row of the matrix names."""
    for table, code in _NOT_IN_MATRIX.items():
        listed = inputs.frame(table)[_ID[table]].isin(inputs.frame("travel")[_ID[table]])
        rows = np.flatnonzero(~listed.to_numpy() & _first_rows(inputs, table))
        yield from (at_row(inputs.tables[table], code, int(row), _ID[table]) for row in rows)


def _straight_line(inputs: Inputs, options: TravelOptions) -> Iterator[Finding]:
    yield at_table(inputs.tables["areas"], "N341", facts={"detour": options.travel.detour})
    if inputs.has("barriers"):
        yield at_table(inputs.tables["barriers"], "W349")


# ------------------------------------------------------------------------------------------------ ways to the roads
def _off_roads(inputs: Inputs, ground: Ground, campus: Ints) -> Iterator[Finding]:
    """Schools and areas too far from the roads that are walked, areas from which nobody can ride, and how far it is."""
    for network, search in zip(ground.networks, ground.searches, strict=True):
        if network.profile.mode == RIDE:
            yield from _nobody_rides(inputs, ground, search.home_leg)
            continue
        yield from _far_areas(inputs, ground, search.home_leg)
        yield from _far_schools(inputs, ground, campus, search.school_leg)
        yield _how_far(inputs, np.concatenate([search.school_leg, search.home_leg]))


def _far_schools(inputs: Inputs, ground: Ground, campus: Ints, legs: Floats) -> Iterator[Finding]:
    limit = ground.travel.snap_metres
    for k in np.flatnonzero(~(legs <= limit)):
        yield at_row(inputs.tables["schools"], "E342", int(campus[k]), "school_id", _leg_facts(legs[k], limit))


def _far_areas(inputs: Inputs, ground: Ground, legs: Floats) -> Iterator[Finding]:
    """An error where no home of an area comes near the roads, a warning where some do not."""
    homes, limit = ground.homes, ground.travel.snap_metres
    far = ~(legs <= limit)
    share = np.bincount(homes.area, weights=homes.share * far, minlength=len(inputs.areas))
    nearest = np.full(len(inputs.areas), np.inf)
    np.minimum.at(nearest, homes.area, legs)
    for area in np.flatnonzero(share > 0):
        whole = share[area] > 1 - 1e-9
        facts = {**_leg_facts(nearest[area], limit), "share": f"{share[area]:.0%}"}
        yield at_row(inputs.tables["areas"], "E341" if whole else "W345", int(area), "area_id", facts)


def _nobody_rides(inputs: Inputs, ground: Ground, legs: Floats) -> Iterator[Finding]:
    homes, limit = ground.homes, ground.travel.snap_metres
    far = np.bincount(homes.area, weights=homes.share * ~(legs <= limit), minlength=len(inputs.areas)) > _HALF
    if far.any():
        ids = np.array(inputs.area_ids, dtype=object)[far]
        yield at_table(
            inputs.tables["areas"], "W346", facts={"count": len(ids), "ids": first_few(ids), "limit": round(limit)}
        )


def _how_far(inputs: Inputs, legs: Floats) -> Finding:
    joined = legs[np.isfinite(legs)]
    facts = {"median": f"{np.median(joined):.0f}", "largest": f"{joined.max():.0f}", "points": len(legs)}
    return at_table(inputs.tables["roads"], "N343", facts=facts)


def _leg_facts(metres: float, limit: float) -> Mapping[str, Any]:
    return {"metres": round(float(metres)) if np.isfinite(metres) else "–", "limit": round(limit)}


# ------------------------------------------------------------------------------------------------ out of reach
def _unreached(inputs: Inputs, ground: Ground, campus: Ints) -> Iterator[Finding]:
    """Areas most of whose people reach no school of some stage, and schools that nobody reaches, within the limit."""
    schools, limit = inputs.frame("schools"), {"minutes": f"{ground.travel.limit_minutes:g}"}
    reach, names = reach_of(ground), schools["school_id"].to_numpy()[campus]
    lacking = np.full(len(inputs.areas), "", dtype=object)
    for stage, rows in schools.groupby("stage", sort=False):
        near = reach.from_homes(np.flatnonzero(np.isin(names, rows["school_id"])))
        share = np.bincount(ground.homes.area, weights=ground.homes.share * near, minlength=len(lacking))
        missing = share < _HALF
        lacking[missing] += np.where(lacking[missing] == "", "", ", ") + f"{stage}"
    for row in np.flatnonzero(lacking != ""):
        yield at_row(inputs.tables["areas"], "W341", int(row), "area_id", {"stages": lacking[row], **limit})
    for k in np.flatnonzero(~reach.to_schools()):
        yield at_row(inputs.tables["schools"], "W342", int(campus[k]), "school_id", limit)


def _first_rows(inputs: Inputs, table: str) -> NDArray[np.bool_]:
    """The first row of each id: further rows of a campus stand at the same point."""
    return ~inputs.frame(table)[_ID[table]].duplicated().to_numpy()


def _located(inputs: Inputs, table: str) -> NDArray[np.bool_]:
    return ~shapely.is_missing(inputs.frame(table).geometry.to_numpy())
