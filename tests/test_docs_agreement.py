"""What docs/agreement.md says is so."""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from critique_loop.agreement.bootstrap import Resampling, estimates
from critique_loop.agreement.bradley_terry import preferred_with
from critique_loop.agreement.confusion import wilson
from critique_loop.agreement.estimates import Statistic
from critique_loop.agreement.kappa import cohen_kappa

TEXT = (Path(__file__).parents[1] / "docs" / "agreement.md").read_text(encoding="utf-8")
WIDTHS = re.findall(r"^\| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", TEXT, re.MULTILINE)
RIGHT = 0.8

Decided = tuple[int, bool, bool]


def decided(n: int, dice: random.Random) -> list[Decided]:
    """Draw what is right, half of it a pass, and a critic that sees it in 80 %."""
    rows: list[Decided] = []
    for number in range(n):
        right = dice.random() < 0.5
        rows.append((number, right if dice.random() < RIGHT else not right, right))
    return rows


def kappa(rows: Sequence[Decided]) -> dict[str, Statistic]:
    return {"kappa": cohen_kappa([row[1] for row in rows], [row[2] for row in rows])}


def width_of_kappa(n: int, dice: random.Random) -> float:
    found = estimates(
        decided(n, dice), kappa, cluster=lambda row: str(row[0]), resampling=Resampling(200)
    )["kappa"]
    return (found.high or 0.0) - (found.low or 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "of_kappa", "of_share"), WIDTHS)
def test_the_widths_by_n_come_out_again(n: str, of_kappa: str, of_share: str) -> None:
    dice = random.Random(int(n))  # noqa: S311 - a draw, no secret
    share = wilson(round(RIGHT * int(n)), int(n))

    width = statistics.median(width_of_kappa(int(n), dice) for _ in range(25))

    assert width == pytest.approx(float(of_kappa), abs=0.07)
    assert (share.high or 0.0) - (share.low or 0.0) == pytest.approx(float(of_share), abs=0.005)


def test_all_rows_of_the_table_were_found() -> None:
    assert [row[0] for row in WIDTHS] == ["20", "40", "80", "160", "320"]


def test_leads_are_the_probabilities_that_are_stated() -> None:
    stated = re.findall(r"(\d) is (\d\d) %", TEXT)

    assert stated == [("1", "73"), ("2", "88")]
    for lead, percent in stated:
        assert round(100 * preferred_with(float(lead))) == int(percent)


def test_the_python_block_runs(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    expected = re.findall(r"# prints -> (.*)", block)

    done = subprocess.run(
        [sys.executable, "-c", block],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == expected
