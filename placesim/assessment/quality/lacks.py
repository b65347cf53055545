"""What the county's tables lack for the evaluation: said, never zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placesim.assessment.quality.case import Case
from placesim.assessment.quality.county import own_indicators
from placesim.assessment.quality.words import BASIC, INDICATORS, SHARES, TRANSFERS
from placesim.assessment.told import Missing

_OF_RESOURCES: Mapping[str, tuple[str, ...]] = {
    **{i.metric: (i.amount,) for i in INDICATORS},
    **{i.cv: (i.amount,) for i in INDICATORS},
    "indicators_met": tuple(i.amount for i in INDICATORS),
    "indicator_share_min": tuple(i.amount for i in INDICATORS),
    "cv_basic": BASIC,
    "music_rooms_per_12": ("music_rooms",),
    "music_room_area": ("music_room_area",),
    "art_rooms_per_12": ("art_rooms",),
    "art_room_area": ("art_room_area",),
    "pe_lessons": ("pe_lessons",),
    "pe_posts": ("pe_load", "pe_teachers"),
    "ground_slots": ("ground_slots", "ground_hours"),
}


def lacks(case: Case) -> Iterator[Missing]:
    """Every measure that cannot be computed, with the table not given, or each of its columns without a value."""
    for what, columns in _OF_RESOURCES.items():
        yield from _lacking(case, what, "resources", columns)
    yield from _lacking(case, "certified_share", "staff", ("certified", "in_post"))
    yield from _lacking(case, "nearby_share", "catchments", ())
    yield from _lacking(case, "shared_grounds", "facilities", ())
    yield from _lacking(case, "county_gap", "indicators", ())
    yield from _lacking(case, "ledger_cost", "costs", ())
    reported = set(own_indicators(case)["indicator"].dropna())
    made = {metric: {*above, *below} for metric, (above, below) in SHARES.items()} | {"retention_3": set(TRANSFERS)}
    for metric, counts in made.items():
        if metric not in reported and not counts <= reported:
            given = case.inputs.has("indicators")
            yield Missing(metric, "indicators", "indicator" if given else None)


def _lacking(case: Case, what: str, table: str, columns: tuple[str, ...]) -> Iterator[Missing]:
    if not case.inputs.has(table):
        yield Missing(what, table)
        return
    frame = case.inputs.frame(table)
    for column in columns:
        if column not in frame or frame[column].isna().all():
            yield Missing(what, table, column)


def as_tokens(missing: tuple[Missing, ...]) -> dict[str, str]:
    """measure → what it lacks, as `table` or `table.column`, joined by "+"."""
    said: dict[str, list[str]] = {}
    for m in missing:
        said.setdefault(m.what, []).append(m.table if m.column is None else f"{m.table}.{m.column}")
    return {what: "+".join(tokens) for what, tokens in said.items()}
