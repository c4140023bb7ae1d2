"""Where a mutation may happen, and what it puts there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """What an operator puts in the place of a node; for a statement it may be several, or none."""

    operator: str
    new: ast.AST | list[ast.stmt]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the operators know of the program around a node.

    ``left_alone`` are the nodes that are no part of what runs (docstrings, annotations, messages
    of errors). ``names`` are the parameters and variables of each function, by the nodes inside it.
    """

    left_alone: frozenset[ast.AST]
    names: dict[ast.AST, tuple[str, ...]]
    parents: dict[ast.AST, ast.AST]

    @classmethod
    def of(cls, tree: ast.Module) -> Scope:
        """Look around in a program."""
        names: dict[ast.AST, tuple[str, ...]] = {}
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                names |= dict.fromkeys(ast.walk(function), _names(function))
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        return cls(frozenset(_left_alone(tree)), names, parents)

    def others(self, name: ast.Name) -> tuple[str, ...]:
        """Return the names before and after this one, in the order they first appear."""
        known = self.names.get(name, ())
        if name.id not in known or len(known) == 1:
            return ()
        place = known.index(name.id)
        near = {known[place - 1], known[(place + 1) % len(known)]} - {name.id}
        return tuple(sorted(near))


def _names(function: ast.FunctionDef) -> tuple[str, ...]:
    found = dict.fromkeys(argument.arg for argument in function.args.args if argument.arg != "self")
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id != "_":
            found[node.id] = None
    return tuple(found)


def _left_alone(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        is_documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if is_documented and ast.get_docstring(node) is not None:
            yield from ast.walk(node.body[0])
        if isinstance(node, ast.FunctionDef) and node.returns:
            yield from ast.walk(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield from ast.walk(node.annotation)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for argument in node.exc.args:
                yield from ast.walk(argument)
