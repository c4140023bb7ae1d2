"""Figures over several samples of many tasks: pass@k, and what each further round repairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.errors import CallError


def pass_at_k(number: int, correct: int, k: int) -> float:
    """Return the chance that one of ``k`` samples is right, where ``correct`` of ``number`` are.

    The unbiased estimator 1 - C(n - c, k) / C(n, k) of Chen et al. 2021 (arXiv:2107.03374, eq. 1).
    Whole numbers are divided once, at the end: the result is the nearest float.

    Raises:
        CallError: ``k`` is under 1 or over ``number``, or ``correct`` is no part of it.
    """
    if not 0 <= correct <= number:
        raise CallError(f"{correct} of {number} samples can't be right")
    if not 1 <= k <= number:
        raise CallError(
            f"pass@{k} can't be told from {number} sample{'' if number == 1 else 's'}",
            remedy=f"Take {k} samples of each task, or a smaller k.",
        )
    all_ways = math.comb(number, k)
    return (all_ways - math.comb(number - correct, k)) / all_ways


def mean_pass_at_k(counts: Sequence[tuple[int, int]], k: int) -> float | None:
    """Return the mean of pass@k over tasks, each as (samples, right ones); None without any.

    Raises:
        CallError: as for ``pass_at_k``.
    """
    if not counts:
        return None
    return math.fsum(pass_at_k(number, correct, k) for number, correct in counts) / len(counts)


@dataclass(frozen=True, slots=True)
class Repair:
    """What one round made of those that had failed before it.

    ``passing`` is how many of ``total`` pass after it.
    """

    round: int
    failed_before: int
    repaired: int
    passing: int
    total: int

    @property
    def rate(self) -> float | None:
        """The share of those that failed before and pass after; None where none had failed."""
        return self.repaired / self.failed_before if self.failed_before else None


def repairs(passed_after: Sequence[Sequence[bool]]) -> list[Repair]:
    """Return one entry for each round.

    Args:
        passed_after: for each run, whether what it kept passed after round 1, 2, ...; a run that
            ended stays as it was.
    """
    runs = [list(run) or [False] for run in passed_after]
    found: list[Repair] = []
    for turn in range(max((len(run) for run in runs), default=0)):
        now = [_at(run, turn) for run in runs]
        before = [_at(run, turn - 1) for run in runs] if turn else [False] * len(runs)
        repaired = sum(new and not old for old, new in zip(before, now, strict=True))
        found.append(Repair(turn + 1, before.count(False), repaired, sum(now), len(runs)))
    return found


def _at(run: Sequence[bool], turn: int) -> bool:
    return run[min(turn, len(run) - 1)]
