"""The offline writer: a goal sentence is linked to the table, planned as a chart, and coded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Draft, Lesson, Round, Table, Task
from critique_loop.writers.coding import write_program
from critique_loop.writers.describing import Words
from critique_loop.writers.linking import link
from critique_loop.writers.planning import plan
from critique_loop.writers.revising import revise
from critique_loop.writers.spec import Spec
from critique_loop.writers.words import tokenise

_EACH = frozenset({"all", "each", "every"})


class GrammarWriter:
    """Writes matplotlib programs from a goal sentence and a table's profile, without a model.

    The first draft is planned from the goal; each later one changes the best draft so far where its
    critique found fault. The same task and history give the same draft. ``lessons`` are not used.
    """

    @property
    def name(self) -> str:
        """How screens and traces call it."""
        return "grammar"

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return the first program for ``task``, or the next one, given all rounds so far.

        Raises:
            WriterGaveUp: the goal can't be linked to the table without a doubt, or nothing is left
                to change.
        """
        del lessons
        if not task.tables:
            raise WriterGaveUp(
                "There is no table to draw from.", remedy="Give the task a data file."
            )
        table = task.tables[0]
        spec = plan(link(task.goal, table, task.units), table)
        spec = replace(spec, all_groups=_asks_for_each(task.goal))
        spec = revise(spec, task, history=history)
        return _drafted(spec, table, task, first=not history)


def _asks_for_each(goal: str) -> bool:
    return any(token.lower in _EACH for token in tokenise(goal))


def _drafted(spec: Spec, table: Table, task: Task, *, first: bool) -> Draft:
    words = Words(spec, table, task.units)
    return Draft(
        code=write_program(spec, table, task.units),
        writer="grammar",
        explanation="" if first else "Changed: " + "; ".join(spec.changes),
        reading=words.reading(),
        not_used=spec.not_used,
    )
