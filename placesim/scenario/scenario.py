"""A scenario: one file (and what it extends) resolved, strict and frozen."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rapidfuzz import process

from placesim.errors import Finding, InputError, ScenarioError
from placesim.records import Stage, Stages
from placesim.scenario import options
from placesim.scenario.changes import Change
from placesim.scenario.layers import Origin, read_chain
from placesim.scenario.overlay import Overlay, lay, parse_settings
from placesim.scenario.parameters import NormOverrides, Parameters
from placesim.scenario.validate import validate
from placesim.standards.norms import StageNorms
from placesim.standards.pack import Pack, load_pack
from placesim.standards.pack_file import bundled_packs


@dataclass(frozen=True, repr=False)
class Scenario:
    """What a run is told. `with_` gives another scenario; nothing here changes in place.

    `folder`: input paths are relative to it. `origins`: dotted key → where the value was said.
    """

    file: Path
    parameters: Parameters
    stages: Stages
    norms: Mapping[str, StageNorms]
    variant: str | None
    variants: tuple[str, ...]
    settings: Mapping[str, Any]
    overlay: Overlay

    @property
    def name(self) -> str:
        return self.parameters.name

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def pack(self) -> str:
        """The rule pack: the name of a bundled one, or the path of a file."""
        return _pack_path(self.parameters.standards.pack, self.folder)

    @property
    def years(self) -> tuple[int, ...]:
        return self.parameters.calendar.years

    @property
    def reference_date(self) -> str:
        calendar = self.parameters.calendar
        return calendar.reference_date or str(systems()[calendar.system]["reference_date"])

    @property
    def changes(self) -> Mapping[str, Change]:
        return self.parameters.change

    @property
    def origins(self) -> Mapping[str, Origin]:
        return MappingProxyType(self.overlay.origins)

    def with_(self, changes: Mapping[str, Any]) -> Scenario:
        """The scenario with other values: dotted key → value. Raises ScenarioError."""
        if not isinstance(changes, Mapping) or not all(isinstance(key, str) for key in changes):
            raise InputError("changes", "must map dotted keys to values", value=repr(changes)[:80])
        return _resolve(self.file, self.variant, {**self.settings, **changes})

    @property
    def projection(self) -> options.ProjectionOptions:
        p = self.parameters
        return options.ProjectionOptions(self.years, self.reference_date, p.demography, p.housing, self.stages)

    @property
    def demand(self) -> options.DemandOptions:
        return options.DemandOptions(
            self.years, self.stages, self.parameters.demand, self.reference_date, self.parameters.housing
        )

    @property
    def draws(self) -> options.DrawOptions:
        return options.DrawOptions(self.demand, self.projection, self.parameters.uncertainty)

    @property
    def supply(self) -> options.SupplyOptions:
        return options.SupplyOptions(self.years, self.stages, self.norms, self.changes)

    @property
    def travel(self) -> options.TravelOptions:
        return options.TravelOptions(self.parameters.travel)

    @property
    def access(self) -> options.AccessOptions:
        return options.AccessOptions(self.parameters.travel, self.parameters.access)

    @property
    def allocation(self) -> options.AllocationOptions:
        return options.AllocationOptions(self.stages, self.parameters.allocation)

    @property
    def assessment(self) -> options.AssessmentOptions:
        told = self.parameters
        return options.AssessmentOptions(
            self.stages, self.pack, self.norms, self.changes, told.travel.walk_speed, told.housing, told.uncertainty
        )

    def __repr__(self) -> str:
        variant = f", variant={self.variant!r}" if self.variant else ""
        return f"Scenario({self.name!r}, {self.years[0]}–{self.years[-1]}{variant})"

    def _repr_html_(self) -> str:
        title = self.parameters.title.get("zh") or self.parameters.title.get("en") or self.name
        shown = f"{title} · {self.years[0]}–{self.years[-1]} · {self.parameters.allocation.rule}"
        tail = f" · {self.variant}" if self.variant else ""
        return f"<p><b>{html.escape(self.name)}</b> {html.escape(shown + tail)}</p>"


def load(
    path: str | Path, *, variant: str | None = None, set: Mapping[str, Any] | Sequence[str] | None = None
) -> Scenario:
    """Read a scenario file, or base.toml of a folder. `set`: dotted key → value, or texts `a.b=c`.

    Raises ScenarioError with every finding.
    """
    texts = [set] if isinstance(set, str) else set
    settings = dict(texts or {}) if texts is None or isinstance(texts, Mapping) else parse_settings(texts)
    file = Path(path)
    return _resolve(file / "base.toml" if file.is_dir() else file, variant, settings)


def _resolve(file: Path, variant: str | None, said: Mapping[str, Any]) -> Scenario:
    settings = {key: _own(value) for key, value in said.items()}
    overlay = lay(read_chain(file), variant=variant, settings=settings)
    parameters = validate(overlay, file.name)
    findings = list(_unknown_references(parameters, overlay))
    if findings:
        raise ScenarioError(findings)
    stages = _stages(parameters, overlay)
    return Scenario(
        file=file,
        parameters=parameters,
        stages=stages,
        norms=_norms(parameters, file.parent, stages, overlay),
        variant=variant,
        variants=overlay.variants,
        settings=MappingProxyType(settings),
        overlay=overlay,
    )


def _own(value: Any) -> Any:
    """A copy that later changes of the caller's do not reach; numpy scalars and arrays as plain values."""
    if isinstance(value, Mapping):
        return {key: _own(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_own(inner) for inner in value]
    return value.tolist() if hasattr(value, "tolist") else value


@cache
def systems() -> Mapping[str, Any]:
    """The school systems that placesim brings: id → reference_date and stages."""
    text = resources.files("placesim.scenario").joinpath("systems.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def system_stages(system: str) -> Stages:
    """The stages of a school system as it comes. Raises ScenarioError (E123) for an unknown one."""
    if system not in systems():
        raise ScenarioError([Finding("E123", value=system, facts=_near_system(system))])
    return Stages(tuple(_stage(said) for said in systems()[system]["stage"]))


def system_stage_ids() -> tuple[str, ...]:
    """The ids of the stages of every school system."""
    return tuple(dict.fromkeys(stage["id"] for system in systems().values() for stage in system["stage"]))


def _near_system(system: str) -> dict[str, str]:
    near = process.extractOne(system, list(systems()))
    return {"nearest": near[0] if near else "", "known": ", ".join(systems())}


def _stage(said: Mapping[str, Any]) -> Stage:
    return Stage(said["id"], tuple(said["grades"]), said.get("label", {}), said["age_of_first_grade"])


def _finding_at(overlay: Overlay, code: str, dotted: str, value: Any, facts: Mapping[str, Any]) -> Finding:
    """A finding about a key of the scenario, with the file and line where the key was said."""
    origin = overlay.origin(dotted)
    where, line = (origin.where, origin.line) if origin else (None, None)
    return Finding(code, file=where, row=line, column=dotted, value=str(value), facts=facts)


def _unknown_references(parameters: Parameters, overlay: Overlay) -> list[Finding]:
    system = parameters.calendar.system
    if system not in systems():
        return [_finding_at(overlay, "E123", "calendar.system", system, _near_system(system))]
    stages = {s["id"] for s in systems()[system]["stage"]} | {s.id for s in parameters.stage}
    by_stage: dict[str, Mapping[str, Any]] = {
        "calendar.stages": dict.fromkeys(parameters.calendar.stages),
        "demand.participation": parameters.demand.participation,
        "allocation.rules": parameters.allocation.rules,
        "allocation.limit_minutes": parameters.allocation.limit_minutes,
        "allocation.place_lock_years": parameters.allocation.place_lock_years,
        "allocation.private_share": parameters.allocation.private_share,
        "allocation.sibling_share": parameters.allocation.sibling_share,
        "standards": parameters.standards.__pydantic_extra__ or {},
    }
    return [
        _finding_at(overlay, "E128", f"{table}.{stage}", stage, {"known": ", ".join(sorted(stages))})
        for table, keys in by_stage.items()
        for stage in keys
        if stage not in stages
    ]


def _stages(parameters: Parameters, overlay: Overlay) -> Stages:
    """The wanted stages of the system, each with what `[[stage]]` says of it; further stages follow."""
    merged = {s["id"]: dict(s) for s in systems()[parameters.calendar.system]["stage"]}
    for own in parameters.stage:
        merged.setdefault(own.id, {}).update(own.model_dump(exclude_unset=True))
    wanted = parameters.calendar.stages
    merged = {stage: said for stage, said in merged.items() if not wanted or stage in wanted}
    findings = []
    said_at = {own.id: f"stage.{i}" for i, own in enumerate(parameters.stage)}
    for stage, said in merged.items():
        lacking = [key for key in ("grades", "age_of_first_grade") if said.get(key) in (None, ())]
        findings += [_finding_at(overlay, "E127", said_at[stage], stage, {"key": key}) for key in lacking]
    home: dict[str, str] = {}
    for stage, grade in ((stage, grade) for stage, said in merged.items() for grade in said.get("grades", ())):
        if grade in home:
            named = next(s for s in (stage, home[grade]) if s in said_at)
            facts = {"stage": stage, "other": home[grade]}
            findings.append(_finding_at(overlay, "E131", said_at[named], grade, facts))
        home.setdefault(grade, stage)
    if findings:
        raise ScenarioError(findings)
    return Stages(tuple(_stage({**said, "id": stage}) for stage, said in merged.items()))


def _pack_path(name: str, folder: Path) -> str:
    """A pack that is not bundled is a file, its path relative to the scenario's folder."""
    return name if name in bundled_packs() else str(folder / name)


def _pack(parameters: Parameters, folder: Path, overlay: Overlay) -> Pack:
    """The rule pack; a pack that is not there is told where the scenario names it."""
    name = parameters.standards.pack
    try:
        return load_pack(_pack_path(name, folder))
    except ScenarioError as error:
        told = [_finding_at(overlay, f.code, "standards.pack", name, f.facts) for f in error.findings if not f.file]
        raise ScenarioError([*told, *(f for f in error.findings if f.file)]) from None


def _norms(parameters: Parameters, folder: Path, stages: Stages, overlay: Overlay) -> Mapping[str, StageNorms]:
    """The pack's norms with the scenario's own in their place."""
    pack = _pack(parameters, folder, overlay)
    own: Mapping[str, NormOverrides] = parameters.standards.__pydantic_extra__ or {}
    norms, findings = {}, []
    for stage in stages.ids:
        values = dict(pack.norms_for(stage))
        if stage in own:
            values |= own[stage].model_dump(exclude_none=True)
        sizes = [values.get(f"class_size_{level}") for level in ("design", "cap", "emergency")]
        if None in sizes:
            findings.append(_finding_at(overlay, "E129", f"standards.{stage}", stage, {"pack": pack.id}))
            continue
        values |= _widened(values, own.get(stage))
        norms[stage] = StageNorms(**values)
    if findings:
        raise ScenarioError(findings)
    return MappingProxyType(norms)


def _widened(values: Mapping[str, float], own: NormOverrides | None) -> dict[str, float]:
    """design ≤ cap ≤ emergency: a scenario that raises one size raises those above that it does not name."""
    design = values["class_size_design"]
    cap = max(values["class_size_cap"], design) if own is None or own.class_size_cap is None else own.class_size_cap
    return {"class_size_cap": cap, "class_size_emergency": max(values["class_size_emergency"], cap)}
