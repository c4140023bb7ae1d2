"""What is hidden reaches no model: whole loops with scripted models, every prompt searched."""

from __future__ import annotations

import json

import pytest

from critique_loop.coding import code_task
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.critics.support import Sources
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.testing import MemoryStore, ScriptedExecutor, ScriptedModel
from critique_loop.values import (
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Request,
    Rubric,
    Severity,
    Task,
)
from critique_loop.writers.model import ModelWriter

pytestmark = pytest.mark.anyio
SECRETS = ("4242", "zebra", "the_right_way", "test_hides")
RUBRIC = Rubric(
    "r",
    (
        Dimension("right", "?", gate=True, checks={"tests_failed": 8.0}),
        Dimension("readable", "Is it?", levels={0: "no", 10: "yes"}),
    ),
)
STUB = "def f(x):\n    '''Add one.'''\n"
SHOWN = "assert f(1) == 2\n"
HIDDEN = "def test_hides():\n    from solution import f\n    assert f(4241) == 4242, 'zebra'\n"
REFERENCE = "def f(x):\n    the_right_way = x + 1\n    return the_right_way\n"
PROGRAMS = ["def f(x):\n    return x\n", "def f(x):\n    return x - 1\n"]


def task() -> Task:
    return code_task(
        signature=STUB, tests=SHOWN, hidden_tests=HIDDEN, reference=REFERENCE, rubric=RUBRIC
    )


def executed() -> Execution:
    """Return what a judge says that names hidden tests, too."""
    tests = [
        {"name": "assert f(1) == 2", "suite": "tests", "status": "failed", "hidden": False,
         "seconds": 0.01, "message": "got 1"},
        {"name": "test_hides[4242-zebra]", "suite": "hidden", "status": "failed", "hidden": True,
         "seconds": 0.02, "message": "zebra"},
    ]  # fmt: skip
    finding = Finding("tests_failed", Severity.ERROR, "2 of 2 tests failed", "f(1) is to be 2")
    evidence = Evidence((finding,), ("tests_failed",), {"tests": tests, "tests_total": 2})
    return Execution(ExecutionStatus.OK, stdout="hello", evidence=evidence)


def critique(request: Request) -> str:
    assert request.schema is not None
    keys = list(json.loads(json.dumps(request.schema.schema))["properties"])
    marks = {"evidence": "`return`", "advice": "say more", "score": 0}
    return json.dumps(dict.fromkeys(keys, marks))


async def prompts() -> list[str]:
    writer = ScriptedModel([f"```python\n{program}```" for program in PROGRAMS], name="w")
    critic = ScriptedModel([critique] * 2, name="c")
    loop = Loop(
        writer=ModelWriter(writer, definition="code_writer"),
        critic=CombinedCritic([MeasuredCritic(), ModelCritic(critic, definition="code_critic")]),
        executor=ScriptedExecutor({program: executed() for program in PROGRAMS}),
        proxy=UserProxy(),
        store=MemoryStore(),
    )

    outcome = await loop.run(task())

    assert len(outcome.rounds) == 2
    asked = [*critic.asked, *writer.asked]
    return ["\n".join(message.text for message in request.messages) for request in asked]


async def test_no_prompt_of_a_whole_loop_holds_a_hidden_test_or_the_reference() -> None:
    told = await prompts()

    assert len(told) >= 4
    for secret in SECRETS:
        assert [text for text in told if secret in text] == [], secret


async def test_what_is_not_hidden_is_told() -> None:
    critic_first, _, writer_first, writer_second, *_ = await prompts()

    for text in (writer_first, writer_second, critic_first):
        assert STUB.strip() in text
        assert SHOWN.strip() in text
        assert "which are not shown" in text
    assert "2 of 2 tests failed" in writer_second
    assert "got 1" in critic_first


async def test_text_from_files_is_fenced_in_every_prompt() -> None:
    for text in await prompts():
        for quoted in (STUB.strip(), SHOWN.strip()):
            before = text[: text.index(quoted)]
            assert before.count("<untrusted-") > before.count("</untrusted-")


def test_evidence_about_a_hidden_test_can_not_be_found_again() -> None:
    execution = executed()
    sources = Sources(task(), Draft(PROGRAMS[0], "w"), execution, ())

    assert sources.doubt("It fails `test_hides[4242-zebra]`.")
    assert not sources.doubt("It fails `assert f(1) == 2`.")
