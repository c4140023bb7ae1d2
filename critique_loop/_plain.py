"""Text from files, programs and models made safe to print on a terminal."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})


def plain(text: str, *, kept: str = "\n\t") -> str:
    """Return ``text`` with every control, format and surrogate character shown as its escape.

    That covers ANSI sequences, carriage returns and bidirectional overrides; ``kept`` stay as they
    are.
    """
    if text.isprintable():  # then no character is of a hidden category
        return text
    return "".join(
        c
        if c in kept or unicodedata.category(c) not in _HIDDEN
        else c.encode("unicode_escape").decode("ascii")
        for c in text
    )
