"""The recipe of a batch runs as it is shipped, and goes on when it is run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROOT = Path(__file__).parents[1]


def run(place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "recipes" / "batch.py"), "--out", str(place / "out")],
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(place / "traces.db")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_recipe_draws_its_charts_once(tmp_path: Path) -> None:
    first, again = run(tmp_path), run(tmp_path)

    lines = (tmp_path / "out" / "outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert "0 done before" in first.stdout
    assert "3 done before" in again.stdout
    assert len(lines) == 3
    assert all(
        (tmp_path / "out" / json.loads(line)["id"] / "outcome.json").exists() for line in lines
    )
