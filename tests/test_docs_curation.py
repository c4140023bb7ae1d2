"""What docs/curation.md says is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from critique_loop.curation.defaults import Curation
from critique_loop.curation.quality import Quality

TEXT = (Path(__file__).parents[1] / "docs" / "curation.md").read_text(encoding="utf-8")


def test_the_python_block_prints_what_it_says() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"# prints -> (.*)", block)


def test_the_steps_are_listed_in_their_order() -> None:
    everything = Curation(("en",), (Path("b.jsonl"),), cap=1, balance=1, rows=1)
    steps = [type(step).__name__ for step in (*everything.steps(), Quality())]

    assert re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE) == steps
