"""The page of a comparison of partners: profile, segments and overlap of several files side by side."""

from __future__ import annotations

import pandas as pd

from profiling.publish.uses.partners import PartnerComparison, strongest
from profiling.reporting.document import Block, Cell, Column, Document, Heading, Note, Paragraph, Points, Table
from profiling.reporting.text import figure, phrase, said, sentence
from profiling.reporting.uses.use_blocks import Field, foot, how, index_chart, kept_nothing, table
from profiling.reporting.uses.use_page import UsePage
from profiling.vocabulary import Language

SECTION = "partners"
_PROFILES: tuple[Field, ...] = (
    ("n", "count"),
    ("n_profile", "count"),
    ("penetration", "percent"),
    ("penetration", "interval"),
    ("index", "index"),
    ("index", "interval"),
    ("map_class", "text"),
)
_PAIRS: tuple[Field, ...] = (
    ("alike", "percent"),
    ("shared", "count"),
    ("share_of_first", "percent"),
    ("share_of_first", "interval"),
    ("share_of_other", "percent"),
    ("share_of_other", "interval"),
)
_SEGMENTS: tuple[Field, ...] = (
    ("n", "count"),
    ("share", "percent"),
    ("base_share", "percent"),
    ("index", "index"),
    ("index", "interval"),
    ("map_class", "text"),
)


def partners_page(comparison: PartnerComparison, language: Language = "nl") -> Document:
    """The document of a comparison of partners."""
    about, profile = comparison.about, said(comparison.about.title, language)
    base = said(comparison.base.title, language)
    names, rows = list(comparison.reports), comparison.profiles
    figures = table(
        rows, list(rows["partner"]), _PROFILES, phrase("partners.profile_caption", language, profile=profile),
        SECTION, language, first="partner",
    )  # fmt: skip
    title = phrase("partners.profile_chart", language, profile=profile)
    blocks: list[Block] = [
        Points(tuple(sentence_of(comparison, each, language) for each in names)),
        Heading(phrase("partners.profile_title", language, profile=profile)),
        index_chart(rows, names, "index", "n_profile", title, base, figures, language),
        Heading(phrase("partners.segments_title", language)),
        _side_by_side(comparison, language),
    ]
    for each in names:
        mine = comparison.segments[(comparison.segments["partner"] == each) & (comparison.segments["level"] != "total")]
        called = [f"{code} · {name}" if name else code for code, name in zip(mine["code"], mine["name"], strict=True)]
        caption = phrase("partners.segments_caption", language, partner=each)
        blocks.append(table(mine, called, _SEGMENTS, caption, SECTION, language, first="segment"))
    pairs = [
        f"{one} – {other}" for one, other in zip(comparison.pairs["partner"], comparison.pairs["other"], strict=True)
    ]
    together = phrase("partners.pairs_caption", language)
    blocks += [
        Heading(phrase("partners.pairs_title", language)),
        Paragraph(phrase("partners.pairs_text", language)),
        table(comparison.pairs, pairs, _PAIRS, together, SECTION, language, first="pair"),
        how(SECTION, language, minimum=about.minimum, base=base),
    ]  # fmt: skip
    if any(comparison.by_postcode.values()):
        listed = ", ".join(name for name, only in comparison.by_postcode.items() if only)
        text = phrase("partners.by_postcode", language, names=listed)
        blocks.append(Note(phrase("customers.by_postcode", language), (text,), "caution"))
    return Document(
        title=phrase("partners.title", language),
        subtitle=phrase("partners.subtitle", language, names=", ".join(names), base=base),
        language=language,
        kicker=phrase("partners.kicker", language),
        notice=phrase("customers.notice", language),
        blocks=tuple(blocks),
        accountability=(*foot(about, language), *kept_nothing(language)),
        minimum=about.minimum,
    )


def sentence_of(comparison: PartnerComparison, partner: str, language: Language) -> str:
    """What stands out in a file, in one sentence."""
    report = comparison.reports[partner]
    found = {each: figure(n, "count", language) for each, n in (("n", report.n_found), ("rows", report.n_rows))}
    codes = strongest(comparison, partner)
    if not codes:
        return phrase("partners.even", language, partner=partner, **found)
    named = comparison.segments.drop_duplicates("code").set_index("code")["name"].to_dict()
    segments = ", ".join(f"{code} · {named[code]}" if named.get(code) else code for code in codes)
    return phrase("partners.stands_out", language, partner=partner, segments=segments, **found)


def _side_by_side(comparison: PartnerComparison, language: Language) -> Table:
    """Index of every main segment, a column per partner."""
    main = comparison.segments[comparison.segments["level"] == "main"]
    index = main.pivot(index="code", columns="partner", values="index")
    named = main.drop_duplicates("code").set_index("code")["name"].to_dict()
    columns = (
        Column(sentence(phrase("uses.segment", language))),
        *(Column(each, "index", 0) for each in comparison.reports),
    )
    rows: list[tuple[Cell, ...]] = []
    for code in sorted(main["code"].unique()):
        values = [index.loc[code, each] for each in comparison.reports]
        cells = [None if pd.isna(each) else float(str(each)) for each in values]
        rows.append((f"{code} · {named[code]}" if named[code] else str(code), *cells))
    note = phrase("partners.side_note", language, base=said(comparison.base.title, language))
    return Table(phrase("partners.side_caption", language), columns, tuple(rows), note)


PAGE = UsePage("partners", PartnerComparison, partners_page)
