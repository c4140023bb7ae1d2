"""Scores before and after, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop import rubric as rubrics
from critique_loop.checkpoint import Checkpoint
from critique_loop.values import Critique, DecisionKind, Rubric, Spend, StopReason


@dataclass(frozen=True, slots=True)
class RescoredRound:
    """One round with the critique that counted in its run, and the new one.

    ``accepted`` says whether the run ended with it, ``accepts`` whether it would by the new scores.
    """

    number: int
    before: Critique
    after: Critique
    accepted: bool
    accepts: bool


@dataclass(frozen=True, slots=True)
class Rescoring:
    """The new critiques of one run, which is left as it was.

    ``id`` is the name under which they are kept, ``at`` Unix time, ``rubric_sha256`` the hash of
    the new rubric. ``rounds`` are those that were scored, of ``rounds_in_run``.
    ``stopped_because`` is ROUNDS where all of them were; None: it is not over, or was killed.
    """

    id: str
    run_id: str
    rubric_before: Rubric
    rubric: Rubric
    rubric_sha256: str
    critic_before: str
    critic: str
    at: float
    rounds: tuple[RescoredRound, ...]
    rounds_in_run: int
    stopped_because: StopReason | None
    spend: Spend
    message: str = ""

    @property
    def complete(self) -> bool:
        """Whether every round has new scores."""
        return len(self.rounds) == self.rounds_in_run

    @property
    def accepted_before(self) -> int | None:
        """The round that was accepted, None where none was."""
        return next((turn.number for turn in self.rounds if turn.accepted), None)

    @property
    def accepted_now(self) -> int | None:
        """The first round that the new scores would accept, None where there is none."""
        return next((turn.number for turn in self.rounds if turn.accepts), None)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of all dimensions, those of the new rubric first."""
        both = (*self.rubric.dimensions, *self.rubric_before.dimensions)
        return tuple(dict.fromkeys(dimension.name for dimension in both))


def compared(rescoring: Checkpoint, run: Checkpoint, *, rubric_sha256: str) -> Rescoring:
    """Return what the steps of a rescoring and of its run tell, side by side."""
    rubric = rescoring.started.task.rubric
    critiques = {number: parts.critique for number, parts in rescoring.parts.items()}
    origin = rescoring.started.origin
    last = origin.round if origin is not None else 0
    rounds = [turn for turn in run.rounds if turn.number <= last]
    return Rescoring(
        id=rescoring.run_id,
        run_id=run.run_id,
        rubric_before=run.started.task.rubric,
        rubric=rubric,
        rubric_sha256=rubric_sha256,
        critic_before=run.critic,
        critic=rescoring.critic,
        at=rescoring.started_at,
        rounds=tuple(
            RescoredRound(
                number=turn.number,
                before=turn.critique,
                after=after,
                accepted=turn.decision.kind is DecisionKind.ACCEPT,
                accepts=rubrics.accepts(rubric, after.scores),
            )
            for turn in rounds
            if (after := critiques.get(turn.number)) is not None
        ),
        rounds_in_run=len(rounds),
        stopped_because=rescoring.ended.stopped_because if rescoring.ended else None,
        spend=rescoring.spend,
        message=rescoring.ended.message if rescoring.ended else "",
    )
