"""Publishing only what changed: what stands in an earlier bundle already is linked to, and not written again.

Bundles never change, so two of them can share a file. Whoever copies a bundle to another place can leave out what
`changes` calls the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profiling.artefacts import file_sha256, read_manifest
from profiling.errors import ArtefactError


@dataclass(frozen=True)
class Changes:
    """Files of a bundle by what became of them since an earlier one; names in alphabetical order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        kinds = {"added": self.added, "changed": self.changed, "removed": self.removed}
        parts = [f"{len(names)} {kind} ({', '.join(names)})" for kind, names in kinds.items() if names]
        return ", ".join([*parts, f"{len(self.same)} the same"])


def changes(manifest: Mapping[str, Any], earlier: Mapping[str, Any]) -> Changes:
    """Compare two bundles by their manifests: sizes and hashes, no file is read."""
    now, then = manifest["files"], earlier["files"]
    both = sorted(now.keys() & then.keys())
    return Changes(
        added=tuple(sorted(now.keys() - then.keys())),
        changed=tuple(name for name in both if now[name] != then[name]),
        same=tuple(name for name in both if now[name] == then[name]),
        removed=tuple(sorted(then.keys() - now.keys())),
    )


def take_households(manifest: Mapping[str, Any], earlier: Sequence[Path], name: str, target: Path) -> bool:
    """Take the file of households from an earlier bundle with the same scores and cut-off, if there is one.

    Parameters
    ----------
    manifest : of the bundle that is being made.
    earlier : folders of earlier bundles of the profile.

    Returns
    -------
    Whether the file is there now. A bundle that is damaged, or was made by other versions, is passed over.
    """
    for folder in earlier:
        try:
            said = read_manifest(folder)
        except ArtefactError:
            continue
        sources = [(each.get("inputs", {}).get("scores"), each.get("last_rank")) for each in (manifest, said)]
        equal = sources[0] == sources[1] and None not in sources[0] and manifest.get("versions") == said.get("versions")
        if equal and name in said["files"] and file_sha256(folder / name) == said["files"][name]["sha256"]:
            _link(folder / name, target)
            return True
    return False


def share_equal_files(fresh: Path, earlier: Sequence[Path]) -> None:
    """Let files of a bundle that is being made share the place of equal files of the newest earlier one."""
    for folder in earlier[:1]:
        for path in sorted(each for each in fresh.rglob("*") if each.is_file()):
            other = folder / path.relative_to(fresh)
            if not other.is_file() or other.samefile(path) or other.stat().st_size != path.stat().st_size:
                continue
            if file_sha256(other) == file_sha256(path):
                path.unlink()
                _link(other, path)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(source, target)
