"""Texts given as they are, or as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.coding.sources import source_of
from critique_loop.errors import CallError


def test_a_path_is_read_and_a_text_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "müll.py"
    path.write_text("\ufeffx = 'é'\n", encoding="utf-8")

    read, taken = source_of(path, "it"), source_of("assert f(1) == 2", "the tests")

    assert (read.text, read.name, read.stem) == ("x = 'é'\n", "müll.py", "müll")
    assert (taken.text, taken.name, taken.place) == ("assert f(1) == 2", "", "the tests")


def test_a_line_that_names_a_file_that_is_there_is_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cases").write_text("assert f(1)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert source_of("cases", "it").path == Path("cases")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("nowhere.py", "nowhere.py: can't be read (No such file or directory)"),
        ("", "it: empty"),
        ("  \n ", "it: empty"),
        ("x" * 101, "it: larger than 100 bytes"),
        ("a\0b.py", "a\0b.py: can't be read"),
    ],
)
def test_what_can_not_be_used_is_refused(given: str, told: str) -> None:
    with pytest.raises(CallError) as caught:
        source_of(given, "it", most_bytes=100)

    assert told in caught.value.problem


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\xff\xfe\x00", "no UTF-8 text"), (b"x" * 2000, "larger than 1,000 bytes"), (b"", "empty")],
)
def test_a_file_that_is_no_text_or_too_large_is_named(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "bad.py"
    path.write_bytes(content)

    with pytest.raises(CallError) as caught:
        source_of(path, "it", most_bytes=1000)

    assert caught.value.problem.startswith(f"{path}: ")
    assert told in caught.value.problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ny = (\n", "it, line 2: no valid Python"),
        ("x = 1\0\n", "no valid Python"),
        ("(" * 5000 + "1" + ")" * 5000, "no valid Python"),
    ],
)
def test_what_is_no_python_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(CallError) as caught:
        source_of(text, "it").parsed()

    assert told in caught.value.problem


def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(CallError, match="larger than"):
        source_of(Path("/dev/zero"), "it")


def test_line_ends_of_a_file_are_those_of_python(tmp_path: Path) -> None:
    path = tmp_path / "windows.py"
    path.write_bytes(b"x = 1\r\ny = 2\r\n")

    assert source_of(path, "it").text == "x = 1\ny = 2\n"
