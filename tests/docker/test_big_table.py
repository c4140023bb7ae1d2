"""A table of two million rows, whose rarest value stands in its last row only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.docker.redrawing import bars_of

pyarrow: Any = import_module("pyarrow")  # it has no types
csv: Any = import_module("pyarrow.csv")  # nor has it

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROWS = 2_000_000
PART = 50_000
MOST_HOST_BYTES = 1 << 30
MOST_S = 240
REGIONS = ("East", "North", "South", "West")
DAYS = pd.date_range("2020-01-01", "2023-12-31").strftime("%Y-%m-%d").to_numpy()

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
    """Write it a part at a time: half a gigabyte at once would stay in the peak of this process."""
    chance = np.random.default_rng(5)
    path = tmp_path_factory.mktemp("big") / "sales.csv"
    with path.open("wb") as file:
        for first in range(0, ROWS, PART):
            part = _rows(chance)
            if first + PART == ROWS:
                part.loc[PART - 1, "region"] = "Zanzibar"
            rows = pyarrow.Table.from_pandas(part, preserve_index=False)
            options = csv.WriteOptions(include_header=first == 0, quoting_style="none")
            csv.write_csv(rows, file, options)
    return path


def _rows(chance: np.random.Generator) -> pd.DataFrame:
    columns = {
        "day": DAYS[chance.integers(0, len(DAYS), PART)],
        "region": chance.choice(REGIONS, PART),
        "product": chance.choice(["Bolt", "Nut", "Screw", "Washer", "Nail"], PART),
        "quantity": chance.integers(1, 50, PART),
        "amount": chance.gamma(2.0, 40.0, PART).round(2),
        "weight": chance.normal(12.0, 2.5, PART).round(3),
    }
    return pd.DataFrame(columns)


def test_all_rows_are_drawn_and_the_host_stays_small(table: Path) -> None:
    told = _chart(table, "mean amount by region")

    sums = pd.concat(
        part.groupby("region")["amount"].agg(["sum", "count"]) for part in _parts(table)
    )
    whole = sums.groupby(level=0).sum()
    means = whole["sum"] / whole["count"]
    assert told["accepted"], told
    assert told["host_bytes"] < MOST_HOST_BYTES
    assert "values_mismatch" in told["checks"]
    assert told["reading"] == "mean of amount by region"
    drawn = bars_of(told["code"], table)
    assert set(drawn) == set(means.index)
    assert drawn == pytest.approx(means.to_dict(), rel=1e-9)


def test_a_value_of_the_last_row_can_be_asked_for(table: Path) -> None:
    told = _chart(table, "total amount by product in Zanzibar")

    last = pd.concat(part[part["region"] == "Zanzibar"] for part in _parts(table))
    assert told["accepted"], told
    assert told["host_bytes"] < MOST_HOST_BYTES
    drawn = bars_of(told["code"], table)
    assert drawn == pytest.approx(last.groupby("product")["amount"].sum().to_dict(), rel=1e-9)


def _parts(table: Path) -> Iterator[pd.DataFrame]:
    yield from pd.read_csv(table, usecols=["region", "product", "amount"], chunksize=PART)


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
