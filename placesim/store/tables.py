"""The tables of a saved run: which there are, and how they become CSV with a data package and come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from placesim.dictionary import table_specs
from placesim.messages import LANGUAGES, catalogue
from placesim.standards.pack import Pack, load_pack
from placesim.store.run_record import Run
from placesim.vocabulary import FIGURES, PARTS

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_BOOLEANS = {"True": True, "False": False}
_SCHOOL_FACTS = (
    "school_id", "name", "name_en", "institution_id", "school_group", "area_type", "sector", "x", "y", "site_area",
    "floor_area", "beds", "condition", "protected", "planning_area",
)  # fmt: skip
_AREA_FACTS = ("area_id", "name", "name_en", "planning_area", "area_type")


def run_tables(run: Run) -> dict[str, pd.DataFrame]:
    """Every table of the run folder by name."""
    measures, lists = run.assessment.measures, run.assessment.lists
    return {
        "schools": _facts(run.places.schools, _SCHOOL_FACTS),
        "areas": _facts(run.inputs.areas, _AREA_FACTS),
        "planning_areas": pd.DataFrame(run.inputs.frame("planning_areas")),
        **{f"{unit}_by_year": table for unit, table in measures.items()},
        **lists,
        "findings": run.assessment.findings,
        "rules": _rules(load_pack(run.scenario.pack)),
        "demand": _demand(run),
        "entrants": run.demand.entrants,
        "waterfall": run.demand.waterfall,
        **run.assessment.futures,
        **run.assessment.tables,
        "backtest": run.results.backtest,
        **run.results.explanations,
        "flows": run.allocation.rows(),
        **run.allocation.tables,
        **({} if run.results.place_values is None else {"place_values": run.results.place_values}),
        "joins": run.travel.joins,
        **_access(run),
        "changes": pd.DataFrame(
            [_fields_of(c) for c in run.places.changes],
            columns=["name", "kind", "school", "year", "until", "rooms", "places", "cost", "reason"],
        ),
    }


def _access(run: Run) -> dict[str, pd.DataFrame]:
    """The way to school; layers without their shapes, points with their place."""
    access = run.access
    crossings = pd.DataFrame(access.crossings.drop(columns="geometry"))
    points = access.crossings.geometry
    return {
        "coverage": access.coverage,
        "nearest": access.nearest,
        "routes": pd.DataFrame(access.routes.drop(columns="geometry")),
        "crossings": crossings.assign(x=points.x.round(1), y=points.y.round(1)),
        "catchment_shapes": pd.DataFrame(access.catchments.drop(columns="geometry")),
        "addresses": access.addresses,
    }


def _fields_of(record: Any) -> dict[str, Any]:
    """The fields of a flat record."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _facts(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(table[[c for c in columns if c in table.columns]])


def _rules(pack: Pack) -> pd.DataFrame:
    """What judged the run: the pack's rules, and each test of its types as `<type>.<reason>`, with their sources."""
    tests = {f"{name}.{t.reason}": t for name, kind in pack.typology.items() for t in kind.any_of}
    cited = {**pack.rules, **tests}
    labels = [pack.rules[i].label if i in pack.rules else None for i in cited]
    sources = [pack.documents[c.document] for c in cited.values()]
    return pd.DataFrame(
        {
            "rule_id": list(cited),
            "label_zh": [text and text.zh for text in labels],
            "label_en": [text and text.en for text in labels],
            "document": [source.cite("zh") for source in sources],
            "document_en": [source.cite("en") for source in sources],
            "clause": [c.clause for c in cited.values()],
            "confidence": [c.confidence for c in cited.values()],
            "note_zh": [c.note and c.note.zh for c in cited.values()],
            "note_en": [c.note and c.note.en for c in cited.values()],
        }
    )


def _demand(run: Run) -> pd.DataFrame:
    """pupils and parts by area, year, grade and group; rows without pupils are left out."""
    demand = run.demand
    area, year, grade, group = np.nonzero(demand.pupils)
    stages = np.array(demand.stages.ids, dtype=object)[demand.stages.stage_of_grade]
    at = (area, year, grade, group)
    return pd.DataFrame(
        {
            "area_id": np.array(demand.areas, dtype=object)[area],
            "year": np.array(demand.years)[year],
            "stage": stages[grade],
            "grade": np.array(demand.stages.grades, dtype=object)[grade],
            "group": np.array(demand.groups, dtype=object)[group],
            "pupils": demand.pupils[at].round(4),
            **{part: demand.parts[part][at].round(4) for part in PARTS},
        }
    )


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """folder/<name>.csv (UTF-8 with BOM, as Excel expects) and folder/datapackage.json."""
    folder.mkdir()
    resources = []
    for name, table in tables.items():
        write_csv(table, folder / f"{name}.csv")
        resources.append(_resource(name, table))
    package = {
        "profile": "tabular-data-package",
        "name": "placesim-run",
        "description": "Text cells that a spreadsheet would run as a formula carry a leading apostrophe.",
        "resources": resources,
    }
    (folder / "datapackage.json").write_text(json.dumps(package, ensure_ascii=False, indent=1), encoding="utf-8")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """UTF-8 with BOM, as Excel expects; no text is a formula."""
    safe = table.copy()
    for column in [c for c in table.columns if not pd.api.types.is_numeric_dtype(table[c])]:
        safe[column] = _mapped(table[column], as_text_cell)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def as_text_cell(value: Any) -> Any:
    """Text that spreadsheets leave as text: a leading apostrophe where it would otherwise start a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """A table of the run folder with its types: text as objects with None, numbers, true/false."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    schema = next(r for r in package["resources"] if r["name"] == name)["schema"]
    kinds = {f["name"]: f["type"] for f in schema["fields"]}
    texts = [c for c, kind in kinds.items() if kind in ("string", "boolean")]
    table = pd.read_csv(
        folder / f"{name}.csv", encoding="utf-8-sig", dtype=dict.fromkeys(texts, object), keep_default_na=False,
        na_values={c: [""] for c in kinds}, skip_blank_lines=False,
    )  # fmt: skip
    for column in texts:
        is_boolean = kinds[column] == "boolean"
        cells = _mapped(table[column], _BOOLEANS.get if is_boolean else _read_text)
        table[column] = cells.infer_objects() if is_boolean else cells
    return table


def _read_text(cell: Any) -> str | None:
    """The text as it was before `as_text_cell`; None for a blank cell."""
    return None if pd.isna(cell) else str(cell).removeprefix("'")


def _mapped(column: pd.Series, meaning: Callable[[Any], Any]) -> pd.Series:
    """Each cell's meaning, worked out once for each different cell."""
    codes, different = pd.factorize(column, use_na_sentinel=False)
    meanings = np.empty(len(different), dtype=object)
    meanings[:] = [meaning(cell) for cell in different]
    return pd.Series(meanings[codes], index=column.index, dtype=object)


def _resource(name: str, table: pd.DataFrame) -> dict[str, Any]:
    fields = []
    for column in table.columns:
        field: dict[str, Any] = {"name": str(column), "type": _kind(table[column])}
        unit = FIGURES.get(column) or ("pupils" if column in PARTS else None)
        title = {language: column_title(column, language) for language in LANGUAGES}
        fields.append(field | ({"unit": unit} if unit else {}) | {"title": title})
    return {"name": name, "path": f"{name}.csv", "encoding": "utf-8", "schema": {"fields": fields}}


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(column) else "string"


def column_title(column: str, language: str) -> str:
    """What every face calls a column of a saved table: a metric, a column label, or a column of the data dictionary."""
    labels = catalogue(language)["label"]
    for key in (f"column.{column}", f"metric.{column}", f"part.{column}"):
        if key in labels:
            return str(labels[key])
    spec = next((t.by_id[column] for t in table_specs().values() if column in t.by_id), None)
    return spec.label(language) if spec else column
