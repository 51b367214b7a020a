"""The profiles at hand: opened once per version, and asked for again when the library has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from profiling.errors import ProfileError, Text
from profiling.profiles import library as profile_library
from profiling.profiles.library import Listed, told_apart
from profiling.publish.published import Published, find_published, open_listed
from profiling.vocabulary import Language


@dataclass
class Shelf:
    """Open profiles of one library. A version never changes, so it is kept; its status is read anew each time."""

    library: Path
    _opened: dict[str, Published] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def listed(self) -> tuple[Listed, ...]:
        """All versions, withdrawn ones included."""
        return profile_library.versions(self.library)

    def names(self) -> tuple[str, ...]:
        """Profiles that have a version which may be used."""
        return tuple(dict.fromkeys(each.profile for each in self.listed() if each.status != "withdrawn"))

    def open(self, asked: str) -> Published:
        """A profile by "name" or "name@version".

        Raises
        ------
        ProfileError
            When there is none, or it was withdrawn.
        """
        name, _, version = asked.partition("@")
        listed = find_published(self.library, name, version or None)
        with self._lock:
            kept = self._opened.get(listed.version)
            if kept is None or kept.listed != listed:
                self._opened[listed.version] = kept = open_listed(self.library, listed)
            return kept

    def options(self, asked: tuple[str, ...], language: Language) -> tuple[tuple[str, str, bool], ...]:
        """Value, title and whether it is chosen, of every profile that may be used; a version asked for stays."""
        versions = {each.partition("@")[0]: each for each in asked}
        titles = told_apart({name: self.open(versions.get(name, name)).title(language) for name in self.names()})
        return tuple(
            (versions.get(name, name), title, name in versions or (not asked and not place))
            for place, (name, title) in enumerate(titles.items())
        )

    def chosen(self, asked: tuple[str, ...]) -> tuple[Published, ...]:
        """The profiles that are asked for; the first of the library when none is.

        Raises
        ------
        ProfileError
            When there is none at all, or one of them is unknown or withdrawn.
        """
        wanted = asked or self.names()[:1]
        if not wanted:
            raise ProfileError(
                Text("Er is nog geen profiel gepubliceerd", "there is no published profile yet"),
                hint=Text(
                    "Vraag de beheerder om een profiel te maken, met: profiling run CONFIG",
                    "make one with: profiling run CONFIG",
                ),
            )
        return tuple(self.open(each) for each in wanted)
