"""The command line: parse, call the doorway of the same name, show what came back.

A file of this room with a constant COMMANDS adds its commands; `main` is the entry point.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import typer

from profiling import cli
from profiling.artefacts import write_fault
from profiling.errors import ProfilingError
from profiling.plugs import discover

INTERRUPTED = 130


def commands() -> typer.Typer:
    """All commands of all files."""
    app = typer.Typer(
        help="Look-alike-profielen van huishoudens · look-alike household profiles",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for group in discover(cli, "COMMANDS").values():
        app.add_typer(group.app, name=group.name if group.grouped else None)
    return app


def main() -> None:
    """Entry point: a fault is one message and an exit status, never a traceback."""
    try:
        commands()()
    except ProfilingError as error:
        _fail(str(error), 2)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _fail("Interrupted. Finished steps are kept: start the same command again to go on.", INTERRUPTED)
        raise
    except OSError as error:
        _fail(str(write_fault(Path(error.filename or "."), error)), 2)
    except MemoryError:
        _fail("Out of memory. Close other programs, or run on a machine with at least 2 GB free.", 2)
    except Exception as error:  # noqa: BLE001
        if os.environ.get("PROFILING_DEBUG"):
            traceback.print_exc()
        _fail(f"This is a fault of ours ({type(error).__name__}: {error}). PROFILING_DEBUG=1 shows where it is.", 1)


def _fail(message: str, status: int) -> None:
    sys.stderr.write(message + "\n")
    raise SystemExit(status)
