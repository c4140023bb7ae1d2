"""The goal oracle over many programs, each of which is drawn once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import goal_oracle
import pandas as pd
from goal_oracle import Goal
from loop_value_parts import without_number

HERE = Path(__file__).resolve().parent
TABLES = HERE.parent / "tests" / "data"


class Drawing:
    """A process that draws programs outside of any sandbox; a context manager."""

    def __enter__(self) -> Self:
        """Start it."""
        command = [sys.executable, str(HERE / "loop_value_drawing.py")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_error: object) -> None:
        """End it."""
        self._process.communicate()

    def drawn(self, code: str, data: Path) -> dict[str, Any]:
        """Run a program next to a copy of its table; return its chart's numbers, or nothing."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the process that draws has no pipes")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(data, folder)
            Path(folder, "program.py").write_text(code, encoding="utf-8")
            stdin.write(f"{folder}\n")
            stdin.flush()
            line = stdout.readline().strip()
        return json.loads(line) if line else {}


@dataclass(slots=True)
class Oracle:
    """Judges the programs of one goal by the values they draw, each once."""

    goal: Goal
    drawing: Drawing
    known: dict[str, bool] = field(default_factory=dict[str, bool])

    def is_right(self, code: str) -> bool:
        """Say whether the right values are drawn; a program that fails draws none."""
        code = without_number(code)
        if code not in self.known:
            data = TABLES / f"{self.goal.table}.csv"
            facts = self.drawing.drawn(code, data)
            right = bool(facts) and goal_oracle.judge(self.goal, pd.read_csv(data), facts).right
            self.known[code] = right
        return self.known[code]
