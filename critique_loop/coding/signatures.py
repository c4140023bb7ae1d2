"""What a signature says: the function that is wanted, its docstring, the examples in it."""

from __future__ import annotations

import ast
import doctest
import inspect
from collections.abc import Iterable
from dataclasses import dataclass

from critique_loop.coding.sources import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
_EMPTY_CALLS = ("NotImplementedError", "NotImplemented")


@dataclass(frozen=True, slots=True)
class Signature:
    """A stub as it was given, and what was read of it.

    ``entry_point`` is the function that is wanted ("": none, or more than one could be), ``names``
    all that the stub declares, ``examples`` the doctest examples in its docstrings, as one text.
    ``notes`` say which examples are none.
    """

    text: str
    entry_point: str = ""
    names: tuple[str, ...] = ()
    docstring: str = ""
    examples: str = ""
    notes: tuple[str, ...] = ()


def read_signature(source: Source) -> Signature:
    """Return what the stub says; nothing of it runs.

    Raises:
        CallError: it is no Python, or declares neither a function nor a class.
    """
    tree = _parsed(source)
    declared = [node for node in tree.body if isinstance(node, Function | ast.ClassDef)]
    if not declared:
        raise source.error(
            "declares no function",
            remedy='Write a stub, e.g.: def mean(values: list[float]) -> float: """..."""',
        )
    wanted = _wanted([node for node in declared if isinstance(node, Function)])
    doc = ast.get_docstring(wanted) if wanted else None
    docs = [ast.get_docstring(node) or "" for node in (tree, *_documented(declared))]
    found = examples_in("\n\n".join(filter(None, docs)))
    return Signature(
        text=source.text.rstrip() + "\n",
        entry_point=wanted.name if wanted else "",
        names=tuple(node.name for node in declared),
        docstring=doc or ast.get_docstring(tree) or "",
        examples=found.text,
        notes=tuple(f"{source.place}: {note}" for note in found.notes),
    )


def _parsed(source: Source) -> ast.Module:
    """Return the tree; a last ``def`` line without a body gets one."""
    try:
        ast.parse(source.text)
    except SyntaxError:
        whole = f"{source.text.rstrip()}\n    ...\n"
        try:
            return ast.parse(whole)
        except SyntaxError:
            pass  # the error of the text as it stands is told below
    except (ValueError, RecursionError, MemoryError):
        pass  # likewise
    return source.parsed()


def _wanted(functions: list[Function]) -> Function | None:
    """Return the one without a body, else the last; several stubs: none is the one."""
    stubs = [node for node in functions if _is_empty(node)]
    if len(stubs) == 1:
        return stubs[0]
    return functions[-1] if functions and not stubs else None


def _is_empty(function: Function) -> bool:
    return all(_says_nothing(statement) for statement in function.body)


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        return any(name in ast.unparse(statement.exc) for name in _EMPTY_CALLS)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _documented(
    nodes: Iterable[ast.stmt],
) -> Iterable[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in nodes:
        if isinstance(node, Function | ast.ClassDef):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from _documented(node.body)


@dataclass(frozen=True, slots=True)
class Examples:
    """Doctest examples as one text, how many they are, and why others were left out."""

    text: str = ""
    number: int = 0
    notes: tuple[str, ...] = ()


def examples_in(docstring: str) -> Examples:
    """Return the examples in ``docstring`` that are Python; nothing of them runs."""
    try:
        found = doctest.DocTestParser().get_examples(inspect.cleandoc(docstring))
    except ValueError as error:  # prompts and indents that don't fit
        return Examples(notes=(f"the examples can't be read ({error})",))
    good = [example for example in found if _compiles(example.source)]
    notes = tuple(
        f"the example {example.source.strip()!r} is no Python and is left out"
        for example in found
        if example not in good
    )
    return Examples("".join(map(_written, good)), len(good), notes)


def _written(example: doctest.Example) -> str:
    first, *rest = example.source.splitlines()
    lines = [f">>> {first}", *(f"... {line}".rstrip() for line in rest)]
    return "\n".join(lines) + "\n" + example.want


def _compiles(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
