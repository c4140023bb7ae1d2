"""Ways of answering that need nobody."""

from __future__ import annotations

import anyio
import pytest

from critique_loop.errors import CallError, Paused
from critique_loop.proxy import never, pause, with_timeout
from critique_loop.proxy.asks import first_answer
from critique_loop.values import Answer, Question

pytestmark = pytest.mark.anyio


async def test_never_gives_the_default_and_says_so(question: Question) -> None:
    answer = await never(question)

    assert answer == Answer(question.default, by="default")


async def test_pause_raises_with_the_question_and_its_choices(question: Question) -> None:
    with pytest.raises(Paused, match=r"stuck-2 is open.*\n.*accept, refine, edit, rescore, stop"):
        await pause(question)


async def test_no_answer_in_time_is_the_default(question: Question) -> None:
    ended: list[bool] = []

    async def slow(_: Question) -> Answer:
        try:
            await anyio.sleep(60)
        finally:
            ended.append(True)
        return Answer("accept")

    answer = await with_timeout(slow, 0.01)(question)

    assert answer == Answer(question.default, by="default")
    assert ended == [True]


async def test_an_answer_in_time_counts(question: Question) -> None:
    async def quick(_: Question) -> Answer:
        return Answer("accept")

    assert await with_timeout(quick, 5)(question) == Answer("accept")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_timeout_leaves_time_to_answer(seconds: float) -> None:
    with pytest.raises(CallError, match="no time"):
        with_timeout(never, seconds)


async def test_a_first_answer_is_given_once(question: Question) -> None:
    ask = first_answer(Answer("accept"), then=never)

    assert [(await ask(question)).choice for _ in range(3)] == ["accept", "refine", "refine"]
