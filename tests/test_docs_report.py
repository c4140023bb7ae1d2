"""What docs/report.md says is so: its block runs and prints what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "docs" / "report.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_block_runs_and_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRITIQUE_LOOP_STORE", str(tmp_path / "traces.db"))
    [block] = BLOCKS

    exec(compile(block, "docs/report.md", "exec"), {})  # noqa: S102 - that it runs is the test

    assert capsys.readouterr().out.splitlines() == re.findall(
        r"^# prints -> (.*)$", block, re.MULTILINE
    )
    assert (tmp_path / "report.html").exists()
