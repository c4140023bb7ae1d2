"""From which round to go on: the last one, unless it lost what an earlier one had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop import rubric as rubrics
from critique_loop.proxy.turns import RULES, flat, turns_of
from critique_loop.values import Round, Rubric

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Start:
    """The round to go on from. ``back_to`` is its number where it is not the last one, else 0.

    ``why`` tells what the last turn broke, "" where it broke nothing.
    """

    round: Round
    back_to: int = 0
    why: str = ""


def start_of(rubric: Rubric, rounds: Sequence[Round]) -> Start:
    """Return from which of ``rounds`` to go on.

    The last one, or the best where several candidates were compared. Where that breaks a gate which
    the best one before passed, and is no better over all, it is the one before. What a person wrote
    or asked for is not taken back.
    """
    turns = turns_of(rounds)
    last = rubrics.best(rubric, turns[-1]) or rounds[-1]
    before = rubrics.best(rubric, flat(turns[:-1]))
    if before is not None and not _is_persons(turns, last):
        broken = rubrics.gates_broken(rubric, before.critique, last.critique)
        lost = f"attempt {last.number} broke {_names(broken)}, which attempt {before.number} passed"
        is_better = rubrics.merit(rubric, last.critique) > rubrics.merit(rubric, before.critique)
        if broken and is_better:
            return _start(last, rounds, f"{lost}, but is the best so far: go on from it")
        if broken:
            advice = f"go on from attempt {before.number}, don't repeat what changed"
            return _start(before, rounds, f"{lost}; {advice}")
    best = rubrics.best(rubric, rounds) if len(turns[-1]) > 1 else last
    return _start(best or last, rounds)


def _start(start: Round, rounds: Sequence[Round], why: str = "") -> Start:
    return Start(start, 0 if start is rounds[-1] else start.number, why)


def _is_persons(turns: Sequence[Sequence[Round]], last: Round) -> bool:
    return last.draft.writer == "person" or turns[-2][-1].decision.by not in RULES


def _names(dimensions: Sequence[str]) -> str:
    more = len(dimensions) - _MOST_NAMED
    shown = ", ".join(dimensions[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
