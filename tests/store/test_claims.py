"""Who goes on with a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store import SqliteStore

SCRIPT = Path(__file__).with_name("claim_run.py")


def test_a_run_is_claimed_once_at_a_time(store: SqliteStore, path: Path) -> None:
    with store.claim("a"), store.claim("b"):
        with pytest.raises(CallError, match="run a: somebody else goes on with it"):
            SqliteStore(path).claim("a").__enter__()
        with pytest.raises(CallError, match="run b"), store.claim("b"):
            pass

    with SqliteStore(path).claim("a"):
        pass


def test_a_claim_ends_with_its_process_however_it_ends(store: SqliteStore, path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(path), "a"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "claimed\n"
        with pytest.raises(CallError, match="run a"), store.claim("a"):
            pass
        other.kill()

    with store.claim("a"):
        pass


def test_reading_and_writing_the_store_drops_no_claim(store: SqliteStore, path: Path) -> None:
    with store.claim("a"):
        assert list(SqliteStore(path).scan()) == []
        (path.parent / "traces.claims").read_bytes()

        with pytest.raises(CallError, match="run a"), store.claim("a"):
            pass


def test_where_no_lock_can_be_made_the_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(StoreError, match="file"),
        SqliteStore(tmp_path / "file" / "t.db").claim("a"),
    ):
        pass
