"""Text from files, programs and models as a page can hold it: visible, and not without end."""

from __future__ import annotations

from critique_loop._plain import plain

MOST = 100_000
_MOST_OF_A_LINE = 2_000


def shown(text: str, *, most: int = MOST) -> str:
    """Return ``text`` with what can't be seen as escapes, its middle and long lines cut short.

    That covers control and format characters, bidirectional overrides and lone surrogates. What was
    cut is said where it was.
    """
    if len(text) > most:
        half = most // 2
        cut = len(text) - 2 * half
        text = f"{text[:half]}\n… {cut:,} characters are left out here …\n{text[-half:]}"
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    rest = len(line) - _MOST_OF_A_LINE
    if rest > 0:
        line = f"{line[:_MOST_OF_A_LINE]} … {rest:,} more characters"
    return line if line.isprintable() else plain(line.removesuffix("\r"))


def one_line(text: str, *, most: int) -> str:
    """Return ``text`` in one line of at most ``most`` characters."""
    line = " ".join(plain(text[: 4 * most]).split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1]}…"
