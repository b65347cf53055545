"""A draft of the table of schools from an OpenStreetMap extract: all tagged as school or kindergarten, once each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from placesim.dictionary import table_specs
from placesim.osm.extract import features

STAGES = ("kindergarten", "primary", "junior", "senior")  # of the default school system
TAGS, KIND, NAME, BLANK = "tags", "kind", "name", "blank"  # what a stage was told by

_Tags = dict[Any, Any]  # key → text or None
_TOLD = ("amenity", "name", "name:en", "name:zh", "capacity", "operator:type", "isced:level", "school", "school:FR")
_SCHOOLS = "amenity IN ('school', 'kindergarten')"
_K, _P, _J, _S = ((s,) for s in STAGES)
_ISCED = dict(zip("0123", STAGES, strict=True))
_SCHOOL_TAG = {
    "kindergarten": _K, "preschool": _K, "nursery": _K, "maternelle": _K,
    "primary": _P, "elementary": _P, "élémentaire": _P, "primaire": (*_K, *_P),
    "junior_high": _J, "middle": _J, "lower_secondary": _J, "collège": _J,
    "secondary": (*_J, *_S), "high": _S, "senior_high": _S, "upper_secondary": _S, "lycée": _S,
}  # fmt: skip
# What names say, the more telling words first: a word that was found is taken out before the next is looked for.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"职业|技工|技师|中专|vocational|technical", ()),
    (r"幼儿园|幼稚园|托儿所", _K),
    (r"十二年一贯制?", (*_P, *_J, *_S)),
    (r"九年一贯制?|九年制|中小学", (*_P, *_J)),
    (r"完全中学|完中", (*_J, *_S)),
    (r"小学|(?<=[一二三四五六七八九十])小(?!学)", _P),
    (r"初级中学|初中", _J),
    (r"高级中学|高中", _S),
    (r"kindergarten|kindergarden|nursery|pre-?school|\bkita\b|creche|\bemei\b|\bcmei\b|\bcei\b", _K),
    (r"educa[çc][ãa]o infantil|jardim de inf[âa]ncia|jard[íi]n (?:de infantes|infantil)|maternelle", _K),
    (r"ensino fundamental|\bemeie?f\b|\bemef\b", (*_P, *_J)),
    (r"ensino m[ée]dio", _S),
    (r"primary|elementary|infant school|grundschule|prim[áa]ri[ao]|primaire|[ée]l[ée]mentaire", _P),
    (r"junior high|middle school|junior middle|lower secondary|collège", _J),
    (r"senior high|senior middle|upper secondary|sixth form|lyc[ée]e|high school", _S),
)
_ONLY_SECONDARY = re.compile(r"中学|secondary|middle", re.IGNORECASE)  # junior where nothing more is said
_SECTORS = {"public": "public", "government": "public", "private": "private", "religious": "private"}


@dataclass(frozen=True)
class SchoolDraft:
    """table: the columns of the dictionary, a row per school and stage (blank where unknown), by school id.

    schools: amenity, name and told_by (what told the stage) of each school; merged: how many were drawn twice.
    """

    table: pd.DataFrame
    schools: pd.DataFrame
    merged: int


def draft_schools(path: Path) -> SchoolDraft:
    """Schools and kindergartens drawn as points, closed ways or areas, at a point inside them (degrees)."""
    found = _found(path)
    single = _each_once(found)
    stages = [_stages(tags) for tags in single.to_dict("records")]
    single["told_by"] = [told for told, _ in stages]
    single["stage"] = pd.Series([s or (None,) for _, s in stages], index=single.index, dtype=object)
    rows = single.explode("stage", ignore_index=True)
    return SchoolDraft(_table(rows), single[["school_id", "amenity", "name", "told_by"]], len(found) - len(single))


# ------------------------------------------------------------------------------------------------ what is drawn
def _found(path: Path) -> pd.DataFrame:
    """Everything tagged as school or kindergarten, with its shape; ids are n, w, r (node, way, relation) + OSM id."""
    points, point_shapes = features(path, "points", ("osm_id", *_TOLD), _SCHOOLS)
    ways, way_shapes = features(path, "lines", ("osm_id", *_TOLD), _SCHOOLS)
    areas, area_shapes = features(path, "multipolygons", ("osm_id", "osm_way_id", *_TOLD), _SCHOOLS)
    points["school_id"], ways["school_id"] = "n" + points["osm_id"], "w" + ways["osm_id"]
    areas["school_id"] = ("r" + areas["osm_id"]).fillna("w" + areas["osm_way_id"])
    found = pd.concat([points, ways, areas], ignore_index=True)
    found["shape"] = np.concatenate([point_shapes, _filled(way_shapes), area_shapes])
    found = found[~shapely.is_missing(found["shape"].to_numpy())]
    found["shape"] = shapely.make_valid(found["shape"].to_numpy())
    blank = found["name"].isna()
    found.loc[blank, "name"] = found.loc[blank, "name:zh"].fillna(found.loc[blank, "name:en"])
    return found.astype(object).where(found.notna(), None).sort_values("school_id", ignore_index=True)


def _filled(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Closed lines as areas; a line that the border of the extract left open as its hull."""
    shapes = shapely.convex_hull(lines)
    closed = shapely.is_closed(lines) & (shapely.get_num_coordinates(lines) > 3)
    shapes[closed] = [shapely.Polygon(line.coords) for line in lines[closed]]
    return shapes


def _each_once(found: pd.DataFrame) -> pd.DataFrame:
    """A school drawn inside another of its kind, of the same name or without one, is that other; it keeps what either
    says. An area without name around several names is not one school: those inside stay."""
    kept: dict[int, _Tags] = dict(enumerate(found.to_dict("records")))
    for outer, inner in _inside(found).items():
        if outer not in kept:
            continue
        area, held = kept[outer], [i for i in inner if i in kept]
        names = {kept[i]["name"] for i in held} - {None}
        if area["name"] is None and len(names) > 1:
            del kept[outer]
            continue
        for i in held:
            if _may_be_one(kept[i], area):
                said = kept.pop(i)
                area |= {key: said[key] for key in _TOLD if area[key] is None}
    return pd.DataFrame(list(kept.values()), columns=found.columns, dtype=object)


def _inside(found: pd.DataFrame) -> dict[int, list[int]]:
    """area → what lies in it: rows of the same amenity that are smaller and have their middle there; small areas
    first."""
    shapes = found["shape"].to_numpy()
    size, kind = shapely.area(shapes), found["amenity"].to_numpy()
    inner, outer = shapely.STRtree(shapes).query(shapely.point_on_surface(shapes), predicate="intersects")
    larger = (size[outer] > size[inner]) | ((size[outer] == size[inner]) & (size[outer] > 0) & (outer < inner))
    within = np.flatnonzero(larger & (kind[inner] == kind[outer]))
    inside: dict[int, list[int]] = {}
    for pair in within[np.argsort(size[outer[within]], kind="stable")].tolist():
        inside.setdefault(int(outer[pair]), []).append(int(inner[pair]))
    return inside


def _may_be_one(inner: _Tags, outer: _Tags) -> bool:
    return inner["name"] is None or outer["name"] is None or inner["name"] == outer["name"]


# ------------------------------------------------------------------------------------------------ what is said
def _stages(tags: _Tags) -> tuple[str, tuple[str, ...]]:
    """(what told, the stages) of a school: its tags before its kind, its kind before its name."""
    told = _by_tags(tags)
    if told:
        return TAGS, told
    if tags["amenity"] == "kindergarten":
        return KIND, _K
    told = _by_name(" ".join(n for n in (tags["name"], tags["name:en"]) if n))
    return (NAME, told) if told else (BLANK, ())


def _by_tags(tags: _Tags) -> tuple[str, ...]:
    levels = re.sub(r"([0-3])\s*-\s*([0-3])", _levels_between, tags["isced:level"] or "")
    said = {_ISCED[level] for level in re.findall(r"(?<![\d.])[0-3](?![\d.])", levels)}
    for key in ("school", "school:FR"):
        for word in (tags[key] or "").casefold().split(";"):
            said |= set(_SCHOOL_TAG.get(word.strip(), ()))
    return tuple(s for s in STAGES if s in said)


def _levels_between(ends: re.Match[str]) -> str:
    return ";".join(str(level) for level in range(int(ends[1]), int(ends[2]) + 1))


def _by_name(name: str) -> tuple[str, ...]:
    said: set[str] = set()
    for words, stages in _WORDS:
        name, times = re.subn(words, " ", name, flags=re.IGNORECASE)
        if times and not stages:
            return ()
        said |= set(stages) if times else set()
    if not said & {*_J, *_S} and _ONLY_SECONDARY.search(name):
        said |= set(_J)
    return tuple(s for s in STAGES if s in said)


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of the dictionary; a capacity is that of the stage where a school has one only."""
    inside = shapely.get_coordinates(shapely.point_on_surface(rows["shape"].to_numpy()))
    alone = ~rows["school_id"].duplicated(keep=False)
    capacity = pd.to_numeric(rows["capacity"].where(alone), errors="coerce")
    whole = (capacity == capacity.round()) & capacity.between(1, 20_000)
    known = {
        "school_id": rows["school_id"],
        "stage": rows["stage"],
        "name": rows["name"],
        "name_en": rows["name:en"],
        "x": inside[:, 0].round(7),
        "y": inside[:, 1].round(7),
        "sector": rows["operator:type"].map(_SECTORS),
        "places": capacity.where(whole).astype("Int64"),
    }
    columns = [c.id for c in table_specs()["schools"].columns]
    return pd.DataFrame(known, index=rows.index).reindex(columns=columns)
