"""The page of a customer analysis (klantanalyse): how the file was matched, who the customers are, who is reached."""

from __future__ import annotations

from profiling.publish.customers import CustomerAnalysis, CustomersInProfile
from profiling.publish.reach import Reach
from profiling.reporting.area_page import times
from profiling.reporting.customer_blocks import PROFILE, REACHED, WHO, index_chart, table_of
from profiling.reporting.document import SUPPRESSED, Block, Document, Heading, KeyFigure, KeyFigures, Note, Paragraph
from profiling.reporting.match_blocks import match_blocks
from profiling.reporting.text import date, figure, phrase, said
from profiling.vocabulary import Language


def customers_page(analysis: CustomerAnalysis, *, language: Language = "nl") -> Document:
    """The document of a customer analysis."""
    blocks: list[Block] = []
    if analysis.by_postcode:
        texts = [phrase("customers.by_postcode_text", language)]
        if analysis.n_rows_used is not None:
            n = figure(analysis.n_rows_used, "count", language)
            texts.append(phrase("customers.by_postcode_rows", language, n=n))
        blocks.append(Note(phrase("customers.by_postcode", language), tuple(texts), "caution"))
    blocks += outside(analysis, language)
    for each in analysis.profiles:
        blocks += _profile(analysis, each, language)
    blocks += [Heading(phrase("customers.who", language)), *who_blocks(analysis, language)]
    blocks.append(_how(analysis, language))
    blocks += [Heading(phrase("customers.matching", language)), *match_blocks(analysis.report, language)]
    notes = tuple(said(each, language) for each in analysis.notes)
    if notes:
        blocks.append(Note(phrase("enrich.notices", language), notes, "caution"))
    return Document(
        title=phrase("customers.title", language),
        subtitle=phrase(
            "customers.subtitle", language, file=analysis.report.file, base=said(analysis.base.title, language)
        ),
        language=language,
        kicker=phrase("customers.kicker", language),
        notice=phrase("customers.notice", language),
        blocks=tuple(blocks),
        accountability=accountability(analysis, language),
        minimum=analysis.minimum,
    )


def _profile(analysis: CustomerAnalysis, profile: CustomersInProfile, language: Language) -> list[Block]:
    title, base = said(profile.title, language), said(analysis.base.title, language)
    total = profile.table.iloc[0]
    segment = phrase("segment", language)
    blocks: list[Block] = [Heading(title), Paragraph(lead(analysis, profile, language), "lead")]
    hidden = bool(total["suppressed"])
    blocks.append(
        KeyFigures(
            (
                KeyFigure(
                    phrase("customers.n_profile", language), SUPPRESSED if hidden else round(float(total["n_profile"]))
                ),
                KeyFigure(
                    phrase("customers.n_rest", language),
                    SUPPRESSED if hidden else round(float(total["n"])) - round(float(total["n_profile"])),
                ),
                KeyFigure(
                    phrase("customers.penetration", language),
                    SUPPRESSED if hidden else float(total["penetration"]),
                    "percent",
                ),
                KeyFigure(
                    phrase("customers.base_penetration", language, base=base), profile.base_penetration, "percent"
                ),
            )
        )
    )
    main, sub = (profile.table[profile.table["level"] == level] for level in ("main", "sub"))
    if len(main):
        caption = phrase("customers.main_caption", language, profile=title)
        table = table_of(main, PROFILE, caption, segment, language, index="index")
        blocks.append(
            index_chart(main, "index", "n_profile", phrase("customers.main_chart", language), table, base, language)
        )
        caption = phrase("customers.sub_caption", language, profile=title)
        blocks.append(table_of(sub, PROFILE, caption, segment, language, index="index"))
    if profile.reach is not None:
        blocks += [Heading(phrase("customers.reach_title", language), 3), *reach_blocks(analysis, profile, language)]
    return blocks


def lead(analysis: CustomerAnalysis, profile: CustomersInProfile, language: Language) -> str:
    """How many of the customers belong to a profile, in one sentence."""
    total, title = profile.table.iloc[0], said(profile.title, language)
    if total["suppressed"]:
        return phrase("customers.lead_hidden", language, profile=title)
    return phrase(
        "customers.lead",
        language,
        profile=title,
        n=figure(round(float(total["n_profile"])), "count", language),
        total=figure(round(float(total["n"])), "count", language),
        penetration=figure(float(total["penetration"]), "percent", language),
        index=figure(float(total["index"]), "index", language, 1),
        times=times(float(total["index"]), language),
        base=said(analysis.base.title, language),
    )


def outside(analysis: CustomerAnalysis, language: Language) -> list[Block]:
    """That customers elsewhere do not count; few of them and none at all read the same."""
    if analysis.work_area is None:
        return []
    if not analysis.report.told:
        return [Paragraph(phrase("customers.outside_few", language, minimum=analysis.minimum), "small")]
    n = figure(round(analysis.n_outside), "count", language)
    return [Paragraph(phrase("customers.outside", language, n=n), "small")]


def who_blocks(analysis: CustomerAnalysis, language: Language) -> list[Block]:
    """Who the customers are by segment, against the base."""
    base, segment = said(analysis.base.title, language), phrase("segment", language)
    main, sub = (analysis.segments[analysis.segments["level"] == level] for level in ("main", "sub"))
    if not len(main):
        return []
    table = table_of(main, WHO, phrase("customers.who_main", language), segment, language, index="index")
    title = phrase("customers.who_chart", language, base=base)
    return [
        index_chart(main, "index", "n", title, table, base, language),
        table_of(sub, WHO, phrase("customers.who_sub", language), segment, language, index="index"),
    ]


def reach_blocks(analysis: CustomerAnalysis, profile: CustomersInProfile, language: Language) -> list[Block]:
    """Reached and not reached of one profile: a sentence, per area, and per segment."""
    assert profile.reach is not None
    assert analysis.work_area is not None
    reach, title = profile.reach, said(profile.title, language)
    return [
        Paragraph(reach_sentence(reach, title, said(analysis.work_area.title, language), language)),
        table_of(
            reach.areas, REACHED, phrase("customers.reach_areas", language, profile=title),
            phrase("place", language), language,
        ),
        table_of(
            reach.segments, REACHED, phrase("customers.reach_segments", language, profile=title),
            phrase("segment", language), language,
        ),
    ]  # fmt: skip


def reach_sentence(reach: Reach, profile: str, where: str, language: Language) -> str:
    """Of so many households of the profile so many are customers."""
    total = reach.segments.iloc[0]
    if total["suppressed"]:
        return phrase("customers.reach_hidden", language, profile=profile, where=where)
    names = ("profile", "reached", "not_reached")
    counts = {name: figure(round(float(total[name])), "count", language) for name in names}
    return phrase(
        "customers.reach_lead", language, where=where, title=profile, **counts,
        reach=figure(float(total["reach"]), "percent", language),
    )  # fmt: skip


def _how(analysis: CustomerAnalysis, language: Language) -> Note:
    base = said(analysis.base.title, language)
    items = [phrase("customers.how_1", language), phrase("customers.how_2", language, base=base)]
    items.append(phrase("customers.how_3", language, base=base))
    if analysis.work_area is not None:
        items.append(phrase("customers.how_4", language))
    items.append(phrase("customers.how_5", language, minimum=analysis.minimum))
    return Note(phrase("area.how", language), tuple(items))


def accountability(analysis: CustomerAnalysis, language: Language) -> tuple[tuple[str, str], ...]:
    """What the figures rest on, for the footer."""
    versions = "; ".join(f"{said(each.title, language)} ({each.name} {each.version})" for each in analysis.profiles)
    households = figure(round(analysis.profiles[0].base_households), "count", language)
    rows = [
        (phrase("area.account_profile", language), versions),
        (
            phrase("area.account_base", language),
            f"{said(analysis.base.title, language)}: {households} {phrase('households', language)}",
        ),
    ]
    if analysis.work_area is not None:
        rows.append((phrase("customers.work_area", language), said(analysis.work_area.title, language)))
    return (
        *rows,
        (phrase("snapshot", language), date(analysis.snapshot, language)),
        (phrase("customers.account_file", language), phrase("customers.account_file_text", language)),
        (
            phrase("area.account_hidden", language),
            phrase("area.account_hidden_text", language, minimum=analysis.minimum),
        ),
    )
