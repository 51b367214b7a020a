"""The map of the house, kept true: imports go down only, one owner per third-party package, files stay small."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "profiling"
FLOORS = (
    {"vocabulary", "measures", "delimited", "schema", "config", "errors", "plugs", "artefacts", "progress", "sql"},
    {"population"},
    {"reference", "features", "models", "evaluation", "simulation"},
    {"training", "segmentation"},
    {"scoring"},
    {"engines"},
    {"profiles"},
    {"publish"},
    {"checks"},
    {"tracking", "reporting"},
    {"edition", "analyses", "segmenting"},
    {"customer_files"},
    {"reports", "uses"},
    {"comparison"},
    {"run"},
    {"pipeline"},
    {"web"},
    {"cli"},
)
OWNERS = {
    "mlflow": {"tracking"},
    "optuna": {"training/tune"},
    "shap": {"training/explain"},
    "lightgbm": {"models", "training/explain", "training/drivers"},
    "numba": {"models/forest"},
    "llvmlite": {"models/forest"},
    "sklearn": {"models", "evaluation", "training", "segmentation"},
    "jinja2": {"reporting", "web"},
    "threadpoolctl": {"segmentation"},
    "typer": {"cli"},
    "xlsxwriter": {"reporting"},
    "resvg_py": {"reporting"},
    "python_calamine": {"publish"},
    "fastapi": {"web"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "limits": {"web"},
    "argon2": {"web"},
    "itsdangerous": {"web"},
    "pyproj": {"population", "publish", "reporting"},
    "rich": {"progress", "cli"},
    "shapely": {"population", "simulation", "publish", "reporting"},
    "pyogrio": {"population", "simulation", "reporting"},
    "pyspark": {"engines/spark"},
    "py4j": {"engines/spark"},
    "pydantic": {
        "config",
        "population",
        "reference",
        "simulation",
        "training",
        "scoring",
        "profiles",
        "publish",
        "evaluation",
        "web",
        "segmentation",
    },
}
FILES = sorted(path for path in HOUSE.rglob("*.py"))


def room(path: Path) -> str:
    """The room that a file stands in; a file of the ground floor is its own room."""
    first = path.relative_to(HOUSE).parts[0]
    return first.removesuffix(".py")


def floor(name: str) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if name in rooms)


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """The syntax tree of a file, flat; each file is parsed once."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Full names of all modules that a file imports, wherever in the file."""
    found: list[str] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            found += inside if node.module == "profiling" else [node.module]
    return tuple(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_go_down_only(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return
    for name in imports(path):
        if not name.startswith("profiling.") or name == "profiling.__version__":
            continue
        there = name.split(".")[1]
        same_floor_of_ground = floor(here) == floor(there) == 0
        assert there == here or floor(there) < floor(here) or same_floor_of_ground, f"{here} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_each_package_has_its_owner(path: Path) -> None:
    here = str(path.relative_to(HOUSE)).removesuffix(".py")
    for name in imports(path):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or any(here == each or here.startswith(f"{each}/") for each in owners), (
            f"{here} imports {name}, which belongs to {', '.join(sorted(owners or ()))}"
        )


def test_truth_is_read_by_evaluation_only() -> None:
    for path in FILES:
        touched = [node for node in nodes(path) if isinstance(node, ast.Attribute) and node.attr == "truth"]
        allowed = room(path) in {"evaluation", "simulation"} or path == HOUSE / "population" / "config.py"
        assert allowed or not touched, f"{path.relative_to(HOUSE)} reads the truth"


def test_no_pickle() -> None:
    for path in FILES:
        names = {name.split(".")[0] for name in imports(path)}
        assert not names & {"pickle", "joblib", "cloudpickle", "dill", "skops"}, path


def test_files_are_small() -> None:
    for path in (*FILES, *ROOT.glob("tests/**/*.py"), *ROOT.glob("experiments/**/*.py")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_the_map_names_every_file() -> None:
    said = (HOUSE / "README.md").read_text(encoding="utf-8")
    missing = [
        str(path.relative_to(HOUSE)) for path in FILES if path.name != "__init__.py" and f"`{path.name}`" not in said
    ]
    assert not missing, f"profiling/README.md does not name {missing}"
