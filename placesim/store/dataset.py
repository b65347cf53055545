"""The cubes of a run as one labelled xarray dataset, and as NetCDF."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from placesim.store.run_record import Run
from placesim.vocabulary import BINDINGS, LEVELS, OUTSIDE, PARTS, SEXES


def to_dataset(run: Run) -> xr.Dataset:
    """Residents, demand with its parts, places, rooms, rolls, classes, unplaced and travel, with units on each."""
    variables = _demand(run) | _supply(run) | _allocation(run) | _travel(run)
    if run.projection is not None:
        variables |= _residents(run)
    if run.results.draws is not None:
        axes = ("sampled", "planning_area", "year", "grade")
        variables["pupils_by_draw"] = _variable(axes, run.results.draws.pupils, "pupils", "pupils of sampled futures")
    data = xr.Dataset(variables, coords=_coordinates(run))
    data.attrs = {"title": run.scenario.name, "source": "placesim", "binding_codes": ", ".join(BINDINGS)}
    return data


def _variable(dims: tuple[str, ...], values: Any, unit: str, text: str) -> xr.Variable:
    return xr.Variable(dims, np.asarray(values), {"units": unit, "long_name": text})


def _coordinates(run: Run) -> dict[str, Any]:
    stages = run.demand.stages
    coordinates: dict[str, Any] = {
        "area": _text(run.inputs.area_ids),
        "origin": _text((*run.inputs.area_ids, OUTSIDE)),
        "school": _text(run.places.ids),
        "year": np.array(run.demand.years),
        "stage": _text(stages.ids),
        "grade": _text(stages.grades),
        "group": _text(run.demand.groups),
        "admission_group": _text(run.allocation.groups),
        "level": _text(LEVELS),
        "part": _text(PARTS),
        "draw": run.allocation.draw,
        "stage_of_grade": ("grade", _text(np.array(stages.ids)[stages.stage_of_grade])),
    }
    if run.results.draws is not None:
        coordinates |= {
            "sampled": np.arange(1, run.results.draws.count + 1),
            "planning_area": _text(run.results.draws.planning_areas),
        }
    if run.projection is not None:
        coordinates |= {
            "sex": _text(SEXES),
            "age": np.arange(run.projection.residents.shape[-1]),
            "population_year": np.array(run.projection.years),
            "step": np.array(run.projection.years[1:] if run.projection.method == "cohort" else [], dtype=int),
        }
    return coordinates


def _text(values: Any) -> Any:
    return np.array([str(v) for v in values], dtype=object)


def _residents(run: Run) -> dict[str, xr.Variable]:
    projection = run.projection
    assert projection is not None
    axes = ("area", "population_year", "sex", "age")
    steps = ("area", "step", "sex", "age")
    variables = {"residents": _variable(axes, projection.residents, "persons", "residents on the reference date")}
    if projection.method != "cohort":
        return variables
    variables["births"] = _variable(("area", "step", "sex"), projection.births, "persons", "births in the step")
    variables["births_control"] = _variable(
        ("area", "step", "sex"), projection.births_control, "persons", "of which added because births are known"
    )
    for name in ("deaths", "net_migration", "housing", "displacement", "control"):
        variables[name] = _variable(steps, getattr(projection, name), "persons", name.replace("_", " "))
    return variables


def _demand(run: Run) -> dict[str, xr.Variable]:
    axes = ("origin", "year", "grade", "group")
    parts = np.stack([run.demand.parts[p] for p in PARTS])
    return {
        "pupils": _variable(axes, run.demand.pupils, "pupils", "children who need a place"),
        "pupils_by_part": _variable(("part", *axes), parts, "pupils", "where the pupils come from"),
    }


def _supply(run: Run) -> dict[str, xr.Variable]:
    places = run.places
    return {
        "rooms": _variable(("school", "year"), places.rooms, "classrooms", "pooled classrooms"),
        "temporary_rooms": _variable(("school", "year"), places.temporary_rooms, "classrooms", "of which temporary"),
        "places": _variable(("school", "stage", "year", "level"), places.places, "places", "places, pool unsplit"),
        "binding": _variable(("school", "stage", "year"), places.binding, "code", "binding term"),
    }


def _allocation(run: Run) -> dict[str, xr.Variable]:
    allocation, by_grade = run.allocation, ("school", "grade", "year")
    split = ("school", "stage", "year", "level")
    return {
        "roll": _variable(by_grade, allocation.roll, "pupils", "pupils placed, inflow included"),
        "inflow": _variable(by_grade, allocation.inflow, "pupils", "of which from outside the county"),
        "classes": _variable(by_grade, allocation.classes, "classes", "classes formed"),
        "stage_rooms": _variable(split[:3], allocation.stage_rooms, "classrooms", "rooms given to the stage"),
        "stage_places": _variable(split, allocation.stage_places, "places", "places after the split"),
        "unplaced": _variable(
            ("origin", "year", "grade", "admission_group"), allocation.unplaced, "pupils", "without a place"
        ),
    }


def _travel(run: Run) -> dict[str, xr.Variable]:
    travel, pair = run.travel, ("pair",)
    return {
        "travel_area": _variable(pair, travel.area, "position", "position on the area axis"),
        "travel_school": _variable(pair, travel.school, "position", "position on the school axis"),
        "minutes": _variable(pair, travel.minutes, "minutes", f"one way ({travel.method})"),
        "metres": _variable(pair, travel.metres, "m", f"one way ({travel.method})"),
    }


_FULL_COUNTS = ("residents", "births", "deaths", "net_migration", "housing", "displacement", "control")


def write_netcdf(run: Run, path: Any) -> None:
    """results.nc: compressed, readable by xarray, R and QGIS; residents by single age in single precision."""
    data = to_dataset(run)
    packed: dict[str, dict[str, Any]] = {
        str(n): {"zlib": True, "complevel": 1, "shuffle": True} for n, v in data.data_vars.items() if v.size > 0
    }
    for name in packed.keys() & set(_FULL_COUNTS):
        packed[name]["dtype"] = "float32"
    data.to_netcdf(path, engine="h5netcdf", encoding=packed)
