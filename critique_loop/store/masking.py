"""Programs and texts without values that nobody can list: numbers, and texts no profile holds."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Callable, Collection
from typing import cast

from critique_loop.store.literals import PLACEHOLDER
from critique_loop.store.naming import Names
from critique_loop.store.styling import Drawing

BLANK = "[redacted]"
_NUMBER = re.compile(r"\d+(?:[.,:_/-]\d+)*(?:[eE][+-]?\d+)?")
_LITERALS = frozenset(
    {tokenize.STRING, tokenize.NUMBER, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
)
_NAME_FIELDS = frozenset({"name", "arg", "rest"})
_NAME_LISTS = frozenset({"names", "kwd_attrs"})
_HUGE = 10**300
_SMALL_DIGITS = 2  # sizes of fonts and figures have as many; a value seldom


def without_numbers(text: str) -> str:
    """Return ``text`` with # for every number, but for those in placeholders."""
    parts: list[str] = []
    end = 0
    for kept in PLACEHOLDER.finditer(text):
        parts += (_NUMBER.sub("#", text[end : kept.start()]), kept[0])
        end = kept.end()
    return "".join((*parts, _NUMBER.sub("#", text[end:])))


def masked_program(
    code: str, names: Collection[str], *, texts: bool, drawing: Drawing | None = None
) -> str:
    """Return a program without the numbers of more than two digits that it holds.

    Its comments go, too, and names that hold such numbers get others. ``texts``: also without texts
    that are not in ``names``, and without names that it may have made of values; else what
    ``drawing`` is sure of stays. A program that is no Python becomes a comment.
    """
    if not code.strip():
        return code
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a draft is warned of is no concern of ours
            tree = ast.parse(code)
        own = Names(tree, names, every=texts)
        was = ast.dump(tree)
        masking = _Masking(names, own, None if texts else drawing or Drawing(), tree)
        left = masking.visit(tree)
        if ast.dump(left) == was and not _has_comments(code):
            return code
        return f"{ast.unparse(left)}\n"
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return f"# {BLANK}\n"


def runs_alike(code: str, other: str) -> bool:
    """Return whether two programs differ at most in comments and in how they are laid out."""
    if code == other:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(code)) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


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


def _has_comments(code: str) -> bool:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return any(token.type == tokenize.COMMENT for token in tokens)


class _Masking(ast.NodeTransformer):
    def __init__(
        self, names: Collection[str], own: Names, drawing: Drawing | None, tree: ast.AST
    ) -> None:
        self._names = names
        self._own = own
        self._drawing = drawing
        self._places: frozenset[int] = drawing.places(tree) if drawing else frozenset()

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        value = node.value
        if id(node) in self._places:
            return node
        if isinstance(value, str) and value not in self._names:
            return ast.Constant(self._text(value))
        if isinstance(value, bytes):
            return ast.Constant(b"redacted")
        if isinstance(value, int | float | complex) and not isinstance(value, bool):
            return node if _digits(value) <= _SMALL_DIGITS else ast.Constant(0)
        return node

    def _text(self, text: str) -> str:
        if self._drawing is None:
            return "redacted"
        if self._drawing.stays(text):
            return text
        parts = self._drawing.parts(text)
        return "".join(part if is_field else without_numbers(part) for part, is_field in parts)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._own.name(node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        attr = self._own.attribute(node)
        return ast.Attribute(self.visit(node.value), attr, node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        for item in node.keywords:
            if item.arg is not None:
                item.arg = self._own.keyword(item.arg, node.func)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        for item in node.keywords:
            if item.arg not in {None, "metaclass"}:
                item.arg = self._own.plain(item.arg or "")
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        return ast.keyword(node.arg, self.visit(node.value))  # its name went with what it is in

    def visit_alias(self, node: ast.alias) -> ast.alias:
        name = ".".join(map(self._own.name, node.name.split(".")))
        if self._own.is_module(node.name):
            name = node.name
        return ast.alias(name, self._own.name(node.asname) if node.asname else None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.module and not self._own.is_module(node.module):
            node.module = self._own.plain(node.module.replace(".", "_"))
        return self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Replace names that are plain texts in the tree: of functions, arguments, captures."""
        for field, value in ast.iter_fields(node):
            if field in _NAME_FIELDS and isinstance(value, str):
                setattr(node, field, self._own.name(value))
            elif field in _NAME_LISTS and isinstance(value, list):
                names = cast("list[object]", value)
                setattr(
                    node, field, [self._own.name(n) if isinstance(n, str) else n for n in names]
                )
        return super().generic_visit(node)


def _digits(number: complex) -> int:
    """Count the digits of a number: those behind its point, and not the zeros in front."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, int):
        return len(str(abs(number))) if abs(number) < _HUGE else _SMALL_DIGITS + 1
    return len(re.sub(r"\D", "", repr(number)).lstrip("0"))
