from __future__ import annotations

import io
import subprocess
import sys

import pytest

from critique_loop.data import frames
from critique_loop.values import Dialect


def _pieces(text: str) -> list[frames.Piece]:
    (part,) = frames.parts(io.StringIO(text), Dialect(), width=2, limit=10)
    return list(part.pieces)


def test_importing_the_profile_imports_no_pandas() -> None:
    code = "import sys, critique_loop.data; sys.exit('pandas' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_come_with_their_ends_and_without_what_is_missing_or_infinite() -> None:
    numbers, ends = _pieces("a,b\n1.5,inf\n,2\n-3,-inf\n1.5,2\n")

    assert (numbers.reads, numbers.missing) == ("number", 1)
    assert (numbers.lowest, numbers.highest, numbers.whole) == (-3, 1.5, False)
    assert list(numbers.numbers) == [1.5, -3]
    assert (ends.infinite, ends.lowest, ends.highest, ends.whole) == (2, 2, 2, True)


def test_texts_come_once_each_in_the_order_of_the_file() -> None:
    texts, truths = _pieces("a,b\n b,True\n<i>,False\n b,True\n")

    assert (texts.reads, list(texts.texts)) == ("text", [" b", "<i>"])
    assert (truths.reads, list(truths.texts)) == ("boolean", ["True", "False"])


def test_a_column_without_values_is_empty() -> None:
    nothing, _ = _pieces("a,b\n,1\nNA,2\n")

    assert (nothing.reads, nothing.missing) == ("empty", 2)


def test_no_more_numbers_are_handed_out_than_can_be_used() -> None:
    numbers, _ = _pieces("a,b\n" + "".join(f"{row},1\n" for row in range(100)))

    assert len(numbers.numbers) == 11
    assert numbers.highest == 99


def test_what_pandas_cant_parse_is_said_in_its_words() -> None:
    with pytest.raises(frames.UnreadableError, match="EOF inside string"):
        _pieces('a,b\n"1,2\n')


@pytest.mark.parametrize(
    ("texts", "time_format"),
    [
        (["2020-01-01", "2020-13-01"], "%Y-%m-%d"),
        (["2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00+02:00"], "ISO8601"),
        (["2020-01-01T00:00:00+01:00"], "ISO8601"),
    ],
    ids=["no such month", "mixed offsets", "an offset"],
)
def test_times_that_a_program_could_not_parse_are_none(texts: list[str], time_format: str) -> None:
    assert frames.moments(texts, time_format) is None


def test_times_are_microseconds_in_utc() -> None:
    moments = frames.moments(["1970-01-01T01:00:01+01:00"], "%Y-%m-%dT%H:%M:%S%z")

    assert moments == [1_000_000]
