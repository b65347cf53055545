"""What the sheets of the workbook hold: tables in the words of one language, columns still by their machine names."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from placesim.dictionary import table_specs
from placesim.messages import label
from placesim.report import figures
from placesim.report.coverage import coverage_table
from placesim.report.words import BY_METRIC, Metrics, cited, first_columns, header, named, named_units, worded
from placesim.scenario.show import leaves
from placesim.store import SavedRun
from placesim.vocabulary import CONFIDENCE, FIGURES


@dataclass(frozen=True)
class Sheet:
    """One sheet: `table` with machine names as columns. `metric[column][row]`: the metric of BY_METRIC columns."""

    id: str
    table: pd.DataFrame
    metric: Metrics | None = None

    def name(self, language: str) -> str:
        return label(f"report.sheet.{self.id}", language)

    def headers(self, language: str) -> list[str]:
        return [header(c, language) for c in self.table.columns]


def all_sheets(saved: SavedRun) -> list[Sheet]:
    """Every table of the workbook in the order of its sheets; the dictionary of their columns comes last."""
    language = saved.manifest["language"]
    made = [Sheet(name, *make(saved, language)) for name, make in SHEETS.items()]
    return [*made, Sheet("dictionary", _dictionary(made, language))]


# ---------------------------------------------------------------------------------------------- sheets
Made = tuple[pd.DataFrame, Metrics | None]


def _key_figures(saved: SavedRun, language: str) -> Made:
    return worded(figures.key_figures(saved), saved, language), None


def _crowded(saved: SavedRun, language: str) -> Made:
    return _list(saved, "crowded", language)


def _underused(saved: SavedRun, language: str) -> Made:
    return _list(saved, "underused", language)


def _list(saved: SavedRun, name: str, language: str) -> Made:
    table, rules = saved.table(name), saved.table("rules").set_index("rule_id")
    ids = [figures.list_rules(name, reason) for reason in table["reason"]]
    document = "document" if language == "zh" else "document_en"
    sources = [
        "\n".join(
            f"{figures.word('reason', i.partition('.')[2], language)}: {rules[document][i]} {rules['clause'][i]}"
            for i in row
            if i in rules.index
        )
        for row in ids
    ]
    worst = pd.Series([_least_known([rules["confidence"].get(i) for i in row]) for row in ids], dtype=object)
    table = table.assign(rule_id=["+".join(row) for row in ids], document=sources, confidence=worst)
    table = table.merge(figures.base_rolls(saved), on=["school_id", "stage"], how="left")
    metrics = dict.fromkeys(BY_METRIC, table["metric"]) | {"first_value": table["first_metric"]}
    return worded(named(table, saved, "school_id", "campus", language), saved, language), metrics


def _least_known(marks: list[Any]) -> str | None:
    """The weakest confidence among the sources of a row."""
    return max((m for m in marks if m), key=CONFIDENCE.index, default=None)


def _schools(saved: SavedRun, language: str) -> Made:
    table = named(saved.table("school_by_year"), saved, "school_id", "campus", language)
    order = [
        "school_id", "name", "stage", "year", "area_type", "planning_area", "typology", "reason", "persistent", "roll",
        "roll_actual", "residual", "places_design", "utilisation", "class_basis",
    ]  # fmt: skip
    return worded(first_columns(table, order), saved, language), None


def _planning_areas(saved: SavedRun, language: str) -> Made:
    table = named(saved.table("planning_area_by_year"), saved, "planning_area", "planning_area", language)
    return worded(first_columns(table, ["planning_area", "name"]), saved, language), None


def _county(saved: SavedRun, language: str) -> Made:
    table = saved.table("county_by_year").drop(columns="county")
    return worded(first_columns(table, ["stage", "year", "need", "places_design"]), saved, language), None


def _findings(saved: SavedRun, language: str) -> Made:
    found = saved.table("findings")
    table = named_units(found, saved, language).assign(rule=found[f"label_{language}"])
    columns = [
        "rule_id", "rule", "unit", "id", "name", "stage", "grades", "year", "metric", "value", "operator", "limit",
        "severity", "document", "clause", "confidence",
    ]  # fmt: skip
    return worded(cited(table, language)[columns], saved, language), dict.fromkeys(BY_METRIC, found["metric"])


def _limits_crossed(saved: SavedRun, language: str) -> Made:
    table = saved.table("limits_crossed")
    shown = cited(named_units(table, saved, language), language)
    return worded(shown, saved, language), dict.fromkeys(BY_METRIC, table["metric"])


def _urban_rural(saved: SavedRun, language: str) -> Made:
    table = saved.table("urban_rural")
    metrics = dict.fromkeys(("urban", "town", "rural", "urban_less_rural"), table["metric"])
    return worded(table, saved, language), metrics


def _of_planning_areas(name: str) -> Callable[[SavedRun, str], Made]:
    """A table by planning area, with its name where the table has no names of its own."""

    def made(saved: SavedRun, language: str) -> Made:
        table = saved.table(name)
        if "name" not in table:
            table = named(table, saved, "planning_area", "planning_area", language)
        return worded(cited(table, language), saved, language), None

    return made


def _fans(saved: SavedRun, language: str) -> Made:
    table = named(saved.table("fans"), saved, "planning_area", "planning_area", language)
    whole = label("unit_of_count.county", language)
    table["name"] = table["name"].where(table["planning_area"].notna(), whole)
    return worded(table, saved, language), None


def _entrants(saved: SavedRun, language: str) -> Made:
    """Entrants by planning area, year and source."""
    areas = saved.table("areas").set_index("area_id")["planning_area"]
    table = saved.table("entrants").assign(planning_area=lambda t: t["area_id"].map(areas))
    table["disaggregated"] = table["pupils"].where(table["disaggregated"].astype(bool), 0.0)
    keys = ["planning_area", "year", "source"]
    sums = table.groupby(keys, dropna=False, sort=True)[["pupils", "disaggregated"]].sum().round(1).reset_index()
    return worded(named(sums, saved, "planning_area", "planning_area", language), saved, language), None


def _waterfall(saved: SavedRun, language: str) -> Made:
    table = saved.table("waterfall").round({"pupils": 1})
    table = named(table, saved, "planning_area", "planning_area", language)
    table["name"] = table["name"].where(table["planning_area"].notna(), label("unit_of_count.county", language))
    return worded(table, saved, language), None


def _account(saved: SavedRun, language: str) -> Made:
    table = named(saved.table("account"), saved, "planning_area", "planning_area", language)
    table["name"] = table["name"].where(table["planning_area"].notna(), label("unit_of_count.county", language))
    return worded(table, saved, language), None


def _explained(name: str) -> Callable[[SavedRun, str], Made]:
    """A table that explains the run, as it was saved."""
    return lambda saved, language: (worded(saved.table(name), saved, language), None)


def _of_schools(name: str) -> Callable[[SavedRun, str], Made]:
    """A table by campus, as it was saved, with the campus's name."""
    return lambda saved, language: (
        worded(named(saved.table(name), saved, "school_id", "campus", language), saved, language),
        None,
    )


def _of_units(name: str) -> Callable[[SavedRun, str], Made]:
    """A table by unit of count (`unit`, `id`), as it was saved, with the unit's name."""

    def made(saved: SavedRun, language: str) -> Made:
        table = named_units(saved.table(name), saved, language)
        return worded(first_columns(table, ["unit", "id", "name"]), saved, language), None

    return made


def _by_metric(name: str) -> Callable[[SavedRun, str], Made]:
    """A table that names in each row the metric its figures are of; schools with their names."""

    def made(saved: SavedRun, language: str) -> Made:
        table = saved.table(name)
        metrics = dict.fromkeys(BY_METRIC, table["metric"])
        if "school_id" in table.columns:
            table = named(table, saved, "school_id", "campus", language)
        return worded(table, saved, language), metrics

    return made


def _quality_tests(saved: SavedRun, language: str) -> Made:
    """Every test with its rule in words, its source, and the tables and columns that are lacking by their labels."""
    table, rules = saved.table("quality_tests"), saved.table("rules").set_index("rule_id")
    suffix = {"zh": ("label_zh", "document"), "en": ("label_en", "document_en")}[language]
    cited = {"rule": suffix[0], "document": suffix[1], "clause": "clause", "confidence": "confidence"}
    for column, said in cited.items():
        table[column] = table["rule_id"].map(dict(rules[said]))
    table["because"] = [tokens and _lacking(tokens, language) for tokens in table["because"]]
    metrics = dict.fromkeys(BY_METRIC, table["metric"])
    return worded(first_columns(table, ["rule_id", "rule"]), saved, language), metrics


def _lacking(tokens: str, language: str) -> str:
    """`table.column` joined by "+" in the words of the data dictionary."""
    specs, said = table_specs(), []
    for table, _, column in (token.partition(".") for token in tokens.split("+")):
        names = [specs[table].label[language], *([specs[table].by_id[column].label(language)] if column else [])]
        said.append(" – ".join(names))
    return "; ".join(said)


def _nearness(name: str) -> Callable[[SavedRun, str], Made]:
    """A table by stage, area type and year; the county by its name."""

    def made(saved: SavedRun, language: str) -> Made:
        table = worded(saved.table(name), saved, language)
        whole = label("unit_of_count.county", language)
        return table.assign(area_type=table["area_type"].where(table["area_type"].notna(), whole)), None

    return made


def _changes(saved: SavedRun, language: str) -> Made:
    table = saved.table("changes").rename(columns={"name": "change", "school": "school_id"})
    table = named(table, saved, "school_id", "campus", language)
    return worded(table.rename(columns={"rooms": "rooms_added", "places": "places_added"}), saved, language), None


def _assumptions(saved: SavedRun, language: str) -> Made:
    origins, default = saved.manifest["origins"], label("report.default", language)
    rows = [(key, value, origins.get(key, default)) for key, value in settings(saved).items()]
    return pd.DataFrame(rows, columns=["key", "setting", "origin"], dtype=object), None


def settings(saved: SavedRun) -> dict[str, str]:
    """Every key of the resolved scenario and its value as one line of text."""
    scenario = tomllib.loads((saved.folder / "scenario.toml").read_text(encoding="utf-8"))
    return {key.replace('"', ""): _shown(value) for key, value in leaves(scenario)}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)


def _problems(saved: SavedRun, language: str) -> Made:
    rows = [(f["code"], f["where"][language], f["text"][language], f["fix"][language]) for f in saved.check["findings"]]
    return pd.DataFrame(rows, columns=["code", "where", "problem", "fix"], dtype=object), None


def _not_computable(saved: SavedRun, language: str) -> Made:
    """What was not computed, with the table and column a county would have to give."""
    rows, specs = saved.table("not_computable"), table_specs()
    given = list(zip(rows["input_table"], rows["input_column"], strict=True))
    rows["input_column"] = [c and specs[t].by_id[c].label(language) for t, c in given]
    rows["input_table"] = [specs[t].label[language] for t, _ in given]
    return worded(rows, saved, language), None


def _mechanisms(saved: SavedRun, language: str) -> Made:
    return worded(coverage_table(saved, language), saved, language), None


def _unknowns(saved: SavedRun, language: str) -> Made:
    return pd.DataFrame({"unknown": figures.unknowns(saved, language)}, dtype=object), None


SHEETS: Final[Mapping[str, Callable[[SavedRun, str], Made]]] = {
    "key_figures": _key_figures,
    "crowded": _crowded,
    "underused": _underused,
    "early_warning": _of_planning_areas("early_warning"),
    "limits_crossed": _limits_crossed,
    "waves": _of_units("waves"),
    "urban_rural": _urban_rural,
    "review": _of_schools("review"),
    "norm_need": _of_planning_areas("norm_need"),
    "delivery": _of_planning_areas("delivery"),
    "land_need": _of_planning_areas("land_need"),
    "sectors": _explained("sectors"),
    "doorstep": _of_planning_areas("doorstep"),
    "quality_candidates": _of_schools("quality_candidates"),
    "build_out": _of_planning_areas("build_out"),
    "schools": _schools,
    "planning_areas": _planning_areas,
    "county": _county,
    "fans": _fans,
    "chances": _of_schools("chances"),
    "intake": _of_schools("intake"),
    "calibration": _of_schools("calibration"),
    "town_schooling": _explained("town_schooling"),
    "unplaced_reasons": _explained("unplaced_reasons"),
    "entrants": _entrants,
    "waterfall": _waterfall,
    "coverage": _nearness("coverage"),
    "nearest": _nearness("nearest"),
    "routes": _explained("routes"),
    "crossings": _explained("crossings"),
    "catchments": _explained("catchment_shapes"),
    "addresses": _explained("addresses"),
    "findings": _findings,
    "quality": _of_units("quality"),
    "balance": _by_metric("balance"),
    "quality_tests": _quality_tests,
    "ledger": _by_metric("ledger"),
    "weak_schools": _of_schools("weak_schools"),
    "quality_places": _explained("quality_places"),
    "physical_education": _of_schools("physical_education"),
    "shared_grounds": _of_schools("shared_grounds"),
    "county_gap": _by_metric("county_gap"),
    "not_computable": _not_computable,
    "mechanisms": _mechanisms,
    "changes": _changes,
    "account": _account,
    "movement": _explained("movement"),
    "entry_ratios": _explained("entry_ratios"),
    "yields": _explained("yields"),
    "backtest": _explained("backtest"),
    "assumptions": _assumptions,
    "problems": _problems,
    "unknowns": _unknowns,
}


def _dictionary(sheets: list[Sheet], language: str) -> pd.DataFrame:
    """One row per column of every sheet: its label, machine name, unit and meaning."""
    rows = [
        (sheet.name(language), header(c, language), c, _unit(c, language), figures.word("report.about", c, language))
        for sheet in sheets
        for c in sheet.table.columns
    ]
    table = pd.DataFrame(rows, columns=["sheet", "column", "machine_name", "measured_in", "about"], dtype=object)
    return table.assign(about=table["about"].where(table["about"] != table["machine_name"], None))


def _unit(column: str, language: str) -> str:
    unit = FIGURES.get(column)
    return label(f"unit.{unit}", language) if unit else ""
