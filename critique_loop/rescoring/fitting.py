"""Whether what is stored of a run can be scored by another rubric at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from critique_loop import rubric as rubrics
from critique_loop.critics.checking import may_score
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import CallError
from critique_loop.loop.forbidding import is_forbidden
from critique_loop.protocols import Critic
from critique_loop.values import Critique, Dimension, Round, Rubric, Scorer, Task

_PERSON = (Scorer.PERSON,)


@dataclass(frozen=True, slots=True)
class Fit:
    """The task with the new rubric, as far as that is for tasks of its kind.

    ``warnings`` say which dimensions stay unscored in which rounds, and why.
    """

    task: Task
    warnings: tuple[str, ...] = ()


async def fit(task: Task, rounds: Sequence[Round], rubric: Rubric, critic: Critic) -> Fit:
    """Return ``task`` with ``rubric``, and what ``critic`` can't score by it on these rounds.

    Nobody but the measured critic is asked, which costs nothing.

    Raises:
        CallError: there is no round; no dimension is for such tasks, or none can be scored.
    """
    task = replace(task, rubric=rubrics.applicable(rubric, task.kind))
    ran = [turn for turn in rounds if not is_forbidden(turn.execution)]
    if not ran:
        raise CallError(
            "there is no round whose program was run and judged: nothing can be scored again",
            remedy="Choose a run that has one: critique-loop ls shows how many rounds each has.",
        )
    measured = MeasuredCritic()
    said = [await measured.review(task, turn.draft, turn.execution, history=()) for turn in ran]
    only_measured = isinstance(critic, MeasuredCritic)
    missing = [
        _Missing(dimension, tuple(_unscored(dimension, ran, said)))
        for dimension in task.rubric.dimensions
        if only_measured or not _may_be_judged(dimension)
    ]
    missing = [each for each in missing if each.rounds]
    hopeless = [each for each in missing if len(each.rounds) == len(ran)]
    if len(hopeless) == len(task.rubric.dimensions):
        reasons = "; ".join(f"{each.dimension.name}: {each.why}" for each in hopeless)
        raise CallError(
            f"nothing of the rubric {rubric.name!r} can be scored on what is stored: {reasons}",
            remedy="Name a model that judges (--critic-model) where dimensions are to be judged; "
            "what was never measured needs a new run with this rubric.",
        )
    waiting = [d.name for d in task.rubric.dimensions if d.scorers == _PERSON]
    warnings = [each.warning(len(ran)) for each in missing]
    if not only_measured:
        warnings += [f"{name} stays unscored until a person scores it" for name in waiting]
    return Fit(task, tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Missing:
    """A dimension, and where it stays unscored: (round, why)."""

    dimension: Dimension
    rounds: tuple[tuple[int, str], ...]

    @property
    def why(self) -> str:
        return "; ".join(dict.fromkeys(why for _, why in self.rounds))

    def warning(self, ran: int) -> str:
        where = "in every round"
        if len(self.rounds) < ran:
            where = f"in round {', '.join(str(number) for number, _ in self.rounds)}"
        return f"{self.dimension.name} stays unscored {where}: {self.why}"


def _unscored(
    dimension: Dimension, rounds: Sequence[Round], said: Sequence[Critique]
) -> list[tuple[int, str]]:
    return [
        (turn.number, score.unscored)
        for turn, critique in zip(rounds, said, strict=True)
        for score in critique.scores
        if score.dimension == dimension.name and score.value is None
    ]


def _may_be_judged(dimension: Dimension) -> bool:
    """Return whether somebody besides the measured critic may score it."""
    if may_score(Scorer.MODEL, dimension):
        return True
    return Scorer.PERSON in dimension.scorers and Scorer.MEASURED not in dimension.scorers
