"""Where a store lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from critique_loop.errors import StoreError
from critique_loop.store.place import (
    create_file,
    default_path,
    make_folder,
    new_folders,
    scratch_name,
)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CRITIQUE_LOOP_STORE": "/a/b.db", "XDG_DATA_HOME": "/x"}, "/a/b.db"),
        ({"CRITIQUE_LOOP_STORE": "", "XDG_DATA_HOME": "/x"}, "/x/critique-loop/traces.db"),
        ({"XDG_DATA_HOME": "relative"}, "~/.local/share/critique-loop/traces.db"),
        ({"CRITIQUE_LOOP_STORE": "~/mine.db"}, "~/mine.db"),
        ({}, "~/.local/share/critique-loop/traces.db"),
    ],
)
def test_the_most_explicit_place_wins(
    variables: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    path = default_path(variables)

    assert path == Path(expected).expanduser()


def test_the_environment_is_read_when_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRITIQUE_LOOP_STORE", str(tmp_path / "t.db"))

    assert default_path() == tmp_path / "t.db"


def test_a_user_without_a_home_is_told_what_to_set() -> None:
    with pytest.raises(StoreError, match="CRITIQUE_LOOP_STORE") as caught:
        default_path({"CRITIQUE_LOOP_STORE": "~no-such-user/t.db"})

    assert "home folder" in caught.value.problem


def test_folders_and_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "parent" / "private"

    make_folder(folder)
    os.close(create_file(folder / "file"))

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "file").stat().st_mode & 0o777 == 0o600


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_folder(tmp_path)

    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_new_folders_go_again_where_they_stayed_empty(tmp_path: Path) -> None:
    with new_folders(tmp_path / "a" / "b"):
        was_there = (tmp_path / "a" / "b").is_dir()

    assert was_there
    assert list(tmp_path.iterdir()) == []


def test_new_folders_stay_where_something_is_in_them(tmp_path: Path) -> None:
    with new_folders(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "file").touch()
    with new_folders(tmp_path / "a"):
        pass

    assert (tmp_path / "a" / "b" / "file").exists()


def test_an_existing_file_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(FileExistsError):
        create_file(tmp_path / "file")

    assert (tmp_path / "file").read_text() == "mine"


def test_scratch_names_are_hidden_siblings_and_differ(tmp_path: Path) -> None:
    names = {scratch_name(tmp_path / "t.db") for _ in range(100)}

    assert len(names) == 100
    assert all(n.parent == tmp_path and n.name.startswith(".t.db.") for n in names)
