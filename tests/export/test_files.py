"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
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


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.jsonl")
    return folder / "pipe.jsonl"


def in_a_file(folder: Path) -> Path:
    (folder / "rows").touch()
    return folder / "rows" / "train.jsonl"


def in_a_device(folder: Path) -> Path:
    del folder
    return Path("/dev/full/deep/train.jsonl")


def behind_a_link_to_nothing(folder: Path) -> Path:
    (folder / "link").symlink_to("nowhere")
    return folder / "link" / "train.jsonl"


REFUSED: dict[Callable[[Path], Path], str] = {
    a_pipe: "pipe.jsonl: is no regular file, and can't be replaced",
    in_a_file: "rows: is a file, no folder",
    in_a_device: "^/dev/full: is neither a folder nor a regular file",
    behind_a_link_to_nothing: "link: is neither a folder nor a regular file",
}


@pytest.mark.parametrize("place", REFUSED)
@pytest.mark.parametrize("force", [False, True])
def test_what_can_t_be_replaced_never_is(
    place: Callable[[Path], Path], force: bool, tmp_path: Path
) -> None:
    path = place(tmp_path)
    before = [each.lstat().st_mode for each in tmp_path.iterdir()]
    files = Files(force=force)

    with pytest.raises(CallError, match=REFUSED[place]) as caught:
        write_text(files, path, "a")

    assert caught.value.remedy.startswith("Name ")
    assert [each.lstat().st_mode for each in tmp_path.iterdir()] == before


def test_a_link_is_somebody_s_file_wherever_it_leads(tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to("nowhere.jsonl")

    with pytest.raises(CallError, match="is there already"):
        write_text(Files(), link, "a")

    assert link.is_symlink()


def test_a_file_is_named_as_it_was_asked_for(tmp_path: Path) -> None:
    files = Files()
    scratch = files.scratch(tmp_path / "a.txt")

    files.discard()

    assert files.named(str(scratch)) == str(tmp_path / "a.txt")
    assert files.named("else.txt") == "else.txt"
