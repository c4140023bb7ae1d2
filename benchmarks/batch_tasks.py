"""Task files for the benchmark of batches: charts of given or generated tables."""

from __future__ import annotations

import json
import random
from pathlib import Path

from critique_loop.data import profile
from critique_loop.values import ColumnKind

VERBS = ("average", "total", "highest", "lowest")
REGIONS = ("north", "south", "east", "west", "centre")


def generated(folder: Path) -> Path:
    """Write ten small tables, always the same ones."""
    folder.mkdir()
    dice = random.Random(7)  # noqa: S311 - data, not secrets
    for number in range(10):
        rows = [
            f"{dice.choice(REGIONS)},{dice.randint(1, 9) * (number + 1)},{dice.random() * 50:.2f}"
            for _ in range(200)
        ]
        text = "\n".join(["region,orders,price", *rows])
        (folder / f"table{number}.csv").write_text(text + "\n", encoding="utf-8")
    return folder


def goals(path: Path) -> list[str]:
    """Return goals that a table has columns for."""
    columns = profile(path).columns
    groups = [c.name for c in columns if c.kind is ColumnKind.CATEGORY and 2 <= len(c.values) <= 20]  # noqa: PLR2004 - bars that fit
    numbers = [c.name for c in columns if c.kind is ColumnKind.NUMBER]
    return [f"{verb} {n} by {g}" for g in groups for n in numbers for verb in VERBS]


def tasks(tables: Path, loops: int, path: Path) -> Path:
    """Write a task file with so many lines, each an item of its own."""
    pairs = [(table, goal) for table in sorted(tables.glob("*.csv")) for goal in goals(table)]
    random.Random(7).shuffle(pairs)  # noqa: S311 - an order, not a secret
    lines = [
        json.dumps({"id": f"loop{n}", "data": str(table.absolute()), "goal": goal})
        for n in range(loops)
        for table, goal in [pairs[n % len(pairs)]]
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
