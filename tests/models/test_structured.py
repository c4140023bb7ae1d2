from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence

import pytest

from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.models import schemas
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.structured import MAX_SHOWN, answer
from critique_loop.values import Choice, Message, Picture, Reply, Request, Token, Usage

pytestmark = pytest.mark.anyio

SCHEMA = schemas.scores("critique", {"bugs": "Does it run?"}, [0, 5, 10])
RIGHT = {"bugs": {"evidence": "it ran", "advice": "", "score": 10}}
GOOD = json.dumps(RIGHT)
BAD = "I like this chart a lot."
ASKED = Request((Message("system", "You judge."), Message("user", "Judge it.")), schema=SCHEMA)

Said = str | Choice | ModelError
Script = Callable[[Request, AnswerMode], Said | Sequence[Said]]


class Server:
    """Answers by a rule, and keeps what it was asked."""

    def __init__(self, rule: Script) -> None:
        self.asked: list[tuple[AnswerMode, Request]] = []
        self._rule = rule

    @property
    def modes(self) -> str:
        return " ".join(mode for mode, _ in self.asked)

    async def ask(self, request: Request, mode: AnswerMode) -> Reply:
        self.asked.append((mode, request))
        said = self._rule(request, mode)
        lines = [said] if isinstance(said, str | Choice | ModelError) else said
        choices: list[Choice] = []
        for line in lines:
            if isinstance(line, ModelError):
                raise line
            choices.append(Choice(line) if isinstance(line, str) else line)
        return Reply(
            tuple(choices), "m1", usage=Usage(10, 2), cost_usd=0.5, notes=("seed dropped",)
        )


def in_turn(*lines: Said | Sequence[Said]) -> Server:
    left = list(lines)
    return Server(lambda _request, _mode: left.pop(0))


def refuses(*modes: AnswerMode) -> Server:
    def rule(_request: Request, mode: AnswerMode) -> Said:
        return ModelError(ModelErrorKind.UNSUPPORTED, "no") if mode in modes else GOOD

    return Server(rule)


async def test_a_good_server_is_asked_once_with_its_schema() -> None:
    server, memory = in_turn(GOOD), ServerMemory()

    reply = await answer(server.ask, ASKED, memory)

    assert reply.data == RIGHT
    assert server.asked == [(AnswerMode.JSON_SCHEMA, ASKED)]
    assert memory.rung is AnswerMode.JSON_SCHEMA
    assert reply.notes == ("seed dropped",)


async def test_refused_modes_are_passed_over_and_remembered() -> None:
    server = refuses(AnswerMode.JSON_SCHEMA, AnswerMode.TOOL)
    memory = ServerMemory()

    first = await answer(server.ask, ASKED, memory)
    await answer(server.ask, ASKED, memory)

    assert server.modes == "json_schema tool json_object json_object"
    assert memory.refused == {AnswerMode.JSON_SCHEMA, AnswerMode.TOOL}
    assert "tool does not work here: unsupported" in first.notes


@pytest.mark.parametrize("mode", [AnswerMode.JSON_OBJECT, AnswerMode.PROMPT])
async def test_modes_without_a_schema_get_it_in_words(mode: AnswerMode) -> None:
    server = in_turn(GOOD)

    await answer(server.ask, ASKED, ServerMemory(rung=mode))

    ((asked_mode, request),) = server.asked
    assert asked_mode is mode
    assert [message.role for message in request.messages] == ["system", "user"]
    assert request.messages[-1].text == f"Judge it.\n\n{schemas.in_words(SCHEMA)}"


async def test_a_bad_answer_is_shown_to_the_model_once() -> None:
    server = in_turn('{"bugs": {"evidence": "```x```", "advice": "", "score": 7}}', GOOD)

    reply = await answer(server.ask, ASKED, ServerMemory(rung=AnswerMode.JSON_SCHEMA))

    text = server.asked[1][1].messages[-1].text
    problem = "bugs.score: expected one of [0, 5, 10], found 7"
    assert reply.data == RIGHT
    assert text.startswith("Judge it.")
    assert '````\n{"bugs": {"evidence": "```x```", "advice": "", "score": 7}}\n````' in text
    assert problem in text
    assert f"choice 1 was asked for once more: {problem}" in reply.notes


async def test_pictures_stay_with_the_question_when_it_is_asked_again() -> None:
    looked = Message("user", "Look.", (Picture(b"png"),))
    server = in_turn(BAD, GOOD)

    await answer(server.ask, Request((looked,), schema=SCHEMA), ServerMemory())

    assert server.asked[1][1].messages[-1].pictures == looked.pictures


async def test_a_long_bad_answer_is_shown_in_part() -> None:
    server = in_turn("so good " * 100_000, GOOD)

    await answer(server.ask, ASKED, ServerMemory())

    text = server.asked[1][1].messages[-1].text
    assert "[...]" in text
    assert len(text) < MAX_SHOWN + 2_000


async def test_a_server_that_ignores_the_schema_is_not_asked_that_way_again() -> None:
    def rule(request: Request, mode: AnswerMode) -> str:
        told = mode is AnswerMode.TOOL or "JSON Schema" in request.messages[-1].text
        return GOOD if told else BAD

    server, memory = Server(rule), ServerMemory()

    await answer(server.ask, ASKED, memory)
    await answer(server.ask, ASKED, memory)

    assert server.modes == "json_schema json_schema tool"
    assert memory.rung is AnswerMode.TOOL


async def test_the_ladder_goes_down_where_not_even_the_second_try_fits() -> None:
    def rule(_request: Request, mode: AnswerMode) -> str:
        return GOOD if mode is AnswerMode.PROMPT else BAD

    server, memory = Server(rule), ServerMemory()

    reply = await answer(server.ask, ASKED, memory)
    await answer(server.ask, ASKED, memory)

    assert server.modes == "json_schema json_schema tool tool json_object json_object prompt prompt"
    assert reply.requests == 7
    assert "json_object brought no answer that fits" in reply.notes


async def test_a_model_that_never_fits_costs_two_requests_from_then_on() -> None:
    server, memory = Server(lambda _request, _mode: BAD), ServerMemory()
    with pytest.raises(ModelError):
        await answer(server.ask, ASKED, memory)
    before = len(server.asked)

    with pytest.raises(ModelError) as caught:
        await answer(server.ask, ASKED, memory)

    assert caught.value.kind is ModelErrorKind.BAD_JSON
    assert caught.value.partial == BAD
    assert caught.value.attempts == len(server.asked) - before == 2
    assert "there is no JSON object in the answer" in caught.value.problem


async def test_a_mode_that_has_worked_is_kept_when_one_answer_is_bad() -> None:
    server = in_turn(GOOD, BAD, BAD, GOOD)
    memory = ServerMemory()
    await answer(server.ask, ASKED, memory)

    with pytest.raises(ModelError):
        await answer(server.ask, ASKED, memory)
    await answer(server.ask, ASKED, memory)

    assert set(server.modes.split()) == {"json_schema"}


async def test_only_bad_choices_are_asked_for_again() -> None:
    five = copy.deepcopy(RIGHT)
    five["bugs"]["score"] = 5
    server = in_turn([GOOD, BAD, GOOD], json.dumps(five))
    request = Request(ASKED.messages, schema=SCHEMA, n=3, sample=10, seed=7)

    reply = await answer(server.ask, request, ServerMemory())

    again = server.asked[1][1]
    assert [choice.data for choice in reply.choices] == [RIGHT, five, RIGHT]
    assert (again.n, again.sample, again.seed) == (1, 11, 7)
    assert len(server.asked) == 2


async def test_missing_choices_are_asked_for_one_by_one() -> None:
    server = in_turn([GOOD], GOOD, GOOD)

    reply = await answer(server.ask, Request(ASKED.messages, schema=SCHEMA, n=3), ServerMemory())

    assert [choice.data for choice in reply.choices] == [RIGHT] * 3


async def test_all_exchanges_are_summed() -> None:
    server = in_turn(BAD, GOOD)

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert (reply.usage, reply.cost_usd, reply.requests) == (Usage(20, 4), 1.0, 2)
    assert reply.notes.count("seed dropped") == 1


async def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    replies = [Reply((Choice(BAD),), "m1", cost_usd=None), Reply((Choice(GOOD),), "m1", cost_usd=1)]

    async def ask(_request: Request, _mode: AnswerMode) -> Reply:
        return replies.pop(0)

    reply = await answer(ask, ASKED, ServerMemory())

    assert reply.cost_usd is None
    assert reply.usage.total is None


async def test_tokens_and_reasoning_of_the_answer_are_kept() -> None:
    said = Choice(GOOD, reasoning="hm", tokens=(Token(GOOD, -0.1),))
    server = in_turn(said)

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert reply.choices[0].reasoning == "hm"
    assert reply.choices[0].tokens == said.tokens
    assert reply.text == GOOD


async def test_what_was_mended_is_told() -> None:
    server = in_turn('{"critique": {"bugs": {"evidence": "", "advice": "", "score": "10"}}}')

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert reply.data == {"bugs": {"evidence": "", "advice": "", "score": 10}}
    assert 'bugs.score: "10" read as 10' in reply.notes
    assert "the answer was wrapped in another object" in reply.notes


async def test_of_two_answers_in_one_the_last_is_taken_and_told() -> None:
    server = in_turn(GOOD.replace("10", "5") + "\nNo, better:\n" + GOOD)

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert reply.data == RIGHT
    assert "2 answers in one: the last is taken" in reply.notes


async def test_a_truncated_answer_is_asked_for_in_fewer_words_then_an_error() -> None:
    cut = Choice(GOOD[:30], finish_reason="length")
    server, memory = in_turn(cut, cut), ServerMemory()

    with pytest.raises(ModelError) as caught:
        await answer(server.ask, ASKED, memory)

    assert caught.value.kind is ModelErrorKind.TRUNCATED
    assert caught.value.partial == GOOD[:30]
    assert "fewer words" in server.asked[1][1].messages[-1].text
    assert memory == ServerMemory()


async def test_an_answer_that_was_whole_before_the_limit_counts() -> None:
    server = in_turn(Choice(GOOD + " " * 500, finish_reason="length"))

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert reply.data == RIGHT


def cut_off(partial: str) -> ModelError:
    error = ModelError(ModelErrorKind.TRUNCATED, "cut off")
    error.partial, error.attempts = partial, 2
    return error


async def test_an_answer_that_was_whole_counts_even_where_the_server_calls_it_cut_off() -> None:
    server = in_turn(cut_off(GOOD + "\n" * 500))

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert reply.data == RIGHT
    assert (reply.requests, reply.cost_usd, reply.usage.total) == (2, None, None)


async def test_prose_without_end_shows_that_a_mode_enforces_nothing() -> None:
    server = in_turn(cut_off("Well, the chart " * 9), GOOD)

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert server.modes == "json_schema tool"
    assert reply.requests == 3


async def test_json_that_is_cut_off_says_nothing_against_a_mode() -> None:
    server, memory = in_turn(cut_off(GOOD[:20])), ServerMemory()

    with pytest.raises(ModelError) as caught:
        await answer(server.ask, ASKED, memory)

    assert caught.value.kind is ModelErrorKind.TRUNCATED
    assert memory == ServerMemory()


async def test_an_outage_is_no_reason_to_go_down_the_ladder() -> None:
    down = ModelError(ModelErrorKind.OVERLOADED, "busy")
    down.attempts = 3
    server, memory = in_turn(BAD, down), ServerMemory()

    with pytest.raises(ModelError) as caught:
        await answer(server.ask, ASKED, memory)

    assert caught.value.kind is ModelErrorKind.OVERLOADED
    assert caught.value.attempts == 4
    assert memory == ServerMemory()


async def test_a_server_that_refuses_everything_has_shown_nothing_about_its_modes() -> None:
    server, memory = refuses(*AnswerMode), ServerMemory()

    with pytest.raises(ModelError) as caught:
        await answer(server.ask, ASKED, memory)

    assert caught.value.kind is ModelErrorKind.UNSUPPORTED
    assert memory == ServerMemory()


async def test_an_empty_answer_leaves_a_mode_that_is_not_known_to_work() -> None:
    server = in_turn(ModelError(ModelErrorKind.EMPTY, "nothing"), GOOD)

    reply = await answer(server.ask, ASKED, ServerMemory())

    assert server.modes == "json_schema tool"
    assert reply.data == RIGHT


async def test_the_deadline_is_for_all_exchanges_together() -> None:
    server = in_turn(BAD, GOOD)

    await answer(
        server.ask, Request(ASKED.messages, schema=SCHEMA, deadline_s=10.0), ServerMemory()
    )

    first, second = (request.deadline_s for _, request in server.asked)
    assert first is not None
    assert second is not None
    assert 10.0 >= first > second > 0


async def test_a_schema_outside_the_subset_is_refused_before_anything_is_sent() -> None:
    server = in_turn(GOOD)
    schema = schemas.AnswerSchema("a", {"type": "object", "properties": {"x": {"pattern": "y"}}})

    with pytest.raises(CallError, match="pattern"):
        await answer(server.ask, Request(ASKED.messages, schema=schema), ServerMemory())

    assert server.asked == []
