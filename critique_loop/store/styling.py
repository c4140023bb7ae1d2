"""Numbers and texts of a program that can be told to be those of its drawing, and of no table.

Only what a program needs to run and what its place decides: colours, resolutions, sizes, formats,
names of types. A number has to lie outside of all columns that are to go, too, but for the usual
resolutions. Whatever is not sure is none.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from critique_loop.store.literals import Literals

Range = tuple[float, float]

_RESOLUTIONS = frozenset({72, 96, 100, 120, 144, 150, 200, 300, 600})
_SIZES = frozenset(
    {
        "alpha", "aspect", "bbox_to_anchor", "borderaxespad", "borderpad", "capsize",
        "columnspacing", "dpi", "elinewidth", "figsize", "fontsize", "fraction", "handlelength",
        "handletextpad", "height_ratios", "hspace", "labeldistance", "labelpad", "labelrotation",
        "labelspacing", "linewidth", "linewidths", "lw", "markeredgewidth", "markersize",
        "pctdistance", "random_state", "rotation", "shrink", "startangle", "width_ratios", "wspace",
        "zorder",
    }
)  # fmt: skip
_RESOLUTION_SETTINGS = frozenset({"figure.dpi", "savefig.dpi"})
_DRAWN_BY = frozenset({"figure", "savefig", "subplots"})
_POWERS = frozenset(10**power for power in range(2, 10))
_HEIGHTS = {"set_title": "y", "suptitle": "y", "title": "y"}
_NAMES = re.compile(
    r"[Uu]?[Ii]nt(?:8|16|32|64)|[Ff]loat(?:16|32|64)|complex(?:64|128)|datetime64\[(?:ns|us|ms|s|D)\]"
    r"|timedelta64\[ns\]|utf-?(?:8|8-sig|16)|latin-?1|iso-8859-1|cp1252|C[0-9]"
    r"|tab(?:10|20|20b|20c)|Set[123]|Pastel[12]|Dark2|Accent|seaborn-v0_8(?:-[a-z]+)*"
)
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_NUMERAL = re.compile(r"#[0-9]+(?:[eE][0-9]*)?")
_GREY = re.compile(r"#([0-9]{2})\1\1")
# https://docs.python.org/3/library/string.html#formatspec, with numbers of one or two digits.
_LAYOUT = r"(?:[<>=^])?[-+ ]?#?0?[0-9]{0,2}[,_]?(?:\.[0-9])?"
_SPEC = re.compile(rf"{_LAYOUT}[bcdeEfFgGnosxX%]?")
_FIELD = re.compile(rf"(\{{[A-Za-z_]*:{_LAYOUT}[deEfFgGns%]\}}|%[-+]?(?:[0-9]?\.[0-9])?[dfFgGs])")
_DAY_NUMBER = 10_000.0  # dates as whole numbers, of any calendar, are larger
_YEAR = re.compile(r"([0-9]{4})-[^.]*")


class _Constant(NamedTuple):
    node: ast.Constant
    is_resolution: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is known of the columns that are to go: where their numbers lie, and their ends."""

    ranges: Sequence[Range] = ((-math.inf, math.inf),)
    ends: Literals = field(default_factory=lambda: Literals({}))

    def places(self, tree: ast.AST) -> frozenset[int]:
        """Return the ``id`` of each constant in ``tree`` that can stay."""
        return frozenset(id(each.node) for each in _placed(tree) if self._stays(each))

    def stays(self, text: str) -> bool:
        """Return whether a text is a colour, or the name of a type, an encoding or a colour map."""
        is_name = _NAMES.fullmatch(text) is not None
        return (is_name or self._is_colour(text)) and not self.ends.found_in(text)

    def parts(self, text: str) -> Iterator[tuple[str, bool]]:
        """Yield a text in parts, each with whether it is a field that a number is written into."""
        for number, part in enumerate(_FIELD.split(text)):
            yield part, number % 2 == 1 and not self.ends.found_in(part)

    def _is_colour(self, text: str) -> bool:
        if _COLOUR.fullmatch(text) is None:
            return False
        if _NUMERAL.fullmatch(text) is None:
            return True
        return _GREY.fullmatch(text) is not None and self._is_outside(float(text[1:]))

    def _stays(self, placed: _Constant) -> bool:
        value = placed.node.value
        if isinstance(value, str):
            return _SPEC.fullmatch(value) is not None and not self.ends.found_in(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.ends.found_in(repr(value)):
            return False
        is_usual = placed.is_resolution and value in _RESOLUTIONS
        return is_usual or self._is_outside(value)

    def _is_outside(self, value: float) -> bool:
        return not any(low <= each <= high for low, high in self.ranges for each in (value, -value))


def ranges(least: float | str | None, greatest: float | str | None) -> Iterator[Range]:
    """Yield where the numbers can lie that a column of numbers or times is written in.

    The ends of times are texts in ISO 8601. Without ends they can lie anywhere.
    """
    if least is None or greatest is None:
        yield -math.inf, math.inf
    elif isinstance(least, str) or isinstance(greatest, str):
        years = [_YEAR.fullmatch(str(end)) for end in (least, greatest)]
        first, last = (-math.inf if year is None else float(year[1]) for year in years)
        yield first, math.inf if None in years else last
        yield _DAY_NUMBER, math.inf
    else:
        yield least, greatest


def _placed(tree: ast.AST) -> Iterator[_Constant]:
    """Yield the constants whose place says what they are for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _sizes(node)
        elif isinstance(node, ast.Assign):
            targets = (item.slice for item in node.targets if isinstance(item, ast.Subscript))
            yield from _settings((key, node.value) for key in targets)
        elif isinstance(node, ast.Dict):
            yield from _settings(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.BinOp):
            yield from _factors(node)
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            yield from _constants(node.format_spec)


def _sizes(call: ast.Call) -> Iterator[_Constant]:
    called = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
    for item in call.keywords:
        if item.arg in _SIZES or item.arg == _HEIGHTS.get(called, ""):
            is_resolution = item.arg == "dpi" and called in _DRAWN_BY
            yield from _constants(item.value, is_resolution=is_resolution)


def _settings(items: Iterable[tuple[ast.expr | None, ast.expr]]) -> Iterator[_Constant]:
    for key, value in items:
        if isinstance(key, ast.Constant) and key.value in _RESOLUTION_SETTINGS:
            yield from _constants(value, is_resolution=True)


def _factors(operation: ast.BinOp) -> Iterator[_Constant]:
    """Yield powers of ten that something is multiplied with or divided by."""
    operands: tuple[ast.expr, ...] = ()
    if isinstance(operation.op, ast.Div | ast.FloorDiv):
        operands = (operation.right,)
    elif isinstance(operation.op, ast.Mult):
        operands = (operation.left, operation.right)
    for operand in operands:
        if isinstance(operand, ast.Constant) and operand.value in _POWERS:
            yield _Constant(operand)


def _constants(value: ast.expr, *, is_resolution: bool = False) -> Iterator[_Constant]:
    """Yield the constants that a value is, or holds as a list or tuple."""
    inner = getattr(value, "elts", None) or getattr(value, "values", None) or [value]
    for item in cast("list[ast.expr]", inner):
        found = item.operand if isinstance(item, ast.UnaryOp) else item
        if isinstance(found, ast.Constant):
            yield _Constant(found, is_resolution)
