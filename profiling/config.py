"""Strict TOML: unknown keys are faults, all faults come in one message, with the nearest known name.

A path in a configuration file is relative to that file. `{data}` at its start stands for the data folder given
with `--data` (or under `data` in the profile's configuration), so that one configuration serves many snapshots.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from profiling.errors import ConfigError, did_you_mean


class Config(BaseModel):
    """Parent of every configuration: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Config)


def read_toml(path: Path) -> dict[str, Any]:
    """The raw contents of a TOML file.

    Raises
    ------
    ConfigError
        When it is absent or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        folder = path.parent
        known = [each.name for each in folder.glob("*.toml")] if folder.is_dir() else []
        hint = None if path.is_absolute() else f"give its path from the folder that you are in, {Path.cwd()}"
        raise ConfigError(f"there is no such file{did_you_mean(path.name, known)}", where=path, hint=hint) from None
    except IsADirectoryError:
        raise ConfigError("is a folder, not a TOML file", where=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not valid TOML: {error}", where=path) from None


def load_config(path: Path, model: type[Model]) -> Model:
    """Read and validate one configuration file.

    Raises
    ------
    ConfigError
        With every fault found, each under its key.
    """
    return parse_config(read_toml(path), model, where=path)


def parse_config(raw: dict[str, Any], model: type[Model], *, where: Path | str) -> Model:
    """Validate what `read_toml` gave."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = [_fault(each, model) for each in error.errors(include_url=False)]
        plural = "fault" if len(faults) == 1 else "faults"
        raise ConfigError(f"{len(faults)} {plural}", where=where, faults=faults) from None


def resolve(path: str, *, beside: Path, data: Path | None) -> Path:
    """Where a path of a configuration file points: `{data}/…`, absolute, or relative to the file `beside`.

    Raises
    ------
    ConfigError
        When the path needs `{data}` and no data folder was given.
    """
    if path.startswith("{data}"):
        if data is None:
            raise ConfigError(f"'{path}' needs a data folder", where=beside, hint="give it with --data FOLDER")
        return data / path.removeprefix("{data}").lstrip("/")
    return (beside.parent / path).resolve()


def _fault(error: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in error["loc"]]
    key = ".".join(location) or "the file"
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"'{key}' is not a known key{did_you_mean(location[-1], _keys(model, location[:-1]))}"
    if kind == "missing":
        return f"'{key}' is missing"
    message = error["msg"].removeprefix("Value error, ")
    shown = repr(error.get("input"))
    got = f" (got {shown})" if len(shown) < 60 else ""
    return f"'{key}': {message[0].lower()}{message[1:]}{got}"


def _keys(model: type[BaseModel], location: list[str]) -> list[str]:
    """The field names at a place inside a model, as far as they can be followed."""
    current: Any = model
    for part in location:
        field = getattr(current, "model_fields", {}).get(part)
        current = _inner(field.annotation) if field is not None else current
    return list(getattr(current, "model_fields", {}))


def _inner(annotation: Any) -> Any:
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return annotation
