"""A run folder made by hand, small enough to check by eye, with names that try to break every face."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box

from placesim.allocation.reasons import UNPLACED_REASONS
from placesim.allocation.said import CALIBRATION, INTAKE, TOWN_SCHOOLING
from placesim.assessment.chances import CHANCE_COLUMNS, FAN_COLUMNS
from placesim.assessment.doorstep import CANDIDATES, DOORSTEP
from placesim.assessment.needs.build_out import BUILD_OUT
from placesim.assessment.needs.land import LAND_NEED
from placesim.assessment.needs.norms import NORM_NEED
from placesim.assessment.needs.obligations import DELIVERY
from placesim.assessment.outlook.crossings import LIMITS_CROSSED
from placesim.assessment.outlook.gap import URBAN_RURAL
from placesim.assessment.outlook.warning import EARLY_WARNING
from placesim.assessment.outlook.waves import WAVES
from placesim.assessment.quality import TABLES as QUALITY_TABLES
from placesim.assessment.review import REVIEW_TABLE
from placesim.assessment.sectors import SECTORS_TABLE
from placesim.assessment.told import NOT_COMPUTABLE
from placesim.demography.explanations import ACCOUNT, RATIOS, YIELDS
from placesim.demography.residents.migration import TABLE_COLUMNS
from placesim.errors import Finding
from placesim.geo.measure import ADDRESSES, SHAPES
from placesim.geo.nearness import COVERAGE, NEAREST
from placesim.geo.routes import CROSSINGS, ROUTES
from placesim.records import BACKTEST, ENTRANTS, JOINS, WATERFALL
from placesim.store.tables import write_tables
from placesim.store.write import findings_json

CRS = "EPSG:32650"
YEARS = [2025, 2026, 2027, 2028]
STAGES = ["primary", "junior"]
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
QUOTES = "\"双引号\" 'single' & <b>"
LINES = "第一行\n第二行\u2028第三行"
EMOJI = "🏫 𠮷祥小学"
LONG = "长" * 40_000
AREAS = {
    "001": (SCRIPT, "p1", "urban"),
    "002": (FORMULA, "p1", "urban"),
    "003": ("</script><img src=x onerror=alert(2)>", "p1", "town"),
    "004": (EMOJI, "p2", "rural"),
    "005": (LINES, "p2", "rural"),
    "006": (None, "p2", None),
}
# roll of each school section in each year; places at the design level
SECTIONS: dict[tuple[str, str], tuple[list[int], int]] = {
    ("s1", "primary"): ([400, 440, 480, 500], 400),
    ("s2", "primary"): ([90, 80, 60, 40], 180),
    ("s2", "junior"): ([150, 150, 140, 130], 150),
    ("s3", "primary"): ([46, 40, 0, 0], 90),
    ("s4", "junior"): ([300, 320, 360, 380], 350),
}
NAMES = {"s1": SCRIPT, "s2": EMOJI, "s3": QUOTES, "s4": FORMULA, "s5": "新建学校"}
POINTS = {"s1": (500, 500), "s2": (2500, 500), "s3": (2500, 1500), "s4": (1500, 1500), "s5": (500, 1500)}
UNPLACED = {"primary": [0, 5, 20, 10], "junior": [0, 0, 10, 3]}


def make(folder: Path) -> Path:
    """Write the run folder and give it back."""
    folder.mkdir(parents=True)
    tables = run_tables()
    write_tables(tables, folder / "tables")
    _write_json(folder / "manifest.json", manifest())
    _write_json(folder / "check.json", findings_json(findings()))
    (folder / "scenario.toml").write_text(scenario_toml(), encoding="utf-8")
    _write_layers(folder / "results.gpkg", tables)
    return folder


def remake(folder: Path, tables: dict[str, pd.DataFrame], **changed: Any) -> Path:
    """Give a run folder other tables and other entries of its manifest."""
    shutil.rmtree(folder / "tables")
    write_tables(tables, folder / "tables")
    _write_json(folder / "manifest.json", manifest() | changed)
    return folder


def cut_to_one_year(folder: Path) -> Path:
    """The run as if it had ended in its base year."""
    tables = run_tables()
    first = {n: t[t["year"] == YEARS[0]] for n, t in tables.items() if "year" in t.columns and n != "changes"}
    return remake(folder, tables | first, years=YEARS[:1])


def run_tables() -> dict[str, pd.DataFrame]:
    school = school_by_year()
    area = area_by_year()
    return {
        "schools": _schools(),
        "areas": _areas(),
        "planning_areas": pd.DataFrame(
            {"planning_area": ["p1", "p2"], "name": ["城关", "北乡"], "name_en": ["Town", None]}
        ),
        "school_by_year": school,
        "grade_by_year": _grades(school),
        "area_by_year": area,
        "planning_area_by_year": _region("planning_area", area, school),
        "county_by_year": _region("county", area.assign(county="county"), school.assign(county="county")),
        "crowded": _list(school, "crowded", "utilisation", 1.0),
        "underused": _list(school, "underused", "roll", 100.0),
        "findings": _findings(school, area),
        "rules": _rules(),
        "demand": _demand(area),
        "flows": _flows(),
        "changes": _changes(),
        "entrants": _entrants(),
        "waterfall": _waterfall(),
        "fans": _fans(),
        "chances": _chances(school),
        "intake": pd.DataFrame(
            [("s1", "primary", 2026, 330, 120, 110, 80, 110, 120, 0, 0, 400, "G3", 2030)], columns=list(INTAKE)
        ),
        "calibration": pd.DataFrame([("s1", "primary", 400.0, 380, 400, 0.0, 1.2)], columns=list(CALIBRATION)),
        "town_schooling": pd.DataFrame([("primary", 2025, 0.8, 0.6, 0.3)], columns=list(TOWN_SCHOOLING)),
        "unplaced_reasons": pd.DataFrame(
            [("001", "primary", "G1", 2025, "all_full", 7)], columns=list(UNPLACED_REASONS)
        ),
        **_outlook(),
        **_needs(),
        "not_computable": pd.DataFrame(
            [("balance", "resources", None), ("land", "sites", "site_area"), ("land", "sites", "area_type")],
            columns=list(NOT_COMPUTABLE),
            dtype=object,
        ),
        "backtest": _backtest(),
        "account": _account(),
        "movement": pd.DataFrame(
            [("rural", "both", 0, 5, "children", -0.012, 900.0, 0.8, 0.3)], columns=list(TABLE_COLUMNS)
        ),
        "entry_ratios": pd.DataFrame([("vaccination", 2, 1.04, 0.012, 900.0, 0.99, 6)], columns=list(RATIOS)),
        "yields": pd.DataFrame([("flat", "primary", 4, 0.21, 0.25, 0.21)], columns=list(YIELDS)),
        **_quality(),
        **_ways(),
    }


def _outlook() -> dict[str, pd.DataFrame]:
    """What is coming: of the hostile school and its planning area, and where futures are not known."""
    cited = (f"文件 {SCRIPT}", f"Document {SCRIPT}", "§1", "D")
    warnings = [
        ("p1", "primary", 0, 2025, "green", 390, 400, 450, 0.975, 0, 10, 0.2, 0.0, *(None,) * 5),
        ("p1", "primary", 3, 2028, "red", 500, 400, 450, 1.25, 10, 0, 0.9, 0.6, "warning-red", *cited),
        ("p2", "junior", 3, 2028, "blue", 60, 150, 160, 0.4, 0, 90, np.nan, np.nan, "warning-blue", *cited),
    ]
    crossed = (
        "utilisation", "stage_section", "s1", "primary", 2026, 2028, 3, False, True, "utilisation", "<=", 1.0,
        1.1, 1.25, 2028, 1.25, 0.9, "flag", "文件", "§1", "D", "Document",
    )  # fmt: skip
    waves = [
        ("stage_section", "s1", "primary", 2026, 2028, 100, 2028, False, True, 3, 220, 100, np.nan),
        ("planning_area", "p1", "primary", 2025, 2026, 40, 2026, True, False, 2, 60, 0, 25.0),
    ]
    review = [
        ("s3", "primary", 1, 3.8, "empty+small", 46, 90, 12.5),
        ("s1", "primary", 2, np.nan, "unknown", 0, 0, 9.0),
    ]
    return {
        "early_warning": pd.DataFrame(warnings, columns=list(EARLY_WARNING)),
        "limits_crossed": pd.DataFrame([crossed], columns=list(LIMITS_CROSSED)),
        "urban_rural": pd.DataFrame([("utilisation", "primary", 2025, 1.1, 1.0, 0.5, 0.6)], columns=list(URBAN_RURAL)),
        "waves": pd.DataFrame(waves, columns=list(WAVES)),
        "review": pd.DataFrame(review, columns=list(REVIEW_TABLE)),
    }


def _needs() -> dict[str, pd.DataFrame]:
    """Norms, a development with a hostile name, land, build-out."""
    cited = ("文件", "Document", "§1", "V")
    norm = ("p1", "primary", 2026, "per-1000", "resident", 5000.0, 80.0, 400.0, 440, 400, 88.0, 0.5, 1.1, *cited)
    school = (
        "d1", FORMULA, "p1", "primary", 900, 2600.0, 2024, 2028, 18.0, 12.0, 6.0, 540.0, 240.5, "d1+d2", "started",
        2025, 2027, False, 1.0, 320.0, 3.0, "s1", "quarter", *cited,
    )  # fmt: skip
    land = ("p1", "primary", 2026, 2028, 100, 40, 18.0, 0.18, 0.07, 0.1, 0.08, 1, None, *cited)
    built = ("p1", "primary", 7600.0, 608.0, 520, 2030, 560.0, 400, 208.0, 120.0, 160.0, 0.37, 0.1, False,
             True, "per-1000")  # fmt: skip
    return {
        "norm_need": pd.DataFrame([norm], columns=list(NORM_NEED)),
        "delivery": pd.DataFrame([school], columns=list(DELIVERY)),
        "land_need": pd.DataFrame([land], columns=list(LAND_NEED)),
        "doorstep": pd.DataFrame([("p1", "primary", 2025, 400, 30.0, 12.5, 300, 0.75)], columns=list(DOORSTEP)),
        "quality_candidates": pd.DataFrame([("s1", "primary", 2025, 1, 5, 400, 90)], columns=list(CANDIDATES)),
        "sectors": pd.DataFrame([("primary", 2025, 0.95, 0.04, 40, 10, True, 60, 40, 20)], columns=list(SECTORS_TABLE)),
        "build_out": pd.DataFrame([built], columns=list(BUILD_OUT)),
    }


def _grades(school: pd.DataFrame) -> pd.DataFrame:
    """The first grade of every section."""
    keys = ["school_id", "stage", "year", "area_type", "complete"]
    first = {"grade": "G1", "entered": school["year"], "roll": 40, "classes": 1.0, "class_size_max": 40.0}
    return school[[k for k in keys if k in school]].assign(**first)


def _quality() -> dict[str, pd.DataFrame]:
    """One row of each table of the quality balance."""
    rows = {
        "quality": ("stage_section", "s1", "primary", 2025, 400.0, None, 5.1, 1.2, 1.0, 5.3, 6.1, 2400.0, 2.5, 6, 7,
                    0.8133, "fails"),
        "balance": ("stage_section", "primary", 2025, False, "cv_sports_area", 2, 0, 8.1, 0.515, 0.546, 0.5,
                    "utilisation", "fails", 16.35, 560.0, 560.0, 1.0),
        "quality_tests": ("utilisation", "stage_section", "primary", 2025, "sports_area_per_pupil", 1, 1, 2, 6.1, ">=",
                          7.5, "unknown", "resources.sports_area+staff"),
        "ledger": ("s1", "primary", "utilisation", "sports_area_per_pupil", 6.1, ">=", 7.5, 1.4, "fails", 2027, 5.9,
                   1.6, "fails", "sports_area", 640.0, 560.0, 268800.0),
        "weak_schools": ("s1", "primary", 2025, 2027, 3, 6, 0.0267, "sports_area_per_pupil", 2027, "fails", 2.7e5, 0),
        "quality_places": ("primary", 2027, True, 2, 1, 1, -1.0, 0, 0, 580, 180, 0.3103, 560, 80, 0.1429),
        "physical_education": ("s1", "primary", 2025, 9.0, 4.0, 45.0, 3.21, 3.0, 0.21, 1.5, 1.0, 0.5),
        "shared_grounds": ("s1", "primary", 2025, 560.0, "f1", FORMULA, "sports", 420.5, 18000.0, 560.0, 2),
        "county_gap": ("cv_sports_area", "primary", 2025, 0.515, 4, 2, 0.562, 0.475, -0.047, 0.04),
    }  # fmt: skip
    return {name: pd.DataFrame([row], columns=list(QUALITY_TABLES[name])) for name, row in rows.items()}


def _ways() -> dict[str, pd.DataFrame]:
    """The way to school: coverage of both stages, an unsafe road with a hostile id, an odd catchment."""
    groups = [(stage, group, year) for stage in STAGES for group in (None, "urban", "rural") for year in YEARS]
    limits = (("radius", 500.0), ("minutes", 15.0))
    coverage = [(*g, measure, limit, 0.25, np.nan) for g in groups for measure, limit in limits]
    routes = [(SCRIPT, "county_road", True, True, 31.0, 420.5), ("r2", None, False, False, 120.0, 88.0)]
    zones = [("primary", "s1+s2", "s1+s2", "flows", 3, 2, "004", "s3", True, False)]
    return {
        "coverage": pd.DataFrame(coverage, columns=list(COVERAGE)),
        "nearest": pd.DataFrame([(*g, 640.0, 10.5, np.nan, np.nan) for g in groups], columns=list(NEAREST)),
        "routes": pd.DataFrame(routes, columns=list(ROUTES)),
        "crossings": pd.DataFrame([(f"r1+{SCRIPT}", 12.0, 1500.0, 1000.0)], columns=[*CROSSINGS, "x", "y"]),
        "catchment_shapes": pd.DataFrame(zones, columns=list(SHAPES)),
        "addresses": pd.DataFrame([("a1", FORMULA, "001", "primary", "s1")], columns=list(ADDRESSES)),
        "joins": pd.DataFrame([("area", "001", "walk", 12.5)], columns=list(JOINS)),
    }


def school_by_year() -> pd.DataFrame:
    rows = [
        {"school_id": s, "stage": stage, "year": year, "roll": roll, "places_design": design}
        for (s, stage), (rolls, design) in sorted(SECTIONS.items())
        for year, roll in zip(YEARS, rolls, strict=True)
        if roll > 0
    ]
    table = pd.DataFrame(rows)
    roll, design = table["roll"], table["places_design"]
    types = {"s1": "urban", "s2": "rural", "s3": "rural", "s4": None}
    classes = (roll / 45).apply(np.ceil)
    table = table.assign(
        area_id=table["school_id"].map({"s1": "001", "s2": "003", "s3": "006", "s4": "005"}),
        planning_area=table["school_id"].map({"s1": "p1", "s2": "p1", "s3": "p2", "s4": "p2"}),
        area_type=table["school_id"].map(types),
        binding="rooms",
        class_basis="formed",
        rooms=(design / 45).astype(int),
        places_cap=(design * 1.1).round().astype(int),
        places_emergency=(design * 1.2).round().astype(int),
        utilisation=roll / design,
        roll_actual=np.where(table["year"] == YEARS[0], roll + 10.0, np.nan),
        residual=np.where(table["year"] == YEARS[0], -10.0, np.nan),
        unfilled=(design - roll).clip(lower=0),
        unfilled_share=(design - roll).clip(lower=0) / design,
        over_design=(roll - design).clip(lower=0),
        excess=(roll - (design * 1.1).round()).clip(lower=0).astype(int),
        inflow=0,
        classes=classes,
        class_size=roll / classes,
        class_size_max=roll / classes,
        large_classes=np.where(roll > 450, 2.0, 0.0),
        super_large_classes=0.0,
        minutes_mean=np.where(table["school_id"] == "s3", np.nan, 12.5),
    )
    crowded = (table["area_type"] == "urban") & (table["utilisation"] > 1)
    underused = (table["area_type"] == "rural") & (roll < 100)
    typology = np.select([crowded, underused, table["area_type"].isna()], ["crowded", "underused", None], "balanced")
    reason = np.select([crowded, underused], ["utilisation", "small_roll"], None)
    return table.assign(
        typology=pd.Series(typology, dtype=object),
        reason=pd.Series(reason, dtype=object),
        persistent=crowded & (table["year"] >= 2028),
    )


def area_by_year() -> pd.DataFrame:
    rows = []
    for k, (area, (_, planning, kind)) in enumerate(AREAS.items()):
        for stage in STAGES:
            for y, year in enumerate(YEARS):
                rows.append(
                    {
                        "area_id": area,
                        "stage": stage,
                        "year": year,
                        "planning_area": planning,
                        "area_type": kind,
                        "pupils": 60 + 20 * k + 5 * y,
                        "placed_outside": 0,
                        "unplaced": UNPLACED[stage][y] if area == "001" else 0,
                        "minutes_mean": np.nan if area == "006" else 8.0 + 6 * k,
                        "residents": 1000.0,
                    }
                )
    table = pd.DataFrame(rows)
    return table.assign(placed=table["pupils"] - table["unplaced"])


def _schools() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": list(NAMES),
            "name": list(NAMES.values()),
            "name_en": ["North & South <i>School</i>", None, None, None, "New school"],
            "area_type": ["urban", "rural", "rural", None, None],
            "sector": "public",
        }
    )


def _areas() -> pd.DataFrame:
    rows = [(a, name, None, planning, kind) for a, (name, planning, kind) in AREAS.items()]
    return pd.DataFrame(rows, columns=["area_id", "name", "name_en", "planning_area", "area_type"])


def _region(unit: str, area: pd.DataFrame, school: pd.DataFrame) -> pd.DataFrame:
    keys = [unit, "stage", "year"]
    lived = area.groupby(keys)[["pupils", "placed", "unplaced", "placed_outside", "residents"]].sum()
    capacity = ["places_design", "places_cap", "places_emergency", "roll", "rooms", "unfilled", "over_design", "excess",
                "inflow"]  # fmt: skip
    taught = school.groupby(keys)[[*capacity, "classes", "large_classes", "super_large_classes"]].sum()
    table = lived.join(taught, how="left").reset_index()
    if unit == "county":
        table.insert(3, "need", table["pupils"] - table["placed_outside"] + table["inflow"])
    return table.assign(
        utilisation=table["roll"] / table["places_design"],
        shortfall=table["unplaced"] + table["excess"],
        large_class_share=table["large_classes"] / table["classes"],
    )


def _list(school: pd.DataFrame, name: str, metric: str, limit: float) -> pd.DataFrame:
    rows = []
    for (s, stage), group in school[school["typology"] == name].groupby(["school_id", "stage"]):
        worst = group.loc[group[metric].idxmax() if name == "crowded" else group[metric].idxmin()]
        rows.append(
            {
                "school_id": s, "stage": stage, "area_type": group["area_type"].iloc[0],
                "first_year": group["year"].min(), "last_year": group["year"].max(), "years": len(group),
                "persistent": bool(group["persistent"].any()), "reason": group["reason"].iloc[0],
                "first_metric": metric, "first_value": group[metric].iloc[0], "metric": metric, "limit": limit,
                "peak_value": worst[metric], "peak_year": worst["year"], "last_value": group[metric].iloc[-1],
                "after": "closes" if s == "s3" else "stays", "after_value": group[metric].iloc[-1],
                "after_year": group["year"].max(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _findings(school: pd.DataFrame, area: pd.DataFrame) -> pd.DataFrame:
    over = school[school["utilisation"] > 1]
    without = area[area["unplaced"] > 0]
    frames = [
        over.assign(rule_id="utilisation", unit="stage_section", id=over["school_id"], metric="utilisation",
                    value=over["utilisation"], operator="<=", limit=1.0, severity="flag", confidence="D"),
        without.assign(rule_id="unplaced", unit="area", id=without["area_id"], metric="unplaced",
                       value=without["unplaced"].astype(float), operator="<=", limit=0.0, severity="breach",
                       confidence="M"),
    ]  # fmt: skip
    columns = ["rule_id", "unit", "id", "stage", "year", "metric", "value", "operator", "limit", "severity"]
    table = pd.concat([f[[*columns, "confidence"]] for f in frames], ignore_index=True)
    rules = _rules().set_index("rule_id")
    cited = {c: table["rule_id"].map(rules[c]) for c in ("document", "document_en", "clause", "label_zh", "label_en")}
    return table.assign(**cited, grades=None)


def _rules() -> pd.DataFrame:
    columns = [
        "rule_id",
        "label_zh",
        "label_en",
        "document",
        "document_en",
        "clause",
        "confidence",
        "note_zh",
        "note_en",
    ]
    code = ("GB 50099-2011《中小学校设计规范》", "GB 50099-2011 Code for the Design of Schools")
    law = ("《义务教育法》", "Compulsory Education Law")
    rows = [
        ("utilisation", "在校生不超过设计学位", "Roll within design places", *code, "3.0.1", "D", "推算。", "Derived."),
        ("unplaced", f"都有学位 {SCRIPT}", "Every child has a place", *law, "第十二条", "M", None, None),
        ("crowded.utilisation", None, None, *code, "3.0.1", "D", None, None),
        ("underused.small_roll", None, None, *law, "引言", "V", None, None),
    ]
    return pd.DataFrame(rows, columns=columns)


def _demand(area: pd.DataFrame) -> pd.DataFrame:
    table = area[["area_id", "year", "stage", "pupils"]].assign(grade="G1", group="all")
    pupils = table["pupils"].astype(float)
    shares = {"rolls": 0.5, "children": 0.25, "residents": 0.125, "housing": 0.125, "outside": 0.0}
    return table.assign(pupils=pupils, **{part: pupils * share for part, share in shares.items()})


def _flows() -> pd.DataFrame:
    rows = [
        (year, "001", s, stage, "G1", "all", roll)
        for (s, stage), (rolls, _) in SECTIONS.items()
        for year, roll in zip(YEARS, rolls, strict=True)
        if roll > 0
    ]
    return pd.DataFrame(rows, columns=["year", "area_id", "school_id", "stage", "grade", "group", "pupils"])


def _entrants() -> pd.DataFrame:
    rows = [
        (area, year, source, pupils, source == "vaccination")
        for area in AREAS
        for year in YEARS
        for source, pupils in (("vaccination", 20.0), ("residents", 5.5))
    ]
    return pd.DataFrame(rows, columns=list(ENTRANTS))


def _waterfall() -> pd.DataFrame:
    steps = [("last_year", None, 400.0), ("leavers", None, -60.0), ("entrants", "vaccination", 80.0),
             ("net_movers", None, 12.5), ("housing", None, 3.0), ("outside", None, 0.0)]  # fmt: skip
    rows = [
        (region, "primary", year, component, source, pupils)
        for region in (None, "p1", "p2")
        for year in YEARS[1:]
        for component, source, pupils in steps
    ]
    return pd.DataFrame(rows, columns=list(WATERFALL))


def _fans() -> pd.DataFrame:
    rows = [
        (region, stage, year, 500.0, 501.0, 450.0, 480.0, 500.0, 520.0, 550.0, 455.0, 502.0, 548.0,
         *((0.4, 0.1, 0.02) if region is None else (np.nan,) * 3))
        for region in (None, "p1", "p2")
        for stage in STAGES
        for year in YEARS
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(FAN_COLUMNS))


def _chances(school: pd.DataFrame) -> pd.DataFrame:
    rows = [(s, stage, y, r * 0.9, r * 1.0, r * 1.1, 0.5, 0.25, 0.05, 3.5)
            for s, stage, y, r in school[["school_id", "stage", "year", "roll"]].itertuples(index=False)]  # fmt: skip
    return pd.DataFrame(rows, columns=list(CHANCE_COLUMNS))


def _backtest() -> pd.DataFrame:
    rows = [
        (stage, level, method, horizon, 24, 0.05 * horizon, -0.01, 0.8 if method == "placesim" else np.nan)
        for stage in STAGES
        for level in ("cell", "school", "total")
        for method in ("placesim", "last_year", "three_year_progression")
        for horizon in (1, 2, 3)
    ]
    return pd.DataFrame(rows, columns=list(BACKTEST))


def _account() -> pd.DataFrame:
    rows = [(region, year, 900.0, 8.0, 6.0, -12.0, 5.0, 2.0, 0.0, 893.0, 0.0)
            for region in (None, "p1", "p2") for year in YEARS[1:]]  # fmt: skip
    return pd.DataFrame(rows, columns=list(ACCOUNT))


def _changes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["扩建一小", "close-s3"],
            "kind": ["expand", "close"],
            "school": ["s1", "s3"],
            "year": [2027, 2027],
            "until": [None, None],
            "rooms": [4, 0],
            "places": [180, 0],
            "cost": [3_200_000.0, None],
            "reason": [FORMULA, LONG],
        }
    )


def findings() -> list[Finding]:
    return [Finding("E601", file="schools.csv", row=3, column="name", value=SCRIPT)]


def manifest() -> dict[str, Any]:
    return {
        "schema": 1,
        "run_id": "0123456789ab",
        "scenario": "made-up",
        "title": {"zh": f"某县 {SCRIPT}", "en": f"A county {SCRIPT}"},
        "variant": "high",
        "settings": {"calendar.horizon": "3"},
        "origins": {"calendar.horizon": "--set", "name": "base.toml:2"},
        "years": YEARS,
        "stages": [
            {"id": "primary", "label": {"zh": "小学", "en": "Primary"}, "grades": ["G1", "G2"], "rule": "transport"},
            {"id": "junior", "label": {"zh": "初中", "en": "Junior high"}, "grades": ["G7"], "rule": "nearest"},
        ],
        "language": "zh",
        "currency": "CNY",
        "price_year": 2025,
        "pack": "cn-national",
        "pack_label": {"zh": "中国国家标准", "en": "China, national standards"},
        "pack_version": "2026.1",
        "population": "none",
        "travel": "straight_line",
        "ways": {"on_foot": 500, "off_roads": 20, "farther": 150, "unknown": 3},
        "crs": CRS,
        "draws": 200,
        "notes": ["assessment.note.residents", "assessment.note.classes"],
        "inputs": {
            "areas": {"file": "areas.gpkg", "sheet": None, "sha256": "a" * 64, "as_of": None},
            "enrolment": {"file": f"{SCRIPT}.xlsx", "sheet": "表1", "sha256": "b" * 64, "as_of": "2025-09-01"},
        },
        "seconds": {"check": 0.1},
        "written": "2025-11-03T08:30:00+00:00",
        "versions": {"python": "3.11", "placesim": "0.1.0"},
    }


def scenario_toml() -> str:
    return """schema = 1
name = "made-up"

[calendar]
base_year = 2025
horizon = 3

[demand.participation]
primary = 0.99

[change.close-s3]
kind = "close"
reason = "=1+1"
school = "s3"
"""


def _write_layers(path: Path, tables: dict[str, pd.DataFrame]) -> None:
    squares = [box(1000 * (k % 3), 1000 * (k // 3), 1000 * (k % 3 + 1), 1000 * (k // 3 + 1)) for k in range(6)]
    places = [Point(*POINTS[s]) for s in tables["schools"]["school_id"]]
    roads = pd.DataFrame({"road_id": ["r1", "r2"], "class": ["main", None]})
    road_lines = [LineString([(0, 1000), (3000, 1000)]), LineString([(1500, 0), (1500, 2000)])]
    layers = {
        "areas": (tables["areas"], squares),
        "schools": (tables["schools"], places),
        "roads": (roads, road_lines),
        "routes": (tables["routes"], road_lines),
    }
    for name, (facts, shapes) in layers.items():
        frame = gpd.GeoDataFrame(facts, geometry=gpd.GeoSeries(shapes, crs=CRS))
        frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")


def _write_json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
