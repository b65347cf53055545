"""What a year of the clock hands to the next, and to the record."""

from __future__ import annotations

from dataclasses import dataclass

from placesim.allocation.intake.stock import Stock
from placesim.records import Floats, Ints


@dataclass(frozen=True)
class Year:
    """The pupils of a year and the rooms they sit in.

    stock: who attends where (school = number of schools: beyond the border) · demand[area, grade, group] whole pupils ·
    dropped: those who left school when theirs closed, in rows of the school past `outside` · classes[school, grade] ·
    rooms[school, stage] · places[school, stage, level] · continuing[school, grade] of the roll, who were not admitted
    this year but were there already, came from outside or were moved by a closure or a chain of grades ·
    entry[school, stage, level] places for entrants · wanted[school, stage] entrants who would come ·
    left[school, grade] places that one more pupil of the grade might have had, up to the level that the rule fills ·
    entries[stage, area, years ago] entrants of this September and earlier ones whose dwelling gave the place.
    """

    stock: Stock
    dropped: Stock
    demand: Ints
    classes: Ints
    rooms: Ints
    places: Ints
    continuing: Ints
    entry: Ints
    wanted: Ints
    left: Ints
    entries: Floats
