"""`critique-loop store seal`, `copy` and `merge`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.testing.stored_runs import kept_events, store_at
from tests.store.kept_runs import other, run
from tests.store.test_checking import change

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return the store that the commands use unless told otherwise, with two runs."""
    return store_at(tmp_path / "traces.db", run("aa1"), run("bb2"))


@pytest.mark.usefixtures("kept")
def test_all_finished_runs_are_sealed(cli: Cli, tmp_path: Path) -> None:
    done = cli("store", "seal", "--all-finished", "--out", tmp_path / "sealed")

    assert done.returncode == 0
    assert f"{tmp_path / 'sealed'}: 2 runs, 14 steps, " in done.stdout
    assert (tmp_path / "sealed" / "events.parquet").exists()


@pytest.mark.usefixtures("kept")
def test_a_run_is_named_by_the_first_letters_of_its_id(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "sealed"

    done = cli("store", "seal", "aa", "--out", out, "--format", "jsonl", "--json")

    told = json.loads(done.stdout)
    assert (told["runs"], told["form"], told["folder"]) == (1, "jsonl", str(out))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("words", [(), ("aa", "--all-finished")])
def test_runs_or_all_are_to_be_said(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = cli("store", "seal", *words, "--out", tmp_path / "sealed")

    assert done.returncode == 2
    assert "name runs, or say --all-finished" in done.stderr


@pytest.mark.usefixtures("kept")
def test_a_sealed_folder_is_redacted_where_asked_for(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "sealed"

    done = cli(
        *("store", "seal", "--all-finished", "--out", out, "--format", "jsonl"),
        *("--redact", "column=name", "--redact", "paths", "--redact", "secrets"),
    )

    assert done.returncode == 0, done.stderr
    text = b"".join(file.read_bytes() for file in out.rglob("*") if file.is_file())
    assert b"Lovelace" not in text
    assert b"/home/" not in text
    assert b"sk-proj-" not in text
    assert b"redacted_name_1" in text


@pytest.mark.usefixtures("kept")
def test_a_redacted_copy_shows_and_says_what_went(cli: Cli, tmp_path: Path) -> None:
    into = tmp_path / "shared.db"

    copied = cli("store", "copy", "aa", "--into", into, "--redact", "values")
    shown = cli("show", "aa1", "--store", into, "--json")

    assert copied.returncode == 0, copied.stderr
    assert shown.returncode == 0, shown.stderr
    assert "Lovelace" not in shown.stdout
    assert json.loads(shown.stdout)["accepted"] is True


@pytest.mark.usefixtures("kept")
def test_what_cannot_be_redacted_is_told_with_what_can(cli: Cli, tmp_path: Path) -> None:
    done = cli("store", "copy", "--into", tmp_path / "x.db", "--redact", "everything")

    assert done.returncode == 1
    assert "'everything' is nothing that can be redacted" in done.stderr
    assert "column=NAME" in done.stderr


@pytest.mark.usefixtures("kept")
def test_a_column_that_is_not_there_is_told_with_those_that_are(cli: Cli, tmp_path: Path) -> None:
    done = cli("store", "copy", "--into", tmp_path / "x.db", "--redact", "column=nme")

    assert done.returncode == 1
    assert "There are: active, name, salary." in done.stderr
    assert not (tmp_path / "x.db").exists()


def test_a_damaged_store_is_rescued(cli: Cli, kept: Path, tmp_path: Path) -> None:
    change(kept, "UPDATE events SET body = '[]' WHERE run_id = 'bb2' AND seq = 2")
    into = tmp_path / "rescued.db"

    done = cli("store", "copy", "--rescue", "--into", into)

    assert done.returncode == 0
    assert "left out, can't be read: bb2" in done.stderr
    assert kept_events(into, "aa1") == run("aa1")


@pytest.mark.usefixtures("kept")
def test_rescue_and_redact_are_two_steps(cli: Cli, tmp_path: Path) -> None:
    done = cli("store", "copy", "--rescue", "--redact", "paths", "--into", tmp_path / "x.db")

    assert done.returncode == 2


def test_an_id_that_is_taken_is_named_and_the_exit_code_is_1(
    cli: Cli, kept: Path, tmp_path: Path
) -> None:
    second = store_at(tmp_path / "second.db", other("bb2"), run("cc3"))
    into = tmp_path / "all.db"

    done = cli("store", "merge", kept, second, "--into", into)

    assert done.returncode == 1
    assert f"{kept}: 2 added" in done.stdout
    assert f"{second}: 1 added, 1 clash" in done.stdout
    assert "other runs have these ids: bb2" in done.stderr


def test_merging_is_told_as_json(cli: Cli, kept: Path, tmp_path: Path) -> None:
    done = cli("store", "merge", kept, "--into", tmp_path / "all.db", "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["stores"][0]["fates"] == {"added": 2, "extended": 0, "same": 0, "clash": 0}
