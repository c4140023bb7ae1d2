"""A model critic and a model writer over real sockets: what a server does in silence shows."""

from __future__ import annotations

from collections.abc import Iterator

import anyio
import pytest

from critique_loop.critics.model import ModelCritic
from critique_loop.errors import WriterGaveUp
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing import FaultServer
from critique_loop.testing.fault_server_acts import Plan, Say, always, in_turn
from critique_loop.testing.fault_server_answers import Completion
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    OutputFile,
    Rubric,
    Task,
)
from critique_loop.writers.model import ModelWriter

RUBRIC = Rubric("r", (Dimension("clear", "?", levels={0: "no", 5: "half", 10: "yes"}),))
TASK = Task("pay by who", RUBRIC)
PNG = OutputFile("chart.png", "image/png", b"\x89PNG\r\n\x1a\n picture")
SEEN = Execution(ExecutionStatus.OK, files=(PNG,), evidence=Evidence(picture="chart.png"))
OPTIONS = ModelOptions(deadline_s=20.0, backoff_s=0.01, max_attempts=3)
IMAGE = frozenset({"image"})


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as entered:
        yield entered


def model(server: FaultServer, plan: Plan) -> OpenAIModel:
    return OpenAIModel(server.play(plan), base_url=server.base_url, options=OPTIONS)


def review(server: FaultServer, plan: Plan) -> Critique:
    async def main() -> Critique:
        async with model(server, plan) as asked:
            return await ModelCritic(asked).review(TASK, Draft("x = 1\n", "w"), SEEN, history=())

    return anyio.run(main)


def draft(server: FaultServer, plan: Plan) -> Draft:
    async def main() -> Draft:
        async with model(server, plan) as asked:
            return await ModelWriter(asked).draft(TASK, history=())

    return anyio.run(main)


def prose(answer: Completion) -> None:
    for choice in answer["choices"]:
        choice["message"].update({"content": "I like it a lot: 10/10.", "tool_calls": None})


def halved(answer: Completion) -> None:
    for choice in answer["choices"]:
        choice["message"]["content"] = "```python\nprint('half of a chart')\n```"
        choice["finish_reason"] = "length"


def test_a_server_that_looks_at_the_picture_is_believed(server: FaultServer) -> None:
    critique = review(server, always(Say()))

    [score] = critique.scores
    assert score.value in {0.0, 5.0, 10.0}
    assert score.confidence is not None
    requests = server.requests()
    assert [sum(m.pictures for m in r.body.messages) for r in requests] == [1, 0, 1]


def test_a_server_that_drops_the_picture_is_not_asked_for_scores(server: FaultServer) -> None:
    critique = review(server, always(Say(ignoring=IMAGE)))

    [score] = critique.scores
    assert score.value is None
    assert "the server dropped the picture" in score.unscored
    assert len(server.requests()) == 2


def test_praise_in_prose_is_no_score(server: FaultServer) -> None:
    critique = review(server, in_turn(Say(), Say(), then=Say(prose)))

    [score] = critique.scores
    assert score.value is None
    assert "bad_json" in score.unscored


def test_a_program_comes_over_the_wire(server: FaultServer) -> None:
    found = draft(server, always(Say()))

    assert found.code.startswith("print('chart ")
    assert found.model == server.requests()[0].body.model


def test_prose_gets_one_repair_turn_over_the_wire(server: FaultServer) -> None:
    found = draft(server, in_turn(Say(prose), then=Say()))

    assert found.code.startswith("print('chart ")
    second = server.requests()[1].body
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]


def test_an_answer_that_is_always_cut_off_is_never_a_draft(server: FaultServer) -> None:
    with pytest.raises(WriterGaveUp, match="truncated"):
        draft(server, always(Say(halved)))
