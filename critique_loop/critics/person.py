"""What people gave, from a file or from whoever is asked, as a critique like any other."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from critique_loop import rubric as rubrics
from critique_loop.critics.checking import sound, unscored
from critique_loop.critics.marks import Mark, read_marks
from critique_loop.critics.middle import middle, spread_of
from critique_loop.errors import CallError
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Round,
    Score,
    Scorer,
    Task,
    Vote,
)

AskMarks = Callable[
    [Task, Draft, Execution, Sequence[Dimension]],
    Awaitable[Mapping[str, float | Score | None] | None],
]
"""Asks somebody for marks from 0 to 10 by dimension; None, or a dimension left out: no answer."""

_NO_MARK = "no person has scored it"


class PersonCritic:
    """Scores by what people say: marks in a file, or an async function that asks.

    The file (.json, .toml or .csv, see ``marks``) names for each mark the draft by its round, or by
    the SHA-256 of its program, and who gave it. Where several people scored one dimension the
    middle mark counts and all are its votes. What nobody scored is unscored. Whoever is asked is
    asked for the ``dimensions`` named, else for those that only people may score, and not about a
    program that failed.
    """

    scorer: Scorer = Scorer.PERSON

    def __init__(
        self,
        source: str | Path | AskMarks,
        *,
        name: str = "person",
        dimensions: Sequence[str] = (),
        run_id: str = "",
    ) -> None:
        """``run_id`` is the run that is scored: marks that name another one are left out.

        Raises:
            DataError: the file can't be read, or a mark in it is none; the message says which.
            CallError: ``source`` is neither a file nor a function.
        """
        self.name: str = name
        self._dimensions = tuple(dimensions)
        self._ask: AskMarks | None = None
        self._marks: tuple[Mark, ...] = ()
        if isinstance(source, str | Path):
            marks = read_marks(Path(source))
            self._marks = tuple(m for m in marks if not (m.run and run_id and m.run != run_id))
        elif callable(source):
            self._ask = source
        else:
            raise CallError(
                f"{source!r} gives no marks",
                remedy="Give the path of a .json, .toml or .csv file, or an async function.",
            )

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Return what people gave this draft."""
        dimensions = [
            d for d in task.rubric.dimensions if not self._dimensions or d.name in self._dimensions
        ]
        if self._ask is not None:
            scores = await self._asked(self._ask, task, draft, execution, dimensions)
        else:
            number = history[-1].number + 1 if history else 1
            mine = _of(self._marks, draft, number)
            scores = [_score(d, [m for m in mine if m.dimension == d.name]) for d in dimensions]
        spreads = [score.spread for score in scores if score.spread is not None]
        return Critique(
            critic=self.name,
            scores=tuple(scores),
            overall=rubrics.overall(task.rubric, scores),
            spread=max(spreads, default=None),
        )

    async def _asked(
        self,
        ask: AskMarks,
        task: Task,
        draft: Draft,
        execution: Execution,
        dimensions: Sequence[Dimension],
    ) -> list[Score]:
        wanted = [d for d in dimensions if self._dimensions or d.scorers == (Scorer.PERSON,)]
        said: Mapping[str, float | Score | None] = {}
        if wanted and execution.status is ExecutionStatus.OK:
            said = await ask(task, draft, execution, wanted) or {}
        return [
            sound(said[d.name], d, by=self.name)
            if d in wanted and said.get(d.name) is not None
            else unscored(d, _NO_MARK)
            for d in dimensions
        ]


def _of(marks: Sequence[Mark], draft: Draft, number: int) -> list[Mark]:
    """Return the marks of a draft; of one person and dimension, that on its program counts."""
    sha256 = hashlib.sha256(draft.code.encode("utf-8", "surrogatepass")).hexdigest()
    by_round = [mark for mark in marks if mark.round == number and not mark.draft]
    by_draft = [mark for mark in marks if mark.draft and sha256.startswith(mark.draft)]
    latest = {(mark.by, mark.dimension): mark for mark in (*by_round, *by_draft)}
    return list(latest.values())


def _score(dimension: Dimension, marks: Sequence[Mark]) -> Score:
    if not marks:
        return unscored(dimension, _NO_MARK)
    value = middle([mark.score for mark in marks])
    nearest = next(mark for mark in marks if mark.score == value)
    several = len(marks) > 1
    return Score(
        dimension=dimension.name,
        value=value,
        pass_mark=dimension.pass_mark,
        evidence=(nearest.note,) if nearest.note else (),
        advice=nearest.advice,
        by=", ".join(sorted({mark.by for mark in marks})),
        votes=tuple(Vote(mark.by, mark.score) for mark in marks) if several else (),
        spread=spread_of([mark.score for mark in marks]) if several else None,
    )
