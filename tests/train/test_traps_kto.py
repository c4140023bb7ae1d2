"""Naive files for KTO, whose KL term is estimated from the row before in the same batch.

The answer of the row before stands in for an answer to some other prompt. Where that row is of the
same task it is no other prompt, and the estimate is of something else.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from tests.train.rows import Row, kto, write
from tests.train.trainers import answered_by_neighbours, train

TASKS = [f"goal number {number}" for number in range(20)]


def _pair(goal: str) -> tuple[Row, Row]:
    return kto(goal, label=True), kto(goal, label=False)


def test_neighbours_of_one_task_spoil_the_estimate_of_every_row(
    tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, chain.from_iterable(map(_pair, TASKS)))

    assert answered_by_neighbours(naive, model, batch=2) == 40


def test_in_larger_batches_they_still_spoil_half(tmp_path: Path, model: Path) -> None:
    naive = write(tmp_path, chain.from_iterable(map(_pair, TASKS)))

    assert answered_by_neighbours(naive, model, batch=8) == 20


def test_apart_they_spoil_none(tmp_path: Path, model: Path) -> None:
    pairs = [_pair(goal) for goal in TASKS]
    plain = write(tmp_path, [*(good for good, _ in pairs), *(bad for _, bad in pairs)])

    assert answered_by_neighbours(plain, model, batch=8) == 0


def test_the_trainer_logs_another_divergence_for_the_same_rows(tmp_path: Path, model: Path) -> None:
    pairs = [_pair(goal) for goal in TASKS[:3]]
    apart = tmp_path / "apart"
    apart.mkdir()

    together = train("KTO", write(tmp_path, chain.from_iterable(pairs)), model, learning_rate=0.1)
    mixed = [pairs[n][k] for n, k in ((0, 0), (1, 1), (2, 0), (0, 1), (1, 0), (2, 1))]
    separate = train("KTO", write(apart, mixed), model, learning_rate=0.1)

    assert together.logged["kl"] != separate.logged["kl"]
