"""Files of marks: what is read from them, and how a wrong one is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from critique_loop.critics.marks import Mark, read_marks
from critique_loop.errors import DataError


def marks(place: Path, *entries: Mapping[str, object]) -> Path:
    path = place / "marks.json"
    path.write_text(json.dumps(entries))
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(
        "dimension,score,round,draft,run,by,note,advice\n"
        'taste,7.5,2,0123ABCD,7f3a,Ada," loud, ",softer\n\nplain,0,1,,,,,\n'
    )

    assert read_marks(path) == (
        Mark("taste", 7.5, 2, "0123abcd", "7f3a", "Ada", "loud,", "softer"),
        Mark("plain", 0.0, 1),
    )


WHOLE = {"dimension": "taste", "score": 8, "round": 1}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"score": 11}, "mark 1: score: expected 0 to 10, found 11"),
        ({"score": "8"}, "score: expected 0 to 10, found '8'"),
        ({"score": True}, "score: expected 0 to 10, found True"),
        ({"score": math.nan}, "score: expected 0 to 10, found nan"),
        ({"score": None}, "score: expected 0 to 10, found None"),
        ({"round": 0}, "which draft is meant is not said"),
        ({"round": -1}, "round: expected 1 or more, found -1"),
        ({"round": 1.5}, "round: expected 1 or more, found 1.5"),
        ({"round": 0, "draft": "abc"}, "draft: expected 8 to 64 hexadecimal digits"),
        ({"draft": 7}, "draft: expected a text, found 7"),
        ({"dimension": " "}, "dimension is missing"),
        ({"mark": 8}, "'mark' is no key"),
        ({"by": 8}, "by: expected a text, found 8"),
    ],
)
def test_a_wrong_mark_is_refused_by_its_place_and_key(
    tmp_path: Path, change: Mapping[str, object], problem: str
) -> None:
    with pytest.raises(DataError, match=r"marks\.json: mark 1: ") as caught:
        read_marks(marks(tmp_path, {**WHOLE, **change}))

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("m.csv", "dimension,score,round\ntaste,high,1\n", "line 2: score: expected 0 to 10"),
        ("m.csv", "dimension,score,round\ntaste,8\n", "line 2 has more or fewer cells"),
        ("m.csv", "dimension,score,round\ntaste,8,1,2\n", "line 2 has more or fewer cells"),
        ("m.csv", 'dimension,score,round\n"taste,8,1\n', "is no valid CSV"),
        ("m.json", "{", "is no valid JSON"),
        ("m.json", '{"taste": 8}', "expected a list of marks"),
        ("m.json", "[8]", "mark 1 is no table"),
        ("m.json", "[" * 100_000, "is no valid JSON"),
        ("m.toml", "marks = 8\n", "expected a list of marks"),
        ("m.toml", "mark = []\n", "only [[marks]] is known, not mark"),
        ("m.txt", "8", "is no file of marks"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, name: str, text: str, problem: str) -> None:
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(DataError) as caught:
        read_marks(path)

    assert problem in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(DataError, match="can't be read"):
        read_marks(tmp_path / "none.json")
    with pytest.raises(DataError, match="no valid CSV"):
        read_marks(tmp_path / "m.csv")
