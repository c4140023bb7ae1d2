"""Sealed runs as JSON lines."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store import sealed_lines
from critique_loop.store.rows import Row
from critique_loop.store.sealed_lines import LinesReader, LinesWriter

ROWS = [Row(seq, "drafted", 1, 1.5, 0.25, f'{{"code":"{seq}\\n"}}') for seq in range(3)]
SHA256 = hashlib.sha256(b"x").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(LinesWriter(tmp_path)) as writer:
        for run_id in ("r1", "r2"):
            for row in ROWS:
                writer.event(run_id, row)
        writer.blob(SHA256, b"x")
        writer.finish()
    return tmp_path


def test_rows_come_back_all_or_by_run(folder: Path) -> None:
    with closing(LinesReader(folder / "events.jsonl")) as reader:
        assert [run_id for run_id, _ in reader.entries()] == ["r1"] * 3 + ["r2"] * 3
        assert list(reader.run_ids()) == ["r1", "r2"]
        assert list(reader.rows("r2")) == ROWS
        assert list(reader.rows("r1")) == ROWS


def test_bytes_come_back_by_their_hash(folder: Path) -> None:
    reader = LinesReader(folder / "events.jsonl")

    assert list(reader.hashes()) == [SHA256]
    assert reader.blob(SHA256) == b"x"


@pytest.mark.parametrize("name", ["../../etc/passwd", "x", SHA256.upper(), "0" * 65])
def test_bytes_are_named_by_nothing_but_a_hash(folder: Path, name: str) -> None:
    with pytest.raises(CallError, match="is no SHA-256"):
        LinesReader(folder / "events.jsonl").blob(name)


def test_a_file_among_the_bytes_that_is_none_is_refused(folder: Path) -> None:
    (folder / "blobs" / SHA256[:2] / "notes.txt").write_bytes(b"")

    with pytest.raises(CallError, match="its name is no SHA-256"):
        list(LinesReader(folder / "events.jsonl").hashes())


def test_a_folder_of_bytes_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "blobs").rename(tmp_path / "other")
    (folder / "blobs").symlink_to(tmp_path / "other")

    with pytest.raises(CallError, match="it is a link"):
        list(LinesReader(folder / "events.jsonl").hashes())


def test_bytes_that_are_too_many_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_lines, "LARGEST_BLOB", 0)

    with pytest.raises(CallError, match="it is larger than"):
        LinesReader(folder / "events.jsonl").blob(SHA256)
