"""What it does where it belongs is tested with bubblewrap, in tests/local_sandboxes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import entrance


def test_it_changes_nothing_where_it_is_not_process_one(tmp_path: Path) -> None:
    mounts = _mounts()
    reached = tmp_path / "reached"

    done = subprocess.run(
        [sys.executable, str(entrance.__file__), "/usr/bin/touch", str(reached)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "only process 1 of a sandbox may do this" in done.stderr
    assert not reached.exists()
    assert _mounts() == mounts


def _mounts() -> list[str]:
    """Return the mounts on the folders in question; engines mount others at any time."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if line.split()[4] in ("/tmp", "/dev/shm")]
