"""Write rubrics as TOML files, whatever their texts contain."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from critique_loop.values import Dimension, Rubric

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_QUOTES = '"\\'
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_HEADER = "[[dimensions]]"


def literal(text: str) -> str:
    """Return ``text`` as a TOML string on one line, which nothing in it can end."""
    return f'"{"".join(map(_escaped, text))}"'


def comment(text: str) -> str:
    """Return ``text`` as a TOML comment on one line."""
    return "# " + "".join(c if c in _QUOTES else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if unicodedata.category(character) == "Cs":  # half of a character: no file can hold it
        code = 0xFFFD
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - of \u


def toml_of(rubric: Rubric) -> str:
    """Return a file that reads as ``rubric`` and extends nothing."""
    head = [f"name = {literal(rubric.name)}"]
    if rubric.description:
        head.append(f"description = {literal(rubric.description)}")
    head.append(f"target = {rubric.target!r}")
    parts = [entry(dimension) for dimension in rubric.dimensions]
    return "\n".join(head) + "\n\n" + "\n".join(parts)


def entry(dimension: Dimension, comments: Sequence[str] = ()) -> str:
    """Return one dimension with all its keys, after lines of ``comments``."""
    lines = [*map(comment, comments), _HEADER]
    lines.append(f"name = {literal(dimension.name)}")
    lines.append(f"question = {literal(dimension.question)}")
    lines.append(f"weight = {dimension.weight!r}")
    lines.append(f"pass_mark = {dimension.pass_mark!r}")
    lines.append(f"gate = {'true' if dimension.gate else 'false'}")
    for key, words in (("applies_to", dimension.applies_to), ("scored_by", dimension.scored_by)):
        if words:
            lines.append(f"{key} = [{', '.join(literal(word) for word in words)}]")
    levels = sorted(dimension.levels.items())
    lines += _table("levels", (f"{level} = {literal(said)}" for level, said in levels))
    checks = dimension.checks.items()
    lines += _table("checks", (f"{literal(code)} = {points!r}" for code, points in checks))
    return "\n".join(lines) + "\n"


def _table(name: str, pairs: Iterable[str]) -> list[str]:
    lines = list(pairs)
    return ["", f"[dimensions.{name}]", *lines] if lines else []
