"""The writer as the loop sees it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import anyio
import pytest

from critique_loop.errors import WriterGaveUp
from critique_loop.protocols import Writer
from critique_loop.rubric import load
from critique_loop.values import Draft, Table, Task
from critique_loop.writers.grammar import GrammarWriter


def test_it_is_a_writer() -> None:
    writer: Writer = GrammarWriter()

    assert writer.name == "grammar"


def test_a_draft_carries_its_reading(cars: Table, drafted: Callable[..., Draft]) -> None:
    draft = drafted("nice chart of average horsepower by origin", cars)

    assert draft.writer == "grammar"
    assert draft.reading == "mean of Horsepower by Origin; not used: 'nice'"
    assert draft.not_used == ("nice",)
    assert draft.cost_usd == 0.0


def test_a_task_without_a_table_is_refused() -> None:
    task = Task("average horsepower by origin", load("charts"))

    with pytest.raises(WriterGaveUp, match="no table"):
        anyio.run(lambda: GrammarWriter().draft(task, history=()))


@pytest.mark.slow
def test_it_imports_nothing_from_outside_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import critique_loop.writers.grammar;"
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['critique_loop']"
