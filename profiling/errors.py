"""Faults that a user can mend: what is wrong, where, and what to do about it.

Every room raises a subclass of `ProfilingError`; the surfaces print `str(error)` and nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple


class Text(str):
    """A part of a message in both languages: itself it is the English, `nl` is the Dutch.

    `Text + Text` joins both; an f-string takes the English.
    """

    __slots__ = ("nl",)
    nl: str

    def __new__(cls, nl: str, en: str) -> Text:
        """Dutch first."""
        made = super().__new__(cls, en)
        made.nl = nl
        return made

    def __add__(self, tail: str) -> Text:
        """Both languages of both; of a plain tail the same in both."""
        return Text(self.nl + dutch(tail), str(self) + str(tail))

    def __reduce__(self) -> tuple[type[Text], tuple[str, str]]:
        """Faults travel between processes."""
        return Text, (self.nl, str(self))


def dutch(text: str) -> str:
    """The Dutch of a part of a message; the part itself where nobody gave any."""
    return text.nl if isinstance(text, Text) else text


class Said(NamedTuple):
    """The parts of a message in one language."""

    what: str
    faults: tuple[str, ...]
    hint: str


class ProfilingError(Exception):
    """One message in the user's words.

    Parameters
    ----------
    what : the fault in one sentence, or a short heading when `faults` holds several.
    where : the file, folder or setting it was found in.
    faults : all faults found, each with what was got and what was expected.
    hint : what to do now.

    What a library adviser can meet is a `Text` in each part, and has its Dutch for the pages.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        faults: Sequence[str] = (),
        hint: str | None = None,
    ) -> None:
        self.what, self.where, self.faults, self.hint = what, where, tuple(faults), hint
        super().__init__(self.__str__())

    def __str__(self) -> str:
        head = f"{type(self).__name__}: " + (f"{self.where}: " if self.where else "") + self.what
        lines = [head, *(f"  - {fault}" for fault in self.faults)]
        if self.hint:
            lines.append(f"  What to do: {self.hint}")
        return "\n".join(lines)

    def said(self, language: Literal["nl", "en"]) -> Said:
        """What, faults and hint in a language; a part without Dutch stays English."""
        of = dutch if language == "nl" else str
        return Said(of(self.what), tuple(of(fault) for fault in self.faults), of(self.hint or ""))


class ConfigError(ProfilingError):
    """A configuration file that cannot be read or breaks its schema."""


class SchemaError(ProfilingError):
    """A data file whose columns, types or values are not what the configuration says."""


class MeasureError(ProfilingError):
    """Counts that cannot belong together."""


class ReferenceGroupError(ProfilingError):
    """A reference group that is empty, too small, or cannot be built."""


class TrainingError(ProfilingError):
    """A training frame that no model can be fitted to."""


class SegmentationError(ProfilingError):
    """Sections or segments that cannot be made of these households."""


class ScoringError(ProfilingError):
    """Scores that cannot be made or do not fit their population."""


class ArtefactError(ProfilingError):
    """A file or folder of ours that is incomplete, damaged or cannot be written."""


class ProfileError(ProfilingError):
    """A profile or version that is unknown, withdrawn or not allowed to do this."""


class WebError(ProfilingError):
    """The analysis tool cannot be started like this, or a request does not make sense."""


class UploadError(ProfilingError):
    """A file of a user that cannot be read, or is larger than we take."""


class SelectionError(ProfilingError):
    """Addresses that may not be selected, or a register of selections that cannot be used."""


class TrackingError(ProfilingError):
    """The MLflow database cannot be used."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is close."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> Text:
    """A ready tail for a fault: " (did you mean 'x'?)", or nothing; added to a `Text` it is Dutch in the Dutch."""
    match = nearest(name, known)
    return Text(f" (bedoelt u '{match}'?)", f" (did you mean '{match}'?)") if match else Text("", "")
