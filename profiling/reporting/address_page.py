"""An address selection as a workbook: the addresses, how they were chosen, and the text that goes with the mailing."""

from __future__ import annotations

import math

import pyarrow as pa

from profiling.publish.addresses import AddressSelection, Available, Power
from profiling.reporting import excel
from profiling.reporting.document import (
    SUPPRESSED,
    Block,
    Cell,
    Column,
    Document,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Paragraph,
    Table,
)
from profiling.reporting.published_facts import accountability
from profiling.reporting.text import date, figure, phrase, phrases, sentence
from profiling.vocabulary import Language, day, term

# Column → width; street is there where the household file has it.
COLUMNS = {"salutation": 22.0, "street": 30.0, "number": 13.0, "addition": 13.0, "postcode": 11.0, "gemeente": 28.0}


def address_workbook(selection: AddressSelection, language: Language = "nl") -> bytes:
    """The selection as .xlsx: the list in front, the request, the rules and the mailing text behind it."""
    rows = selection.addresses
    hello = pa.array([phrase("addresses.salutation", language)] * rows.num_rows, pa.string())
    listed = rows.add_column(0, "salutation", hello)
    # A house number is a name, not an amount: no thousands separator and no sum under it.
    at = listed.column_names.index("number")
    listed = listed.set_column(at, "number", listed.column("number").cast(pa.string()))
    names = [each for each in COLUMNS if each in listed.column_names]
    columns = [Column(phrase(f"addresses.column_{each}", language)) for each in names]
    return excel.render_rows(
        listed.select(names),
        columns,
        address_page(selection, language),
        sheet=phrase("addresses.sheet", language),
        widths=[COLUMNS[each] for each in names],
    )


def address_page(selection: AddressSelection, language: Language = "nl") -> Document:
    """Everything about a selection but its addresses."""
    entry, published = selection.entry, selection.available.published
    expires, contact = day(entry.expires, language), str(published.manifest["config"]["contact"])
    values = {
        "id": entry.id,
        "n": figure(entry.n_selected, "count", language),
        "profile": published.title(language),
        "requester": entry.requester,
        "expires": expires,
        "contact": contact,
        "source": published.base_title(language),
        "snapshot": date(published.snapshot, language),
        "seed": entry.seed,
        "wished": figure(entry.wished, "count", language),
    }
    rule = [phrase(f"addresses.rule_{entry.order}", language, **values)]
    if entry.wished is not None and entry.n_selected < entry.wished:
        rule.append(phrase("addresses.rule_fewer", language, **values))
    blocks: list[Block] = [
        Heading(phrase("addresses.counts", language)),
        KeyFigures(
            (
                KeyFigure(phrase("addresses.available", language), selection.available.n),
                KeyFigure(phrase("addresses.selected", language), entry.n_selected),
                KeyFigure(phrase("addresses.control", language), entry.n_control),
            )
        ),
        *_taken_off(selection.available, language),
        Heading(phrase("addresses.rule", language)),
        *(Paragraph(each) for each in rule),
        *_learning(selection.power, language),
        Heading(phrase("addresses.letter", language)),
        *(Paragraph(each) for each in phrases("addresses.letter", language, **values)),
        Note(phrase("addresses.rules", language), phrases("addresses.rules", language, **values), "caution"),
    ]
    return Document(
        title=phrase("addresses.title", language, **values),
        subtitle=phrase("addresses.subtitle", language, **values),
        kicker=sentence(term("addresses", language)),
        language=language,
        notice=phrase("addresses.notice", language, **values),
        blocks=tuple(blocks),
        accountability=(*_request(selection, language), *accountability(published, language)),
        minimum=published.settings.minimum_cell,
    )


def _taken_off(available: Available, language: Language) -> list[Block]:
    """Who went off before anything was chosen, by reason; what is too few to say is not said."""
    lists = {each.name: each for each in available.opt_outs}
    rows: list[tuple[Cell, ...]] = []
    for reason, n in available.removed.items():
        listed = lists.get(reason)
        name = (listed.nl if language == "nl" else listed.en) if listed else phrase(f"addresses.{reason}", language)
        dated = day(listed.date, language) if listed else ""
        rows.append((name, SUPPRESSED if n is None else n, dated))
    columns = (
        Column(phrase("addresses.reason", language)),
        Column(phrase("addresses.n_households", language), "count"),
        Column(phrase("addresses.list_date", language)),
    )
    blocks: list[Block] = [Table(phrase("addresses.removed", language), columns, tuple(rows))]
    for listed in available.opt_outs:
        if listed.n_unreadable:
            counts = {
                "list": listed.nl if language == "nl" else listed.en,
                "n": figure(listed.n_unreadable, "count", language),
                "total": figure(listed.n_rows, "count", language),
            }
            blocks.append(Paragraph(phrase("addresses.unreadable", language, **counts)))
    return blocks


def _learning(power: Power | None, language: Language) -> list[Block]:
    if power is None:
        return []
    written = {
        "response": figure(100 * power.response, "percent", language),
        "double": figure(200 * power.response, "percent", language),
        "detectable": figure(100 * power.detectable, "percent", language),
        "power": figure(100 * power.power_double, "percent", language, 0),
    }
    key = "learn_none" if math.isnan(power.detectable) else "learn_detectable"
    return [
        Heading(phrase("addresses.learn", language)),
        Paragraph(phrase("addresses.learn_how", language)),
        Paragraph(phrase(f"addresses.{key}", language, **written)),
        Paragraph(phrase("addresses.learn_double", language, **written)),
        Paragraph(phrase("addresses.learn_source", language, **written), "small"),
    ]


def _request(selection: AddressSelection, language: Language) -> tuple[tuple[str, str], ...]:
    entry, names = selection.entry, selection.available.published.names
    towns = {code: name for (_level, code), name in names.items()}
    return (
        (phrase("addresses.id", language), entry.id),
        (phrase("addresses.purpose", language), entry.purpose),
        (phrase("addresses.requester", language), entry.requester),
        (phrase("addresses.areas", language), ", ".join(f"{towns.get(each, '')} ({each})" for each in entry.areas)),
        (phrase("addresses.made_on", language), day(entry.created, language)),
        (phrase("addresses.destroy_by", language), day(entry.expires, language)),
    )
