"""Programs and texts without values that nobody can list: numbers, and texts no profile holds."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Callable, Collection

from critique_loop.store.literals import PLACEHOLDER

BLANK = "[redacted]"
_NUMBER = re.compile(r"\d+(?:[.,:_/-]\d+)*(?:[eE][+-]?\d+)?")
_LITERALS = frozenset(
    {tokenize.STRING, tokenize.NUMBER, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
)
_SMALL_DIGITS = 2  # sizes of fonts and figures have as many; a value seldom


def without_numbers(text: str) -> str:
    """Return ``text`` with # for every number, but for those in placeholders."""
    parts: list[str] = []
    end = 0
    for kept in PLACEHOLDER.finditer(text):
        parts += (_NUMBER.sub("#", text[end : kept.start()]), kept[0])
        end = kept.end()
    return "".join((*parts, _NUMBER.sub("#", text[end:])))


def masked_program(code: str, names: Collection[str], *, texts: bool) -> str:
    """Return a program without the numbers of more than two digits that it holds.

    Its comments go, too. ``texts``: also without texts that are not in ``names``. A program that is
    no Python becomes a comment.
    """
    if not code.strip():
        return code
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a draft is warned of is no concern of ours
            tree = ast.parse(code)
        return f"{ast.unparse(_Masking(names, texts=texts).visit(tree))}\n"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"# {BLANK}\n"


def within_literals(code: str, change: Callable[[str], str]) -> str:
    """Return a program with its literals and comments changed, and its names as they were."""
    if change(code) == code:
        return code
    begins = [0, *(place + 1 for place, letter in enumerate(code) if letter == "\n")]
    parts: list[str] = []
    end = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type in _LITERALS:
                start = begins[token.start[0] - 1] + token.start[1]
                parts += (code[end:start], change(token.string))
                end = start + len(token.string)
    except (tokenize.TokenError, SyntaxError):
        return change(code)
    return "".join((*parts, code[end:]))


class _Masking(ast.NodeTransformer):
    def __init__(self, names: Collection[str], *, texts: bool) -> None:
        self._names = names
        self._texts = texts

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        value = node.value
        if isinstance(value, str) and value not in self._names:
            return ast.Constant("redacted" if self._texts else without_numbers(value))
        if isinstance(value, bytes):
            return ast.Constant(b"redacted")
        if isinstance(value, int | float | complex) and not isinstance(value, bool):
            digits = re.sub(r"\D", "", str(value)).strip("0")
            return node if len(digits) <= _SMALL_DIGITS else ast.Constant(0)
        return node
