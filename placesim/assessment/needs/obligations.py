"""Schools built with housing (配建): what the rules ask, what is agreed, how far it is, and who lives there before it
opens."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import poisson

from placesim.assessment.needs.homes import occupied, phases
from placesim.assessment.told import Missing, Told
from placesim.records import Inputs, Results
from placesim.scenario.options import AssessmentOptions
from placesim.standards.evaluate import met
from placesim.standards.pack import Pack
from placesim.standards.rules import Condition

YEARS_TO_OPENING: Final = {"agreed": 3, "land": 3, "started": 2, "accepted": 1, "handed_over": 1, "opened": 0}
CLASSES: Final = "classes_obliged"
DELIVERY: Final = (
    "development_id", "name", "planning_area", "stage", "dwellings", "residents", "first_completed", "last_completed",
    "classes_by_rule", "classes_obliged", "classes_short", "places_obliged", "pupils_at_peak", "joint_with", "state",
    "due_year", "opens_year", "with_first_phase", "chance_late", "dwellings_before", "years_waiting", "interim_school",
    "rule_id", "document", "document_en", "clause", "confidence",
)  # fmt: skip
_CITED: Final = ["rule_id", "document", "document_en", "clause", "confidence"]


def delivery(
    developments: pd.DataFrame, results: Results, inputs: Inputs, pack: Pack, options: AssessmentOptions
) -> Told:
    """The table `delivery`: one row per development and stage that a rule or the table `obligations` speaks of;
    developments completed before the base year only where that table names them.

    developments: `development_measures`. classes_by_rule: the most that a rule of the pack asks of a development of its
    size; joint_with: the others of its planning area which only together reach a rule's threshold, joined by "+";
    classes_short = what the rule asks less what is agreed. pupils_at_peak: pupils of its dwellings in the year since
    completion when they are most (the yields of the run). opens_year: told, else the later of the due year and the base
    year plus the least time from its state to opening; with_first_phase: not after the first dwellings are completed.
    chance_late: that delays, as frequent as those of the development itself (Poisson), carry it beyond the due year.
    dwellings_before: lived in at the end of the year before it opens, years_waiting since the first were;
    interim_school: the nearest school of the stage that is open meanwhile.
    """
    if not len(developments):
        return Told({"delivery": pd.DataFrame(columns=list(DELIVERY))})
    missing = () if inputs.has("obligations") else (Missing("obligations", "obligations"),)
    rows = _with_phases(developments, inputs)
    due = set(inputs.frame("obligations").get("development_id", ()))
    rows = rows[(rows["last_completed"] >= results.allocation.years[0]) | rows["development_id"].isin(due)]
    rows = rows.reset_index(drop=True)
    rows = rows.join(_asked(rows, pack))
    rows = rows.merge(_progress(inputs), on=["development_id", "stage"], how="left")
    spoken_of = rows["classes_by_rule"].notna() | rows["state"].notna() | (rows[CLASSES] > 0)
    rows = rows[spoken_of].reset_index(drop=True)
    rows["classes_short"] = (rows["classes_by_rule"] - rows[CLASSES]).clip(lower=0.0)
    rows["pupils_at_peak"] = _peaks(rows, results, inputs)
    rows = rows.join(_timing(rows, results, options))
    rows = rows.join(_waiting(rows, results, inputs, options))
    return Told({"delivery": rows[list(DELIVERY)]}, missing)


def _with_phases(developments: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """With the first year of completion, and the status of its last phase."""
    ends = phases(inputs).groupby("development_id").agg(first_completed=("year", "min"), status=("status", "last"))
    rows = developments.rename(columns={"year": "last_completed"}).drop(columns="first_completed", errors="ignore")
    return rows.merge(ends, left_on="development_id", right_index=True, how="left")


# -------------------------------------------------------------------------------------------------- what rules ask
def _asked(rows: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    """classes_by_rule, joint_with and the citation of each row."""
    asked = pd.DataFrame(
        {"classes_by_rule": np.nan, "joint_with": None, **dict.fromkeys(_CITED, None)}, index=rows.index
    )
    asked = asked.astype(dict.fromkeys(["joint_with", *_CITED], object))
    together = _together(rows)
    for i, rule in pack.rules.items():
        if rule.metric != CLASSES or rule.value is None:
            continue
        of_stage = rows["stage"].isin(rule.stage) if rule.stage else pd.Series(True, index=rows.index)
        own = of_stage & _reaches(rows, rule.when)
        joint = of_stage & ~own & _reaches(together, rule.when) & (together["members"] > 1)
        more = (own | joint) & ~(asked["classes_by_rule"] >= rule.value)
        source = pack.documents[rule.document]
        asked.loc[more, "classes_by_rule"] = rule.value
        asked.loc[more, _CITED] = [i, source.cite("zh"), source.cite("en"), rule.clause, rule.confidence]
        asked.loc[more & joint, "joint_with"] = together["names"][more & joint]
        asked.loc[more & own, "joint_with"] = None
    return asked


def _reaches(rows: pd.DataFrame, when: dict[str, bool | Condition]) -> pd.Series:
    """Where every condition of a rule holds; none where a figure is not known."""
    held = pd.Series(True, index=rows.index)
    for column, wanted in when.items():
        values = rows[column].to_numpy(dtype=float) if column in rows else np.full(len(rows), np.nan)
        held &= pd.Series(met(values, wanted), index=rows.index)
    return held


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    """For each row the developments of its planning area and stage as one: dwellings, residents, members, names."""
    groups = rows.groupby(["planning_area", "stage"], dropna=False, sort=False)
    sums = groups[["dwellings", "residents"]].transform("sum")
    return sums.assign(
        members=groups["development_id"].transform("size"),
        names=groups["development_id"].transform(lambda ids: "+".join(ids)),
    )


# ------------------------------------------------------------------------------------------------ how far it is
def _progress(inputs: Inputs) -> pd.DataFrame:
    """state, due_year and opened (the year told) by development and stage."""
    table = inputs.frame("obligations")
    columns = ["development_id", "stage", "state", "due_year", "delivered_year"]
    table = table.reindex(columns=columns).rename(columns={"delivered_year": "told"})
    years = {c: pd.to_numeric(table[c]).astype("float64") for c in ("due_year", "told")}
    return table.assign(state=table["state"].astype(object).where(table["state"].notna(), "agreed"), **years)


def _peaks(rows: pd.DataFrame, results: Results, inputs: Inputs) -> pd.Series:
    """Pupils of all dwellings of a development when they are most; NaN where the run has no yields."""
    yields = results.explanations.get("yields")
    if yields is None or not len(yields):
        return pd.Series(np.nan, index=rows.index)
    of_type = phases(inputs).groupby(["development_id", "dwelling_type"], as_index=False)["dwellings"].sum()
    pupils = of_type.merge(yields, on="dwelling_type")
    pupils["pupils"] = pupils["dwellings"].astype(float) * pupils["pupils_per_dwelling"]
    course = pupils.groupby(["development_id", "stage", "years_since"])["pupils"].sum()
    peak = course.groupby(level=["development_id", "stage"]).max().round(1)
    return pd.Series(peak.reindex(pd.MultiIndex.from_frame(rows[["development_id", "stage"]])).to_numpy(), rows.index)


def _timing(rows: pd.DataFrame, results: Results, options: AssessmentOptions) -> pd.DataFrame:
    """opens_year, with_first_phase and chance_late; NaN or None where nothing is agreed."""
    base = results.allocation.years[0]
    earliest = base + rows["state"].map(YEARS_TO_OPENING).astype(float)
    opens = rows["told"].where(
        rows["told"].notna(), earliest.combine(rows["due_year"], np.fmax).where(earliest.notna())
    )
    delay = rows["status"].map(options.uncertainty.delay_years).astype(float).fillna(0.0)
    slack = (rows["due_year"] - earliest).fillna(0.0)
    late = np.where(slack < 0, 1.0, poisson.sf(slack.clip(lower=0.0), delay))
    late = np.where(rows["told"].notna(), (rows["told"] > rows["due_year"]).astype(float), late)
    known = rows["state"].notna() & rows["due_year"].notna()
    first = (opens <= rows["first_completed"]).astype(object).where(opens.notna(), None)
    return pd.DataFrame(
        {
            "opens_year": opens,
            "with_first_phase": first,
            "chance_late": pd.Series(late, rows.index).where(known).round(3),
        }
    )


def _waiting(rows: pd.DataFrame, results: Results, inputs: Inputs, options: AssessmentOptions) -> pd.DataFrame:
    """dwellings_before, years_waiting and interim_school of schools that open after people live there."""
    columns = ["dwellings_before", "years_waiting", "interim_school"]
    if not len(rows):
        return pd.DataFrame(columns=columns)
    last = np.nanmax([rows["opens_year"].max(), rows["first_completed"].max(), results.allocation.years[-1]])
    years = range(int(min(rows["first_completed"].min(), results.allocation.years[0])), int(last) + 1)
    lived_in = occupied(inputs, tuple(years), options.housing)
    given = [rows[c] for c in ("development_id", "area_id", "stage", "opens_year")]
    facts = [
        _before(lived_in.loc[name], area, (stage, opens), results)
        for name, area, stage, opens in zip(*given, strict=True)
    ]
    return pd.DataFrame(facts, columns=columns, index=rows.index)


def _before(
    course: pd.Series, area: str, opening: tuple[str, float], results: Results
) -> tuple[float, float, str | None]:
    """Dwellings lived in the year before the school opens, years since the first were, the school meanwhile.

    opening: the stage and the year."""
    stage, opens = opening
    if np.isnan(opens):
        return np.nan, np.nan, None
    before = course[(course.index < opens) & (course >= 0.5)]
    if not len(before):
        return 0.0, 0.0, None
    return round(float(before.iloc[-1])), float(len(before)), _nearest_open(area, stage, int(opens), results)


def _nearest_open(area: str, stage: str, opens: int, results: Results) -> str | None:
    """The nearest school that teaches the stage in the year before the new one opens."""
    travel, places = results.travel, results.places
    t = int(np.clip(opens - 1 - places.years[0], 0, len(places.years) - 1))
    teaches = np.logical_or.reduce(places.serves[:, places.stages.grade_slice(stage), t], axis=1)
    at = travel.areas.index(area) if area in travel.areas else -1
    known = np.flatnonzero(travel.area == at)
    known = known[[teaches[places.ids.index(travel.schools[s])] for s in travel.school[known]]] if len(known) else known
    return travel.schools[travel.school[known[travel.minutes[known].argmin()]]] if len(known) else None
