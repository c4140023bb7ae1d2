"""What a chart's program draws when it is run next to its table, without any sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

_READER = Path(__file__).parents[2] / "benchmarks" / "drawn_values.py"
_FIRST_DAY = date(1970, 1, 1)  # matplotlib counts days from here
_MOST_S = 120


def bars_of(code: str, table: Path) -> dict[str, float]:
    """Return the lengths of the bars by the names they stand at."""
    axes = _axes_of(code, table)
    upright = axes["bars"][0]["upright"]
    names = {round(place): name for place, name in axes["x" if upright else "y"]["ticks"]}
    return {names[round(bar["from"] + bar["width"] / 2)]: bar["length"] for bar in axes["bars"]}


def months_of(code: str, table: Path) -> dict[str, float]:
    """Return the values of the line by the months they stand at."""
    line = _axes_of(code, table)["lines"][0]
    months = (_FIRST_DAY + timedelta(days=day) for day in line["x"])
    return {f"{month:%Y-%m}": value for month, value in zip(months, line["y"], strict=True)}


def _axes_of(code: str, table: Path) -> dict[str, Any]:
    (table.parent / "program.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(_READER), "program.py"],
        cwd=table.parent,
        capture_output=True,
        text=True,
        timeout=_MOST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    axes: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["axes"]
    assert len(axes) == 1
    return axes[0]
