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

from code_task_list import CodeTask
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
    """Return the comparisons of calls of the function with values that the advice holds."""
    found: list[Hint] = []
    for line in advice.splitlines():
        start = line.find(f"{entry_point}(")
        while start >= 0:
            hint = _hint_at(line[start:])
            if hint:
                found.append(hint)
                break
            start = line.find(f"{entry_point}(", start + 1)
    return tuple(dict.fromkeys(found))


def _hint_at(text: str) -> Hint | None:
    """Read the longest comparison with a value that the text begins with."""
    for end in range(len(text), 0, -1):
        try:
            node = ast.parse(text[:end].strip(), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        is_equality = isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)
        if is_equality and isinstance(node, ast.Compare) and _is_value(node.comparators[0]):
            return Hint(ast.unparse(node.left), ast.unparse(node.comparators[0]))
    return None


def _is_value(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return True


class Repairer:
    """Writes one edit of its first draft after the other."""

    name = "mechanical repairer"

    def __init__(self, draft: str, task: CodeTask, *, seed: int) -> None:
        """Begin with ``draft``; ``seed`` decides what is left to chance."""
        self._draft = draft
        self._task = task
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
        told = read_hints(history[-1].decision.advice, self._task.entry_point)
        self._hints |= dict.fromkeys(told)
        written = {turn.code for turn in history}
        left = [edit for edit in self._edits if edit not in written]
        if not left:
            raise WriterGaveUp("every edit was tried", remedy="Tell it which edit to make.")
        named = named_by(tuple(self._hints), left, self._task.entry_point)
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
