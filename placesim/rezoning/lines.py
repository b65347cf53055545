"""What the planner is told of a plan: as text, and as one JSON document."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from placesim.allocation.zoning.terms import ZoneTerms
from placesim.messages import label
from placesim.rezoning.design import Design
from placesim.rezoning.plan import feeders, plan_table, school_table
from placesim.rezoning.transition import Transition, entrants_moved, promised

_MOST = 12  # names in a line


def plan_data(design: Design, transition: Transition) -> dict[str, Any]:
    """Every figure of a plan, infinite ones as null."""
    case, table = design.case, plan_table(design)
    moved = table[table["moved"]]
    gains, loses = (moved[s * (moved["minutes"] - moved["minutes_before"]) < 0]["area_id"].tolist() for s in (1, -1))
    entrants, staying = entrants_moved(design, transition)
    shares = transition.sibling_shares(design)
    return {
        "stage": case.stage,
        "year": case.year,
        "valid_from": transition.first_year(design),
        "objective": _finite(design.objective),
        "bound": _finite(design.bound),
        "gap": _gap(design),
        "stopped": design.stopped,
        "objectives": [_finite(o) for o in design.objectives],
        "weights": asdict(design.weights),
        "floor": design.floor,
        "terms": _terms(design.terms),
        "terms_before": _terms(design.before),
        "pupils": int(case.pupils.sum()),
        "pupils_moved": int(moved["pupils"].sum()),
        "pupils_over_places": round(design.terms.over_places * float(case.pupils.sum())),
        "areas_moved": moved["area_id"].tolist(),
        "areas_nearer": gains,
        "areas_farther": loses,
        "entrants_moved": entrants,
        "entrants_staying": staying,
        "siblings_until": transition.first_year(design) + len(shares) - 1 if shares else None,
        "schools": school_table(design).to_dict(orient="records"),
        "feeders": feeders(design).to_dict(orient="records"),
        "promises": promised(design, transition).to_dict(orient="records"),
    }


def plan_lines(design: Design, transition: Transition, language: str) -> list[str]:
    data, case = plan_data(design, transition), design.case

    def said(key: str, **facts: Any) -> str:
        return label(f"zone.{key}", language, **facts)

    stage = next(s for s in case.run.places.stages.all if s.id == case.stage).label_in(language)
    lines = [said("head", stage=stage, year=case.year, zones=len(case.zones), pupils=data["pupils"])]
    if design.bound is not None:
        spread = design.objectives
        lines.append(
            said(
                "search",
                objective=_number(design.objective),
                bound=_number(design.bound),
                gap="–" if data["gap"] is None else f"{data['gap']:.1%}",
                seeds=len(spread),
                best=_number(min(spread)),
                worst=_number(max(spread)),
                stopped=label(f"zone.stopped.{design.stopped}", language),
            )
        )
    before = design.before
    split = ("split_feeders",) if case.feeder_zones else ()
    for term in ("minutes", "imbalance", "over_places", "moved", *split):
        now, then = getattr(design.terms, term), None if before is None else getattr(before, term)
        lines.append(said(f"term.{term}", now=_number(now), before=_number(then)))
    lines.append(said("moved", pupils=data["pupils_moved"], areas=len(data["areas_moved"]), of=len(case.areas)))
    lines.append(said("gains", count=len(data["areas_nearer"]), areas=_named(data["areas_nearer"])))
    lines.append(said("loses", count=len(data["areas_farther"]), areas=_named(data["areas_farther"])))
    lines += [said("school", **_school(row)) for row in data["schools"]]
    lines += [said("feeder", **row) for row in data["feeders"]]
    first = data["valid_from"]
    lines.append(said("start", year=first, notice=transition.notice))
    if transition.optional:
        lines.append(said("optional", years=transition.optional, last=first + transition.optional - 1))
    facts = {"entrants": data["entrants_moved"], "staying": data["entrants_staying"]}
    lines.append(said("entrants", **facts, share=f"{transition.siblings:.0%}"))
    if transition.siblings and transition.by_rule(design):
        rule = case.run.allocation.rules[case.stage]
        lines.append(said("siblings.rule", rule=rule, stage=case.stage, share=f"{transition.siblings:g}"))
    elif data["siblings_until"] is not None:
        lines.append(said("siblings.rows", last=data["siblings_until"]))
    lines += [said("promise", **{k: row[k] for k in ("area_id", "name", "year")}) for row in data["promises"]]
    return [*lines, said("not_modelled")]


def _school(row: dict[str, Any]) -> dict[str, Any]:
    shares = {"now": f"{row['utilisation']:.0%}", "before": f"{row['utilisation_before']:.0%}"}
    return {"school": row["school_id"], "pupils": row["pupils"], "places": row["places"], **shares}


def _terms(terms: ZoneTerms | None) -> dict[str, float | None] | None:
    return None if terms is None else {name: _finite(value) for name, value in asdict(terms).items()}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 6)


def _gap(design: Design) -> float | None:
    if design.bound is None or not np.isfinite([design.objective, design.bound]).all() or not design.objective:
        return None
    return round((design.objective - design.bound) / abs(design.objective), 6)


def _number(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3f}"


def _named(ids: list[str]) -> str:
    return ", ".join(ids[:_MOST]) + ("…" if len(ids) > _MOST else "")
