"""The commands and programs of docs/datasets.md run as they stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop.export.dialects import DIALECTS
from critique_loop.export.examples import MAKERS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOUND = BLOCK.findall(TEXT)


def blocks(language: str) -> list[str]:
    return [text for found, text in FOUND if found == language]


@pytest.mark.parametrize("block", blocks("python"))
def test_the_python_prints_what_it_says(block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"# prints -> (.*)", block)


@pytest.mark.docker
@pytest.mark.slow
def test_the_commands_run_as_they_stand(tmp_path: Path) -> None:
    for name in ("airports.csv", "cars.csv"):
        shutil.copyfile(ROOT / "tests" / "data" / name, tmp_path / name)
    environment = {**os.environ, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")}
    (block,) = blocks("")

    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        done = subprocess.run(
            [sys.executable, "-m", "critique_loop", *words[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"

    data = tmp_path / "data"
    cards = [json.loads((data / name / "card.json").read_text()) for name in ("sft", "kto")]
    assert [card["rows"] for card in cards] == [2, 3]
    assert len((data / "pairs.jsonl").read_text().splitlines()) == 1
    assert len((data / "trajectory.jsonl").read_text().splitlines()) == 1
    assert "data:image/png;base64" in (data / "critic" / "train.jsonl").read_text()


def test_the_tables_list_every_format_and_every_dialect() -> None:
    listed = re.findall(r"^\| `([a-z][\w-]+)` \|", TEXT, re.MULTILINE)

    assert sorted(listed) == sorted([*(kind.value for kind in MAKERS), *DIALECTS])
