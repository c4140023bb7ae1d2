"""What docs/batch.md says is so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from critique_loop.batch import BatchEnd, BatchReport, Progress
from critique_loop.batch.lines import TaskLine, parse, problem_with
from critique_loop.batch.results import Result, record_of
from critique_loop.store.batches import Finished, ItemState

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
LINES = [
    line
    for block in re.findall(r"^```json\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def test_the_tasks_that_it_shows_are_tasks() -> None:
    tasks = [parse(line) for line in LINES if '"format"' not in line]

    problems = [problem_with(task) for task in tasks]

    assert len(tasks) == 4
    assert all(not why or why.startswith("no such") for why in problems)  # but for their files


def test_its_table_has_the_keys_that_a_line_may_have_and_no_others() -> None:
    rows = re.findall(r"^\| (`.+?) \| (?:both|chart|code) \|", TEXT, re.MULTILINE)

    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]

    assert sorted(named) == sorted(field.name for field in msgspec.structs.fields(TaskLine))


def test_its_outcome_has_the_keys_of_a_real_one() -> None:
    (shown,) = [json.loads(line) for line in LINES if '"item"' in line]

    real = record_of(Finished(1, "key", 1, ItemState.DONE, Result().text))

    assert list(shown) == list(real)
    assert {field.name for field in fields(Result)} - {"failed", "earlier"} <= set(shown)


def test_its_document_has_the_keys_of_a_real_one_and_its_ends_are_all() -> None:
    (shown,) = [json.loads(line) for line in LINES if '"done_before"' in line]
    report = BatchReport("b", "t", Progress(1), BatchEnd.COMPLETE)

    real = report.record(Path("traces.db"))

    assert list(shown) == list(real)
    assert all(f"`{end.value}`" in TEXT for end in BatchEnd)


@pytest.mark.docker
@pytest.mark.slow
def test_its_python_draws_what_it_asks_for(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    shutil.copyfile(ROOT / "tests" / "data" / "cars.csv", tmp_path / "cars.csv")

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 of 2\n"
    assert (tmp_path / "out" / "horsepower" / "outcomes.jsonl").exists()
