"""What an item is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from critique_loop.batch.keys import Contents
from critique_loop.batch.lines import located, parse
from critique_loop.errors import CallError


def key(text: str, folder: Path) -> str:
    return Contents().key(located(parse(text), folder))


@pytest.fixture
def folder(tmp_path: Path, table: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / table.name).write_bytes(table.read_bytes())
    return tmp_path


TASK = '{"data": "sales.csv", "goal": "x"}'


def test_where_its_files_lie_does_not_matter_and_what_they_hold_does(folder: Path) -> None:
    here, there = key(TASK, folder), key(TASK, folder / "elsewhere")
    (folder / "elsewhere" / "sales.csv").write_text("region\nnorth\n", encoding="utf-8")

    changed = key(TASK, folder / "elsewhere")

    assert here == there
    assert changed != here


@pytest.mark.parametrize(
    "other",
    [
        '{"data": "sales.csv", "goal": "y"}',
        '{"data": "sales.csv", "goal": "x", "id": "again"}',
        '{"data": "sales.csv", "goal": "x", "max_rounds": 2}',
        '{"data": "sales.csv", "goal": "x", "units": {"revenue": "EUR"}}',
        '{"data": "sales.csv", "goal": "x", "rubric": "safety"}',
    ],
)
def test_whatever_a_line_says_is_part_of_it(folder: Path, other: str) -> None:
    assert key(other, folder) != key(TASK, folder)


def test_the_order_of_what_it_says_is_not(folder: Path) -> None:
    assert key('{"goal": "x", "data": "sales.csv"}', folder) == key(TASK, folder)


def test_a_file_is_read_again_when_it_has_changed(folder: Path) -> None:
    contents, path = Contents(), folder / "sales.csv"
    before = contents.digest(str(path))
    path.write_text("another", encoding="utf-8")
    os.utime(path, ns=(1, 1))

    assert contents.digest(str(path)) != before


def test_a_file_that_is_gone_is_told(folder: Path) -> None:
    with pytest.raises(CallError, match=r"no\.csv"):
        Contents().digest(str(folder / "no.csv"))
