"""A segment scheme: main and sub segments, their codes, names and order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, model_validator

from profiling.config import Config, load_config


class Segment(Config):
    """One sub segment. A name is empty where nobody has given one."""

    code: str
    main: str
    nl: str = ""
    en: str = ""


class MainSegment(Config):
    """One main segment."""

    code: str
    nl: str = ""
    en: str = ""


class SegmentScheme(Config):
    """Main and sub segments in their own order.

    `main` and `sub` are listed in the order in which documents show them.
    """

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    nl: str = ""
    en: str = ""
    source: str = ""
    main: tuple[MainSegment, ...] = Field(min_length=1)
    sub: tuple[Segment, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> SegmentScheme:
        for kind, codes in (
            ("main", [each.code for each in self.main]),
            ("sub", [each.code for each in self.sub]),
        ):
            double = sorted({code for code in codes if codes.count(code) > 1})
            if double:
                raise ValueError(f"{kind} codes stand twice: {', '.join(double)}")
        mains = {each.code for each in self.main}
        orphans = [each.code for each in self.sub if each.main not in mains]
        if orphans:
            raise ValueError(f"sub segments without a main segment: {', '.join(orphans)}")
        return self

    def main_of(self) -> dict[str, str]:
        """Sub code → main code."""
        return {each.code: each.main for each in self.sub}

    def title(self, code: str, language: str = "nl") -> str:
        """Title of a sub segment: "A01 · Krap met kids", or the code alone where there is no name."""
        return _title(code, self.sub, language)

    def main_title(self, code: str, language: str = "nl") -> str:
        """Title of a main segment. A main and a sub segment may have the same code."""
        return _title(code, self.main, language)


def _title(code: str, segments: Sequence[MainSegment | Segment], language: str) -> str:
    named = {each.code: getattr(each, language) or each.nl or each.en for each in segments}
    return f"{code} · {named[code]}" if named.get(code) else code


def load_scheme(path: Path) -> SegmentScheme:
    """Read a segment scheme.

    Raises
    ------
    ConfigError
        With every fault in the file.
    """
    return load_config(path, SegmentScheme)
