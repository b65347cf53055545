"""The spine: one scenario in, one run out. No arithmetic here."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from placesim import records
from placesim.allocation import allocate, allocate_draws, value_table
from placesim.assessment import assess
from placesim.cache import StageCache, frame_hash, stage_key
from placesim.demography import (
    backtest_demand,
    backtest_forecasts,
    check_demand,
    check_projection,
    draw_demand,
    estimate_demand,
    explanations,
    project,
)
from placesim.errors import DataError, Finding, InputError
from placesim.geo import check_ground, measure_access, measure_travel
from placesim.inputs import check, read_inputs
from placesim.records import AllocationDraws, Inputs, Results
from placesim.scenario import Scenario, system_stage_ids
from placesim.standards.check import check_pack
from placesim.standards.pack import load_pack
from placesim.store import Run
from placesim.supply import check_changes, roll_forward

T = TypeVar("T")
Progress = Callable[[str], None]

# What the futures read, and with them the explanation of each figure.
_OF_FUTURES = (
    "areas",
    "enrolment",
    "schools",
    "flows",
    "children",
    "population",
    "rates",
    "births",
    "totals",
    "developments",
    "household_profiles",
)
# What each stage reads of the inputs and which rooms compute it: the two parts of its cache key that the code knows.
_READS = {
    "projection": (
        "areas",
        "population",
        "rates",
        "births",
        "children",
        "enrolment",
        "totals",
        "developments",
        "household_profiles",
    ),
    "demand": (
        "areas",
        "enrolment",
        "schools",
        "flows",
        "children",
        "births",
        "developments",
        "household_profiles",
    ),
    "draws": _OF_FUTURES,
    "explanations": _OF_FUTURES,
    "backtest": ("enrolment", "births"),
    "places": ("areas", "schools", "institutions", "sites", "projects", "catchments"),
    "travel": ("areas", "roads", "nodes", "barriers", "points", "travel"),
    "allocation": ("areas", "flows", "feeders", "enrolment", "applicants", "preferences", "dwellings"),
    "allocation_draws": ("areas", "planning_areas"),
    "place_values": (),
    "access": ("areas", "planning_areas", "roads", "nodes", "barriers", "points", "addresses"),
}
_CODE = {
    "projection": ("demography/residents", "demography/frames.py", "kernel.py", "heap.py"),
    "demand": ("demography",),
    "draws": ("demography", "kernel.py", "heap.py"),
    "backtest": ("demography",),
    "explanations": ("demography",),
    "places": ("supply",),
    "travel": ("geo", "kernel.py", "heap.py"),
    "allocation": ("allocation", "kernel.py", "heap.py"),
    "allocation_draws": ("allocation", "kernel.py", "heap.py", "executor.py"),
    "place_values": ("allocation", "kernel.py", "heap.py"),
    "access": ("geo", "kernel.py", "heap.py"),
}


def run(scenario: Scenario, *, progress: Progress | None = None, workers: int | None = 1) -> Run:
    """Read, check and run a scenario. `progress` is told the name of each stage as it starts.

    workers: processes for the sampled futures, None for as many as there are cores; more than one only from a program
    whose main module may be imported again (`if __name__ == "__main__":`). Ctrl-C while futures are placed keeps the
    years that are finished. Raises DataError with every finding when the data cannot be run.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("scenario", "must be a Scenario, as placesim.load(path) gives it", value=repr(scenario)[:80])
    spine = _Spine(scenario, progress or (lambda _: None), workers)
    with spine.timed("check"):
        inputs, findings = check_scenario(scenario)
    if inputs is None or any(f.is_error for f in findings):
        raise DataError(findings)
    results = spine.compute(inputs)
    with spine.timed("assessment"):
        assessment = assess(results, inputs, scenario.assessment)
    return Run(scenario, inputs, results, assessment, tuple(findings), spine.seconds)


def backtest(scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(forecasts of the county's rolls from its own past years with what came, how they did), as in a run's report.

    Raises DataError with every finding when the data cannot be run.
    """
    inputs, findings = check_scenario(scenario)
    if inputs is None or any(f.is_error for f in findings):
        raise DataError(findings)
    return _backtest(inputs, scenario)


def _backtest(inputs: Inputs, scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    forecasts = backtest_forecasts(inputs, scenario.demand)
    return forecasts, backtest_demand(forecasts, scenario.stages)


def check_scenario(scenario: Scenario) -> tuple[Inputs | None, list[Finding]]:
    """Every finding about the scenario's data: each table, then tables against each other, then the methods' needs."""
    inputs, findings = read_inputs(scenario)
    known_stages = (*scenario.stages.ids, *system_stage_ids())
    unasked = check_pack(load_pack(scenario.pack), scenario.stages, scenario.years, known_stages)
    findings += [*check(inputs, scenario), *_located(unasked, scenario)]
    if any(f.is_error for f in findings):
        return inputs, findings
    needs = check_projection(inputs, scenario.projection) + check_demand(inputs, scenario.demand)
    needs += check_ground(inputs, scenario.travel) + check_changes(inputs, scenario.supply)
    return inputs, [*findings, *_located(needs, scenario)]


def _located(findings: Iterable[Finding], scenario: Scenario) -> Iterator[Finding]:
    """Findings about keys of the scenario (changes, delays), with the file and line where the key was said."""
    for finding in findings:
        origin = scenario.overlay.origin(finding.column or "") if finding.file is None else None
        yield replace(finding, file=origin.where, row=origin.line) if origin else finding


class _Interrupted(Exception):
    """Ctrl-C came while futures were placed; `placed` holds the years that were finished."""

    def __init__(self, placed: AllocationDraws) -> None:
        super().__init__()
        self.placed = placed


@dataclass
class _Spine:
    """One pass through the stages, timed and cached."""

    scenario: Scenario
    progress: Progress
    workers: int | None
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cache = StageCache(_cache_folder(self.scenario.folder), _record_types())

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        self.progress(stage)
        start = time.process_time()
        yield
        self.seconds[stage] = time.process_time() - start

    def compute(self, inputs: Inputs) -> Results:
        s = self.scenario
        projection, p_key = self.stage("projection", inputs, s.projection, (), lambda: project(inputs, s.projection))
        demand, d_key = self.stage(
            "demand", inputs, s.demand, (p_key,), lambda: estimate_demand(projection, inputs, s.demand)
        )
        draws, f_key = self.stage(
            "draws", inputs, s.draws, (p_key, d_key), lambda: draw_demand(projection, demand, inputs, s.draws)
        )
        backtest, _ = self.stage("backtest", inputs, s.demand, (), lambda: _backtest(inputs, s)[1])
        explained, _ = self.stage(
            "explanations", inputs, s.draws, (p_key, d_key), lambda: explanations(projection, demand, inputs, s.draws)
        )
        places, s_key = self.stage("places", inputs, s.supply, (), lambda: roll_forward(inputs, s.supply))
        sites = frame_hash(places.schools)  # travel depends on where schools are, not on how many rooms they have
        travel, t_key = self.stage(
            "travel", inputs, s.travel, (sites,), lambda: measure_travel(inputs, places, s.travel)
        )
        allocation, a_key = self.stage(
            "allocation",
            inputs,
            s.allocation,
            (d_key, s_key, t_key),
            lambda: allocate(demand, travel, places, inputs, s.allocation),
        )
        access, _ = self.stage(
            "access",
            inputs,
            s.access,
            (a_key, p_key),
            lambda: measure_access(inputs, places, travel, allocation, projection, s.access),
        )
        found = Results(projection, demand, travel, places, allocation, access, draws, backtest, explained)
        if draws is not None:
            found = replace(found, allocation_draws=self.place_draws(found, inputs, (a_key, s_key, t_key, f_key)))
        if not s.allocation.allocation.place_values:
            return found
        values, _ = self.stage(
            "place_values", inputs, s.allocation, (a_key, s_key, t_key), lambda: value_table(found, s.allocation)
        )
        return replace(found, place_values=values)

    def place_draws(self, found: Results, inputs: Inputs, above: tuple[str, ...]) -> AllocationDraws:
        """Sampled futures through the schools; an interrupted one keeps its finished years and is not cached."""

        def place() -> AllocationDraws:
            placed = allocate_draws(found, inputs, self.scenario.allocation, workers=self.workers)
            if placed.interrupted:
                raise _Interrupted(placed)
            return placed

        try:
            return self.stage("allocation_draws", inputs, self.scenario.allocation, above, place)[0]
        except _Interrupted as stopped:
            return stopped.placed

    def stage(
        self, name: str, inputs: Inputs, told: Any, above: tuple[str, ...], compute: Callable[[], T]
    ) -> tuple[T, str]:
        """The stage's record, computed or from the cache, and its key (which the stages below depend on)."""
        with self.timed(name):
            given = [inputs.tables[t] for t in _READS[name] if inputs.has(t)]
            tables = (text for t in given for text in (frame_hash(t.rows), str(t.source.as_of)))
            key = stage_key(name, told=told, seen=(*above, *tables), code=_CODE[name])
            return self.cache.fetch(key, compute), key


def _cache_folder(folder: Path) -> Path:
    """`.placesim` beside the scenario; a temporary place where that folder is read-only."""
    beside = folder / ".placesim"
    try:
        beside.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=beside):
            return beside
    except OSError:
        return Path(tempfile.gettempdir()) / "placesim-cache"


def _record_types() -> dict[str, type]:
    classes = (
        records.Projection,
        records.Demand,
        records.DemandDraws,
        records.Places,
        records.Travel,
        records.HomeWays,
        records.Access,
        records.Allocation,
        records.AllocationDraws,
        records.Stages,
        records.Stage,
        records.AppliedChange,
    )
    return {c.__name__: c for c in classes}
