from __future__ import annotations

import overhead
import pytest


@pytest.mark.slow
def test_every_command_is_measured_and_compared_with_bare_python() -> None:
    costs = overhead.start_costs(2)

    text = overhead.start_table(costs)

    assert set(costs) == set(overhead.COMMANDS)
    assert all(0 < cost.low <= cost.median <= cost.high for cost in costs.values())
    assert len(text.splitlines()) == 2 + len(costs)


def test_loops_of_every_length_are_measured_with_and_without_a_store() -> None:
    text = overhead.loop_table([2, 4], runs=2)

    rows = [row.split(" | ")[:2] for row in text.splitlines()[2:]]
    assert rows == [
        ["| no trace store", "2"],
        ["| no trace store", "4"],
        ["| trace in SQLite", "2"],
        ["| trace in SQLite", "4"],
    ]
