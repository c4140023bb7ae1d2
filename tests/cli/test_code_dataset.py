"""``critique-loop code --dataset`` as far as it goes without a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest

STUB = 'def add(a, b):\n    """Add."""\n'


class Cli(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: object) -> CompletedProcess[str]: ...


Write = Callable[..., str]


def row(number: int) -> dict[str, object]:
    return {
        "task_id": f"Own/{number}",
        "prompt": STUB,
        "entry_point": "add",
        "canonical_solution": "    return a + b\n",
        "test": "def check(candidate):\n    assert candidate(40, 2) == 42\n",
    }


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def write(cli: Cli) -> Write:  # noqa: ARG001 - it goes to its folder
    def written(name: str, *rows: object) -> str:
        Path(name).write_text("".join(f"{json.dumps(one)}\n" for one in rows))
        return name

    return written


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "no model is named that writes the program"),
        (("--only", "9", "--model", "m"), "there is no task '9'"),
        (("--k", "2", "--model", "m"), "pass@2 can't be told from 1 sample of a task"),
        (("--solutions", "samples.jsonl", "--k", "3"), "pass@3 can't be told from 2 samples"),
        (("--solutions", "samples.jsonl", "--samples", "5"), "Own/0 has only 2 programs"),
        (("--solutions", "samples.jsonl", "--only", "1"), "no program for any of the chosen tasks"),
        (("--solutions", "other.jsonl"), "'Own/7' is no task of"),
        (("--model", "m"), "no API key for api.openai.com"),
        (
            ("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--max-cost", "1"),
            "the price of",
        ),
    ],
)
def test_what_can_not_be_is_told_before_the_first_task(
    cli: Cli, write: Write, words: tuple[str, ...], told: str
) -> None:
    write("set.jsonl", row(0), row(1))
    program = {"task_id": "Own/0", "completion": "    return a + b\n"}
    write("samples.jsonl", program, program)
    write("other.jsonl", {"task_id": "Own/7", "solution": ""})

    done = cli("code", "--dataset", "set.jsonl", *words)

    assert done.returncode == 1
    assert told in done.stderr
    assert done.stdout == ""


def test_a_dry_run_says_whom_the_first_task_would_be_shown_to(cli: Cli, write: Write) -> None:
    path = write("set.jsonl", row(0))

    done = cli("code", "--dataset", path, "--model", "m", "--base-url", "http://127.0.0.1:9/v1",
               "--dry-run")  # fmt: skip

    assert done.returncode == 0
    assert "m at http://127.0.0.1:9/v1 (this machine" in done.stdout


def test_a_dry_run_of_given_programs_asks_nobody(cli: Cli, write: Write) -> None:
    path = write("set.jsonl", row(0))
    samples = write("samples.jsonl", {"task_id": "Own/0", "completion": "    return 0\n"})

    done = cli("code", "--dataset", path, "--solutions", samples, "--dry-run")

    assert done.returncode == 0
    assert done.stdout.startswith("1 given programs would be judged; no model would be asked\n")
