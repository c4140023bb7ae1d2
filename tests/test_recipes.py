"""Recipes run as they are shipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROOT = Path(__file__).parents[1]


def test_the_recipe_draws_an_accepted_chart_from_the_table_that_comes_with_it(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "recipes" / "chart.py"), "--out", str(tmp_path / "out")],
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "round 1: overall" in done.stdout
    assert "\naccepted: " in done.stdout
    assert json.loads((tmp_path / "out" / "outcome.json").read_text())["accepted"]
    assert (tmp_path / "out" / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out" / "rounds" / "1" / "chart.png").exists()
