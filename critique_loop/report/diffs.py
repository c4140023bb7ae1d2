"""What changed from one program to the next, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import count

CONTEXT = 3
_MOST_COMPARED = 2000  # lines of both; difflib's worst case is more than quadratic


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff.

    ``mark`` is "+", "-" or " ", or "@" where lines that did not change were left out, which
    ``text`` then counts. ``old`` and ``new`` are line numbers from 1, None where there is no such
    line.
    """

    mark: str
    text: str
    old: int | None = None
    new: int | None = None


def diff(old: str, new: str, *, context: int = CONTEXT) -> tuple[DiffLine, ...]:
    """Return the lines that differ, with ``context`` lines around them; none where nothing does.

    Of programs of more than 2,000 lines, all between their equal beginnings and ends counts as
    changed.
    """
    before, after = old.splitlines(), new.splitlines()
    if before == after:
        return ()
    lines: list[DiffLine] = []
    told = 0
    for group in _groups(before, after, context):
        lines += _left_out(group[0][1] - told)
        for tag, *places in group:
            lines += _block(tag, before, after, tuple(places))
        told = group[-1][2]
    return (*lines, *_left_out(len(before) - told))


_Operation = tuple[str, int, int, int, int]


def _groups(before: Sequence[str], after: Sequence[str], context: int) -> list[list[_Operation]]:
    if len(before) + len(after) <= _MOST_COMPARED:
        matcher = SequenceMatcher(None, before, after)
        return [list(group) for group in matcher.get_grouped_opcodes(context)]
    first = _equal(before, after)
    most = min(len(before), len(after)) - first
    last = min(most, _equal(before[::-1], after[::-1]))
    return [[("replace", first, len(before) - last, first, len(after) - last)]]


def _equal(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _block(
    tag: str, before: Sequence[str], after: Sequence[str], places: tuple[int, ...]
) -> list[DiffLine]:
    i, j, k, m = places
    if tag == "equal":
        pairs = zip(before[i:j], count(i + 1), count(k + 1), strict=False)
        return [DiffLine(" ", text, one, other) for text, one, other in pairs]
    removed = [DiffLine("-", text, old=number) for number, text in enumerate(before[i:j], i + 1)]
    added = [DiffLine("+", text, new=number) for number, text in enumerate(after[k:m], k + 1)]
    return removed + added


def _left_out(number: int) -> list[DiffLine]:
    if number <= 0:
        return []
    return [DiffLine("@", f"{number} line{'' if number == 1 else 's'} as before")]
