"""Text that is safe on a terminal."""

from __future__ import annotations

import pytest

from critique_loop._plain import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 😀", "plain ünïcode 😀"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\x00", "a\\rb\\x00"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud800", "\\ud800"),
        ("a\n\tb", "a\n\tb"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_what_may_stay_is_for_the_caller_to_say() -> None:
    assert plain("a\n\tb", kept="\t") == "a\\n\tb"
