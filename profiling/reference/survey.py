"""Source "survey": people who answered a survey with given answers, and consented to be found by their address."""

from __future__ import annotations

from pydantic import Field, model_validator

from profiling.reference.group import Found, Source, SourceContext
from profiling.reference.registrations import (
    Codes,
    HomeColumns,
    RegistrationSettings,
    Rule,
    follow,
    one_of,
    registration_files,
)

NO_BACKGROUND = (
    "registrations of the information desk hold no background since April 2024: ask visitors for consent, "
    "postcode and house number in a survey of your own, and point 'files' at that"
)


class SurveyColumns(HomeColumns):
    """The columns of the survey."""

    respondent: str
    answer: str
    asked_on: str
    consent: str
    on_behalf_of: str | None = None


class SurveySettings(RegistrationSettings):
    """The rule: which answers, given for oneself, with consent. Without consent no row is ever used."""

    columns: SurveyColumns
    consents: tuple[str, ...] = Field(min_length=1, description="values of 'consent' that mean yes")
    answers: tuple[str, ...] = Field(min_length=1, description="answers that make a household an example")
    known_answers: tuple[str, ...] = ()
    oneself: tuple[str, ...] = Field((), description="values of 'on_behalf_of' that mean the respondent")

    @model_validator(mode="after")
    def _columns_are_there(self) -> SurveySettings:
        if self.oneself and not self.columns.on_behalf_of:
            raise ValueError("'oneself' needs the column 'on_behalf_of' under [survey.columns]")
        return self


def _build(settings: SurveySettings, context: SourceContext) -> Found:
    """Answers in the window, with consent, among the answers, for oneself; one row per household."""
    names = settings.columns.model_dump(exclude_none=True)
    words = {"respondent": "person", "asked_on": "day"}
    conditions = [
        one_of(
            "consent", settings.consents, "consent", "met toestemming", "with consent", "geen toestemming", "no consent"
        ),
        one_of(
            "answer",
            settings.answers,
            "answer",
            "met de gekozen antwoorden",
            "with the chosen answers",
            "ander antwoord",
            "other answer",
        ),
    ]
    codes = [Codes("consent", settings.consents), Codes("answer", settings.answers, settings.known_answers)]
    if settings.oneself:
        conditions.append(
            one_of(
                "on_behalf_of",
                settings.oneself,
                "oneself",
                "voor zichzelf",
                "for oneself",
                "voor een ander",
                "for somebody else",
            )
        )
        codes.append(Codes("on_behalf_of", settings.oneself))
    home = [each for each in ("household", "postcode", "house_number") if each in names]
    rule = Rule(
        section="survey",
        unit="answers",
        unit_nl="antwoorden",
        settings=settings,
        columns={words.get(word, word): name for word, name in names.items()},
        conditions=tuple(conditions),
        codes=tuple(codes),
        missing_hint=dict.fromkeys((*home, "consent"), NO_BACKGROUND),
    )
    return follow(rule, context)


SOURCE = Source(name="survey", settings=SurveySettings, files=registration_files, build=_build)
