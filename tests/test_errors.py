"""Messages in two languages: English on the command line, Dutch on pages, and none forgotten."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiling import errors
from profiling.errors import ProfilingError, Said, Text, UploadError, did_you_mean

HOUSE = Path(errors.__file__).parent
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ProfilingError)}
# What makers of profiles do on the command line; no library adviser comes here.
OF_MAKERS = {"compare.py", "cells.py", "sketch.py", "segment_sheet.py"}
ADVISERS = sorted(
    path
    for path in (
        *(HOUSE / "publish").rglob("*.py"),
        *(HOUSE / "web").rglob("*.py"),
        HOUSE / "profiles" / "library.py",
        HOUSE / "artefacts.py",
    )
    if path.name not in OF_MAKERS
)
texts = st.builds(Text, st.text(), st.text())


def test_the_command_line_reads_english_and_a_page_dutch() -> None:
    error = UploadError(
        Text("Het bestand is leeg", "is empty"),
        where="leden.csv",
        faults=[Text("regel 3 is leeg", "row 3 is empty"), "of a colleague"],
        hint=Text("Maak het opnieuw", "export it again"),
    )
    assert str(error) == (
        "UploadError: leden.csv: is empty\n  - row 3 is empty\n  - of a colleague\n  What to do: export it again"
    )
    assert error.said("nl") == Said("Het bestand is leeg", ("regel 3 is leeg", "of a colleague"), "Maak het opnieuw")
    assert error.said("en") == Said("is empty", ("row 3 is empty", "of a colleague"), "export it again")
    assert not any(isinstance(part, Text) for part in error.said("en")[::2])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert again.said("nl") == error.said("nl")


def test_a_message_without_dutch_stays_english() -> None:
    assert ProfilingError("gone").said("nl") == Said("gone", (), "")


@given(texts, st.one_of(texts, st.text()))
def test_joined_is_joined_in_both(one: Text, other: str) -> None:
    both = one + other
    assert str(both) == str(one) + str(other)
    assert both.nl == one.nl + (other.nl if isinstance(other, Text) else other)


def test_the_nearest_name_is_asked_in_both() -> None:
    tail = did_you_mean("gemente", ["gemeente", "wijk"])
    assert (tail, tail.nl) == (" (did you mean 'gemeente'?)", " (bedoelt u 'gemeente'?)")
    assert (did_you_mean("x", ["gemeente"]), did_you_mean("x", ["gemeente"]).nl) == ("", "")


def messages(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Every error that is made, and the function around it."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
            around = [each for each in functions if node in set(ast.walk(each))]
            yield (around[-1] if around else tree), node


def both(node: ast.AST, around: ast.AST, functions: dict[str, ast.FunctionDef]) -> bool:
    """Whether all that this may be is a `Text`, or a list of them: as far back as the function goes."""
    parts: list[ast.expr] = []
    match node:
        case ast.Constant(value=None | "") | ast.List(elts=[]):
            return True
        case ast.Call(func=ast.Name(id="Text"), args=[_, _]) | ast.Call(func=ast.Name(id="did_you_mean")):
            return True
        case ast.Call(func=ast.Name(id=name)) if name in functions:
            around = functions[name]
            parts = [each.value for each in ast.walk(around) if isinstance(each, ast.Return) and each.value]
        case ast.BinOp(left=left, op=ast.Add()):
            parts = [left]
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            parts = values
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.ListComp(elt=part) | ast.Starred(value=part) | ast.Subscript(value=part):
            parts = [part]
        case ast.Name(id=name):
            parts = list(values_of(name, around))
    return bool(parts) and all(both(each, around, functions) for each in parts)


def values_of(name: str, around: ast.AST) -> Iterator[ast.expr]:
    """All that a function gives to a name, or puts into it."""
    for node in ast.walk(around):
        match node:
            case ast.Assign(targets=[ast.Name(id=to)], value=value) if to == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=to), value=ast.expr() as value) if to == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=to), value=value) if to == name:
                yield value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=to), attr="append"), args=[value]) if to == name:
                yield value


def undone(tree: ast.Module) -> list[int]:
    """Lines of errors of which what, faults or hint has no Dutch."""
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found = []
    for around, made in messages(tree):
        parts = [*made.args[:1], *(word.value for word in made.keywords if word.arg in ("faults", "hint"))]
        if not made.args or not all(both(each, around, functions) for each in parts):
            found.append(made.lineno)
    return found


@pytest.mark.parametrize("path", ADVISERS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_message_to_an_adviser_lacks_its_dutch(path: Path) -> None:
    lines = undone(ast.parse(path.read_text(encoding="utf-8")))
    assert not lines, f"{path.relative_to(HOUSE)}: give Text(nl, en) for what, faults and hint at line {lines}"


@pytest.mark.parametrize(
    ("source", "right"),
    [
        ('raise WebError(Text("a", "b"), hint=Text("c", "d"))', True),
        ('raise WebError("b")', False),
        ('raise WebError(f"{b}")', False),
        ('raise WebError(Text("a", "b"), hint="d")', False),
        ('raise WebError(Text("a", "b"), faults=["d"])', False),
        ('faults = [Text("a", "b")]\n    faults.append("c")\n    raise WebError(Text("a", "b"), faults=faults)', False),
        ('faults = []\n    faults += [Text("a", "b")]\n    raise WebError(Text("a", "b"), faults=faults)', True),
        ('what = Text("a", "b")\n    return WebError(what + did_you_mean(x, y))', True),
        ("return WebError(unknown)", False),
        ('raise WebError(Text("a", "b") if x else "c")', False),
    ],
)
def test_what_lacks_is_seen(source: str, right: bool) -> None:
    assert (not undone(ast.parse(f"def f():\n    {source}\n"))) is right
