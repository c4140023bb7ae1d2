"""Our ways of asking a person, for the UserProxyAgent of AutoGen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from autogen_core import CancellationToken

from critique_loop.integrations.autogen.cancelling import heeding
from critique_loop.integrations.autogen.unwrapping import noted
from critique_loop.proxy import Ask
from critique_loop.proxy.once import ask_once
from critique_loop.values import Answer, Choices, Question, QuestionKind

WORDS: Mapping[str, str] = MappingProxyType({"accept": "APPROVE", "stop": "TERMINATE"})
"""What the team hears of an answer without a text; AutoGen's examples end teams by these words."""

InputFunc = Callable[[str, CancellationToken | None], Awaitable[str]]


def input_from(
    ask: Ask,
    *,
    kind: QuestionKind = QuestionKind.ACCEPT,
    prompt: str = "",
    default: str = "stop",
    words: Mapping[str, str] = WORDS,
) -> InputFunc:
    """Return an ``input_func`` for ``UserProxyAgent`` that asks by ``ask``.

    What can be answered is accept, refine (with a text), edit (with a program) and stop; ``words``
    are what the team hears of an answer that has no text. Question and answer go into the trace of
    the run this happens in (``ledger.current()``), and the waiting is no time of the run. Nobody
    there means ``default``. A ``Paused`` comes out of a team by ``original_errors``.
    """
    asked = 0
    choices = (Choices.ACCEPT.value, Choices.REFINE.value, Choices.EDIT.value, Choices.STOP.value)

    async def input_func(autogens_prompt: str, token: CancellationToken | None) -> str:
        nonlocal asked
        asked += 1
        question = Question(
            id=f"autogen-{asked}",
            kind=kind,
            prompt=prompt or autogens_prompt.strip(),
            choices=choices,
            default=default,
        )
        with noted():
            answer = await heeding(token, ask_once(ask, question))
        return _said(answer, words)

    return input_func


def _said(answer: Answer, words: Mapping[str, str]) -> str:
    if answer.choice == Choices.EDIT:
        return f"{answer.text}\n```python\n{answer.code}\n```".strip()
    word = words.get(answer.choice, "")
    return f"{word} {answer.text}".strip() or answer.choice
