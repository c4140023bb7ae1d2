"""`critique-loop import`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.store.sealing import SealedForm, seal
from critique_loop.testing.stored_runs import kept_events, store_at
from tests.store.kept_runs import other, run

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    kept = store_at(tmp_path / "elsewhere" / "traces.db", run("r1"), run("r2"))
    return seal(kept, tmp_path / "sealed", form=SealedForm.JSONL).folder


def test_runs_come_into_the_store_and_show(cli: Cli, sealed: Path, tmp_path: Path) -> None:
    done = cli("import", sealed)
    shown = cli("show", "r1", "--json")

    assert done.returncode == 0
    assert done.stdout == f"{tmp_path / 'traces.db'}: 2 runs added; 0 new labels\n"
    assert json.loads(shown.stdout)["accepted"] is True


def test_a_file_of_json_lines_is_enough(cli: Cli, sealed: Path, tmp_path: Path) -> None:
    done = cli("import", sealed / "events.jsonl", "--json")

    told = json.loads(done.stdout)
    assert [each["fate"] for each in told["runs"]] == ["added", "added"]
    assert kept_events(tmp_path / "traces.db", "r2") == run("r2")


def test_a_clash_is_refused_with_what_to_do(cli: Cli, sealed: Path, tmp_path: Path) -> None:
    store_at(tmp_path / "traces.db", other("r1"))

    done = cli("import", sealed)

    assert done.returncode == 1
    assert "has other runs of the same id: r1" in done.stderr
    assert "--rename" in done.stderr


def test_a_renamed_run_is_told(cli: Cli, sealed: Path, tmp_path: Path) -> None:
    store_at(tmp_path / "traces.db", other("r1"))

    done = cli("import", sealed, "--rename")

    assert done.returncode == 0
    assert "r1 is here r1-" in done.stdout


def test_an_archive_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 and more")

    done = cli("import", tmp_path / "x.zip")

    assert done.returncode == 1
    assert "is a zip archive" in done.stderr
    assert "Unpack it" in done.stderr
