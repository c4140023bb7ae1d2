"""Programs with one fault each, made from a right one: mutants, as mutation testing makes them.

    python benchmarks/mutation.py [--task NAME]

An operator looks at one node of the syntax tree and says what else could stand there. Every mutant
is written anew from its tree, so a right program is written so as well before the two are compared.
The same source gives the same mutants in the same order.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest

import mutation_expressions
import mutation_statements
from mutation_places import Edit, Scope

OPERATORS = (*mutation_expressions.OPERATORS, *mutation_statements.OPERATORS)
# Their mutants answer the same, only later: what they are for is the growth of time.
SLOWER = frozenset({"list_for_set", "copied_on_append", "sorted_again"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one change: which operator made it, in which line, and the two texts."""

    operator: str
    line: int
    before: str
    after: str
    source: str

    @property
    def is_slower(self) -> bool:
        """Whether it was only made slower."""
        return self.operator in SLOWER


def normal(source: str) -> str:
    """Return a program as its mutants are written: without comments, laid out by Python itself."""
    return ast.unparse(ast.parse(source)) + "\n"


def mutants(source: str) -> tuple[Mutant, ...]:
    """Return all programs that differ from ``source`` by one edit, each once."""
    tree = ast.parse(normal(source))
    scope = Scope.of(tree)
    seen = {normal(source)}
    found: list[Mutant] = []
    for index, node in enumerate(ast.walk(tree)):
        if node in scope.left_alone:
            continue
        for edit in _edits(node, scope):
            text = edited(tree, index, edit)
            if text not in seen:
                seen.add(text)
                found.append(_mutant(edit, node, text))
    return tuple(sorted(found, key=lambda mutant: (mutant.line, mutant.operator, mutant.after)))


def chosen(found: Sequence[Mutant], most: int, *, seed: int = 0) -> tuple[Mutant, ...]:
    """Return ``most`` of the mutants, from as many operators as there are, otherwise by lot."""
    lots: defaultdict[str, list[Mutant]] = defaultdict(list)
    for mutant in sorted(found, key=lambda mutant: _lot(mutant.source, seed)):
        lots[mutant.operator].append(mutant)
    by_lot = sorted(lots.values(), key=lambda lot: _lot(lot[0].source, seed))
    rounds = [mutant for turn in zip_longest(*by_lot) for mutant in turn if mutant]
    return tuple(rounds[:most])


def edited(tree: ast.Module, index: int, edit: Edit) -> str:
    """Return the program in which the node with that number (of ``ast.walk``) is another."""
    fresh = ast.parse(ast.unparse(tree))
    target = next(node for number, node in enumerate(ast.walk(fresh)) if number == index)
    _Swap(target, edit).visit(fresh)
    return ast.unparse(ast.fix_missing_locations(fresh)) + "\n"


class _Swap(ast.NodeTransformer):
    """Puts an edit in the place of one node; a body that is left empty gets a ``pass``."""

    def __init__(self, target: ast.AST, edit: Edit) -> None:
        self._target = target
        self._edit = edit

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        if node is self._target:
            return self._edit.new
        visited = self.generic_visit(node)
        if isinstance(visited, ast.FunctionDef | ast.If | ast.For | ast.While) and not visited.body:
            visited.body = [ast.Pass()]
        return visited


def _edits(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    for operator in OPERATORS:
        yield from operator(node, scope)


def _mutant(edit: Edit, node: ast.AST, text: str) -> Mutant:
    new = edit.new if isinstance(edit.new, list) else [edit.new]
    after = "; ".join(ast.unparse(ast.fix_missing_locations(part)) for part in new)
    return Mutant(edit.operator, getattr(node, "lineno", 0), ast.unparse(node), after, text)


def _lot(text: str, seed: int) -> str:
    return sha256(f"{seed} {text}".encode()).hexdigest()


def main() -> None:
    """Print the mutants of one task, or how many each operator makes of all."""
    from code_task_list import tasks  # noqa: PLC0415 - only where it is asked for

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="")
    options = parser.parse_args()
    counts: defaultdict[str, int] = defaultdict(int)
    for task in tasks():
        for mutant in mutants(task.reference):
            counts[mutant.operator] += 1
            if task.entry_point == options.task:
                print(f"{mutant.operator}, line {mutant.line}: {mutant.before} -> {mutant.after}")
    if not options.task:
        for operator, count in sorted(counts.items()):
            print(f"{count:5} {operator}")
        print(f"{sum(counts.values()):5} in all")


if __name__ == "__main__":
    main()
