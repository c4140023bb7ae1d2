"""Text that is safe to print."""

from __future__ import annotations

import pytest

from critique_loop.cli.text import plain


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\rb", "a\\rb"),
        ("\u202eabc", "\\u202eabc"),
        ("\x9b2J", "\\x9b2J"),
        ("\udcff", "\\udcff"),
        ("nul\0", "nul\\x00"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("Zürich 東京 🎈", "Zürich 東京 🎈"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_control_characters_are_shown_not_sent(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown


def test_a_width_cuts_and_joins_lines() -> None:
    assert plain("one\n  two three", width=8) == "one two…"
