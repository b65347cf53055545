"""Writing a run folder: what every face is later made from."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import geopandas as gpd
import tomli_w

from placesim.errors import Finding, masked_within
from placesim.messages import LANGUAGES, describe, place
from placesim.scenario import Scenario
from placesim.standards.pack import load_pack
from placesim.store.dataset import write_netcdf
from placesim.store.folder import MANIFEST, writing
from placesim.store.run_record import Run
from placesim.store.tables import run_tables, write_tables

SCHEMA = 1
_LIBRARIES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "numba", "ortools", "highspy", "xarray")


def save(run: Run, folder: Path) -> None:
    """Everything but the faces: resolved scenario, manifest, findings, tables, cubes, geometry, log."""
    (folder / "scenario.toml").write_text(resolved_toml(run.scenario), encoding="utf-8")
    _write_json(folder / MANIFEST, manifest(run))
    _write_json(folder / "check.json", findings_json(run.findings))
    write_tables(run_tables(run), folder / "tables")
    write_netcdf(run, folder / "results.nc")
    _write_geometry(run, folder / "results.gpkg")
    lines = [f"{stage}: {seconds:.2f} s CPU" for stage, seconds in run.seconds.items()]
    (folder / "log.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def resolved_toml(scenario: Scenario) -> str:
    """The scenario with every default written out; input paths stay relative to the scenario's own folder."""
    return tomli_w.dumps(scenario.parameters.model_dump(mode="json", by_alias=True, exclude_none=True))


def run_id(scenario: Scenario, hashes: Iterable[str]) -> str:
    """Twelve characters that name what went in: the resolved scenario, every input file and the rule pack."""
    return hashlib.sha256("\0".join([resolved_toml(scenario), *hashes]).encode()).hexdigest()[:12]


def run_folder(scenario: Scenario) -> Path:
    """runs/<scenario>[--<variant>][--<hash of the settings>] beside the scenario file."""
    name = scenario.name + (f"--{scenario.variant}" if scenario.variant else "")
    if scenario.settings:
        said = json.dumps({k: str(v) for k, v in sorted(masked_within(scenario.settings).items())})
        name += f"--{hashlib.sha256(said.encode()).hexdigest()[:6]}"
    return scenario.folder / "runs" / name


def manifest(run: Run) -> dict[str, Any]:
    """What a reader of the results must know about how they came to be."""
    scenario, sources = run.scenario, {name: t.source for name, t in run.inputs.tables.items()}
    pack = load_pack(scenario.pack)
    return {
        "schema": SCHEMA,
        "run_id": run_id(scenario, [*(s.sha256 for s in sources.values()), repr(pack)]),
        "scenario": scenario.name,
        "title": scenario.parameters.title,
        "variant": scenario.variant,
        "settings": {k: str(v) for k, v in masked_within(scenario.settings).items()},
        "origins": {key: str(origin) for key, origin in scenario.origins.items()},
        "years": list(scenario.years),
        "stages": [
            {"id": s.id, "label": dict(s.label), "grades": list(s.grades), "rule": run.allocation.rules[s.id]}
            for s in scenario.stages.all
        ],
        "language": scenario.parameters.report.language,
        "currency": scenario.parameters.report.currency,
        "price_year": scenario.parameters.report.price_year,
        "pack": scenario.parameters.standards.pack,
        "pack_label": pack.label.model_dump(),
        "pack_version": pack.version,
        "population": run.projection.method if run.projection else "none",
        "travel": run.travel.method,
        "ways": dict(run.access.ways),
        "crs": run.inputs.crs,
        "homes_factor": round(run.demand.homes_factor, 3),
        "draws": run.results.draws.count if run.results.draws else 0,
        "notes": [*run.demand.notes, *run.travel.notes, *run.allocation.notes, *run.assessment.notes],
        "inputs": {
            n: {"file": s.file, "sheet": s.sheet, "sha256": s.sha256, "as_of": s.as_of} for n, s in sources.items()
        },
        "seconds": {k: round(v, 3) for k, v in run.seconds.items()},
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), "placesim": metadata.version("placesim")}
        | {name: metadata.version(name) for name in _LIBRARIES},
    }


def findings_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Findings as data, with their sentences in both languages."""
    rows: list[dict[str, Any]] = []
    for finding in findings:
        texts = {language: describe(finding, language) for language in LANGUAGES}
        rows.append(
            {
                "code": finding.code,
                "file": finding.file,
                "sheet": finding.sheet,
                "row": finding.row,
                "column": finding.column,
                "cell": finding.cell,
                "value": finding.value,
                "where": {language: place(finding, language) for language in LANGUAGES},
                "text": {language: text for language, (text, _) in texts.items()},
                "fix": {language: fix for language, (_, fix) in texts.items()},
            }
        )
    return {"errors": sum(r["code"].startswith("E") for r in rows), "findings": rows}


def check_file(folder: Path) -> Path:
    """Beside a run folder: what kept its run from starting."""
    return folder.with_name(f"{folder.name}.check.json")


def keep_findings(findings: Iterable[Finding], folder: Path) -> Path:
    """Every finding of a run that could not start, as JSON. Raises OutputError (E600)."""
    with writing(check_file(folder)) as file:
        _write_json(file, findings_json(findings))
    return check_file(folder)


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, default=str), encoding="utf-8")


def _write_geometry(run: Run, path: Path) -> None:
    """Geometry only; the GeoPackage writer adds measures and styles."""
    layers = {
        "areas": run.inputs.areas[["area_id", "name", "name_en", "planning_area", "area_type", "geometry"]],
        "schools": run.places.schools[["school_id", "name", "name_en", "area_type", "sector", "geometry"]],
    }
    if run.inputs.has("roads"):
        roads = run.inputs.frame("roads")
        layers["roads"] = roads[[c for c in ("road_id", "class", "geometry") if c in roads.columns]]
    access = run.access
    layers |= {"routes": access.routes, "crossings": access.crossings, "catchments": access.catchments}
    layers |= {"service_areas": access.service_areas}
    for name, layer in layers.items():
        gpd.GeoDataFrame(layer, crs=run.inputs.crs).to_file(path, layer=name, driver="GPKG", engine="pyogrio")
