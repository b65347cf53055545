"""What the page knows: the saved run as compact plain data, figures by position on the axes of stages and years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.dictionary import table_specs
from placesim.messages import LANGUAGES, catalogue
from placesim.report import classes, figures, geometry
from placesim.report.figures import plain, records
from placesim.report.outlook import outlook
from placesim.store import SavedRun
from placesim.vocabulary import BINDINGS, CLASS_BASES, METRICS, PARTS, TYPOLOGY, WATERFALL

TEXTS: Final = (
    "report.", "metric.", "unit.", "part.", "level.", "typology.", "reason.", "after.", "binding.", "area_type.",
    "confidence.", "severity.", "unit_of_count.", "class_basis.", "rule.", "operator.", "outside.", "source.",
    "waterfall.", "backtest.", "ways.", "outlook.", "warning.", "score_reason.", "standing.",
)  # fmt: skip
ROUTES_SHOWN: Final = 30  # the rest stand in the tables and layers, and the page says so
PROBLEMS_SHOWN: Final = 300  # the rest stand in check.json, and the page says so
_SECTION_DIGITS: Final = {
    "roll": 0, "roll_actual": 0, "residual": 0, "places_design": 0, "places_cap": 0, "utilisation": 3,
    "class_size": 1, "large_classes": 0,
    "minutes_mean": 1, "chance_over_cap": 3,
}  # fmt: skip
_AREA_DIGITS: Final = {"pupils": 0, "unplaced": 0, "minutes_mean": 1}
_COUNTY_DIGITS: Final = {
    "need": 0, "unfilled": 0, "over_design": 0, "excess": 0, "places_design": 0, "places_cap": 0, "places_emergency": 0,
    "utilisation": 3,
    "unplaced": 0, "large_classes": 0,
}  # fmt: skip
_FAN_DIGITS: Final = {
    "p10": 0, "p25": 0, "p50": 0, "p75": 0, "p90": 0, "chance_over_design": 3, "chance_over_cap": 3,
}  # fmt: skip


def payload(saved: SavedRun) -> dict[str, Any]:
    """Everything the page shows, ready for JSON. User text is plain text here; the page never reads it as markup."""
    schools, areas = saved.table("schools"), saved.table("areas")
    sections = _Sections(figures.sections_with_chances(saved), saved)
    return {
        "meta": _meta(saved),
        "text": {language: _texts(language) for language in LANGUAGES},
        "scales": {name: _scale(scale) for name, scale in classes.SCALES.items()},
        "units": dict(METRICS),
        "map": _map(saved),
        "schools": _rows(schools, ("school_id", "name", "name_en", "area_type")),
        "areas": _rows(areas, ("area_id", "name", "name_en", "area_type", "planning_area")),
        "planning_areas": _rows(saved.table("planning_areas"), ("planning_area", "name", "name_en")),
        "sections": sections.data(),
        "area_values": _area_values(saved),
        "county": _county(saved),
        "parts": _parts(saved),
        "fan": _fan(saved),
        "pupils": {"entrants": _entrants(saved), "waterfall": _waterfall(saved)},
        "backtest": records(saved.table("backtest")),
        "ways": _ways(saved),
        "key": records(figures.key_figures(saved)),
        "worst": {row.pop("metric"): row for row in records(figures.worst_years(saved))},
        "lists": {name: _list(saved, name) for name in figures.LISTS},
        "outlook": outlook(saved),
        "rules": _rules(saved),
        "findings": _findings(saved),
        "changes": records(saved.table("changes")),
        "problems": _problems(saved),
        "unknowns": {language: figures.unknowns(saved, language) for language in LANGUAGES},
        "sources": _sources(saved),
    }


def _meta(saved: SavedRun) -> dict[str, Any]:
    m = saved.manifest
    return {
        "title": {language: saved.title(language) for language in LANGUAGES},
        "stages": [
            {"id": s["id"], "rule": s["rule"], **{la: saved.stage_label(s["id"], la) for la in LANGUAGES}}
            for s in m["stages"]
        ],
        "first_stage": figures.first_stage(saved),
        "years": saved.years,
        "version": m["versions"]["placesim"],
        **{k: m[k] for k in ("scenario", "variant", "run_id", "language", "currency", "price_year", "written")},
        "pack": {"id": m["pack"], "version": m["pack_version"], **m["pack_label"]},
    }


def _texts(language: str) -> dict[str, str]:
    return {key: text for key, text in catalogue(language)["label"].items() if key.startswith(TEXTS)}


def _scale(scale: classes.Scale) -> dict[str, Any]:
    return {"breaks": scale.breaks, "colours": scale.colours, "labels": scale.labels()}


# ---------------------------------------------------------------------------------------------- map
def _map(saved: SavedRun) -> dict[str, Any]:
    areas, schools = _in_order(saved, "areas", "area_id"), _in_order(saved, "schools", "school_id")
    frame = geometry.frame_of(areas, schools)
    polygons = geometry.simplified(areas, frame)
    groups = areas["planning_area"].to_numpy(dtype=object)
    regions = geometry.outlines(polygons, groups)
    return {
        "size": [round(frame.width), round(frame.height)],
        "areas": [geometry.rings(p, frame) for p in polygons],
        "regions": {
            n: {"rings": geometry.rings(g, frame), "anchor": geometry.anchor(g, frame)} for n, g in regions.items()
        },
        "schools": geometry.points(schools, frame),
        "roads": geometry.lines(saved.layer("roads"), frame) if "roads" in saved.layers else [],
    }


def _in_order(saved: SavedRun, name: str, key: str) -> Any:
    """A layer in the order of the table of the same name."""
    layer = saved.layer(name).set_index(key)
    return layer.loc[list(saved.table(name)[key])]


# ---------------------------------------------------------------------------------------------- figures by year
class _Sections:
    """School sections (school and stage) with one figure per year, None where the stage is not taught."""

    def __init__(self, table: pd.DataFrame, saved: SavedRun):
        keys = pd.MultiIndex.from_frame(table[["school_id", "stage"]])
        self.units = keys.unique()
        self.row = self.units.get_indexer(keys)
        self.column = pd.Index(saved.years).get_indexer(pd.Index(table["year"]))
        self.table, self.years, self.saved = table, len(saved.years), saved

    def cube(self, values: Any, empty: float) -> NDArray[np.float64]:
        filled = np.full((len(self.units), self.years), empty)
        filled[self.row, self.column] = values
        return filled

    def data(self) -> dict[str, Any]:
        schools = pd.Index(self.saved.table("schools")["school_id"])
        stages = pd.Index(self.saved.stages)
        table = self.table
        coded = {
            "typology": pd.Index(TYPOLOGY).get_indexer(pd.Index(table["typology"])),
            "binding": pd.Index(BINDINGS).get_indexer(pd.Index(table["binding"])),
            "class_basis": pd.Index(CLASS_BASES).get_indexer(pd.Index(table["class_basis"])),
        }
        return {
            "school": schools.get_indexer(self.units.get_level_values(0)).tolist(),
            "stage": stages.get_indexer(self.units.get_level_values(1)).tolist(),
            **{c: numbers(self.cube(table[c], np.nan), digits) for c, digits in _SECTION_DIGITS.items()},
            **{c: numbers(self.cube(codes, -1), 0) for c, codes in coded.items()},
            "typologies": list(TYPOLOGY),
            "bindings": list(BINDINGS),
            "bases": list(CLASS_BASES),
        }


def _area_values(saved: SavedRun) -> dict[str, Any]:
    """metric → [stage][area][year]."""
    table = saved.table("area_by_year")
    shape = (len(saved.stages), len(saved.table("areas")), len(saved.years))
    at = (
        pd.Index(saved.stages).get_indexer(pd.Index(table["stage"])),
        pd.Index(saved.table("areas")["area_id"]).get_indexer(pd.Index(table["area_id"])),
        pd.Index(saved.years).get_indexer(pd.Index(table["year"])),
    )
    return {metric: numbers(_filled(shape, at, table[metric]), digits) for metric, digits in _AREA_DIGITS.items()}


def _county(saved: SavedRun) -> dict[str, Any]:
    """metric → [stage][year]."""
    return _by_stage_and_year(saved, saved.table("county_by_year"), _COUNTY_DIGITS)


def _parts(saved: SavedRun) -> dict[str, Any]:
    """part of the pupils who need a place → [stage][year]."""
    return _by_stage_and_year(saved, figures.need_parts(saved, PARTS), dict.fromkeys(PARTS, 0))


def _fan(saved: SavedRun) -> dict[str, Any] | None:
    """quantile or chance → [stage][year]; None for a run without sampled futures."""
    table = figures.county_fan(saved)
    return None if table.empty else _by_stage_and_year(saved, table, _FAN_DIGITS)


def _ways(saved: SavedRun) -> dict[str, Any]:
    """How pupils get to school in the base year: counts, coverage, the links and crossings with most pupils, zones that
    do not hang together."""
    routes = saved.table("routes")
    busiest = routes.sort_values(["walkers", "road_id"], ascending=[False, True])
    return {
        "how": saved.manifest.get("ways", {}),
        "coverage": records(figures.base_coverage(saved)),
        "nearest": records(figures.base_nearest(saved)),
        "unsafe": records(routes[routes["unsafe"].astype(bool)].head(ROUTES_SHOWN)),
        "busiest": records(busiest.head(ROUTES_SHOWN)),
        "crossings": records(saved.table("crossings").head(ROUTES_SHOWN)),
        "catchments": records(figures.odd_catchments(saved)),
        "counts": {
            "unsafe": int(routes["unsafe"].sum()), "routes": len(routes), "crossings": len(saved.table("crossings")),
        },
    }  # fmt: skip


def _entrants(saved: SavedRun) -> dict[str, Any]:
    """years · sources: [source, [pupils by year]], the largest first, those of nobody left out · disaggregated: [pupils
    by year] spread from totals."""
    table = figures.county_entrants(saved)
    years = sorted(table["year"].unique().tolist())
    wide = table.pivot(index="source", columns="year", values="pupils").reindex(columns=years)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index]
    wide = wide[wide.max(axis=1) >= 0.5]
    spread = table.groupby("year")["disaggregated"].sum().reindex(years)
    sources = [[source, numbers(row, 0)] for source, row in zip(wide.index, wide.to_numpy(), strict=True)]
    return {"years": years, "sources": sources, "disaggregated": numbers(spread, 0)}


def _waterfall(saved: SavedRun) -> list[dict[str, Any]]:
    """stage, component, source, pupils by year from the second on."""
    table, later = figures.county_waterfall(saved), saved.years[1:]
    groups = table.groupby(["stage", "component", "source"], sort=False, dropna=False)
    order = {name: k for k, name in enumerate(WATERFALL)}
    rows = [
        {
            "stage": stage,
            "component": component,
            "source": source if isinstance(source, str) else None,
            "pupils": numbers(rows.set_index("year")["pupils"].reindex(later, fill_value=0.0), 1),
        }
        for (stage, component, source), rows in groups
    ]
    return sorted(rows, key=lambda row: order[row["component"]])


def _by_stage_and_year(saved: SavedRun, table: pd.DataFrame, digits: Mapping[str, int]) -> dict[str, Any]:
    at = (
        pd.Index(saved.stages).get_indexer(pd.Index(table["stage"])),
        pd.Index(saved.years).get_indexer(pd.Index(table["year"])),
    )
    shape = (len(saved.stages), len(saved.years))
    return {metric: numbers(_filled(shape, at, table[metric]), d) for metric, d in digits.items()}


def _filled(shape: tuple[int, ...], at: tuple[Any, ...], values: Any) -> NDArray[np.float64]:
    cube = np.full(shape, np.nan)
    cube[at] = values
    return cube


def numbers(cube: Any, digits: int) -> Any:
    """An array as nested lists of short numbers: whole ones without a point, None for what is not known."""
    rounded = np.round(np.asarray(cube, dtype=float), digits)
    whole = rounded == np.floor(rounded)
    short = np.empty(rounded.shape, dtype=object)
    short[:] = rounded
    short[whole] = rounded[whole].astype(np.int64)
    short[np.isnan(rounded)] = None
    return short.tolist()


# ---------------------------------------------------------------------------------------------- lists
def _list(saved: SavedRun, name: str) -> list[dict[str, Any]]:
    table = saved.table(name).merge(figures.base_rolls(saved), on=["school_id", "stage"], how="left")
    return [row | {"rules": figures.list_rules(name, row["reason"])} for row in records(table)]


def _rules(saved: SavedRun) -> dict[str, Any]:
    return {row.pop("rule_id"): row for row in records(saved.table("rules"))}


def _findings(saved: SavedRun) -> list[dict[str, Any]]:
    """One entry per rule; items: [id, stage, first year, last year, years, worst, limit]."""
    groups = figures.finding_groups(saved)
    groups["worst"] = groups["worst"].round(3)
    columns = ["id", "stage", "first_year", "last_year", "years", "worst", "limit"]
    return [
        {
            **dict(zip(("rule", "unit", "severity", "metric", "operator"), key, strict=True)),
            "items": plain(items[columns]),
        }
        for key, items in groups.groupby(["rule_id", "unit", "severity", "metric", "operator"], sort=False)
    ]


def _problems(saved: SavedRun) -> dict[str, Any]:
    found = saved.check["findings"]
    keys = ("code", "where", "text", "fix")
    return {"total": len(found), "rows": [{k: f[k] for k in keys} for f in found[:PROBLEMS_SHOWN]]}


def _sources(saved: SavedRun) -> list[dict[str, Any]]:
    labels = {name: spec.label for name, spec in table_specs().items()}
    return [
        {"table": {la: labels[name][la] for la in LANGUAGES}, **source, "sha256": source["sha256"][:12]}
        for name, source in saved.manifest["inputs"].items()
    ]


def _rows(table: pd.DataFrame, columns: Iterable[str]) -> list[list[Any]]:
    """Rows as lists; a column the table does not have is None throughout."""
    return plain(table.reindex(columns=list(columns)))
