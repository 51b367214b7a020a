"""The command line: the same verbs as in Python, and every fault one message without a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from profiling import cli, pipeline
from profiling.pipeline import Places
from tests.tiny import Tiny, tiny_country


def profiling(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from profiling.cli import main; main()", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """The same in this process, which spares seconds of start-up."""
    monkeypatch.setattr(sys, "argv", ["profiling", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_country().write(tmp_path_factory.mktemp("country"))


def test_the_whole_way_and_its_twin_in_python(country: Path, tmp_path: Path) -> None:
    done = profiling("run", country, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "profielschets  reports/published/tiny-profile/" in done.stdout
    assert "A01 · Naam A01: index" in done.stdout
    twin = pipeline.prepare(country, places=Places(tmp_path / "twin", tmp_path / "twin-library", tmp_path))
    (folder,) = (tmp_path / "reports" / "published" / "tiny-profile").glob("*/")
    assert pipeline.publish(twin).name == folder.name
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "twin-library" / "tiny-profile" / folder.name / path.name).read_bytes()
    listed = profiling("profiles", "list", cwd=tmp_path)
    assert folder.name in listed.stdout
    assert "challenger" in listed.stdout
    promoted = profiling("profiles", "promote", "tiny-profile", cwd=tmp_path)
    assert "is now published" in promoted.stdout
    shown = profiling("profiles", "show", "tiny-profile", cwd=tmp_path)
    assert "published" in shown.stdout.splitlines()[0]


def test_any_table_with_the_same_columns_is_scored(
    country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.read_parquet(country.parent / "households.parquet")
    frame.drop(columns=["key", "pc", "bu"]).head(50).to_csv(tmp_path / "new.csv", index=False)
    status, _out, err = called(monkeypatch, capsys, "score", country, "--table", "new.csv", "--out", "scored.csv")
    assert (status, err) == (0, "")
    scored = pd.read_csv(tmp_path / "scored.csv")
    assert scored["household_id"].tolist() == list(range(1, 51))
    run = pipeline.prepare(country, places=Places(Path("build/runs"), Path("l"), tmp_path))
    all_scores = pd.read_parquet(run.scores.file)["score"].head(50)
    assert scored["score"].tolist() == all_scores.tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "profiel.toml"), "there is no such file (did you mean 'profile.toml'?)"),
        (("run", "profiel.toml"), "give its path from the folder that you are in"),
        (("check", "profile.toml", "--data", "x", "--work", "profile.toml"), "cannot be written"),
        (("profiles", "show", "nothing"), "there is no profile 'nothing'"),
        (("simulate", "--households", "12"), "'households': input should be greater than or equal to 10000"),
        (("score", "profile.toml", "--table", "absent.csv"), "no file at absent.csv"),
        (("score", "profile.toml", "--table", "profile.toml"), "is not a kind of file that we read"),
        (("score", "profile.toml", "--table", "households.parquet", "--out", "x.xlsx"), "end it in .csv or .parquet"),
    ],
)
def test_faults_are_messages(
    country: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(country.parent)
    status, _out, err = called(monkeypatch, capsys, *words)
    assert status == 2
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"collections": ["EASIER"]}, "collection 'EASIER' of the rule does not occur (did you mean 'EASY'?)"),
        ({"adult_cards": ["volwassen"]}, "the reference group is empty"),
    ],
)
def test_check_holds_the_source_against_its_rule(
    tiny: Tiny,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    broken: dict[str, list[str]],
    message: str,
) -> None:
    config = tiny.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    status, out, _err = called(monkeypatch, capsys, "check", config)
    assert (status, "of them in the reference group, no faults" in out) == (0, True)
    tiny.reference["lending"] |= broken
    tiny.write(tmp_path)
    status, out, err = called(monkeypatch, capsys, "check", config)
    assert (status, out) == (2, "")
    assert message in err


def test_a_table_without_a_column_of_the_model(
    country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(country.parent)
    pd.read_parquet("households.parquet").rename(columns={"income": "inkomen"}).to_csv(tmp_path / "t.csv", index=False)
    status, _out, err = called(monkeypatch, capsys, "score", "profile.toml", "--table", tmp_path / "t.csv")
    assert status == 2
    assert "column 'income' (hard feature) is missing" in err


def test_text_in_a_number_of_a_csv(
    country: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(country.parent)
    frame = pd.read_parquet("households.parquet").astype({"income": "object"})
    frame.loc[3, "income"] = "veel"
    frame.to_csv(tmp_path / "t.csv", index=False)
    status, _out, err = called(monkeypatch, capsys, "score", "profile.toml", "--table", tmp_path / "t.csv")
    assert status == 2
    assert "veel" in err
    assert "cannot be read" in err


def test_interrupting_says_how_to_go_on(
    country: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "prepare", stop)
    status, _out, err = called(monkeypatch, capsys, "run", country)
    assert status == 130
    assert "start the same command again" in err


def test_two_runs_in_one_place(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from profiling.artefacts import only_one

    config = tiny.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    with only_one(tmp_path / "build" / "runs" / "tiny-profile"):
        status, _out, err = called(monkeypatch, capsys, "run", config)
    assert status == 2
    assert "another run is working here" in err
