"""Source "cards": holders of given kinds of cards, such as student subscriptions or youth cards on a scheme."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from profiling.reference.group import Dropped, Found, FunnelStep, Source, SourceContext
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


class CardColumns(HomeColumns):
    """The columns of the card file. `kind` says what sort of card it is: a subscription or a scheme."""

    patron: str
    kind: str
    member_since: str
    age: str | None = None


class OlderColumns(HomeColumns):
    """The columns of the list of members."""

    patron: str
    age: str
    member_since: str
    card_type: str


class OlderMembers(RegistrationSettings):
    """Members whose address tells that somebody lives with parents."""

    columns: OlderColumns
    card_types: tuple[str, ...] = Field(min_length=1)
    minimum_age: int = Field(35, ge=18, le=120)
    window_days: int | None = None


class CardSettings(RegistrationSettings):
    """The rule: which cards, of which ages, and whether an older member at the same address excludes them."""

    columns: CardColumns
    kinds: tuple[str, ...] = Field(min_length=1)
    known_kinds: tuple[str, ...] = ()
    minimum_age: int = Field(0, ge=0, le=120)
    maximum_age: int = Field(120, ge=0, le=120)
    window_days: int | None = None
    without_older: OlderMembers | None = Field(None, description="leave out households where an older member lives")

    @model_validator(mode="after")
    def _ages(self) -> CardSettings:
        if self.minimum_age > self.maximum_age:
            raise ValueError("'minimum_age' lies above 'maximum_age'")
        return self


def _files(settings: CardSettings, context: SourceContext) -> tuple:  # type: ignore[type-arg]
    other = registration_files(settings.without_older, context) if settings.without_older else ()
    return (*registration_files(settings, context), *other)


def _build(settings: CardSettings, context: SourceContext) -> Found:
    """Cards of the kinds and ages; households of older members left out; one row per household."""
    conditions = [
        one_of(
            "kind",
            settings.kinds,
            "kind",
            "van de gekozen soorten",
            "of the chosen kinds",
            "andere soort",
            "other kind",
        ),
    ]
    if settings.columns.age:
        conditions.append(age_between(settings.minimum_age, settings.maximum_age))
    names = settings.columns.model_dump(exclude_none=True)
    rule = Rule(
        section="cards",
        unit="cards",
        unit_nl="passen",
        settings=settings,
        columns={_WORDS.get(word, word): name for word, name in names.items()},
        conditions=tuple(conditions),
        codes=(Codes("kind", settings.kinds, settings.known_kinds),),
    )
    found = follow(rule, context)
    return found if settings.without_older is None else _without(found, settings.without_older, context)


_WORDS = {"patron": "person", "member_since": "day"}


def _without(found: Found, older: OlderMembers, context: SourceContext) -> Found:
    """Take out the households in which an older member lives."""
    names = older.columns.model_dump(exclude_none=True)
    rule = Rule(
        section="cards.without_older",
        unit="cards",
        unit_nl="passen",
        settings=older,
        columns={_WORDS.get(word, word): name for word, name in names.items()},
        conditions=(
            one_of(
                "card_type", older.card_types, "card_type", "van volwassenen", "of adults", "andere soort", "other kind"
            ),
            age_between(older.minimum_age, 120, unknown=False),
        ),
        codes=(Codes("card_type", older.card_types),),
    )
    parents = follow(rule, context).households["household_id"].combine_chunks()
    keep = pc.invert(pc.is_in(found.households["household_id"], value_set=parents.cast(pa.string())))
    left = found.households.filter(keep)
    lost = Dropped(
        "ouder lid op hetzelfde adres", "older member at the same address", found.households.num_rows - left.num_rows
    )
    step = FunnelStep(
        "alone", "zonder ouder lid in huis", "no older member in the household", "households", left.num_rows, (lost,)
    )
    return Found(left, (*found.funnel, step), found.would_help)


SOURCE = Source(name="cards", settings=CardSettings, files=_files, build=_build)
