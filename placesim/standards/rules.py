"""The records of a rule pack: documents, norms, rules and the typology, each strict and frozen."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from placesim.standards.norms import StageNorms
from placesim.vocabulary import METRICS

Id = Annotated[str, Field(min_length=1)]
Year = Annotated[int, Field(ge=1900, le=2200)]
Operator = Literal["<", "<=", ">", ">=", "=="]
Confidence = Literal["V", "D", "M", "user"]
PopulationBasis = Literal["resident", "planned", "served"]
AreaType = Literal["urban", "town", "rural"]
UnitOfCount = Literal["campus", "institution", "stage_section", "area", "planning_area", "county", "development"]
Hardness = Literal["statutory", "should", "planning", "local"]
TypologyName = Literal["crowded", "underused"]
StageGroup = Annotated[tuple[Id, ...], Field(min_length=2, strict=False)]

# Norms that judge classes; they stand beside those of StageNorms, which govern places.
CLASS_NORMS = ("large_class", "super_large_class")
YES_NO_COLUMNS = ("complete",)  # of the measures, for `when`: complete = every grade of the stage is taught
GRADE_METRICS = (  # what is known of a single grade of a school
    "class_size", "class_size_max", "classes", "large_classes", "super_large_classes", "large_class_share",
)  # fmt: skip
NORM_KEYS = (*StageNorms.__dataclass_fields__, *CLASS_NORMS)


def _known_norm(key: str) -> str:
    if key not in NORM_KEYS:
        raise PydanticCustomError("unknown_norm", "not a norm")
    return key


NormKey = Annotated[str, AfterValidator(_known_norm)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Text(_Strict):
    """A text in both languages."""

    zh: str
    en: str


class Document(_Strict):
    """A published source. `number` is the official number, blank where none is on record."""

    number: str = ""
    title: Text
    issuer: Text | None = None

    def cite(self, language: str) -> str:
        """Number and title as they are cited: 教督〔2017〕6号《…》, or number, English title."""
        if language == "zh":
            return f"{self.number}《{self.title.zh}》"
        return f"{self.number} {self.title.en}".strip()


class _Cited(_Strict):
    document: Id
    clause: str
    confidence: Confidence
    note: Text | None = None


class Norm(_Cited):
    """One norm of one stage. `grades`: the norm holds for these grades only (empty = all grades of the stage)."""

    value: Annotated[float, Field(gt=0)]
    grades: tuple[Id, ...] = Field(default=(), strict=False)


class Condition(_Strict):
    """A metric compared with a figure."""

    operator: Operator
    value: float


class Step(_Strict):
    """One row of a table of limits: the limit up to and including `up_to`; without `up_to`, from there on."""

    up_to: float | None = None
    value: float


def _known_metric(metric: str) -> str:
    if metric not in METRICS:
        raise PydanticCustomError("unknown_metric", "not a metric", {"metric": metric})
    return metric


class Rule(_Cited):
    """What must hold; a finding is a unit where it does not.

    A rule compares `metric` with `value`, or with the row of `table` chosen by the metric `by`. A combination names
    other rules in `all_of` and is broken where every one of them is; its members report only through it.
    `stage`, `area_type`: where it applies (empty = everywhere). `when`: metrics (a condition) or yes-no columns
    (true, false) that must hold for the rule to apply. `valid_from`, `valid_to`: school years, both inclusive; of a
    rule for entrants the years in which a cohort entered the stage, so that it goes up with its cohorts grade by grade.
    `grades`: those it speaks of (empty = all). `population_basis`: the residents a norm per 1000 counts;
    `persons_per_dwelling`: by which it turns dwellings into residents.
    """

    label: Text
    jurisdiction: str = ""
    level: Literal["national", "provincial", "municipal", "county", "international"]
    stage: tuple[Id, ...] = Field(default=(), strict=False)
    area_type: tuple[AreaType, ...] = Field(default=(), strict=False)
    metric: str | None = None
    operator: Operator | None = None
    value: float | None = None
    table: tuple[Step, ...] = Field(default=(), strict=False)
    by: str | None = None
    when: dict[Id, bool | Condition] = {}
    all_of: tuple[Id, ...] = Field(default=(), strict=False)
    applies_to: Literal["entrants", "all"] = "all"
    grades: tuple[Id, ...] = Field(default=(), strict=False)
    population_basis: PopulationBasis | None = None
    persons_per_dwelling: Annotated[float, Field(gt=0)] | None = None
    unit: str | None = None
    unit_of_count: UnitOfCount
    hardness: Hardness
    valid_from: Year | None = None
    valid_to: Year | None = None

    @model_validator(mode="after")
    def _has_one_limit(self) -> Rule:
        if sum((self.value is not None, bool(self.table), bool(self.all_of))) != 1:
            raise PydanticCustomError("one_limit", "one of value, table, all_of")
        if bool(self.table) != (self.by is not None):
            raise PydanticCustomError("table_needs_by", "table and by belong together")
        compares = None not in (self.metric, self.operator, self.unit)
        if compares == bool(self.all_of) or (self.all_of and (self.metric or self.operator or self.unit)):
            raise PydanticCustomError("metric_operator_unit", "metric, operator, unit")
        return self

    @model_validator(mode="after")
    def _measures_known_things(self) -> Rule:
        conditions = [key for key in self.when if key not in YES_NO_COLUMNS]
        for metric in (self.metric, self.by, *conditions):
            if metric is not None:
                _known_metric(metric)
        if self.metric is not None and self.unit != METRICS[self.metric]:
            raise PydanticCustomError("unit_differs", "unit", {"unit": self.unit, "expected": METRICS[self.metric]})
        return self

    @model_validator(mode="after")
    def _conditions_fit(self) -> Rule:
        for key, wanted in self.when.items():
            if isinstance(wanted, bool) != (key in YES_NO_COLUMNS):
                raise PydanticCustomError("condition", "when", {"expected": "true, false, { operator, value }"})
        return self

    @model_validator(mode="after")
    def _table_rises(self) -> Rule:
        bounds = [step.up_to for step in self.table]
        closed = [b for b in bounds if b is not None]
        if None in bounds[:-1] or any(a >= b for a, b in pairwise(closed)):
            raise PydanticCustomError("table_order", "up_to must rise")
        return self

    @model_validator(mode="after")
    def _grades_are_measured(self) -> Rule:
        if not self.by_grade:
            return self
        if self.metric not in GRADE_METRICS or self.unit_of_count != "stage_section" or self.by is not None:
            raise PydanticCustomError("by_grade", "by grade", {"expected": ", ".join(GRADE_METRICS)})
        if self.applies_to == "entrants" and self.valid_from is None and self.valid_to is None:
            raise PydanticCustomError("entrants_need_a_year", "valid_from")
        return self

    @model_validator(mode="after")
    def _population_is_named(self) -> Rule:
        if (self.metric == "places_per_1000") != (self.population_basis is not None):
            raise PydanticCustomError("population_basis", "population_basis")
        of_dwellings = {"places_per_1000", "places_per_dwelling"} & {self.metric} or "dwellings" in self.when
        if self.persons_per_dwelling is not None and not of_dwellings:
            raise PydanticCustomError("persons_per_dwelling", "persons_per_dwelling")
        return self

    @model_validator(mode="after")
    def _holds_in_some_year(self) -> Rule:
        if self.valid_from is not None and self.valid_to is not None and self.valid_from > self.valid_to:
            raise PydanticCustomError("years_turned", "years", {"first": self.valid_from, "last": self.valid_to})
        return self

    @property
    def column(self) -> str:
        """The column of the measures that it compares: the metric, for the population it counts."""
        return f"{self.metric}_{self.population_basis}" if self.population_basis else f"{self.metric}"

    @property
    def by_grade(self) -> bool:
        """Whether it judges single grades of a school, not the stage as a whole."""
        return self.applies_to == "entrants" or bool(self.grades)


class TypologyTest(_Cited):
    """One way to be of a type: every condition on a metric holds (for the stages named, empty = all)."""

    reason: Id
    stage: tuple[Id, ...] = Field(default=(), strict=False)
    conditions: dict[Id, Condition] = Field(min_length=1)

    @model_validator(mode="after")
    def _measures_known_things(self) -> TypologyTest:
        for metric in self.conditions:
            _known_metric(metric)
        return self


class Type(_Strict):
    """A type of school: area types in which it can occur (empty = all) and the tests, one of which is enough."""

    area_type: tuple[AreaType, ...] = Field(default=(), strict=False)
    any_of: tuple[TypologyTest, ...] = Field(min_length=1, strict=False)


class PackFile(_Strict):
    """A pack file as written; what it `extends` is not yet laid under it."""

    schema_: Literal[1] = Field(alias="schema")
    id: Id
    label: Text
    jurisdiction: str
    version: str
    extends: str | None = None
    joined_stages: tuple[StageGroup, ...] | None = Field(default=None, strict=False)
    persistent_years: Annotated[int, Field(ge=1, le=20)] | None = None
    document: dict[Id, Document] = {}
    norm: dict[Id, dict[NormKey, Norm]] = {}
    rule: dict[Id, Rule] = {}
    typology: dict[TypologyName, Type] = {}
