"""Which runs and rounds an export is made of, and what each filter leaves out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from critique_loop.errors import CallError
from critique_loop.export.counting import Counts, Stage
from critique_loop.export.judged import Judged
from critique_loop.export.traces import Trace
from critique_loop.values import TaskKind

_FULL = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is wanted; what is not said selects everything.

    ``accepted``: only runs with an accepted draft. ``min_score`` and ``marks`` (dimension: least
    mark) hold for the draft that is to be learned. ``min_gap`` is how much better the better one of
    a pair is at least, in weighted means. ``writer``, ``model``, ``batch`` and ``rubric`` are
    names; a rubric may also be named with its hash ("charts@1f0c"). ``since`` and ``until`` are
    Unix times of the start.
    """

    accepted: bool = False
    min_score: float | None = None
    min_gap: float = 0.0
    marks: Mapping[str, float] = field(default_factory=dict[str, float])
    writer: str = ""
    model: str = ""
    rubric: str = ""
    batch: str = ""
    kind: TaskKind | None = None
    since: float | None = None
    until: float | None = None
    max_cost_usd: float | None = None
    max_rounds: int | None = None

    def __post_init__(self) -> None:
        """Refuse marks that are none.

        Raises:
            CallError: a number is not from 0 to 10.
        """
        for name, value in (("min_score", self.min_score or 0.0), *self.marks.items()):
            if not (math.isfinite(value) and 0 <= value <= _FULL):
                raise CallError(f"{name}: {value:g} is no mark", remedy="Marks go from 0 to 10.")
        if not (math.isfinite(self.min_gap) and 0 <= self.min_gap <= _FULL):
            raise CallError(
                f"min_gap: {self.min_gap:g} is no difference of marks", remedy="Give 0 to 10."
            )

    def takes(self, trace: Trace, counts: Counts, *, rubric: str) -> bool:
        """Whether a run is wanted; what leaves it out is counted. ``rubric`` is name and hash."""
        counts.see(Stage.RUNS)
        why = self._against(trace, rubric)
        if why:
            counts.drop(Stage.RUNS, why)
        return not why

    def _against(self, trace: Trace, rubric: str) -> str:
        if not trace.turns:
            return "no round was finished"
        return (
            self._against_start(trace)
            or self._against_names(trace, rubric)
            or self._against_course(trace)
        )

    def _against_start(self, trace: Trace) -> str:
        if self.since is not None and trace.at < self.since:
            return "--since: began before"
        if self.until is not None and trace.at >= self.until:
            return "--until: began later"
        if self.kind is not None and trace.task.kind is not self.kind:
            return f"--task-kind: is no {self.kind.value}"
        return ""

    def _against_names(self, trace: Trace, rubric: str) -> str:
        if self.batch and trace.started.batch != self.batch:
            return "--batch: is of no such batch"
        if self.rubric and not _is_named(rubric, self.rubric):
            return "--rubric: was judged by another rubric"
        if self.writer and not any(self.writer in turn.draft.writer for turn in trace.turns):
            return "--writer: was written by another writer"
        if self.model and not any(self.model == turn.draft.model for turn in trace.turns):
            return "--model: was written by another model"
        return ""

    def _against_course(self, trace: Trace) -> str:
        if self.accepted and trace.accepted is None:
            return "--accepted: has no accepted draft"
        if self.max_cost_usd is not None:  # it takes reading how the run ended
            cost = trace.cost_usd
            if cost is None or cost > self.max_cost_usd:
                return "--max-cost: cost more, or nobody knows how much"
        if self.max_rounds is not None and len(trace.turns) > self.max_rounds:
            return "--max-rounds: took more rounds"
        return ""

    def chosen(self, turn: Judged, counts: Counts) -> bool:
        """Whether a draft is good enough to be learned; what leaves it out is counted."""
        counts.see(Stage.ROUNDS)
        why = self._too_bad(turn)
        if why:
            counts.drop(Stage.ROUNDS, why)
        return not why

    def _too_bad(self, turn: Judged) -> str:
        if self.writer and self.writer not in turn.draft.writer:
            return "--writer: was written by another writer"
        if self.model and turn.draft.model != self.model:
            return "--model: was written by another model"
        score = turn.score
        if self.min_score is not None and (score is None or score < self.min_score):
            return f"--min-score: scores below {self.min_score:g}"
        if not self.marks:
            return ""
        values = {score.dimension: score.value for score in turn.critique.scores}
        for dimension, least in self.marks.items():
            value = values.get(dimension)
            if value is None or value < least:
                return f"--dimension: {dimension} below {least:g}, or unscored"
        return ""


def _is_named(rubric: str, wanted: str) -> bool:
    name, _, sha256 = wanted.partition("@")
    its_name, _, its_sha256 = rubric.partition("@")
    return its_name == name and its_sha256.startswith(sha256)
