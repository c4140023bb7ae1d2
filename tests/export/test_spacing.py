"""The order of KTO's rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.export.spacing import APART, Spaced, weights


def tasks_in_order(path: Path, tasks: list[str], *, seed: int = 0) -> tuple[list[str], int]:
    spaced = Spaced(path / "waiting", seed)
    for task in tasks:
        spaced.add(task.encode(), task=task, good=True)
    found = [body.decode() for body in spaced.rows()]
    spaced.close()
    return found, spaced.too_near


def nearest(tasks: list[str]) -> int:
    """Return how near two rows of one task come to each other."""
    last: dict[str, int] = {}
    least = len(tasks)
    for place, task in enumerate(tasks):
        least = min(least, place - last.get(task, place - len(tasks)))
        last[task] = place
    return least


def test_neighbours_in_the_order_of_runs_are_of_one_task_and_none_are_here(tmp_path: Path) -> None:
    tasks = [f"task {place // 2}" for place in range(400)]

    found, too_near = tasks_in_order(tmp_path, tasks)

    assert nearest(tasks) == 1
    assert nearest(found) >= APART
    assert too_near == 0
    assert sorted(found) == sorted(tasks)


def test_few_tasks_that_are_hard_to_lay_out_are_still_kept_apart(tmp_path: Path) -> None:
    tasks = [f"task {place * place % 41}" for place in range(410)]

    found, too_near = tasks_in_order(tmp_path, tasks)

    assert nearest(found) >= APART or too_near > 0
    assert sorted(found) == sorted(tasks)


def test_where_it_cant_be_it_is_said(tmp_path: Path) -> None:
    found, too_near = tasks_in_order(tmp_path, ["one", "one", "other"])

    assert sorted(found) == ["one", "one", "other"]
    assert too_near == 1


def test_the_order_follows_from_the_seed_and_the_file_goes(tmp_path: Path) -> None:
    tasks = [f"task {place}" for place in range(100)]

    orders = [tasks_in_order(tmp_path, tasks, seed=seed)[0] for seed in (1, 1, 2)]

    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != tasks
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("good", "bad"), [(3, 3), (4, 3), (0, 5), (5, 0)])
def test_balanced_rows_need_no_weights(good: int, bad: int) -> None:
    assert weights(good, bad) is None


@pytest.mark.parametrize(("good", "bad"), [(1, 3), (90, 10), (5, 3)])
def test_weights_bring_good_and_bad_into_balance(good: int, bad: int) -> None:
    found = weights(good, bad)

    assert found is not None
    ratio = found.desirable * good / (found.undesirable * bad)
    assert 0.99 <= ratio <= 4 / 3
