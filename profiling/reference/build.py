"""Build a reference group from its configuration, whatever its source, and refuse one that is too small."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from profiling import reference
from profiling.artefacts import file_sha256
from profiling.config import Config, parse_config, read_toml
from profiling.errors import ConfigError, ReferenceGroupError
from profiling.plugs import choose
from profiling.population.store import HouseholdStore
from profiling.reference.group import EVIDENCE, Found, ReferenceConfig, ReferenceGroup, Source, SourceContext
from profiling.reference.member_counts import MemberSettings, member_files, read_member_counts


@dataclass(frozen=True)
class ReferenceDefinition:
    """A reference group's configuration, validated, with the source that it names."""

    config: ReferenceConfig
    settings: Config
    source: Source
    path: Path
    data: Path | None
    members: MemberSettings | None = None

    def context(self, store: HouseholdStore) -> SourceContext:
        """What the source may use."""
        return SourceContext(path=self.path, data=self.data, as_of=self.config.as_of, store=store)

    def inputs(self, store: HouseholdStore) -> dict[str, Any]:
        """Everything that the group depends on: the rule, the files' hashes, the population."""
        files = self.source.files(self.settings, self.context(store))
        members = {}
        if self.members is not None:
            counts = member_files(self.members, self.context(store))
            said = self.members.model_dump(mode="json")
            members = {"members": {"settings": said, "files": [file_sha256(path) for path in counts]}}
        return {
            "config": self.config.model_dump(mode="json"),
            "settings": self.settings.model_dump(mode="json"),
            "files": [file_sha256(path) for path in files],
            "population": store.fingerprint,
            **members,
        }


def load_reference(path: Path, *, data: Path | None = None) -> ReferenceDefinition:
    """Read a reference group's configuration.

    Raises
    ------
    ConfigError
        With every fault in the file; an unknown source is answered with the sources there are.
    """
    raw = read_toml(path)
    name = raw.get("source")
    if not isinstance(name, str):
        raise ConfigError("'source' is missing", where=path, hint='say what kind of source it is: source = "lending"')
    source: Source = choose(reference, "SOURCE", name)
    section = raw.pop(source.name, None)
    if not isinstance(section, dict):
        raise ConfigError(f"the section [{source.name}] is missing", where=path)
    counts = raw.pop("members", None)
    members = None if counts is None else parse_config(counts, MemberSettings, where=f"{path} [members]")
    config = parse_config(raw, ReferenceConfig, where=path)
    settings = parse_config(section, source.settings, where=f"{path} [{source.name}]")
    return ReferenceDefinition(
        config=config, settings=settings, source=source, path=path.resolve(), data=data, members=members
    )


def build_reference_group(definition: ReferenceDefinition, store: HouseholdStore) -> ReferenceGroup:
    """Read the source and keep one row per household.

    Raises
    ------
    SchemaError
        When the source's files are not what the configuration says.
    ReferenceGroupError
        When fewer households are found than the configured minimum; the message holds the funnel and what would help.
    """
    context = definition.context(store)
    counts = None if definition.members is None else read_member_counts(definition.members, context)
    found = definition.source.build(definition.settings, context)
    _refuse_small(found, definition)
    known = [name for name in EVIDENCE if name in found.households.column_names]
    households = found.households.select(["household_id", "weight", *known])
    order = pc.sort_indices(households, sort_keys=[("household_id", "ascending")])
    return ReferenceGroup(
        name=definition.config.name,
        nl=definition.config.nl,
        en=definition.config.en,
        households=households.take(order).combine_chunks(),
        funnel=found.funnel,
        inputs=definition.inputs(store),
        members=found.members,
        member_counts=counts,
    )


def empty_households() -> pa.Table:
    """No households, with the right columns."""
    return pa.table({"household_id": pa.array([], pa.string()), "weight": pa.array([], pa.float64())})


def _refuse_small(found: Found, definition: ReferenceDefinition) -> None:
    n, minimum = found.households.num_rows, definition.config.minimum
    if n >= minimum:
        return
    funnel = []
    for step in found.funnel:
        lost = ", ".join(f"{each.en} {each.n:,}" for each in step.dropped if each.n)
        funnel.append(f"{step.en}: {step.n:,} {step.unit}" + (f" (fell out: {lost})" if lost else ""))
    helps = "; ".join(found.would_help) or "add source files, or lower 'minimum' and accept a less stable profile"
    raise ReferenceGroupError(
        f"{n:,} households, the minimum is {minimum:,}" if n else "the reference group is empty",
        where=definition.path,
        faults=funnel,
        hint=helps,
    )
