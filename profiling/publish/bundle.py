"""The publication bundle: all that libraries, and the analysis tool, receive of one profile version, in one folder.

Households with score and rank, tables per area and segment (small cells suppressed), documents, a Data Package
description, checksums and the manifest. It is made from files of ours alone; nothing in it depends on the clock,
the machine or MLflow, so the same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from profiling.artefacts import file_sha256, write_json, write_text, writing_folder
from profiling.profiles.profile import Profile
from profiling.progress import track
from profiling.publish.incremental import share_equal_files, take_households
from profiling.scoring.score import Scores

HOUSEHOLDS = "households.parquet"
CELLS = "cells.parquet"
NAMES = "names.parquet"
SHOWN = "shown.parquet"
FITTED = "fitted.parquet"
SCHEME = "scheme.json"
_TYPES = {
    "string": "string",
    "large_string": "string",
    "bool": "boolean",
    "int32": "integer",
    "int64": "integer",
    "float": "number",
    "double": "number",
}


@dataclass(frozen=True)
class Bundle:
    """What goes into a bundle beside the households.

    `tables` are frames by file stem (disclosure control already applied), `texts` documents by file name, `data`
    JSON-able values by file name.
    """

    profile: Profile
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    texts: Mapping[str, str]
    data: Mapping[str, Any]


def write_bundle(bundle: Bundle, scores: Scores, folder: Path, earlier: Sequence[Path] = ()) -> Path:
    """Write the whole bundle, or nothing. What an earlier one has already is shared with it.

    Parameters
    ----------
    earlier : folders of earlier bundles of the profile, the newest first.

    Raises
    ------
    ArtefactError
        When the disk is full or the folder cannot be written.
    """
    with writing_folder(folder, bundle.manifest) as aside:
        if not take_households(bundle.manifest, earlier, HOUSEHOLDS, aside / HOUSEHOLDS):
            _write_households(bundle.profile, scores, aside / HOUSEHOLDS)
        for name, table in bundle.tables.items():
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), aside / f"{name}.parquet")
        for name, value in bundle.data.items():
            write_json(aside / name, value)
        for name, text in bundle.texts.items():
            write_text(aside / name, text)
        write_json(aside / "datapackage.json", _datapackage(bundle, aside))
        files = sorted(path for path in aside.rglob("*") if path.is_file())
        lines = [f"{file_sha256(path)}  {path.relative_to(aside)}" for path in files]
        write_text(aside / "checksums.txt", "\n".join(lines) + "\n")
        share_equal_files(aside, earlier)
    return folder


def _write_households(profile: Profile, scores: Scores, path: Path) -> None:
    with pq.ParquetFile(scores.file) as source:
        schema = source.schema_arrow.append(pa.field("in_profile", pa.bool_()))
        batches = track(source.iter_batches(65_536), "writing households", total=scores.n_households, step="num_rows")
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in batches:
                inside = pc.less_equal(batch.column("rank"), profile.last_rank)
                writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, inside], schema=schema))


def _datapackage(bundle: Bundle, folder: Path) -> dict[str, Any]:
    """A description after the Data Package standard, version 2."""
    resources = []
    for path in sorted(folder.glob("*.parquet")):
        schema = pq.read_schema(path)
        fields = [{"name": each.name, "type": _TYPES.get(str(each.type), "any")} for each in schema]
        resources.append(
            {
                "name": path.stem.replace("_", "-"),
                "path": path.name,
                "format": "parquet",
                "bytes": path.stat().st_size,
                "hash": f"sha256:{file_sha256(path)}",
                "schema": {"fields": fields},
            }
        )
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"{bundle.profile.name}-{bundle.profile.version}",
        "title": bundle.profile.nl,
        "description": bundle.profile.en,
        "version": bundle.profile.version,
        "resources": resources,
    }
