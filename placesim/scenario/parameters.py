"""What a scenario file may say: strict, frozen, every key with its unit and default."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, model_validator
from pydantic_core import PydanticCustomError

from placesim.errors import masked
from placesim.scenario.changes import Change, Id, Year

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
NonNegative = Annotated[float, Field(ge=0, le=1e6)]
Status = Literal["planned", "permitted", "under_construction", "complete", "stalled"]


def usable_name(name: str) -> bool:
    """A name becomes a folder on every system: no separators, no control characters, no dot at an end, 80 at most."""
    inside = r'[^\x00-\x1f/\\:*?"<>|]'
    return re.fullmatch(f"{inside}{{1,80}}", name) is not None and name.strip(" .") == name


def _usable(name: str) -> str:
    if not usable_name(name):
        raise PydanticCustomError("unusable_name", "cannot be the name of a folder")
    return name


def _real_date(text: str) -> str:
    """YYYY-MM-DD, or MM-DD of any year, that stands in a calendar."""
    try:
        date.fromisoformat(text if len(text) > len("MM-DD") else f"2000-{text}")
    except ValueError:
        raise PydanticCustomError("no_date", "no such day") from None
    return text


Name = Annotated[str, AfterValidator(_usable)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_real_date)]
MonthDay = Annotated[str, Field(pattern=r"^\d\d-\d\d$"), AfterValidator(_real_date)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Calendar(_Strict):
    """School years and stages. Year Y is the school year that starts in Y; ages are those on the reference date."""

    base_year: Year
    horizon: int = Field(default=15, ge=0, le=60, description="years after the base year")
    reference_date: MonthDay | None = Field(default=None, description="MM-DD; blank = the system's")
    system: str = Field(default="cn-6-3-3", description="stages and reference date to start from")
    stages: tuple[Id, ...] = Field(default=(), strict=False, description="stages to run; blank = all of the system")

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(range(self.base_year, self.base_year + self.horizon + 1))


class StageParameters(_Strict):
    """One `[[stage]]`: a new stage, or other values for a stage of the system (then only what differs)."""

    id: Id
    grades: tuple[Id, ...] = Field(default=(), strict=False)
    label: dict[str, str] = {}
    age_of_first_grade: int | None = Field(default=None, ge=0, le=30)


class ColumnSource(_Strict):
    """Where a column comes from when a plain header is not enough."""

    header: str | None = None
    value: str | int | float | bool | None = Field(default=None, description="the same value in every row")
    round: Literal["floor", "nearest", "ceiling"] | None = None
    scale: float = Field(default=1.0, description="factor to the dictionary's unit, e.g. 10000 for ha → m2")


class Condition(_Strict):
    """A condition on a column of the file; all given parts must hold."""

    min: float | None = None
    max: float | None = None
    among: tuple[str, ...] | None = Field(default=None, strict=False)
    not_among: tuple[str, ...] | None = Field(default=None, strict=False)
    blank: bool | None = None


class Unpivot(_Strict):
    """Columns that hold one value per sex, age, grade, year …: `pattern` names the parts of such a header."""

    pattern: str = Field(description='for example "{sex}_{age_from}_{age_to}"')
    value: Id = Field(description="canonical column that takes the cells")


class InputTable(_Strict):
    """One `[inputs.<table>]`: where a table lies and how its columns map to the data dictionary."""

    path: Id = Field(description="a file, or the address of a PostGIS database (postgresql://user@host/database)")
    layer: str | None = None
    sheet: str | None = None
    table: Id | None = Field(default=None, description="schema.table of the database")
    sql: Id | None = Field(default=None, description="a query of the database in place of a table; it can only read")
    columns: dict[str, str | ColumnSource] = {}
    where: dict[str, str | list[str] | Condition] = {}
    values: dict[str, dict[str, str]] = Field(default={}, description="column → value in the file → value here")
    unpivot: Unpivot | None = None
    year: Year | None = Field(default=None, description="the school year of every row")
    crs: str | None = None
    encoding: str | None = None
    as_of: Date | None = Field(default=None, description="the date the table speaks of")
    basis: str | None = None

    @field_serializer("path", when_used="json")
    def _without_password(self, path: str) -> str:
        """What is written down and handed on holds no password."""
        return masked(path)


class Break(_Strict):
    """One `[[demography.breaks]]`: counts before and from a school year on are not of the same boundaries or rules."""

    year: Year = Field(description="the first school year of the new boundaries or reporting")
    areas: tuple[Id, ...] = Field(default=(), strict=False, description="area ids it touches; blank = all")


class Demography(_Strict):
    """Residents: projected by cohorts, supplied, or absent (rolls and known children alone)."""

    method: Literal["cohort", "given", "none"] = "cohort"
    fertility_factor: NonNegative = 1.0
    migration_factor: NonNegative = Field(default=1.0, description="factor on in-migration counts")
    migration_timing: Literal["end", "even"] = "end"
    males_per_female_birth: Positive | None = Field(
        default=None, description="where `rates` does not say; blank = UN WPP 2024 for China, by year"
    )
    breaks: tuple[Break, ...] = Field(
        default=(), strict=False, description="movement is not estimated from pairs of counts across them"
    )
    child_movement: Annotated[float, Field(gt=-1, le=1)] | None = Field(
        default=None, description="net movers per child and year, learnt elsewhere; where own counts are few or absent"
    )


class Housing(_Strict):
    """From completions to occupied dwellings."""

    status_probability: dict[Status, Share] = {
        "planned": 0.4, "permitted": 0.7, "under_construction": 0.9, "complete": 1.0, "stalled": 0.0,
    }  # fmt: skip
    occupied: tuple[Share, ...] = Field(
        default=(0.35, 0.65, 0.8, 0.88, 0.92),
        strict=False,
        description="share occupied 0, 1, 2 … years after completion",
    )
    restart_probability: Share = Field(
        default=0.5, description="that a stalled scheme with a restart year is completed then"
    )
    delay_years: dict[str, int] = Field(default={}, description="development id → years later than the table says")


class DemandParameters(_Strict):
    """From residents, known children and rolls to pupils."""

    participation: dict[str, Share] = Field(
        default={}, description="pupils in this system per resident of the stage's ages; blank = from base-year rolls"
    )
    entry_ratio: dict[str, Positive] = Field(
        default={}, description="basis → entrants per child counted; blank = from past cohorts"
    )
    blend_years: int = Field(default=6, ge=1, le=30, description="years until residents alone speak for a cohort")


class Uncertainty(_Strict):
    """Sampled futures. Spreads are standard deviations of one year's change; draw 0 is the central run."""

    draws: int = Field(default=200, ge=0, le=5000, description="sampled futures; 0 = the central run alone")
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="variants of one seed share their random numbers")
    fertility_sd: NonNegative = Field(default=0.08, description="of the log of fertility, one year to the next")
    fertility_persistence: Share = 0.9
    migration_sd: NonNegative = Field(
        default=0.004,
        description="of the net migration rate of families per person and year; youth move twice as freely",
    )
    migration_persistence: Share = 0.7
    place_sd: NonNegative = Field(default=0.015, description="of the log of a planning area's share of the county")
    count_sd: NonNegative = Field(
        default=0.03,
        description="of the log of residents counted in the base year, by cohort that has not yet entered school",
    )
    profile_sd: NonNegative = Field(default=0.15, description="of the log of persons per new dwelling, by type")
    delay_years: dict[str, NonNegative] = Field(
        default={"planned": 1.0, "permitted": 0.6, "under_construction": 0.3},
        description="status of a development → mean delay",
    )


class TravelParameters(_Strict):
    """How far, and how long. Minutes are the shorter of walking and, where given, waiting and riding."""

    walk_speed: Positive = Field(default=3.6, description="km/h of children on foot")
    ride_speed: Positive | None = Field(
        default=None, description="km/h of bus or two-wheeler, stops included; blank = nobody rides"
    )
    ride_profile: Literal["bus", "car"] | None = Field(
        default=None, description="riding at the speeds of this vehicle by road class, instead of one speed"
    )
    ride_speeds: dict[str, Positive] = Field(
        default={}, description="road class → km/h, in place of the profile or the one speed"
    )
    ride_wait: NonNegative = Field(default=5.0, description="minutes")
    unsafe: Literal["allow", "avoid", "ban"] = Field(
        default="allow", description="unsafe road links on foot: walked like others, walked round, or shut"
    )
    unsafe_factor: Annotated[float, Field(ge=1, le=100)] = Field(
        default=3.0, description="with avoid: an unsafe link is taken where the way round is longer than so many times"
    )
    limit_minutes: Positive = Field(default=90.0, description="schools beyond are out of reach")
    nearest: int | None = Field(
        default=None, ge=1, le=10000, description="only so many nearest schools of each stage are kept; blank = all"
    )
    detour: Annotated[float, Field(ge=1, le=3)] = Field(default=1.3, description="road ÷ straight line, without roads")
    snap_metres: Positive = Field(default=1000.0, description="farthest an area or school may lie from a road")


class AccessParameters(_Strict):
    """What is told of the way to school: who lives how near, and which roads pupils walk along."""

    metres: tuple[Positive, ...] = Field(
        default=(500.0, 1000.0), strict=False, description="radii of service areas, straight line (m)"
    )
    minutes: tuple[Positive, ...] = Field(
        default=(10.0, 15.0, 30.0), strict=False, description="minutes of the way to the nearest school"
    )
    walk_minutes: Positive = Field(
        default=20.0, description="pupils walk where the way on foot takes no longer; others ride or walk farther"
    )
    pupils: int = Field(
        default=20, ge=1, le=100000, description="road links walked by at least so many pupils are listed"
    )


class Closure(_Strict):
    """`[allocation.closure]`: what becomes of the pupils of a school that closes; the rest go to its receivers."""

    to_town: Share = Field(default=0.0, description="share who leave for a school in a town")
    boarding: Share = Field(default=0.0, description="share who board, at the nearest school with beds")
    dropping_out: Share = Field(default=0.0, description="share who go to no school until the stage ends")

    @model_validator(mode="after")
    def _within_one(self) -> Closure:
        if self.to_town + self.boarding + self.dropping_out > 1 + 1e-9:
            raise PydanticCustomError("closure_over_one", "shares add up to more than 1")
        return self


class Band(_Strict):
    """One `[[allocation.bands]]`: minutes of the way past `over` weigh so many times as much."""

    over: Positive = Field(description="minutes")
    weight: Annotated[float, Field(ge=0, le=1000)] = Field(description="minutes that a minute past `over` counts for")


class Tier(_Strict):
    """One `[[allocation.tiers]]`: pupils of equal entitlement to a place. The first tier is admitted first."""

    id: Id
    label: dict[str, str] = {}
    order: Literal["points", "lottery", "distance"] = Field(
        default="lottery", description="who gets in where the tier has more pupils than places are left"
    )
    pool: bool = Field(default=False, description="no zone of its own: placed after all others where places remain")
    place_lock: bool = Field(
        default=False, description="entitled by a dwelling, which gives one place in so many years"
    )


RuleName = Literal["nearest", "catchment", "transport", "tiers", "choice"]


class AllocationParameters(_Strict):
    """Who goes where. Prices are minutes per pupil, so that overload is weighed against the way to school."""

    rule: RuleName = "transport"
    rules: dict[str, RuleName] = Field(default={}, description="stage → rule")
    clock: Literal["intake", "afresh"] = Field(
        default="intake",
        description="intake: pupils stay where they are and newcomers are placed; afresh: everyone anew every year",
    )
    calibrate: bool = Field(default=True, description="start from the rolls of the base year, where they are known")
    candidates: int = Field(default=12, ge=1, le=500, description="nearest schools an area may be sent to")
    limit_minutes: dict[str, Positive] = Field(default={}, description="stage → longest way to a school")
    day_minutes: dict[str, Positive] = Field(
        default={}, description="stage → longest way of a day pupil; who has a longer one boards, where there are beds"
    )
    bands: tuple[Band, ...] = Field(default=(), strict=False, description="under `transport`, in rising order")
    over_design_minutes: NonNegative = 10.0
    over_cap_minutes: NonNegative = 30.0
    unplaced_minutes: Positive = 600.0
    tiers: tuple[Tier, ...] = Field(default=(), strict=False, description="categories of entitlement, first to last")
    default_tier: Id | None = Field(
        default=None, description="of pupils of whom `applicants` does not tell; blank = the last that has a zone"
    )
    fill: Literal["design", "cap", "emergency"] = Field(
        default="cap", description="the level up to which schools admit under `tiers` and `choice`"
    )
    siblings: Literal["tier", "first"] = Field(
        default="tier", description="pupils with a sibling at a school come first within their tier, or before all"
    )
    sibling_share: dict[str, Share] = Field(
        default={}, description="stage → share of entrants with an elder sibling in the stage"
    )
    place_lock_years: dict[str, Annotated[int, Field(ge=1, le=20)]] = Field(
        default={}, description="stage → years in which a dwelling gives one place; blank = no lock"
    )
    dwelling_turnover: Share = Field(
        default=0.05, description="dwellings that change hands in a year, where the table `dwellings` does not say"
    )
    private_share: dict[str, Share] = Field(
        default={}, description="stage → share who apply to private schools, where `applicants` does not say"
    )
    private_return_minutes: NonNegative = Field(
        default=60.0, description="under `transport`: what a public school costs those who apply to private ones"
    )
    priority: tuple[Literal["zone", "sibling", "tier", "distance"], ...] = Field(
        default=("zone", "sibling", "tier"), strict=False,
        description="under `choice`: what counts at a public school, first to last; then the lot",
    )  # fmt: skip
    redirect: bool = Field(
        default=True, description="under `choice`: whoever gets none of the listed schools goes where places are left"
    )
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="of the lots")
    redirect_minutes: NonNegative = Field(
        default=5.0, description="price of not coming to the school that the calibrated pattern leads to"
    )
    friction_minutes: Positive = Field(default=5.0, description="minutes farther that make a school e times rarer")
    frictions: dict[str, Positive] = Field(default={}, description="stage → friction_minutes")
    out_of_zone: Share = Field(
        default=0.25, description="share of a catchment's pupils who look elsewhere, before rolls say more"
    )
    town_schooling: Literal["hold", "trend", "reverse"] = Field(
        default="hold", description="village children at town schools: as now, as the rolls have changed, or back home"
    )
    town_schooling_years: int = Field(default=10, ge=1, le=60, description="years for which a trend or return goes on")
    town_schooling_change: Annotated[float, Field(ge=-1, le=1)] | None = Field(
        default=None, description="with trend: change of the log odds per year; blank = from past rolls"
    )
    closure: Closure = Closure()
    place_values: bool = Field(default=False, description="save what one more place at each school would be worth")


class NormOverrides(_Strict):
    """`[standards.<stage>]`: norms of this scenario in place of the pack's."""

    class_size_design: Positive | None = None
    class_size_cap: Positive | None = None
    class_size_emergency: Positive | None = None
    class_size_incomplete: Positive | None = None
    floor_area_per_place: Positive | None = None
    site_area_per_place: Positive | None = None
    minutes: Positive | None = None


class Standards(BaseModel):
    """The rule pack and, by stage, this scenario's own norms."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, NormOverrides]

    pack: str = "cn-national"


class ReportParameters(_Strict):
    """What the outputs look like."""

    language: Literal["zh", "en"] = "zh"
    currency: str = "CNY"
    price_year: Year | None = None


class Parameters(_Strict):
    """A whole scenario after `extends`, `[variant]` and `--set`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, title="placesim scenario")

    schema_: Literal[1] = Field(alias="schema")
    name: Name
    title: dict[str, str] = {}
    about: dict[str, str] = {}
    calendar: Calendar
    stage: tuple[StageParameters, ...] = Field(default=(), strict=False)
    crs: str | None = Field(default=None, description="metric CRS of the run; blank = the areas' own, or UTM")
    inputs: dict[str, InputTable]
    demography: Demography = Demography()
    housing: Housing = Housing()
    demand: DemandParameters = DemandParameters()
    uncertainty: Uncertainty = Uncertainty()
    travel: TravelParameters = TravelParameters()
    access: AccessParameters = AccessParameters()
    allocation: AllocationParameters = AllocationParameters()
    standards: Standards = Field(default_factory=lambda: Standards.model_validate({}))
    report: ReportParameters = ReportParameters()
    change: dict[str, Change] = {}


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, for editors."""
    return Parameters.model_json_schema(by_alias=True)
