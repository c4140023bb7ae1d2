"""Programs in colour. The one module that speaks to Pygments."""

# Pygments has no stubs.
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from critique_loop.report.texts import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_COLOURED = 60_000  # characters; beyond that colour costs more than it helps
_KINDS = (
    ("Comment", "c"),
    ("Keyword", "k"),
    ("Operator.Word", "k"),
    ("Literal.String", "s"),
    ("Literal.Number", "m"),
    ("Name.Function", "f"),
    ("Name.Class", "f"),
    ("Name.Decorator", "d"),
    ("Name.Builtin", "b"),
    ("Name.Exception", "b"),
)


def highlighted(code: str) -> tuple[str, ...]:
    """Return the lines of a Python program as HTML: text, and spans of a class for each colour."""
    text = shown(code).rstrip("\n")
    if len(text) > _MOST_COLOURED:
        return tuple(escape(line) for line in text.split("\n"))
    lines: list[list[str]] = [[]]
    for kind, value in _tokens()(text):
        name = _class(str(kind).removeprefix("Token."))
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                safe = escape(part)
                lines[-1].append(f'<span class="{name}">{safe}</span>' if name else safe)
    return tuple("".join(line) for line in lines)


@cache
def _class(kind: str) -> str:
    return next((name for begin, name in _KINDS if kind.startswith(begin)), "")


@cache
def _tokens() -> Callable[[str], Iterable[tuple[Any, str]]]:
    from pygments.lexers.python import PythonLexer  # noqa: PLC0415 - 30 ms that few commands need

    lexer = PythonLexer(ensurenl=False, stripnl=False)
    return lexer.get_tokens
