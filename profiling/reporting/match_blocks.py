"""The match report: how the rows of a customer file were found, and what its owner should know."""

from __future__ import annotations

from collections.abc import Sequence

from profiling.population.address_text import RANGE, RANGE_OR_ADDITION
from profiling.publish.customers_found import MatchReport
from profiling.publish.published import Published
from profiling.publish.sheets import Notice
from profiling.publish.upload_columns import ROLES
from profiling.reporting.document import Block, Column, Document, KeyFigure, KeyFigures, Note, Paragraph, Table
from profiling.reporting.published_facts import of_base
from profiling.reporting.text import date, figure, phrase
from profiling.vocabulary import Language


def match_blocks(report: MatchReport, language: Language) -> list[Block]:
    """Key figures, a row per kind of match, and notices; of an untold report only the rows in the file."""
    figures = [KeyFigure(phrase("enrich.rows_in_file", language), report.n_rows)]
    if report.told:
        figures.append(KeyFigure(phrase("enrich.rows_found", language), report.n_found))
        figures.append(KeyFigure(phrase("enrich.households_found", language), report.n_households))
    blocks: list[Block] = [KeyFigures(tuple(figures))]
    if not report.told:
        blocks.append(Paragraph(phrase("enrich.untold", language)))
    if warnings := notices(report, language):
        blocks.append(Note(phrase("enrich.notices", language), warnings, "caution"))
    if not report.told:
        return blocks
    columns = (
        Column(phrase("enrich.kind", language)),
        Column(phrase("enrich.rows", language), "count"),
        Column(phrase("enrich.share", language), "percent"),
        Column(phrase("enrich.meaning", language)),
    )
    rows = tuple(
        (phrase(f"enrich.{kind}", language), int(n), float(share), phrase(f"enrich.{kind}_text", language))
        for kind, n, share in report.table().itertuples(index=False)
    )
    return [*blocks, Table(phrase("enrich.report_caption", language), columns, rows)]


def notices(report: MatchReport, language: Language) -> tuple[str, ...]:
    """What the owner of the file should know, a sentence each."""
    said = [_notice(each, language) for each in report.notices]
    doubtful = sum(report.doubts.get(flag, 0) for flag in (RANGE, RANGE_OR_ADDITION))
    if doubtful:
        said.append(phrase("enrich.notice_flags", language, n=figure(doubtful, "count", language)))
    return tuple(said)


def _notice(notice: Notice, language: Language) -> str:
    values = dict(notice.values)
    if notice.key == "columns":
        named = [f"{phrase(f'enrich.role_{role}', language)} {values[role]}" for role in ROLES if role in values]
        values = {"columns": ", ".join(named)}
    return phrase(f"enrich.notice_{notice.key}", language, **values)


def match_page(report: MatchReport, language: Language = "nl", published: Sequence[Published] = ()) -> Document:
    """The match report as a page of its own, beside an enriched file.

    Parameters
    ----------
    published : the profiles that were added; what they are stands at the foot.
    """
    profiles = "; ".join(f"{each.title(language)} ({each.listed.profile} {each.version})" for each in published)
    first = published[0] if published else None
    of_profiles = (
        ()
        if first is None
        else (
            (phrase("area.account_profile", language), profiles),
            (phrase("enrich.households_of", language), of_base(first, language)),
            (phrase("snapshot", language), date(first.snapshot, language)),
        )
    )
    return Document(
        title=phrase("enrich.title", language),
        subtitle=report.file,
        language=language,
        blocks=tuple(match_blocks(report, language)),
        notice=phrase("customers.notice", language),
        accountability=(
            *of_profiles,
            (phrase("customers.account_file", language), phrase("customers.account_file_text", language)),
        ),
    )
