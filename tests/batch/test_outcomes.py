"""The file of outcomes."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from critique_loop.batch.outcomes import OutcomeFile
from critique_loop.batch.results import Result
from critique_loop.errors import CallError
from critique_loop.store.batches import Finished, ItemState

pytestmark = pytest.mark.anyio


def finished(number: int) -> Finished:
    return Finished(number, f"key{number}", number, ItemState.DONE, Result(goal="größer\n").text)


async def test_each_item_is_one_line_and_a_new_command_begins_anew(tmp_path: Path) -> None:
    outcomes = OutcomeFile(tmp_path / "out")
    outcomes.begin()
    await outcomes.add([finished(1), finished(2)])
    await outcomes.add([])
    again = OutcomeFile(tmp_path / "out")
    again.begin()

    await again.add([finished(3)])

    (line,) = again.path.read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["item"], json.loads(line)["goal"]) == ("key3", "größer\n")


async def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "outcomes.jsonl"
    mine.write_text('{"precious": 1}\n', encoding="utf-8")

    with pytest.raises(CallError, match="not as a batch wrote it"):
        OutcomeFile(tmp_path).begin()

    assert mine.read_text(encoding="utf-8") == '{"precious": 1}\n'


async def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")

    with pytest.raises(CallError, match="can't write there"):
        OutcomeFile(tmp_path / "out").begin()


@pytest.fixture
def full_disk(tmp_path: Path) -> Generator[Path]:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "outcomes.jsonl").symlink_to("/dev/full")
    yield folder
    os.unlink(folder / "outcomes.jsonl")  # noqa: PTH108 -- the link, not what it leads to


async def test_a_full_disk_is_told(full_disk: Path) -> None:
    with pytest.raises(CallError, match="No space left"):
        await OutcomeFile(full_disk).add([finished(1)])
