"""Paths over the years: weak schools, quality places, and which schools are on the list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.assessment.classes import ratio
from placesim.assessment.quality.case import SECTION, Case
from placesim.assessment.quality.ledger import due_years
from placesim.assessment.quality.schools import METRICS, by_section, compared
from placesim.assessment.quality.words import EXCLUDED, FAILS, MARKS, PASSES, QUALITY_PLACES, UNKNOWN, WEAK

_CASE = ["school_id", "stage"]


def quality_places(case: Case, quality: pd.DataFrame) -> pd.DataFrame:
    """The table `quality_places`: by stage and year, how many schools pass, are weak (fail), unknown or not evaluated.

    weak_change: against the year before. quality_places: design places of the schools that pass (优质学位);
    quality_pupils: the pupils in them; shares are of all places and pupils of the stage. marked: 2027 and 2035.
    """
    rows = by_section(case, quality).drop(columns="pupils")
    passes = rows["standing"] == PASSES
    rows = rows.assign(good_places=rows["places_design"].where(passes, 0), good_pupils=rows["roll"].where(passes, 0))
    counts = {name: rows["standing"] == s for name, s in _COUNTED.items()}
    groups = rows.assign(school_count=rows["standing"].notna(), **counts).groupby(["stage", "year"], sort=False)
    table = groups[["school_count", *counts, "places_design", "good_places", "roll", "good_pupils"]].sum().reset_index()
    table = table.rename(columns={"good_places": "quality_places", "roll": "pupils", "good_pupils": "quality_pupils"})
    table["weak_change"] = table.groupby("stage", sort=False)["weak"].diff()
    for part, all_of in (("quality_places", "places_design"), ("quality_pupils", "pupils")):
        table[f"{part}_share"] = ratio(table[part].to_numpy(float), table[all_of].to_numpy(float)).round(4)
    whole = dict.fromkeys(("school_count", *_COUNTED, "quality_places", "quality_pupils"), "int64")
    return table.astype(whole).assign(marked=table["year"].isin(MARKS))[list(QUALITY_PLACES)]


_COUNTED = {"passing": PASSES, "weak": FAILS, "not_known": UNKNOWN, "not_evaluated": EXCLUDED}


def weak_schools(case: Case, quality: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """The table `weak_schools`: every section that fails in some year, the worst of the first year first.

    first_year, last_year, years: in which it fails; indicators_met, gap_score, lowest: in first_year. gap_score: mean
    shortfall of the seven indicators, each as a share of its threshold, over those that are known; lowest: the metric
    furthest below. target_year: its due year, due_standing: how it stands then. cost: what the ledger says is
    missing, as far as it has a price; unpriced: how many of its gaps have none.
    """
    own = by_section(case, quality)
    fails = own[own["standing"] == FAILS]
    if fails.empty:
        return pd.DataFrame(columns=list(WEAK))
    first = fails.loc[fails.groupby(_CASE, sort=False)["year"].idxmin()]
    table = fails.groupby(_CASE, sort=False)["year"].agg(first_year="min", last_year="max", years="size")
    table = table.join(first.set_index(_CASE)["indicators_met"].astype(int)).join(_scores(case, first))
    table["target_year"] = due_years(case, case.sections()).reindex(table.index)
    then = own.set_index(SECTION)["standing"].reindex([(*key, year) for key, year in table["target_year"].items()])
    table["due_standing"] = then.to_numpy()
    lacking = ledger[ledger["amount_missing"].gt(0)]
    table["cost"] = lacking.groupby(_CASE)["cost"].sum(min_count=1).reindex(table.index)
    table["unpriced"] = (
        lacking["cost"].isna().groupby([lacking[c] for c in _CASE]).sum().reindex(table.index, fill_value=0)
    )
    return table.reset_index().sort_values("gap_score", ascending=False, kind="stable", ignore_index=True)[list(WEAK)]


def _scores(case: Case, rows: pd.DataFrame) -> pd.DataFrame:
    """gap_score and lowest of rows of `quality`, by school and stage."""
    share, _ = compared(case, rows)
    short = np.clip(1 - share, 0, None)
    lowest = np.array(METRICS, dtype=object)[np.where(np.isnan(share), np.inf, share).argmin(axis=1)]
    index = pd.MultiIndex.from_frame(rows[_CASE])
    return pd.DataFrame({"gap_score": np.nanmean(short, axis=1).round(4), "lowest": lowest}, index=index)
