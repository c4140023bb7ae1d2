"""Shapes from a signature's annotations, for functions that nobody gave an example of."""

from __future__ import annotations

import ast
import string

from code_shapes import Constants, Fields, Items, Numbers, OneOf, Pairs, Shape
from code_texts import Texts

_LENGTHS = (1, 6)
_SEQUENCES: dict[str, type] = {
    **dict.fromkeys(("list", "List", "Sequence", "Iterable", "Collection", "Iterator"), list),
    **dict.fromkeys(("set", "Set", "AbstractSet"), set),
    **dict.fromkeys(("frozenset", "FrozenSet"), frozenset),
    **dict.fromkeys(("tuple", "Tuple"), tuple),
}
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping"}
_PLAIN: dict[str, Shape] = {
    "int": Numbers(1, 12, whole=True),
    "float": Numbers(0.5, 20.0, whole=False),
    "str": Texts(letters=string.ascii_lowercase, lengths=(1, 8)),
    "bool": Constants((True, False)),
    "None": Constants((None,)),
}


def parameters(signature: str, entry_point: str, *, optional: bool = False) -> tuple[ast.arg, ...]:
    """Return the parameters of a stub in order, those with a default only if ``optional``."""
    try:
        body = ast.parse(signature).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = [
        node
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == entry_point
    ]
    if not found:
        return ()
    arguments = found[-1].args
    given = (*arguments.posonlyargs, *arguments.args)
    return given if optional else given[: len(given) - len(arguments.defaults)]


def shape_of(annotation: ast.expr | None) -> Shape | None:
    """Return the shape that an annotation names, None where it isn't known or isn't plain data."""
    if isinstance(annotation, ast.Constant):
        return _of_constant(annotation)
    if isinstance(annotation, ast.Name | ast.Attribute):
        return _of_name(_name(annotation))
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return _any_of((annotation.left, annotation.right))
    if isinstance(annotation, ast.Subscript):
        inner = annotation.slice
        parts = tuple(inner.elts) if isinstance(inner, ast.Tuple) else (inner,)
        return _of_generic(_name(annotation.value), parts)
    return None


def may_be_none(annotation: ast.expr | None) -> bool:
    """Whether an annotation allows None."""
    return annotation is not None and any(
        _name(node) == "Optional" or (isinstance(node, ast.Constant) and node.value is None)
        for node in ast.walk(annotation)
        if isinstance(node, ast.expr)
    )


def _of_constant(annotation: ast.Constant) -> Shape | None:
    if isinstance(annotation.value, str):
        try:
            return shape_of(ast.parse(annotation.value, mode="eval").body)
        except (SyntaxError, ValueError):
            return None
    return _PLAIN["None"] if annotation.value is None else None


def _of_name(name: str) -> Shape | None:
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _SEQUENCES:
        return Items(_SEQUENCES[name], _PLAIN["int"], _LENGTHS)
    return None


def _of_generic(name: str, parts: tuple[ast.expr, ...]) -> Shape | None:
    if name in {"Optional", "Union"}:
        return _any_of(parts)
    if name == "Literal":
        return Constants(tuple(p.value for p in parts if isinstance(p, ast.Constant)))
    shapes = [shape_of(part) for part in parts if not _is_dots(part)]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or not known:
        return None
    if name in _MAPPINGS and len(known) == 2:  # noqa: PLR2004 - key and value
        return Pairs(known[0], known[1], _LENGTHS)
    if name in {"tuple", "Tuple"} and not _is_dots(parts[-1]):
        return Fields(tuple, dict(enumerate(known)))
    return Items(_SEQUENCES[name], known[0], _LENGTHS) if name in _SEQUENCES else None


def _any_of(parts: tuple[ast.expr, ...]) -> Shape | None:
    """Any of those that are plain data; None is one that callers seldom give."""
    known = [shape for part in parts if (shape := shape_of(part)) is not None]
    return (
        OneOf(tuple(known), tuple(1 if s == _PLAIN["None"] else 4 for s in known))
        if known
        else None
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
