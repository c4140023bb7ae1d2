"""Answers by a rule."""

from __future__ import annotations

import pytest

from critique_loop.errors import CallError
from critique_loop.proxy.policy import policy
from critique_loop.values import Answer, Question

pytestmark = pytest.mark.anyio


async def test_a_mapping_answers_by_the_kind_of_the_question(question: Question) -> None:
    answer = await policy({"stuck": "accept", "budget": "stop"})(question)

    assert answer == Answer("accept", by="policy")


async def test_a_kind_without_an_entry_gets_the_default(question: Question) -> None:
    assert await policy({"budget": "stop"})(question) == Answer("refine", by="default")


async def test_a_function_sees_the_question(question: Question) -> None:
    def choose(asked: Question) -> Answer | None:
        return Answer("refine", text=f"goal: {asked.context['goal']}")

    answer = await policy(choose)(question)

    assert (answer.text, answer.by) == ("goal: show it", "policy")


async def test_a_function_may_leave_it_to_the_default(question: Question) -> None:
    assert (await policy(lambda _: None)(question)).by == "default"


@pytest.mark.parametrize("wrong", [{"stuk": "stop"}, {"stuck": "stopp"}])
def test_a_misspelt_mapping_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(CallError, match="is no"):
        policy(wrong)
