"""Files that are there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.export.files import Files, write_text


def test_nothing_has_its_name_before_everything_is_written(tmp_path: Path) -> None:
    files = Files()
    write_text(files, tmp_path / "a.txt", "a")
    before = [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")]

    files.publish()

    assert before == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_discarded_leaves_no_file_and_no_folder(tmp_path: Path) -> None:
    files = Files()
    write_text(files, tmp_path / "deep" / "er" / "a.txt", "a")

    files.discard()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    files = Files()
    write_text(files, tmp_path / "a.txt", "ours")
    (tmp_path / "a.txt").write_text("theirs")

    with pytest.raises(CallError, match="is there already"):
        files.publish()

    assert (tmp_path / "a.txt").read_text() == "theirs"
