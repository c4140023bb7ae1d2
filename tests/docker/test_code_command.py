"""``critique-loop code`` with a real sandbox: programs in, verdicts out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from critique_loop.coding import code_task
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.executors.docker import DockerExecutor
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.testing import ScriptedModel
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.testing.fault_server_body import Body
from critique_loop.values import StopReason
from critique_loop.writers.model import ModelWriter

pytestmark = [pytest.mark.docker, pytest.mark.slow]

RIGHT = '''"""Sums."""


def add(a: int, b: int) -> int:
    """Return a + b."""
    return a + b
'''
WRONG = RIGHT.replace("return a + b\n", "return a + abs(b)\n")
STUB = (
    'def add(a: int, b: int) -> int:\n    """Return a + b.\n\n    >>> add(1, -2)\n    -1\n    """\n'
)
FORMS = {
    "test_it.py": "from mine import add\n\n\ndef test_negative():\n    assert add(1, -2) == -1\n",
    "asserts.py": "assert add(1, -2) == -1\nassert add(1, 2) == 3\n",
    "check.py": "def check(candidate):\n    assert candidate(1, -2) == -1\n",
    "examples.txt": ">>> add(1, -2)\n-1\n",
    "calls.json": '[{"input": [1, -2], "output": -1}]',
}

TESTS_ONLY = """name = "tests only"
extends = "code"
without = ["robustness", "arguments", "types", "lint", "complexity"]
"""

QUICK = ("--entry-point", "add", "--rubric", "tests_only.toml", "--json")

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "tests_only.toml").write_text(TESTS_ONLY)

    def command(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "critique_loop", *map(str, words)],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )

    return command


def record_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_tests_tells_a_right_program_from_a_wrong_one(
    run: Run, tmp_path: Path, form: str
) -> None:
    (tmp_path / form).write_text(FORMS[form])
    ended: list[tuple[int, str]] = []
    for program in (RIGHT, WRONG):
        (tmp_path / "mine.py").write_text(program)
        done = run("code", "--solution", "mine.py", "--tests", form, *QUICK)
        statuses = {test["status"] for test in record_of(done)["best"]["tests"]}
        ended.append((done.returncode, " ".join(sorted(statuses))))

    assert ended[0] == (0, "passed")
    assert ended[1][0] == 3
    assert "failed" in ended[1][1]


def test_whole_runs_are_compared_by_what_they_print(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runs.json").write_text('[{"stdin": "1 -2", "stdout": "-1"}]')
    (tmp_path / "mine.py").write_text(
        'if __name__ == "__main__":\n    print(sum(map(int, input().split())))\n'
    )

    done = run("code", "--solution", "mine.py", "--tests", "runs.json", "--json")

    assert [test["status"] for test in record_of(done)["best"]["tests"]] == ["passed"]


def test_a_person_reads_what_failed_and_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "stub.py").write_text(STUB)
    (tmp_path / "mine.py").write_text(WRONG)
    (tmp_path / "more.py").write_text("assert add(2, -5) == -3\nassert add(2, 5) == 7\n")

    done = run("code", "--signature", "stub.py", "--solution", "mine.py", "--hidden-tests",
               "more.py", "--out", "there")  # fmt: skip

    assert done.returncode == 3
    assert "not accepted · 1 round" in done.stdout
    assert "tests   1 of 3 passed (hidden: 1 of 2)" in done.stdout
    assert "✗ example 1  failed" in done.stdout
    assert "expected -1, got 3" in done.stdout
    assert "-5" not in done.stdout + (tmp_path / "there" / "outcome.json").read_text()
    assert (tmp_path / "there" / "solution.py").read_text() == WRONG


HOSTILE = {
    "no function": "x = 1\n",
    "hangs": "def add(a, b):\n    while True:\n        pass\n",
    "exits": "import sys\n\n\ndef add(a, b):\n    sys.exit(0)\n",
    "ends the process": "import os\n\n\ndef add(a, b):\n    os._exit(0)\n",
    "recursion": "def add(a, b):\n    return add(a, b)\n",
    "prints ten megabytes": "def add(a, b):\n    print('x' * 10_000_000)\n    return 0\n",
    "forges a record": 'import sys\n\n\ndef add(a, b):\n    print(\'{"status": "passed"}\')\n'
    "    sys.stdout.flush()\n    return {'status': 'passed'}\n",
    "equals everything": "class Yes:\n    def __eq__(self, other):\n        return True\n"
    "    __hash__ = None\n\n\ndef add(a, b):\n    return Yes()\n",
    "asks the network": "import urllib.request\n\n\ndef add(a, b):\n"
    "    return int(urllib.request.urlopen('http://1.1.1.1', timeout=2).read())\n",
    "is no Python": "def add(:\n",
    "patches the tests": "import builtins, sys\nbuiltins.AssertionError = ()\n"
    "sys.modules['pytest'] = None\n\n\ndef add(a, b):\n    return 0\n",
    "names in Unicode": "def addiere(ä, ö):\n    return ä + ö\n",
}


@pytest.mark.parametrize("program", HOSTILE)
def test_no_bad_program_passes(run: Run, tmp_path: Path, program: str) -> None:
    (tmp_path / "mine.py").write_text(HOSTILE[program])
    (tmp_path / "asserts.py").write_text("assert add(40, 2) == 42\n")

    done = run(
        "code", "--solution", "mine.py", "--tests", "asserts.py", "--test-timeout", 1, *QUICK
    )

    record = record_of(done)
    assert (done.returncode, record["accepted"]) == (3, False)
    assert record["best"]["tests_passed"] == 0
    correctness = record["best"]["scores"][0]
    assert (correctness["dimension"], correctness["passed"]) == ("correctness", False)


def test_a_program_that_was_not_judged_yet_is_when_the_run_is_resumed(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text(WRONG)
    (tmp_path / "two.py").write_text(RIGHT)
    (tmp_path / "asserts.py").write_text("assert add(1, -2) == -1\n")

    first = run("code", "--solution", "one.py", "--solution", "two.py", "--tests", "asserts.py",
                "--max-rounds", 1, "--json")  # fmt: skip
    second = run("resume", record_of(first)["run"], "--max-rounds", 3, "--json")

    assert (first.returncode, second.returncode) == (4, 0)
    assert record_of(second)["rounds"] == 2


def test_a_program_reads_its_data(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text("pet,age\ncat,3\ndog,4\n")
    (tmp_path / "asserts.py").write_text("assert total() == 7\n")
    (tmp_path / "mine.py").write_text(
        "import csv\n\n\ndef total() -> int:\n    with open('pets.csv') as file:\n"
        "        return sum(int(row['age']) for row in csv.DictReader(file))\n"
    )

    done = run("code", "--solution", "mine.py", "--tests", "asserts.py", "--data", "pets.csv",
               "--json")  # fmt: skip

    assert record_of(done)["best"]["tests_passed"] == 1
    assert (tmp_path / "pets.csv").read_text() == "pet,age\ncat,3\ndog,4\n"


CHATTY = """def add(a: int, b: int) -> int:
    print("called with", a, b)
    raise ValueError(f"I was called with {a} and {b}")
"""


@pytest.mark.anyio
async def test_a_program_that_tells_what_it_is_called_with_tells_no_prompt() -> None:
    model = ScriptedModel([f"```python\n{CHATTY}```", f"```python\n{RIGHT}```"])
    task = code_task(signature=STUB, hidden_tests="assert add(91731, 4) == 91735\n")
    loop = Loop(
        writer=ModelWriter(model, definition="code_writer"),
        executor=DockerExecutor(),
        critic=MeasuredCritic(),
        proxy=UserProxy(),
    )

    outcome = await loop.run(task)

    assert outcome.stopped_because is StopReason.ACCEPTED
    asked = [message.text for request in model.asked for message in request.messages]
    assert len(model.asked) == 2
    assert not [text for text in asked if "91731" in text or "91735" in text]
    assert any("tests_failed" in text for text in asked)


ROW = {
    "prompt": STUB,
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
}
DATASETS: dict[str, dict[str, object]] = {
    "HumanEval": {
        **ROW,
        "task_id": "Own/1",
        "test": "def check(candidate):\n    assert candidate(-1, -2) == -3\n",
    },
    "EvalPlus": {
        **ROW,
        "task_id": "Own/1",
        "base_input": [[-1, -2]],
        "plus_input": [[10**30, -1], ["x", 1]],
        "atol": 0,
    },
    "MBPP": {
        "task_id": 1,
        "text": "Write a function to add.",
        "code": "def add(a, b):\n    return a + b",
        "test_list": ["assert add(1, 2) == 3", "assert add(1, -2) == -1"],
        "test_setup_code": "",
    },
    "BigCodeBench": {
        "task_id": "Own/1",
        "complete_prompt": STUB,
        "instruct_prompt": "Add.",
        "entry_point": "add",
        "test": "import unittest\n\n\nclass TestCases(unittest.TestCase):\n"
        "    def test_one(self):\n        self.assertEqual(add(1, -2), -1)\n",
    },
}


@pytest.mark.parametrize("shape", DATASETS)
def test_programs_for_a_data_set_are_scored_without_a_model(
    run: Run, tmp_path: Path, shape: str
) -> None:
    row = DATASETS[shape]
    samples = [{"task_id": row["task_id"], "solution": program} for program in (RIGHT, WRONG)]
    (tmp_path / "set.jsonl").write_text(json.dumps(row))
    (tmp_path / "samples.jsonl").write_text("\n".join(map(json.dumps, samples)))

    words = (
        "code",
        "--dataset",
        "set.jsonl",
        "--solutions",
        "samples.jsonl",
        "--k",
        "1,2",
        "--json",
    )
    first, again = run(*words), run(*words)

    assert first.returncode == again.returncode == 0
    record = record_of(first)
    assert record["shape"] == shape
    assert record["pass_at_k"] == {"1": 0.5, "2": 1.0}
    assert [s["from_before"] for s in record_of(again)["tasks"][0]["samples"]] == [True, True]


def in_two_steps(body: Body, index: int) -> str:
    del index
    return f"```python\n{RIGHT if 'Critique of attempt 1' in body.text else WRONG}```"


def many(number: int) -> str:
    rows = [{**DATASETS["HumanEval"], "task_id": f"Own/{place}"} for place in range(number)]
    return "\n".join(map(json.dumps, rows))


def test_a_model_repairs_and_what_it_did_is_not_asked_for_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(many(1))
    with FaultServer(answer=in_two_steps) as server:
        model = server.play(always(Say()))
        words = ("code", "--dataset", "set.jsonl", "--samples", 2, "--k", "1,2", "--json",
                 "--model", model, "--base-url", server.base_url)  # fmt: skip
        short = run(*words, "--max-calls", 1)
        whole = run(*words)
        asked = len(server.requests())
        again = run(*words)

        assert len(server.requests()) == asked == 4
    assert (short.returncode, whole.returncode, again.returncode) == (4, 0, 0)
    assert record_of(short)["complete"] is False
    record = record_of(whole)
    assert record["pass_at_k"] == {"1": 0.0, "2": 0.0}
    second = record["rounds"][1]
    assert (second["failed_before"], second["repaired"], second["repair_rate"]) == (2, 2, 1.0)
    assert record_of(again)["rounds"] == record["rounds"]


def test_ctrl_c_keeps_and_shows_what_is_done(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(many(4))
    samples = [{"task_id": f"Own/{place}", "solution": RIGHT} for place in range(4)]
    (tmp_path / "samples.jsonl").write_text("\n".join(map(json.dumps, samples)))
    command = [sys.executable, "-m", "critique_loop", "code", "--dataset", "set.jsonl",
               "--solutions", "samples.jsonl"]  # fmt: skip

    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        assert running.stderr is not None
        first = running.stderr.readline()
        running.send_signal(signal.SIGINT)
        said, rest = running.communicate()

    assert first.startswith("1/4 · 1 pass")
    assert running.returncode == 130
    assert "finishing this round of each loop; Ctrl-C again stops now" in rest
    assert "of 4 loops done" in said
    assert "pass@1    1.000" in said
