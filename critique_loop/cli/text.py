"""Make text from files, programs and models safe to print on a terminal."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"


def plain(text: str, *, width: int | None = None) -> str:
    """Return ``text`` with every control, format and surrogate character shown as its escape.

    That covers ANSI sequences, carriage returns and bidirectional overrides. ``width`` cuts it,
    with an ellipsis.
    """
    shown = "".join(_shown(character) for character in text)
    if width is not None:
        shown = " ".join(shown.split())
        if len(shown) > width:
            shown = shown[: max(0, width - 1)] + "…"
    return shown


def _shown(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}:
        return character
    return character.encode("unicode_escape").decode("ascii")
