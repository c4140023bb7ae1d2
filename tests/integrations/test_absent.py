"""Where AutoGen is not installed, only its doors are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ABSENT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0].startswith(("autogen", "pyautogen")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""
LOOP = """
import critique_loop as cl
from critique_loop.loop import Loop
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Dimension, Rubric, Task

task = Task("g", Rubric("r", (Dimension("right", "Is it?"),)))
loop = Loop(
    writer=ScriptedWriter(["bad", "good"]),
    executor=ScriptedExecutor(),
    critic=ScriptedCritic({"bad": 2.0, "good": 9.0}),
    proxy=cl.UserProxy(),
    store=MemoryStore(),
)
outcome = loop.run_sync(task)
print(outcome.stopped_because.value, len(outcome.rounds))
"""
COMMAND = """
from critique_loop.cli import main
sys.argv = ["critique-loop", "--help"]
main()
"""
DOOR = "import critique_loop.integrations.autogen"
WITH_IT = "import critique_loop.integrations.autogen; print('loaded')"


def ran(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=ROOT,
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_loop_runs_without_autogen(tmp_path: Path) -> None:
    done = ran(ABSENT + LOOP, tmp_path)

    assert (done.stdout, done.stderr) == ("accepted 2\n", "")


def test_the_command_line_works_without_autogen(tmp_path: Path) -> None:
    done = ran(ABSENT + COMMAND, tmp_path)

    assert done.returncode == 0, done.stderr
    assert "chart" in done.stdout


def test_the_doors_say_what_is_missing(tmp_path: Path) -> None:
    done = ran(ABSENT + DOOR, tmp_path)

    assert done.returncode != 0
    assert "ModuleNotFoundError: No module named 'autogen" in done.stderr


def test_with_autogen_the_doors_open_without_a_warning(tmp_path: Path) -> None:
    done = ran(WITH_IT, tmp_path)

    assert (done.stdout, done.stderr) == ("loaded\n", "")


@pytest.mark.parametrize("name", ["autogen_core", "autogen_agentchat", "autogen_ext", "autogen"])
def test_nothing_but_the_doors_names_autogen(name: str) -> None:
    doors = ROOT / "critique_loop" / "integrations" / "autogen"
    importing = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "critique_loop").rglob("*.py")
        if doors not in path.parents
        and any(
            line.split()[:2] in (["import", name], ["from", name])
            or line.strip().startswith((f"from {name}.", f"import {name}."))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]

    assert importing == []
