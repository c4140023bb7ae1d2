"""Reports as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.report import Trace, render, write
from critique_loop.report.writing import write_page

MakeRun = Callable[..., Trace]


def test_a_report_may_be_written_again(tmp_path: Path, make_run: MakeRun) -> None:
    path = tmp_path / "new" / "folder" / "report.html"

    write(make_run(goal="first"), path)
    write(make_run(goal="second"), path)

    assert "second" in path.read_text(encoding="utf-8")
    assert [one.name for one in path.parent.iterdir()] == ["report.html"]


def test_a_file_that_is_no_report_stays(tmp_path: Path, make_run: MakeRun) -> None:
    path = tmp_path / "mine.html"
    path.write_text("<p>mine")

    with pytest.raises(CallError, match="no report of ours"):
        write(make_run(), path)

    assert path.read_text() == "<p>mine"


def test_a_page_that_only_speaks_of_us_is_no_report(tmp_path: Path, make_run: MakeRun) -> None:
    path = tmp_path / "mine.html"
    path.write_text("critique-loop is nice")

    with pytest.raises(CallError):
        write(make_run(), path)


def test_a_place_that_can_not_be_written_is_an_error_and_leaves_nothing(
    tmp_path: Path, make_run: MakeRun
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(CallError, match="can't be written"):
        write_page(render(make_run()), tmp_path / "file" / "report.html")

    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_it_tells_how_many_bytes_there_are(tmp_path: Path) -> None:
    assert write_page("é", tmp_path / "page.html") == (tmp_path / "page.html").stat().st_size == 2
