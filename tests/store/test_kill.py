"""The store under load: killed writers, and many processes at once."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import store_crowd
import store_killed

pytestmark = pytest.mark.slow


def printed_by(script: str | None, *options: str) -> str:
    assert script is not None
    done = subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_writer_can_be_killed_at_any_moment_and_its_runs_gone_on_with() -> None:
    told = printed_by(store_killed.__file__, "--kills", "8")

    steps = re.match(r"8 kills, (\d+) steps acknowledged, none lost; \d+ runs in 1 stores", told)
    assert steps is not None
    assert int(steps[1]) > 100


def test_four_processes_write_two_read_and_one_scans_at_once() -> None:
    told = printed_by(store_crowd.__file__, "--seconds", "2")

    assert re.search(r"(\d+) steps acknowledged, none lost, no error", told)
    assert re.search(r"scans +[1-9]", told)
