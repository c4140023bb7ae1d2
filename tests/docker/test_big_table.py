"""A table of two million rows, whose rarest value stands in its last row only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.docker.redrawing import bars_of

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROWS = 2_000_000
MOST_HOST_BYTES = 1 << 30
MOST_S = 240
REGIONS = ("East", "North", "South", "West")

# The peak is measured in a process of its own: that of the test run has other memory in it. Not by
# getrusage: a process that was started with vfork is told its parent's peak there.
HOST = """
import json, pathlib, sys, time
import critique_loop

started = time.monotonic()
outcome = critique_loop.chart(sys.argv[1], sys.argv[2], store=None)
best = outcome.best
evidence = best.execution.evidence if best and best.execution else None
print(json.dumps({
    "accepted": outcome.accepted,
    "why": outcome.message,
    "rounds": [[finding.code for finding in turn.critique.findings] for turn in outcome.rounds],
    "statuses": [turn.execution.status.value for turn in outcome.rounds],
    "reading": evidence.facts["reading"] if evidence else "",
    "checks": list(evidence.checks) if evidence else [],
    "code": best.code if best else "",
    "sandbox_bytes": best.execution.peak_memory_bytes if best and best.execution else None,
    "run_s": [turn.execution.wall_s for turn in outcome.rounds],
    "host_bytes": 1024 * next(
        int(line.split()[1])
        for line in pathlib.Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ),
    "seconds": time.monotonic() - started,
}, default=str))
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = np.random.default_rng(5)
    region = chance.choice(REGIONS, ROWS).astype(object)
    region[-1] = "Zanzibar"
    columns = {
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(chance.integers(0, 1461, ROWS), "D"),
        "region": region,
        "product": chance.choice(["Bolt", "Nut", "Screw", "Washer", "Nail"], ROWS),
        "quantity": chance.integers(1, 50, ROWS),
        "amount": chance.gamma(2.0, 40.0, ROWS).round(2),
        "weight": chance.normal(12.0, 2.5, ROWS).round(3),
    }
    path = tmp_path_factory.mktemp("big") / "sales.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_all_rows_are_drawn_and_the_host_stays_small(table: Path) -> None:
    told = _chart(table, "mean amount by region")

    means = pd.read_csv(table).groupby("region")["amount"].mean()
    assert told["accepted"], told
    assert told["host_bytes"] < MOST_HOST_BYTES
    assert "values_mismatch" in told["checks"]
    assert told["reading"] == "mean of amount by region"
    drawn = bars_of(told["code"], table)
    assert set(drawn) == set(means.index)
    assert drawn == pytest.approx(means.to_dict(), rel=1e-9)


def test_a_value_of_the_last_row_can_be_asked_for(table: Path) -> None:
    told = _chart(table, "total amount by product in Zanzibar")

    frame = pd.read_csv(table)
    last = frame[frame["region"] == "Zanzibar"]
    assert told["accepted"], told
    assert told["host_bytes"] < MOST_HOST_BYTES
    drawn = bars_of(told["code"], table)
    assert drawn == pytest.approx(last.groupby("product")["amount"].sum().to_dict(), rel=1e-9)


def _chart(table: Path, goal: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", HOST, str(table), goal],
        capture_output=True,
        text=True,
        timeout=MOST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
