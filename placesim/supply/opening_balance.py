"""The ledger as the tables give it: campuses, rooms, dated stages and committed projects, before any change."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placesim.errors import Finding
from placesim.inputs.findings import at_row
from placesim.records import Floats, Inputs, Ints, Stages
from placesim.scenario.changes import Open
from placesim.scenario.options import SupplyOptions
from placesim.supply import zones
from placesim.supply.ledger import Ledger
from placesim.vocabulary import AREA_TYPES

# Columns of the table `schools` that speak of one stage or of rooms, not of the campus itself.
STAGE_COLUMNS = (
    "stage", "first_grade", "last_grade", "rooms", "temporary_rooms", "places", "approved_places", "valid_from",
    "valid_to",
)  # fmt: skip


def open_ledger(inputs: Inputs, options: SupplyOptions) -> Ledger:
    """The supply before any change and before committed projects."""
    every_row = inputs.frame("schools")
    rows = every_row[every_row["stage"].isin(options.stages.ids)]
    opens = [c for c in options.changes.values() if isinstance(c, Open)]
    campuses = _campuses(rows, inputs.areas, opens)
    years = options.years
    school = campuses.index.get_indexer(pd.Index(rows["school_id"]))
    stage = pd.Index(options.stages.ids).get_indexer(pd.Index(rows["stage"]))
    blank = np.full((len(campuses), len(options.stages.ids)), np.nan)
    given = _by_stage(blank, school, stage, rows["places"])
    approved = _by_stage(blank, school, stage, rows["approved_places"])
    rooms, temporary = (_by_campus(rows, campuses.index, c) for c in ("rooms", "temporary_rooms"))
    share = _share_of_rooms(every_row, campuses.index, options)
    known = (rooms > 0) | ~np.isnan(rooms) & np.isnan(given).all(axis=1)
    in_row = _grades_of(rows, stage, options.stages)
    taught = np.zeros((len(campuses), in_row.shape[1], len(years)), dtype=bool)
    np.logical_or.at(taught, school, in_row[:, :, None] & _valid(rows, years)[:, None, :])
    partial = np.zeros(blank.shape, dtype=bool)
    partial[school, stage] = in_row.sum(axis=1) < np.array([len(s.grades) for s in options.stages.all])[stage]
    return Ledger(
        ids=tuple(campuses.index), years=years, stages=options.stages, norms=options.norms,
        areas=inputs.areas, sites=inputs.frame("sites"), campuses=campuses, listed=np.asarray(taught.any(axis=(1, 2))),
        rooms_known=known, rooms=_every_year(rooms, known, share), temporary=_every_year(temporary, known, share),
        taught=taught, partial=partial, given=np.repeat(given[:, :, None], len(years), axis=2),
        approved=np.where(np.isnan(approved), np.inf, approved),
        bought=np.zeros((*blank.shape, len(years)), dtype=np.int64),
        running=np.ones((len(campuses), len(years)), dtype=bool),
        catchments=zones.working_rows(inputs.frame("catchments")), existing=set(rows["school_id"]),
        openings={c.school: tuple(o.year for o in opens if o.school == c.school) for c in opens},
        groups=[(i, g, years[0]) for i, g in campuses["school_group"].items() if isinstance(g, str)],
    )  # fmt: skip


def shared_with_others(ledger: Ledger, inputs: Inputs) -> list[Finding]:
    """Campuses that keep rooms for stages which the scenario does not run."""
    rows = inputs.frame("schools")
    known = np.array(ledger.ids, dtype=object)[ledger.rooms_known & ledger.listed]
    others = rows.loc[~rows["stage"].isin(ledger.stages.ids) & rows["school_id"].isin(known)]
    others = others.loc[np.asarray(_valid(others, ledger.years).any(axis=1))]
    if others.empty:
        return []
    facts = {"count": int(others["school_id"].nunique()), "others": ", ".join(sorted(set(others["stage"])))}
    return [Finding("W404", column="calendar.stages", value=", ".join(ledger.stages.ids), facts=facts)]


def add_projects(ledger: Ledger, inputs: Inputs) -> list[Finding]:
    """Book the rooms of committed projects from their year on; those that cannot be booked are found.

    Planned projects do not count; those in use by the first year stand in the table `schools` already.
    """
    rows = inputs.frame("projects")
    late = pd.to_numeric(rows["year"]).between(ledger.years[0] + 1, ledger.years[-1])
    counted = rows[late & (rows["status"] != "planned") & rows["school_id"].isin(ledger.ids)]
    findings = []
    for position, (_, project) in zip(np.flatnonzero(rows.index.isin(counted.index)), counted.iterrows(), strict=True):
        school, span, rooms = ledger.at(project["school_id"]), ledger.span(int(project["year"])), int(project["rooms"])
        code = None
        if not ledger.rooms_known[school]:
            code = "W403"
        elif (ledger.rooms[school, span] + rooms < 0).any():
            code = "E423"
        else:
            ledger.rooms[school, span] += rooms
        if code:
            facts = {"project": project["project_id"], "school": project["school_id"], "rooms": rooms}
            findings.append(at_row(inputs.tables["projects"], code, int(position), "rooms", facts))
    return findings


def _campuses(rows: pd.DataFrame, areas: gpd.GeoDataFrame, opens: Iterable[Open]) -> gpd.GeoDataFrame:
    """One row per campus ever named by table or opening, by id; facts are the first that stand in its rows."""
    facts = pd.DataFrame(rows.drop(columns=[*STAGE_COLUMNS, "geometry"])).groupby("school_id", sort=True).first()
    points = rows.drop_duplicates("school_id").set_index("school_id")["geometry"]
    ids = sorted({*facts.index, *(c.school for c in opens)})
    index = pd.Index(ids, name="school_id", dtype=object)
    geometry = gpd.GeoSeries(points.reindex(index), crs=areas.crs)
    facts = facts.reindex(index)
    texts = facts.columns[[pd.api.types.is_object_dtype(t) for t in facts.dtypes]]
    facts[texts] = facts[texts].where(facts[texts].notna(), None)  # blank text is None, also for campuses yet to open
    campuses = gpd.GeoDataFrame(facts, geometry=geometry, crs=areas.crs)
    campuses["area_type"] = _area_types(campuses, areas)
    return campuses.assign(x=campuses.geometry.x, y=campuses.geometry.y)


def _area_types(campuses: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """The type the table gives, else that of the area in which the campus stands."""
    own = campuses["area_type"].astype(object)
    lacking = campuses[~own.isin(AREA_TYPES) & campuses.geometry.notna()]
    campus, area = areas.sindex.query(lacking.geometry, predicate="intersects")
    around = pd.Series(areas["area_type"].to_numpy()[area], index=lacking.index[campus], dtype=object)
    return own.where(own.isin(AREA_TYPES), around.groupby(level=0).first().reindex(own.index))


def _by_stage(blank: Floats, school: Ints, stage: Ints, column: pd.Series) -> Floats:
    """value[school, stage] of a column of the rows."""
    out = blank.copy()
    out[school, stage] = pd.to_numeric(column).to_numpy(float)
    return out


def _by_campus(rows: pd.DataFrame, index: pd.Index, column: str) -> Floats:
    """value[school] of a campus fact, NaN where no row has it."""
    return pd.to_numeric(rows[column]).groupby(rows["school_id"]).first().reindex(index).to_numpy(float)


def _every_year(rooms: Floats, known: NDArray[np.bool_], share: Floats) -> Ints:
    """rooms[school, year]: the share of the rooms, in whole rooms, halves up."""
    return np.floor(np.where(known, np.nan_to_num(rooms), 0.0)[:, None] * share + 0.5).astype(np.int64)


def _share_of_rooms(rows: pd.DataFrame, index: pd.Index, options: SupplyOptions) -> Floats:
    """share[school, year] of a campus' rooms for the stages that are run: the rest is kept for its other stages.

    Equal shares of the stages listed in that year, as the grades of stages that are not run are not known.
    """
    school, run = index.get_indexer(pd.Index(rows["school_id"])), rows["stage"].isin(options.stages.ids).to_numpy()
    valid = _valid(rows, options.years).astype(float)
    listed, counted = np.zeros((2, len(index), len(options.years)))
    np.add.at(listed, school[school >= 0], valid[school >= 0])
    np.add.at(counted, school[run], valid[run])
    return np.divide(counted, listed, out=np.ones(listed.shape), where=counted > 0)


def _grades_of(rows: pd.DataFrame, stage: Ints, stages: Stages) -> NDArray[np.bool_]:
    """grades[row, grade] that the row's stage teaches between its first and last grade."""
    grades, position = pd.Index(stages.grades), np.arange(len(stages.grades))
    first = grades.get_indexer(pd.Index(rows["first_grade"]))
    last = grades.get_indexer(pd.Index(rows["last_grade"]))
    last = np.where(last < 0, len(grades), last)
    within = (position >= first[:, None]) & (position <= last[:, None])
    return within & (stages.stage_of_grade == stage[:, None])


def _valid(rows: pd.DataFrame, years: tuple[int, ...]) -> NDArray[np.bool_]:
    """valid[row, year]"""
    begin = pd.to_numeric(rows["valid_from"]).fillna(-np.inf).to_numpy(float)
    end = pd.to_numeric(rows["valid_to"]).fillna(np.inf).to_numpy(float)
    return (np.array(years) >= begin[:, None]) & (np.array(years) <= end[:, None])
