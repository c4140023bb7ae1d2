"""The options of commands that run a loop."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest


class Cli(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: str) -> CompletedProcess[str]: ...


@pytest.mark.parametrize(("option", "gates_first"), [((), True), (("--all-at-once",), False)])
def test_gates_come_first_unless_all_is_wanted_at_once(
    cli: Cli, tmp_path: Path, option: tuple[str, ...], gates_first: bool
) -> None:
    path = tmp_path / "pets.csv"
    path.write_text("pet,age\ncat,3\ndog,4\n", encoding="utf-8")

    done = cli("chart", str(path), "age by pet", "--dry-run", "--json", *option)

    assert json.loads(done.stdout)["settings"]["gates_first"] is gates_first
