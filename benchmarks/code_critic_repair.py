"""A writer that mends mechanically, in the real loop: is the critic's advice worth anything to it?

It knows the operators of mutation and nothing of the task. Its first draft is a mutant. After that
it reads the advice, as any writer is told it: the call that went wrong and what was expected of it.
Of all edits of its first draft that one operator can make, those are *named* by the advice that
give what was expected in every call it was told of so far; it finds them by running them. It hands
in one of them, by lot; where advice names no edit, any edit, by lot. So advice that is of no use to
it costs it nothing, and every arm hands in as many programs: what differs is what it is told.

Undoing a fault often takes an edit that no operator makes (a statement that is gone does not come
back), so it can't mend everything, however good the advice.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mutation import mutants
from mutation_calls import TooLongError, limited, loaded, same
from mutation_runs import in_child

from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import WriterGaveUp
from critique_loop.values import (
    Critique,
    Draft,
    Execution,
    Finding,
    Lesson,
    Round,
    Task,
)

TRY_S = 0.1


@dataclass(frozen=True, slots=True)
class Hint:
    """A call that the advice tells of, and the value it was to have."""

    call: str
    expected: str


def read_hints(advice: str, entry_point: str) -> tuple[Hint, ...]:
    """Return the calls, with the values they are to have, that advice tells of.

    It shows an assert, or an example and on the next line what was expected.
    """
    lines = advice.splitlines()
    found = [_compared(line, entry_point) for line in lines]
    found += [_expected(line, after, entry_point) for line, after in pairwise(lines)]
    return tuple(dict.fromkeys(hint for hint in found if hint))


def _compared(line: str, entry_point: str) -> Hint | None:
    """Read ``assert f(1) == 2`` wherever the line has it."""
    _, asserted, text = line.partition("assert " + entry_point)
    node = _expression(entry_point + text) if asserted else None
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
        return _hint(node.left, node.comparators[0])
    return None


def _expected(line: str, after: str, entry_point: str) -> Hint | None:
    """Read ``f(1)`` and after it ``expected 2, got 3``."""
    start = line.find(entry_point + "(")
    text = after.removeprefix("expected ")
    if start < 0 or text == after:
        return None
    call = _expression(line[start:])
    pieces = text.split(", got ")
    values = (_expression(", got ".join(pieces[:size])) for size in range(len(pieces), 0, -1))
    value = next((value for value in values if value is not None), None)
    return _hint(call, value) if call is not None and value is not None else None


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _hint(call: ast.expr, value: ast.expr) -> Hint | None:
    return Hint(ast.unparse(call), ast.unparse(value)) if _is_value(value) else None


def _is_value(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return True


class Repairer:
    """Writes one edit of its first draft after the other."""

    name = "mechanical repairer"

    def __init__(self, draft: str, entry_point: str, *, seed: int) -> None:
        """Begin with ``draft``; ``seed`` decides what is left to chance."""
        self._draft = draft
        self._entry_point = entry_point
        lot = random.Random(f"{seed} {draft}")  # noqa: S311 - a simulation
        edits = [mutant.source for mutant in mutants(draft) if not mutant.is_slower]
        self._edits = lot.sample(edits, len(edits))
        self._hints: dict[Hint, None] = {}
        self.named: int = 0

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return the first draft, then edits of it.

        Raises:
            WriterGaveUp: every edit was handed in.
        """
        del task, lessons
        if not history:
            return Draft(self._draft, writer=self.name)
        told = read_hints(history[-1].decision.advice, self._entry_point)
        self._hints |= dict.fromkeys(told)
        written = {turn.code for turn in history}
        left = [edit for edit in self._edits if edit not in written]
        if not left:
            raise WriterGaveUp("every edit was tried", remedy="Tell it which edit to make.")
        named = named_by(tuple(self._hints), left, self._entry_point)
        self.named += bool(named)
        return Draft(left[named[0]] if named else left[0], writer=self.name)


def named_by(hints: Sequence[Hint], edits: Sequence[str], entry_point: str) -> list[int]:
    """Return which edits give what was expected in all calls that were told of."""
    if not hints:
        return []

    def work() -> str:
        kept = [n for n, edit in enumerate(edits) if _fulfils(edit, hints, entry_point)]
        return " ".join(map(str, kept))

    return [int(number) for number in in_child(work).split()]


def _fulfils(source: str, hints: Sequence[Hint], entry_point: str) -> bool:
    try:
        with limited(TRY_S):
            names: dict[str, object] = {entry_point: loaded(source, entry_point)}
            return all(
                same(eval(hint.call, names), ast.literal_eval(hint.expected))  # noqa: S307 - our own program on an input of our own tests
                for hint in hints
            )
    except (Exception, TooLongError):  # noqa: BLE001 - whatever an edit raises, it is not the one
        return False


class Misleading:
    """A critic whose scores are measured, and whose findings are those about another program."""

    name = "misleading"

    def __init__(self, others: Sequence[Sequence[Finding]], *, seed: int) -> None:
        """``others``: findings about other programs, of which each round gets some, by lot."""
        self._others = others
        self._lot = random.Random(seed)  # noqa: S311 - a simulation
        self._measured = MeasuredCritic()

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score by what was measured, and tell something else."""
        critique = await self._measured.review(task, draft, execution, history=history)
        told = tuple(self._lot.choice(self._others)) if self._others else ()
        return replace(critique, findings=told)
