"""AutoGen's agents and teams as the writer and the critic of our loop."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import anyio
import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import ChatAgent, Team
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core.models import UserMessage

from critique_loop.budget import Budget
from critique_loop.errors import ModelError, ModelErrorKind, WriterGaveUp
from critique_loop.integrations.autogen import AgentCritic, AgentModel, AgentWriter, ModelClient
from critique_loop.integrations.autogen.client_errors import model_error
from critique_loop.proxy import UserProxy
from critique_loop.testing import ScriptedModel
from critique_loop.values import Message, Reply, Request, StopReason
from tests.integrations.autogen.loops import DRAWN, GOAL, PNG, make_loop, task_of
from tests.integrations.autogen.scripted import Line, ScriptedClient, answered

pytestmark = pytest.mark.anyio

GOOD = "Here it is.\n```python\nimport this\n```"


def assistant(*lines: Line, name: str = "author") -> tuple[AssistantAgent, ScriptedClient]:
    client = ScriptedClient(lines)
    return AssistantAgent(name, client, system_message=None), client


def team_of(*agents: ChatAgent | Team) -> RoundRobinGroupChat:
    return RoundRobinGroupChat(list(agents), max_turns=len(agents))


def verdict(score: int) -> str:
    said = {"evidence": "`bars` is 3", "advice": "", "score": score}
    return json.dumps({"reference": "{reference}", "right": said})


async def test_an_agent_writes_for_the_loop_and_is_told_the_rounds_so_far() -> None:
    agent, client = assistant("```python\nbad()\n```", GOOD)
    loop = make_loop([])
    loop.writer = AgentWriter(agent)

    outcome = await loop.run(task_of(GOAL))

    assert [turn.code for turn in outcome.rounds][:2] == ["bad()\n", "import this\n"]
    assert outcome.rounds[1].draft.explanation == "Here it is."
    texts = ["\n".join(str(m.content) for m in asked) for asked in client.asked]
    assert GOAL in texts[0]
    assert "bad()" in texts[1]


async def test_an_agent_begins_anew_with_each_draft() -> None:
    agent, client = assistant(GOOD, GOOD)
    writer = AgentWriter(agent)

    await writer.draft(task_of("the first goal"), history=())
    await writer.draft(task_of("the second goal"), history=())

    assert "the first goal" not in str(client.asked[1])
    assert len(client.asked[1]) == len(client.asked[0])


async def test_a_teams_program_is_taken_whoever_spoke_last() -> None:
    author, _ = assistant(GOOD)
    reviewer, _ = assistant("LGTM, nothing to add.", name="reviewer")

    draft = await AgentWriter(team_of(author, reviewer)).draft(task_of(GOAL), history=())

    assert draft.code == "import this\n"


async def test_an_agent_without_a_program_gives_up_after_it_was_asked_again() -> None:
    agent, client = assistant("I would use bars.", "As I said: bars.")

    with pytest.raises(WriterGaveUp):
        await AgentWriter(agent).draft(task_of(GOAL), history=())

    assert "could not use your answer" in str(client.asked[1])


async def test_what_an_agent_takes_is_in_the_trace_once() -> None:
    foreign, _ = assistant(GOOD)
    ours = AssistantAgent("author", ModelClient(ScriptedModel([GOOD], cost_usd=0.5)))
    spends: list[object] = []
    for agent in (foreign, ours, team_of(ours_again())):
        loop = make_loop([], proxy=UserProxy(budget=Budget(max_rounds=1)))
        loop.writer = AgentWriter(agent)
        outcome = await loop.run(task_of(GOAL))
        spends.append([(r.role, r.calls, r.tokens, r.cost_usd) for r in outcome.spend.roles])

    assert spends == [
        [("writer", 1, 12, None)],
        [("writer", 1, 20, 0.5)],
        [("writer", 1, 20, 0.5)],
    ]


def ours_again() -> AssistantAgent:
    return AssistantAgent("author", ModelClient(ScriptedModel([GOOD], cost_usd=0.5)))


@pytest.mark.parametrize("in_team", [False, True])
async def test_a_budget_ends_the_run_also_from_within_a_team(in_team: bool) -> None:
    answers = [f"```python\nprint({number})\n```" for number in range(9)]
    agent = AssistantAgent("author", ModelClient(ScriptedModel(answers)))
    loop = make_loop([], proxy=UserProxy(budget=Budget(max_rounds=9, max_tokens=50)))
    model = AgentModel(team_of(agent) if in_team else agent, self_counting=True)
    loop.writer = AgentWriter(model)

    outcome = await loop.run(task_of(GOAL))

    assert outcome.stopped_because is StopReason.TOKENS
    assert (outcome.spend.tokens, len(outcome.rounds)) == (40, 2)


@pytest.mark.parametrize("in_team", [False, True])
async def test_a_clients_failure_is_the_models(in_team: bool) -> None:
    class RateLimitError(Exception):
        pass

    agent, _ = assistant(RateLimitError("slow down"))
    loop = make_loop([])
    loop.writer = AgentWriter(team_of(agent) if in_team else agent)

    outcome = await loop.run(task_of(GOAL))

    assert outcome.stopped_because is StopReason.MODEL_UNAVAILABLE
    assert "slow down" in outcome.message


async def test_an_agent_scores_for_the_loop() -> None:
    agent, client = assistant("yes", "yes", verdict(9))
    client.lines[0] = answered("yes", tokens=(900, 1))
    loop = make_loop(["good"])
    loop.critic = AgentCritic(agent)

    outcome = await loop.run(task_of(GOAL))

    assert outcome.accepted
    content = client.asked[2][-1].content
    assert isinstance(client.asked[2][-1], UserMessage)
    assert not isinstance(content, str)
    assert len(content) == 2


@pytest.mark.parametrize("said", ["It is lovely, 9 of 10!", verdict(11), verdict(9)[:-9]])
async def test_what_is_no_valid_critique_stays_unscored(said: str) -> None:
    agent, _ = assistant(said, said)
    draft = await make_loop(["bad"]).writer.draft(task_of(GOAL), history=())

    execution = replace(DRAWN, evidence=None)
    critique = await AgentCritic(agent).review(task_of(GOAL), draft, execution, history=())

    assert critique.scores[0].value is None
    assert "no usable answer" in critique.scores[0].unscored
    assert critique.overall is None


async def test_an_agent_that_does_not_see_the_picture_scores_nothing() -> None:
    agent, client = assistant("yes", "yes")
    draft = await make_loop(["bad"]).writer.draft(task_of(GOAL), history=())

    critique = await AgentCritic(agent).review(task_of(GOAL), draft, DRAWN, history=())

    assert critique.scores[0].value is None
    assert len(client.asked) == 2
    assert PNG not in str(client.asked[0]).encode()


def test_the_kinds_of_teams_errors_are_read_from_their_text() -> None:
    raised = RuntimeError("APITimeoutError: late\nTraceback:\nOSError: AuthenticationError")

    assert model_error(raised, "team").kind is ModelErrorKind.TIMEOUT


async def test_a_team_ends_at_its_deadline_and_what_ran_inside_ends_with_it() -> None:
    """A team that is cancelled without its token would wait until its agents have finished."""
    ended: list[str] = []

    class Endless:
        name = "endless"

        async def complete(self, request: Request) -> Reply:
            del request
            try:
                await anyio.sleep(60)
            finally:
                ended.append(self.name)
            raise AssertionError

    team = team_of(AssistantAgent("author", ModelClient(Endless())))
    began = time.monotonic()

    with pytest.raises(ModelError) as caught:
        await AgentModel(team, deadline_s=0.2).complete(Request((Message("user", "Hello?"),)))

    assert caught.value.kind is ModelErrorKind.TIMEOUT
    assert ended == ["endless"]
    assert time.monotonic() - began < 1.5
