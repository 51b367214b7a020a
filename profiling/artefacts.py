"""What we write is whole or absent: write aside, rename, and a manifest that is written last.

A *folder artefact* is complete when its `manifest.json` is there and every file it names has the recorded
size and SHA-256. Nothing else ever counts as finished, so an interrupted run can simply be started again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from profiling.errors import ArtefactError, Text

MANIFEST = "manifest.json"
ASIDE = ".partial"


def canonical_json(value: Any, *, indent: int | None = None) -> str:
    """JSON with sorted keys: the same value gives the same bytes."""
    separators = None if indent else (",", ":")
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=indent, separators=separators, default=str)


def fingerprint(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of what decides the bytes of a result; part of every fingerprint of a model."""
    names = ("lookalike-profiling", "lightgbm", "numpy", "pandas", "pyarrow", "scikit-learn", "shap")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Give a path to write to; it takes the place of `path` only when the block ends well.

    Raises
    ------
    ArtefactError
        When the disk is full or the place cannot be written.
    """
    aside = path.with_name(path.name + ASIDE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(aside)
        yield aside
        aside.replace(path)
    except OSError as error:
        raise write_fault(path, error) from error
    finally:
        _remove(aside)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, UTF-8, newline as in `text`."""
    with writing(path) as aside:
        aside.write_bytes(text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write canonical, indented JSON whole or not at all."""
    write_text(path, canonical_json(value, indent=2) + "\n")


@contextmanager
def writing_folder(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Path]:
    """Give an empty folder to fill; afterwards its manifest is added and it takes the place of `folder`.

    `manifest` is what identifies the contents (configuration, fingerprints, versions); the list of files with
    their sizes and hashes is added under "files". It may be a dict that the block goes on filling.
    """
    aside = folder.with_name(folder.name + ASIDE)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove(aside)
        aside.mkdir()
        yield aside
        files = {
            str(path.relative_to(aside)): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
            for path in sorted(aside.rglob("*"))
            if path.is_file()
        }
        write_json(aside / MANIFEST, {**manifest, "files": files})
        _remove(folder)
        aside.replace(folder)
    except OSError as error:
        raise write_fault(folder, error) from error
    finally:
        _remove(aside)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder for one process at a time; the hold ends with the process, however it ends.

    Raises
    ------
    ArtefactError
        When another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArtefactError(
                Text("Iemand anders is hier nu bezig", "another run is working here"),
                where=folder,
                hint=Text(
                    "Wacht even en probeer het opnieuw", "wait until it is done, or choose another --work folder"
                ),
            ) from None
        yield


def read_manifest(folder: Path, *, verify: bool = False) -> dict[str, Any]:
    """The manifest of a complete folder artefact.

    Parameters
    ----------
    verify : also recompute every file's hash (sizes are always compared).

    Raises
    ------
    ArtefactError
        When the folder is absent, incomplete or differs from its manifest.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtefactError(
            Text(f"'{folder.name}' is niet af of niet heel", "is not a finished result (no manifest.json)"),
            where=folder,
            hint=Text("Vraag de beheerder om het opnieuw te maken", "run the step that makes it again"),
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = {name: (int(said["bytes"]), str(said["sha256"])) for name, said in manifest["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactError(
            Text(f"'{folder.name}' is beschadigd", "manifest.json is damaged"),
            where=folder,
            hint=Text("Vraag de beheerder om het opnieuw te maken", "delete the folder and run again"),
        ) from error
    faults = []
    for name, (size, digest) in files.items():
        part = folder / name
        if not part.is_file():
            faults.append(Text(f"'{name}' ontbreekt", f"'{name}' is missing"))
        elif part.stat().st_size != size:
            got = part.stat().st_size
            faults.append(
                Text(
                    f"'{name}' heeft {got} bytes, en hoort er {size} te hebben",
                    f"'{name}' has {got:,} bytes, the manifest says {size:,}",
                )
            )
        elif verify and file_sha256(part) != digest:
            faults.append(
                Text(f"'{name}' heeft een andere inhoud", f"'{name}' has other contents than the manifest says")
            )
    if faults:
        raise ArtefactError(
            Text(f"'{folder.name}' is niet heel", f"differs from its manifest: {len(faults)} faults"),
            where=folder,
            faults=faults,
            hint=Text("Vraag de beheerder om het opnieuw te maken", "delete the folder and run the step again"),
        )
    return manifest


def is_complete(folder: Path, expected: Mapping[str, Any]) -> bool:
    """Whether `folder` is finished, whole, and its manifest agrees with every item of `expected`."""
    try:
        manifest = read_manifest(folder, verify=True)
    except ArtefactError:
        return False
    return all(fingerprint(manifest.get(key)) == fingerprint(value) for key, value in expected.items())


def write_fault(path: Path, error: OSError) -> ArtefactError:
    """The user's words for a failed write."""
    if error.errno == errno.ENOSPC:
        return ArtefactError(
            Text("De schijf is vol; er is niets half opgeslagen", "the disk is full; nothing was left half-written"),
            where=path,
            hint=Text(
                "Vraag de beheerder om ruimte te maken, en probeer het opnieuw",
                "make room or choose another folder, then start the same command again: finished steps are kept",
            ),
        )
    return ArtefactError(
        Text("Wij kunnen dit niet opslaan", f"cannot be written: {error.strerror or error}"),
        where=path,
        hint=Text("Vraag de beheerder om de rechten van de map na te kijken", "check the folder's rights"),
    )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        os.unlink(path)  # noqa: PTH108
