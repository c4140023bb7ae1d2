"""Decontamination on charts: the tasks of one table are the benchmark, the rest is curated."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import curation_rows

from critique_loop.curation.decontamination import Decontamination
from critique_loop.curation.pipeline import Pipeline
from critique_loop.values import Example

TABLES = ("cars", "gapminder", "stocks")
WORD = re.compile(r"\w+")
RUN = 8


class Held(NamedTuple):
    """What was flagged: clean rows by any shared run of words, and by ours; leaked rows by ours."""

    table: str
    tasks: int
    clean: int
    naive: int
    ours: int
    leaked: int
    found: int


def held_out(base: Sequence[curation_rows.Chart], table: str, rows: int, leaks: int) -> Held:
    """Hold one table's tasks out, and put rows made of them among those of the other tables."""
    tasks = [chart for chart in base if chart.table == table]
    others = [chart for chart in base if chart.table != table]
    clean = list(curation_rows.multiplied(others, rows))
    leaked = [_named(each) for each in curation_rows.multiplied(tasks, leaks)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "held.jsonl"
        named = [
            {"task_id": f"{table}-{number}", "prompt": chart.goal, "code": chart.code}
            for number, chart in enumerate(tasks)
        ]
        path.write_text("\n".join(map(json.dumps, named)), encoding="utf-8")
        kept = list(Pipeline([Decontamination((path,))]).run([*clean, *leaked]))
    runs = {run for chart in tasks for run in _runs(chart.code)}
    naive = sum(not runs.isdisjoint(_runs(each.completion)) for each in clean)
    leaks_kept = sum(each.provenance.run_id.startswith("leak") for each in kept)
    ours = len(clean) - (len(kept) - leaks_kept)
    return Held(table, len(tasks), rows, naive, ours, leaks, leaks - leaks_kept)


def table_of(found: Sequence[Held]) -> str:
    """Return the counts as Markdown."""
    lines = [
        "Charts of one table as the benchmark; leaked rows are its goals and charts, with six "
        "statements more.",
        "",
        "| table | tasks | clean rows | flagged by any 8 words in common | flagged by ours "
        "| leaked rows | found by ours |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *("| " + " | ".join(map(str, each)) + " |" for each in found)])


def _named(example: Example) -> Example:
    return replace(example, provenance=replace(example.provenance, run_id="leak"))


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = WORD.findall(text.lower())
    return zip(*(words[start:] for start in range(RUN)), strict=False)
