"""Numbers and progress of the commands on stores."""

from __future__ import annotations

import pytest

from critique_loop.cli.store_progress import count_text, progress_of, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (20_480, "20.5 kB"),
        (3_200_000, "3.2 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_a_size_is_a_short_text(size: int, text: str) -> None:
    assert size_text(size) == text


def test_one_is_no_plural() -> None:
    assert [count_text(number, "run") for number in (0, 1, 2000)] == [
        "0 runs",
        "1 run",
        "2,000 runs",
    ]


def test_nothing_is_shown_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_of("sealing") as progress:
        progress(1, 2)

    assert capsys.readouterr() == ("", "")
