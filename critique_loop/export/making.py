"""What the makers of examples share: how prompts are rendered, what is selected, what counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from critique_loop.export.counting import Counts, Stage
from critique_loop.export.judged import Judged
from critique_loop.export.origins import Origins
from critique_loop.export.prompts import Prompts
from critique_loop.export.redactions import Redactions
from critique_loop.export.rescorings import Rescorings
from critique_loop.export.selecting import Selection
from critique_loop.export.traces import Trace


@dataclass(frozen=True, slots=True)
class Making:
    """How runs become examples.

    ``rescorings`` have the scores that count, None: those of the loops. ``max_length_ratio`` is how
    much longer one answer of a pair may be than the other. With ``pictures`` critics see what was
    drawn. ``steps``: conversations are told step by step, too; that takes as long as everything
    else, and most dialects have no place for it.
    """

    prompts: Prompts = field(default_factory=Prompts)
    selection: Selection = field(default_factory=Selection)
    counts: Counts = field(default_factory=Counts)
    origins: Origins = field(default_factory=Origins)
    max_length_ratio: float = 3.0
    pictures: bool = False
    rescorings: Rescorings | None = None
    redactions: Redactions = field(default_factory=Redactions)
    steps: bool = True
    _tasks: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def is_new_task(self, task_sha256: str, rubric: str) -> bool:
        """Whether no row before is about this task under this rubric."""
        return (task_sha256, rubric) not in self._tasks

    def take_task(self, task_sha256: str, rubric: str) -> None:
        """Say that there is a row about this task under this rubric."""
        self._tasks.add((task_sha256, rubric))

    def left_out(self, why: str) -> None:
        """Count an example that can't be made."""
        self.counts.drop(Stage.EXAMPLES, why)

    def chosen(self, trace: Trace) -> Judged | None:
        """Return the accepted draft of a run, if it is good enough, and this run's own."""
        turn = trace.accepted
        if turn is None:
            self.left_out("the run has no accepted draft")
            return None
        if turn.number <= trace.copied:
            self.left_out("its rounds are copies of another run's")
            return None
        if not turn.code.strip():
            self.left_out("the accepted draft is empty")
            return None
        return turn if self.selection.chosen(turn, self.counts) else None

    def learned(self, trace: Trace) -> Judged | None:
        """Return the accepted draft that is to be learned: none where persons prefer another."""
        turn = self.chosen(trace)
        if turn is not None and trace.is_outdone(turn):
            self.left_out("persons prefer another draft to the accepted one")
            return None
        return turn
