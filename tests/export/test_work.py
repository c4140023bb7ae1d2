"""What an export does on the way from runs to rows."""

from __future__ import annotations

import pytest

from critique_loop.curation.duplicates import ExactDuplicates
from critique_loop.export import ExportOptions
from critique_loop.export.work import Work
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, keep

FIRST = Turn("print('first')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)


@pytest.mark.parametrize(
    ("dialect", "options", "steps"),
    [
        ("trl", ExportOptions(), 0),
        ("trl", ExportOptions(steps=(ExactDuplicates(),)), 2),
        ("axolotl", ExportOptions(), 2),
    ],
)
def test_conversations_are_told_step_by_step_only_to_who_looks_at_the_steps(
    store: SqliteStore, dialect: str, options: ExportOptions, steps: int
) -> None:
    keep(store, FIRST, GOOD)

    (placed,) = Work(store, "sft-messages", dialect, **options).examples()

    assert len(placed.example.steps) == steps
