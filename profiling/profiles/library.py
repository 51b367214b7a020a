"""The library of profiles: every published version as a folder, and its status beside it.

`<library>/<profile>/<version>/` is a bundle and never changes; `<library>/<profile>/status.json` says which version
is challenger, champion, published or withdrawn. What libraries use reads these two and nothing else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from profiling.artefacts import read_manifest, write_json
from profiling.errors import ProfileError, Text, did_you_mean

STATUS = "status.json"
# Of a hash: fewer characters are taken for a number, which a slip of the finger may get wrong.
SHORTEST = 4
Status = Literal["challenger", "champion", "published", "withdrawn"]


@dataclass(frozen=True)
class Listed:
    """One version in the library: its number counts from 1 in the order in which versions were added."""

    profile: str
    number: int
    version: str
    status: Status
    reason: str = ""

    def __repr__(self) -> str:
        return f"Listed({self.profile} {self.number}, {self.status}) · next: profiling profiles show {self.profile}"


def versions(library: Path, profile: str | None = None) -> tuple[Listed, ...]:
    """All versions in the library, or those of one profile, in order of name and number.

    Raises
    ------
    ProfileError
        When the profile is not in the library.
    """
    names = sorted(path.parent.name for path in library.glob(f"*/{STATUS}")) if library.is_dir() else []
    if profile is not None and profile not in names:
        listed = ", ".join(names)
        raise ProfileError(
            Text(f"Er is geen profiel '{profile}'", f"there is no profile '{profile}'") + did_you_mean(profile, names),
            where=library,
            hint=Text(f"Kies uit: {listed}", f"there is: {listed}")
            if names
            else Text("Maak er een met: profiling run CONFIG", "make one with: profiling run CONFIG"),
        )
    return tuple(each for name in names if profile in (None, name) for each in _read(library, name))


def find(library: Path, profile: str, version: str | None = None) -> Listed:
    """One version by its number or the start of its hash (4 characters or more); the newest when none is named.

    Raises
    ------
    ProfileError
        When there is no such version, or the start fits several.
    """
    known = versions(library, profile)
    if version is None:
        return known[-1]
    found = [each for each in known if str(each.number) == version] or [
        each for each in known if len(version) >= SHORTEST and each.version.startswith(version)
    ]
    if len(found) != 1:
        listed = ", ".join(f"{each.number} ({each.version})" for each in known)
        what = (
            Text(
                f"'{version}' past bij meer versies van {profile}",
                f"'{version}' stands for several versions of {profile}",
            )
            if found
            else Text(f"'{version}' is geen versie van {profile}", f"'{version}' is not a version of {profile}")
        )
        raise ProfileError(what, where=library, hint=Text(f"Kies uit {listed}", f"choose from {listed}"))
    return found[0]


def bundle_folder(library: Path, listed: Listed) -> Path:
    """Where a version's bundle stands."""
    return library / listed.profile / listed.version


def bundle_manifest(library: Path, listed: Listed) -> dict[str, Any]:
    """The manifest of a version.

    Raises
    ------
    ArtefactError
        When the bundle is incomplete or damaged.
    """
    return read_manifest(bundle_folder(library, listed))


def add(library: Path, profile: str, version: str) -> Listed:
    """Enter a version as challenger; one that is there already keeps its number and status."""
    known = list(_read(library, profile))
    for each in known:
        if each.version == version:
            return each
    new = Listed(profile, len(known) + 1, version, "challenger")
    _write(library, profile, [*known, new])
    return new


def set_status(library: Path, listed: Listed, status: Status, reason: str = "") -> Listed:
    """Change what a version may be used for. Champion and published are held by one version at a time.

    Raises
    ------
    ProfileError
        When the version was withdrawn, or is withdrawn now without a reason.
    """
    if listed.status == "withdrawn":
        raise ProfileError(
            Text(
                f"Versie {listed.number} is ingetrokken ({listed.reason})",
                f"version {listed.number} was withdrawn ({listed.reason})",
            ),
            where=listed.profile,
            hint=Text(
                "Publiceer een andere versie; een ingetrokken versie komt niet terug",
                "publish another version; a withdrawn one does not come back",
            ),
        )
    if status == "withdrawn" and not reason:
        raise ProfileError(
            Text("Wie een versie intrekt, geeft een reden", "withdrawing needs a reason"),
            where=listed.profile,
            hint=Text("Geef de reden met --reason", "give it with --reason"),
        )
    changed = Listed(listed.profile, listed.number, listed.version, status, reason)
    rows = []
    for each in _read(library, listed.profile):
        if each.version == listed.version:
            rows.append(changed)
        elif each.status == status and status in ("champion", "published"):
            rows.append(Listed(each.profile, each.number, each.version, "challenger"))
        else:
            rows.append(each)
    _write(library, listed.profile, rows)
    return changed


def _read(library: Path, profile: str) -> tuple[Listed, ...]:
    path = library / profile / STATUS
    if not path.is_file():
        return ()
    try:
        return tuple(Listed(**each) for each in json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ProfileError(
            Text(f"De lijst met versies van {profile} is beschadigd", "the list of versions is damaged"),
            where=path,
            hint=Text("Vraag de beheerder om een reservekopie terug te zetten", "restore it from a backup"),
        ) from error


def _write(library: Path, profile: str, rows: list[Listed]) -> None:
    write_json(library / profile / STATUS, [asdict(each) for each in rows])


def told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Titles by name; where several have the same title, with the name behind it: "NT1 Taalgroeiers (nt1-wide)"."""
    times = Counter(titles.values())
    return {name: f"{title} ({name})" if title and times[title] > 1 else title for name, title in titles.items()}
