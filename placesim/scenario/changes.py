"""The closed union of changes to the supply: `[change.<name>]` tables of a scenario."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

Year = Annotated[int, Field(ge=1900, le=2200)]
Id = Annotated[str, Field(min_length=1)]
Rooms = Annotated[int, Field(ge=1, le=300)]


class _Change(BaseModel):
    """What every change has: the school year from which it holds, its cost and the reason people are given."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    year: Year
    cost: float | None = Field(
        default=None, ge=0, le=1e13, description="money of the scenario's currency and price year"
    )
    reason: str = ""
    rules: tuple[str, ...] = Field(default=(), strict=False, description="rule ids this change answers")


class _Temporary(_Change):
    until: Year = Field(description="last school year in which it holds")

    @model_validator(mode="after")
    def _ends_after_start(self) -> _Temporary:
        if self.until < self.year:
            raise PydanticCustomError(
                "until_before_year", "until lies before year", {"until": self.until, "year": self.year}
            )
        return self


class Open(_Change):
    """A new campus on a site or at x, y."""

    kind: Literal["open"]
    school: Id
    name: str
    name_en: str = ""
    stages: tuple[Id, ...] = Field(min_length=1, strict=False)
    rooms: Rooms
    site: Id | None = None
    x: float | None = None
    y: float | None = None
    area_type: Literal["urban", "town", "rural"] | None = None
    sector: Literal["public", "private"] = "public"

    @model_validator(mode="after")
    def _has_a_place(self) -> Open:
        if self.site is None and (self.x is None or self.y is None):
            raise PydanticCustomError("no_place", "needs site, or x and y")
        return self


class Expand(_Change):
    """Permanent classrooms added to a campus."""

    kind: Literal["expand"]
    school: Id
    rooms: Rooms


class Bulge(_Temporary):
    """Temporary classrooms for a passing wave."""

    kind: Literal["bulge"]
    school: Id
    rooms: Rooms


class Reduce(_Change):
    """Classrooms taken out of use."""

    kind: Literal["reduce"]
    school: Id
    rooms: Rooms


class Close(_Change):
    """A campus closes before `year`; its pupils go to `receivers`, in this order."""

    kind: Literal["close"]
    school: Id
    receivers: tuple[Id, ...] = Field(default=(), strict=False)


class Merge(_Change):
    """Campuses close into one that stays."""

    kind: Literal["merge"]
    schools: tuple[Id, ...] = Field(min_length=1, strict=False)
    into: Id


class Convert(_Change):
    """A campus serves another stage instead (幼转小, 小学→初中)."""

    kind: Literal["convert"]
    school: Id
    from_stage: Id
    to_stage: Id


class TransferRooms(_Change):
    """Classrooms move from one campus to a neighbouring one."""

    kind: Literal["transfer_rooms"]
    from_school: Id
    to_school: Id
    rooms: Rooms


class Borrow(_Temporary):
    """Classrooms of a host campus, used for some years."""

    kind: Literal["borrow"]
    school: Id
    host: Id
    rooms: Rooms


class Lease(_Temporary):
    """Rented classrooms, used for some years."""

    kind: Literal["lease"]
    school: Id
    rooms: Rooms


class SplitGrades(_Change):
    """Grades of one school taught on several campuses."""

    kind: Literal["split_grades"]
    school: Id
    campus: Id
    grades: tuple[Id, ...] = Field(min_length=1, strict=False)


class CapIntake(_Change):
    """A limit on a grade's admissions."""

    kind: Literal["cap_intake"]
    school: Id
    grade: Id
    limit: Annotated[int, Field(ge=0)]
    until: Year | None = None


class Suspend(_Change):
    """A campus stops teaching without being closed; `reopen` ends it."""

    kind: Literal["suspend"]
    school: Id
    receivers: tuple[Id, ...] = Field(default=(), strict=False)


class Reopen(_Change):
    """A suspended campus teaches again."""

    kind: Literal["reopen"]
    school: Id


class Rezone(_Change):
    """Areas get other catchment schools for a stage."""

    kind: Literal["rezone"]
    stage: Id
    areas: tuple[Id, ...] = Field(min_length=1, strict=False)
    schools: tuple[Id, ...] = Field(min_length=1, strict=False)


class Board(_Change):
    """Boarding beds at a campus."""

    kind: Literal["board"]
    school: Id
    beds: PositiveInt


class Bus(_Change):
    """A bus service from areas to a campus."""

    kind: Literal["bus"]
    school: Id
    areas: tuple[Id, ...] = Field(min_length=1, strict=False)
    minutes: Annotated[float, Field(gt=0)]


class JoinSchoolGroup(_Change):
    """A campus joins a group of schools run together; this adds no places."""

    kind: Literal["join_school_group"]
    school: Id
    group: Id


class BuyPlaces(_Temporary):
    """Places in a private school paid from public funds."""

    kind: Literal["buy_places"]
    school: Id
    stage: Id
    places: PositiveInt


# Amounts of the table `resources` that can be added to.
Amount = Literal[
    "above_degree_teachers",
    "backbone_teachers",
    "pe_art_teachers",
    "teaching_rooms_area",
    "sports_area",
    "equipment_value",
    "multimedia_rooms",
    "teachers",
    "mid_title_teachers",
    "computers",
    "books",
    "music_rooms",
    "art_rooms",
    "pe_teachers",
    "ground_slots",
]


class Equip(_Change):
    """Teachers, special rooms, grounds or equipment added to what a campus has for a stage; this adds no places."""

    kind: Literal["equip"]
    school: Id
    stage: Id
    amounts: dict[Amount, Annotated[float, Field(gt=0, le=1e9, strict=False)]] = Field(min_length=1)


Change = Annotated[
    Open
    | Expand
    | Bulge
    | Reduce
    | Close
    | Merge
    | Convert
    | TransferRooms
    | Borrow
    | Lease
    | SplitGrades
    | CapIntake
    | Suspend
    | Reopen
    | Rezone
    | Board
    | Bus
    | JoinSchoolGroup
    | BuyPlaces
    | Equip,
    Field(discriminator="kind"),
]
