"""Source "courses": people who took given courses as a participant, and not as a volunteer or teacher."""

from __future__ import annotations

from pydantic import Field, model_validator

from profiling.reference.group import Found, Source, SourceContext
from profiling.reference.registrations import (
    Codes,
    Condition,
    HomeColumns,
    RegistrationSettings,
    Rule,
    age_between,
    follow,
    one_of,
    registration_files,
)


class CourseColumns(HomeColumns):
    """The columns of the export of enrolments."""

    participant: str
    course: str
    started_on: str
    role: str | None = None
    sessions: str | None = None
    age: str | None = None


class CourseSettings(RegistrationSettings):
    """The rule: which courses, in which role, attended how often."""

    columns: CourseColumns
    courses: tuple[str, ...] = Field(min_length=1, description="codes; courses for who can already stay out")
    known_courses: tuple[str, ...] = ()
    roles: tuple[str, ...] = Field((), description="roles that count; needs columns.role")
    minimum_sessions: int = Field(0, ge=0, description="sessions attended; needs columns.sessions")
    minimum_age: int = Field(18, ge=0, le=120)

    @model_validator(mode="after")
    def _columns_are_there(self) -> CourseSettings:
        if self.roles and not self.columns.role:
            raise ValueError("'roles' needs the column 'role' under [courses.columns]")
        if self.minimum_sessions and not self.columns.sessions:
            raise ValueError("'minimum_sessions' needs the column 'sessions' under [courses.columns]")
        return self


def _build(settings: CourseSettings, context: SourceContext) -> Found:
    """Enrolments in the window, in the courses, as a participant, attended; one row per household."""
    names = settings.columns.model_dump(exclude_none=True)
    words = {"participant": "person", "started_on": "day"}
    conditions = [
        one_of(
            "course",
            settings.courses,
            "course",
            "voor de gekozen cursussen",
            "for the chosen courses",
            "andere cursus",
            "other course",
        ),
    ]
    codes = [Codes("course", settings.courses, settings.known_courses)]
    if settings.roles:
        conditions.append(
            one_of("role", settings.roles, "role", "als deelnemer", "as a participant", "andere rol", "other role")
        )
        codes.append(Codes("role", settings.roles))
    if settings.minimum_sessions:
        conditions.append(
            Condition(
                "attended",
                f"minstens {settings.minimum_sessions} keer aanwezig",
                f"attended {settings.minimum_sessions} times or more",
                "TRY_CAST(sessions AS DOUBLE) >= $least",
                {"least": settings.minimum_sessions},
                "te weinig aanwezig, of onbekend",
                "attended less, or unknown",
            )
        )
    if "age" in names:
        conditions.append(age_between(settings.minimum_age, 120))
    rule = Rule(
        section="courses",
        unit="enrolments",
        unit_nl="inschrijvingen",
        settings=settings,
        columns={words.get(word, word): name for word, name in names.items()},
        conditions=tuple(conditions),
        codes=tuple(codes),
    )
    return follow(rule, context)


SOURCE = Source(name="courses", settings=CourseSettings, files=registration_files, build=_build)
