"""Names in programs that may hold a value, and what stands in their place."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import sys
from collections.abc import Collection
from itertools import count

from critique_loop.store.literals import PLACEHOLDER

_MODULES = sys.stdlib_module_names | frozenset(
    {
        "altair", "matplotlib", "mpl_toolkits", "numpy", "pandas", "plotly", "polars", "pylab",
        "pytest", "scipy", "seaborn", "sklearn", "statsmodels",
    }
)  # fmt: skip
_ALIASES = frozenset(
    {
        "alt",
        "go",
        "mdates",
        "mpl",
        "mtick",
        "mticker",
        "np",
        "pd",
        "pl",
        "plt",
        "px",
        "sns",
        "ticker",
    }
)
# What pandas and matplotlib have that is not called.
_ATTRIBUTES = frozenset(
    {
        "T", "at", "axes", "canvas", "cat", "categories", "cm", "codes", "collections", "columns",
        "containers", "date", "day", "day_name", "dayofweek", "days", "dt", "dtype", "dtypes",
        "empty", "figure", "flat", "hour", "iat", "iloc", "index", "is_monotonic_increasing",
        "left", "levels", "lines", "loc", "minute", "month", "name", "names", "ndim", "patch",
        "patches", "plot", "quarter", "second", "shape", "sites", "size", "spines", "str", "style",
        "texts", "title", "transAxes", "transData", "transFigure", "values", "week", "weekday",
        "width", "height", "xaxis", "yaxis", "year", "zaxis",
    }
)  # fmt: skip
_TAKES_ANY_NAME = frozenset({"agg", "aggregate", "assign", "dict", "from_dict", "rename"})
_PLAIN = re.compile(r"[a-z]+(?:_[a-z]+)*_?[0-9]?")
_USUAL = re.compile(r"[a-z]{1,2}[0-9]?|axes|data|fig|self|cls|table")
_LONG_NUMBER = re.compile(r"\d(?:_?\d){2}")


class Names:
    """The names that stay in one program, and the others.

    ``columns`` stay. Without ``every`` only names with numbers of more than two digits go. With it
    only those stay that Python and the libraries for charts are known to have, methods in small
    letters, and what is imported from these libraries.
    """

    def __init__(self, tree: ast.AST, columns: Collection[str], *, every: bool) -> None:
        """Look through ``tree`` for what the program names itself, and for what it imports."""
        self._columns = columns
        self._every = every
        self._called: set[int] = set()
        self._defined: set[str] = set()
        self._imported: set[str] = set()
        self._named: dict[str, str] = {}
        self._new = (f"redacted_identifier_{number}" for number in count(1))
        for node in ast.walk(tree):
            self._look_at(node)

    def _look_at(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call):
            self._called.add(id(node.func))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._defined.add(node.name)
        elif isinstance(node, ast.arg):
            self._defined.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self._defined.add(node.id)
        elif isinstance(node, ast.Import):
            roots = {alias.name.partition(".")[0] for alias in node.names}
            self._imported |= roots & _MODULES
        elif isinstance(node, ast.ImportFrom) and self.is_module(node.module or ""):
            self._imported.update(alias.name for alias in node.names)

    def is_module(self, name: str) -> bool:
        """Return whether a module of this name is one that many programs import."""
        return name.partition(".")[0] in _MODULES

    def name(self, name: str) -> str:
        """Return what stands for a name, also for one that an import gives."""
        stays = name in _ALIASES or name in self._imported or hasattr(builtins, name)
        return name if stays and name not in self._defined else self._masked(name)

    def attribute(self, node: ast.Attribute) -> str:
        """Return what stands for the name behind a dot."""
        called = id(node) in self._called and _PLAIN.fullmatch(node.attr)
        stays = node.attr in _ATTRIBUTES or called or self._is_of_module(node.value)
        return node.attr if stays and node.attr not in self._defined else self._masked(node.attr)

    def keyword(self, name: str, function: ast.expr) -> str:
        """Return what stands for the name of an argument in a call of ``function``."""
        called = getattr(function, "attr", "") or getattr(function, "id", "")
        plain = _PLAIN.fullmatch(name) and called not in _TAKES_ANY_NAME
        return name if plain and name not in self._defined else self._masked(name)

    def plain(self, name: str) -> str:
        """Return what stands for any other name."""
        return self._masked(name)

    def _is_of_module(self, value: ast.expr) -> bool:
        while isinstance(value, ast.Attribute):
            value = value.value
        return isinstance(value, ast.Name) and value.id in (_ALIASES | self._imported)

    def _masked(self, name: str) -> str:
        """Return ``name`` itself, or one with a number that is its own in this program."""
        bare = PLACEHOLDER.sub("", name)
        if name in self._columns or keyword.iskeyword(name) or _USUAL.fullmatch(name):
            return name
        if not bare.strip("_"):
            return name
        if not self._every and not _LONG_NUMBER.search(bare):
            return name
        if name.startswith("__") and name.endswith("__") and not _LONG_NUMBER.search(name):
            return name
        if name not in self._named:
            self._named[name] = next(new for new in self._new if new not in self._defined)
        return self._named[name]
