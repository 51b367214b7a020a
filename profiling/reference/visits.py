"""Source "visits": people who registered at a library for given purposes, such as a place to study."""

from __future__ import annotations

from pydantic import Field, model_validator

from profiling.reference.group import Found, Source, SourceContext
from profiling.reference.registrations import (
    Codes,
    HomeColumns,
    RegistrationSettings,
    Rule,
    age_between,
    follow,
    one_of,
    registration_files,
)


class VisitColumns(HomeColumns):
    """The columns of the export of visits."""

    visitor: str
    purpose: str
    visited_on: str
    age: str | None = None


class VisitSettings(RegistrationSettings):
    """The rule: which visits of which people make a household an example."""

    columns: VisitColumns
    purposes: tuple[str, ...] = Field(min_length=1)
    known_purposes: tuple[str, ...] = ()
    minimum_age: int = Field(0, ge=0, le=120)
    maximum_age: int = Field(120, ge=0, le=120)
    minimum_visits: int = Field(2, ge=1, description="once may be chance, or a helping parent")

    @model_validator(mode="after")
    def _ages(self) -> VisitSettings:
        if self.minimum_age > self.maximum_age:
            raise ValueError("'minimum_age' lies above 'maximum_age'")
        return self


def _build(settings: VisitSettings, context: SourceContext) -> Found:
    """Visits in the window, for the purposes, of the ages, often enough; one row per household."""
    names = settings.columns.model_dump(exclude_none=True)
    words = {"visitor": "person", "visited_on": "day"}
    conditions = [
        one_of(
            "purpose",
            settings.purposes,
            "purpose",
            "voor de gekozen doelen",
            "for the chosen purposes",
            "ander doel",
            "other purpose",
        ),
    ]
    if "age" in names:
        conditions.append(age_between(settings.minimum_age, settings.maximum_age))
    rule = Rule(
        section="visits",
        unit="visits",
        unit_nl="bezoeken",
        settings=settings,
        columns={words.get(word, word): name for word, name in names.items()},
        conditions=tuple(conditions),
        codes=(Codes("purpose", settings.purposes, settings.known_purposes),),
        minimum=settings.minimum_visits,
    )
    return follow(rule, context)


SOURCE = Source(name="visits", settings=VisitSettings, files=registration_files, build=_build)
