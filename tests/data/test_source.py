from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from critique_loop.data import profile
from critique_loop.data.source import opened
from critique_loop.errors import DataError

WriteTable = Callable[..., Path]
_NOBODY = 65534


def _refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        profile(path)
    return caught.value


def test_a_missing_file_is_refused_with_the_name_that_was_probably_meant(
    write_table: WriteTable,
) -> None:
    path = write_table("a,b\n1,2\n", name="cars.csv")

    error = _refusal(path.with_name("car.csv"))

    assert error.problem == f"{path.with_name('car.csv')}: no such file"
    assert error.remedy == f"Did you mean {path}?"


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    error = _refusal(tmp_path / "nowhere" / "cars.csv")

    assert "no such file" in error.problem
    assert str(tmp_path / "nowhere") in error.remedy


def test_a_path_through_a_file_is_refused(write_table: WriteTable) -> None:
    assert "no such file" in _refusal(write_table("a\n1\n") / "cars.csv").problem


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "cars.csv"
    link.symlink_to(tmp_path / "gone.csv")

    assert "no such file" in _refusal(link).problem


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "cars.csv"
    link.symlink_to(link)

    assert "can't be read" in _refusal(link).problem


def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in _refusal(tmp_path / "a\0b").problem
    assert "can't be read" in _refusal(tmp_path / ("x" * 300)).problem


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "folder" in _refusal(tmp_path).problem


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused_without_reading_it(path: str) -> None:
    assert "not a regular file" in _refusal(Path(path)).problem


def test_a_pipe_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "cars.csv"
    os.mkfifo(pipe)

    assert "not a regular file" in _refusal(pipe).problem


def test_an_empty_file_is_refused(write_table: WriteTable) -> None:
    assert "the file is empty" in _refusal(write_table("")).problem


def test_a_file_that_grows_while_it_is_read_is_refused(write_table: WriteTable) -> None:
    path = write_table("a,b\n1,2\n")

    def grow(done: int, total: int) -> None:
        if done < total // 2:
            with path.open("a") as file:
                file.write("3,4\n")

    with pytest.raises(DataError, match="changed while it was being read"):
        profile(path, progress=grow)


def test_a_file_that_is_cut_short_while_it_is_read_is_not_called_broken(
    write_table: WriteTable,
) -> None:
    path = write_table("a,b\n1,2\n3,4\n")

    def cut(done: int, total: int) -> None:
        if done < total:
            path.write_text("a,b\n1")

    with pytest.raises(DataError, match="changed while it was being read"):
        profile(path, progress=cut)


def test_a_file_whose_bytes_change_while_it_is_read_is_refused(write_table: WriteTable) -> None:
    path = write_table("a,b\n1,2\n")

    with opened(path) as source:
        path.write_text("a,b\n1,3\n")
        os.utime(path, ns=(0, source.modified_ns + 1))

        with pytest.raises(DataError, match="changed"):
            source.check_unchanged()


def test_progress_never_goes_back_and_ends_at_its_total(write_table: WriteTable) -> None:
    path = write_table("a;b\n" + "1,5;2\n" * 1000)
    seen: list[tuple[int, int]] = []

    profile(path, progress=lambda done, total: seen.append((done, total)))

    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1] == 3 * path.stat().st_size


def test_the_file_is_left_exactly_as_it_was(write_table: WriteTable) -> None:
    path = write_table("a,b\n1,2\n")
    path.chmod(0o400)
    before = path.stat()

    profile(path)

    after = path.stat()
    assert path.read_bytes() == b"a,b\n1,2\n"
    assert (after.st_mtime_ns, after.st_mode) == (before.st_mtime_ns, before.st_mode)
    assert list(path.parent.iterdir()) == [path]


@contextmanager
def _acting_as(uid: int) -> Generator[None]:
    """Give up the rights of root, where the tests have them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def passable_folder() -> Iterator[Path]:
    """A folder that every user may pass through, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_a_private_file_in_a_private_home_is_read_as_its_owner(
    passable_folder: Path, write_table: WriteTable
) -> None:
    profile(write_table("a,b\n1,2\n"))  # all that is imported late is imported now
    uid = _NOBODY if os.geteuid() == 0 else os.geteuid()
    home = passable_folder / "home"
    home.mkdir(mode=0o700)
    path = home / "cars.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0o600)
    os.chown(home, uid, -1)
    os.chown(path, uid, -1)

    with _acting_as(uid):
        table = profile(path)

    assert table.rows == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_one_has_no_right_to_read_is_refused(passable_folder: Path) -> None:
    path = passable_folder / "cars.csv"
    path.write_text("a,b\n1,2\n")
    path.chmod(0o000)

    with _acting_as(_NOBODY):
        error = _refusal(path)

    assert error.problem == f"{path}: you have no right to read this file"
    assert "chmod u+r" in error.remedy
