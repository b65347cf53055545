"""The toy county with tables of resources, and the quality balance of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import handmade
import pandas as pd
from toy_county import County, options

from placesim.assessment import assess
from placesim.assessment.quality import Case, quality_balance
from placesim.records import Inputs
from placesim.scenario.changes import Equip
from placesim.standards.pack import load_pack

Rows = Sequence[Mapping[str, Any]]

# Of a primary section of 400 pupils: 5, 1, 0.75 teachers per 100, 5 and 6 m², 2250 yuan, 2.5 rooms per 100.
AMOUNTS = {
    "above_degree_teachers": 20, "backbone_teachers": 4, "pe_art_teachers": 3, "teaching_rooms_area": 2000,
    "sports_area": 2400, "equipment_value": 900_000, "multimedia_rooms": 10,
}  # fmt: skip


def has(school: str, stage: str, year: int = 2025, **amounts: Any) -> dict[str, Any]:
    """A row of `resources`."""
    return {"school_id": school, "stage": stage, "year": year, **amounts}


def reported(indicator: str, value: float, stage: str | None = None, year: int = 2025, **more: Any) -> dict[str, Any]:
    """A row of `indicators` of this county, or of another one."""
    return {"county": "here", "own": True, "year": year, "indicator": indicator, "stage": stage, "value": value, **more}


def inputs_with(county: County, tables: Mapping[str, Rows]) -> Inputs:
    given = county.inputs()
    return replace(given, tables={**given.tables, **handmade.county(tables).tables})


def case_of(
    county: County, tables: Mapping[str, Rows], equipped: tuple[Equip, ...] = (), pack: str = "cn-national"
) -> Case:
    inputs = inputs_with(county, tables)
    return Case(county.results(), inputs, load_pack(pack), _measures(county, inputs, pack), equipped)


_KNOWN: dict[tuple[int, str], tuple[County, Mapping[str, pd.DataFrame]]] = {}


def _measures(county: County, inputs: Inputs, pack: str) -> Mapping[str, pd.DataFrame]:
    """The measures of a county, worked out once: of these tables only the rolls tell in them."""
    if inputs.has("enrolment"):
        return assess(county.results(), inputs, options(pack)).measures
    key = (id(county), pack)
    if key not in _KNOWN:
        _KNOWN[key] = county, assess(county.results(), county.inputs(), options(pack)).measures
    return _KNOWN[key][1]


def tables_of(
    county: County, tables: Mapping[str, Rows], equipped: tuple[Equip, ...] = (), pack: str = "cn-national"
) -> Mapping[str, pd.DataFrame]:
    """The tables of the quality balance."""
    return quality_balance(case_of(county, tables, equipped, pack))[0].tables


def pack_with(folder: Path, text: str) -> str:
    """A pack that extends the national one by rules of its own."""
    head = 'schema = 1\nid = "own"\nlabel = { zh = "本地", en = "own" }\njurisdiction = "CN"\nversion = "1"\n'
    file = folder / "own.toml"
    file.write_text(f'{head}extends = "cn-national"\n{text}', encoding="utf-8")
    return str(file)


def rule(i: str, **said: Any) -> str:
    """A rule of such a pack."""
    known = {"level": "county", "hardness": "local", "document": "jiaodu-2017-6", "clause": "1", "confidence": "V"}
    lines = [f"{key} = {_toml(value)}" for key, value in (known | said).items()]
    return f'[rule.{i}]\nlabel = {{ zh = "{i}", en = "{i}" }}\n' + "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
