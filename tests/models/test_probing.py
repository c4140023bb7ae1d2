from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from critique_loop.budget import Budget
from critique_loop.critics.sight import sight_of
from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.ledger import Ledger
from critique_loop.models.modes import AnswerMode
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.models.probing import LONG, Probe, probe, solid_png
from critique_loop.testing import FaultServer, ScriptedModel
from critique_loop.testing.fault_server_acts import Plan, Respond, Say, always, refusing
from critique_loop.testing.fault_server_answers import Completion
from critique_loop.values import Choice, Picture, Reply, Request, Usage

pytestmark = pytest.mark.anyio

Rule = Callable[[Request], str | Reply]


def scripted(rule: Rule, calls: int = 11) -> ScriptedModel:
    return ScriptedModel([rule] * calls)


def fine(request: Request) -> str:
    return '{"animal": "axolotl"}' if request.schema else "magenta 42"


def verdicts(found: Probe) -> dict[str, str]:
    return {check.name: check.verdict for check in found.checks}


async def probed(plan: Plan) -> Probe:
    with FaultServer() as server:
        name = server.play(plan)
        options = ModelOptions(backoff_s=0.01)
        streaming = replace(options, stream=True)
        async with (
            OpenAIModel(name, base_url=server.base_url, options=options) as model,
            OpenAIModel(name, base_url=server.base_url, options=streaming) as streamed,
        ):
            return await probe(model, streamed=streamed)


async def test_a_good_server_is_seen_to_do_all_it_does() -> None:
    found = await probed(always(Say()))

    assert verdicts(found) == {
        "answers": "yes",
        "usage": "yes",
        "reasoning": "unknown",
        "n": "yes",
        "logprobs": "yes",
        "max_tokens": "yes",
        "seed": "yes",
        "pictures": "yes",
        "schema": "yes",
        "streaming": "yes",
        "context": "unknown",
    }
    assert found.mode is AnswerMode.JSON_SCHEMA
    assert found.requests < 13
    assert (found.usage.total or 0) > 0


@pytest.mark.parametrize(
    ("ignored", "name"),
    [("n", "n"), ("logprobs", "logprobs"), ("image", "pictures"), ("schema", "schema")],
)
async def test_what_a_server_ignores_in_silence_is_seen(ignored: str, name: str) -> None:
    found = await probed(always(Say(ignoring=frozenset({ignored}))))

    assert [check.name for check in found.checks if check.verdict == "no"] == [name]


async def test_a_server_that_takes_no_schema_is_asked_by_the_next_mode() -> None:
    told = {"error": {"message": "response_format is not supported", "param": "response_format"}}

    found = await probed(refusing({"response_format": Respond(400, told)}))

    assert found["schema"].verdict == "no"
    assert "by tool" in found["schema"].seen
    assert found.mode is AnswerMode.TOOL


async def test_where_no_json_was_got_there_is_no_mode_to_get_it_by() -> None:
    def prose(answer: Completion) -> None:
        for choice in answer["choices"]:
            choice["message"].update({"content": "A dog, I think.", "tool_calls": None})

    found = await probed(always(Say(prose)))

    assert found["schema"].verdict == "no"
    assert found["schema"].seen.startswith("bad_json")
    assert found.mode is None


async def test_a_seed_that_is_refused_is_none() -> None:
    told = {"error": {"message": "Unknown parameter: 'seed'.", "param": "seed"}}

    found = await probed(refusing({"seed": Respond(400, told)}))

    assert found["seed"].verdict == "no"
    assert found["seed"].seen == "the server refuses it"


async def test_a_server_that_refuses_the_key_is_asked_once() -> None:
    model = ScriptedModel([ModelError(ModelErrorKind.AUTH, "the key is refused")])

    found = await probe(model)

    assert verdicts(found) == {"answers": "no"}
    assert found["answers"].seen == "the key is refused"
    assert len(model.asked) == 1


async def test_any_model_can_be_probed_with_few_short_calls() -> None:
    model = scripted(fine)

    found = await probe(model)

    assert len(model.asked) == 10
    assert all((request.max_tokens or 0) <= LONG for request in model.asked)
    assert all(request.role == "probe" for request in model.asked)
    assert found["schema"].verdict == "yes"


async def test_one_answer_for_every_seed_says_nothing_about_seeds() -> None:
    found = await probe(scripted(fine))

    assert found["seed"].verdict == "unknown"


async def test_different_answers_for_one_seed_show_that_it_is_ignored() -> None:
    left = [f"{number} Elm Street" for number in range(20)]

    found = await probe(scripted(lambda request: fine(request) if request.schema else left.pop()))

    assert found["seed"].verdict == "no"


async def test_without_usage_the_colour_has_to_be_named() -> None:
    def rule(request: Request) -> Reply:
        seen = bool(request.messages[0].pictures)
        return Reply((Choice("It is Magenta!" if seen else "I see nothing."),), "m1")

    found = await probe(scripted(rule))

    assert found["pictures"].verdict == "yes"
    assert found["usage"].verdict == "no"


async def test_a_colour_that_is_said_without_a_picture_proves_nothing() -> None:
    found = await probe(scripted(lambda _request: Reply((Choice("pink"),), "m1")))

    assert found["pictures"].verdict == "unknown"


async def test_a_named_colour_does_not_outweigh_a_prompt_that_did_not_grow() -> None:
    def rule(request: Request) -> Reply:
        text = "pink" if request.messages[0].pictures else "blue"
        return Reply((Choice(text),), "m1", usage=Usage(20, 1))

    found = await probe(scripted(rule))

    assert found["pictures"].verdict == "no"
    assert "grows by 0 tokens" in found["pictures"].seen


@pytest.mark.parametrize(("growth", "verdict"), [(10, "no"), (31, "no"), (32, "yes")])
async def test_a_few_words_in_the_place_of_a_picture_are_none_as_for_a_critic(
    growth: int, verdict: str
) -> None:
    def rule(request: Request) -> Reply:
        tokens = 20 + growth * len(request.messages[0].pictures)
        return Reply((Choice("red"),), "m1", usage=Usage(tokens, 1))

    found = await probe(scripted(rule))
    sight = await sight_of(scripted(rule), Picture(b"PNG"))

    assert found["pictures"].verdict == verdict
    assert bool(sight.problem) is (verdict == "no")


@pytest.mark.parametrize(
    ("choice", "verdict"),
    [
        (Choice("42", reasoning="17 + 25 is 42"), "yes"),
        (Choice("<think>17 + 25</think>42"), "no"),
        (Choice("42"), "unknown"),
    ],
)
async def test_reasoning_is_looked_for_apart_from_the_answer(choice: Choice, verdict: str) -> None:
    found = await probe(scripted(lambda _request: Reply((choice,), "m1")))

    assert found["reasoning"].verdict == verdict


@pytest.mark.parametrize(
    ("choice", "verdict"),
    [
        (Choice("one two three", finish_reason="length"), "yes"),
        (Choice("one two three"), "unknown"),
        (Choice("one two three " * 20), "no"),
    ],
)
async def test_an_answer_is_to_end_where_it_is_cut(choice: Choice, verdict: str) -> None:
    found = await probe(scripted(lambda _request: Reply((choice,), "m1")))

    assert found["max_tokens"].verdict == verdict


async def test_what_fails_for_another_reason_is_unknown_not_no() -> None:
    def rule(request: Request) -> str:
        if request.logprobs:
            raise ModelError(ModelErrorKind.OVERLOADED, "come back later")
        return fine(request)

    found = await probe(scripted(rule))

    assert found["logprobs"].verdict == "unknown"
    assert found["logprobs"].seen == "overloaded: come back later"
    assert found["schema"].verdict == "yes"


async def test_control_codes_of_an_answer_do_not_reach_the_screen() -> None:
    found = await probe(scripted(lambda _request: Reply((Choice("\x1b[2Jfine\x07"),), "m1")))

    assert not any("\x1b" in check.seen or "\x07" in check.seen for check in found.checks)


async def test_a_budget_ends_the_probe() -> None:
    with Ledger(Budget(max_calls=3)).active(), pytest.raises(BudgetEnded):
        await probe(scripted(fine))


def test_the_picture_is_a_png_of_one_colour() -> None:
    data = solid_png(255, 0, 255)

    width, height = struct.unpack(">II", data[16:24])
    length = struct.unpack(">I", data[33:37])[0]
    pixels = zlib.decompress(data[41 : 41 + length])
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert pixels == (b"\0" + b"\xff\0\xff" * width) * height
