"""Answers by a rule of the caller's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from critique_loop.errors import CallError
from critique_loop.proxy.asks import Ask, default_answer
from critique_loop.values import Answer, Choices, Question, QuestionKind


def policy(choose: Mapping[str, str] | Callable[[Question], Answer | None]) -> Ask:
    """Return an ask that answers by ``choose``, without anybody being there.

    A mapping goes from the kind of a question ("stuck") to a choice ("refine"). A function gets the
    question and returns an answer. Where there is no entry, or None comes, the default holds.

    Raises:
        CallError: a key of the mapping is no kind of question, a value no choice.
    """
    decide = choose if callable(choose) else _by_kind(choose)

    async def ask(question: Question) -> Answer:
        answer = decide(question)
        return default_answer(question) if answer is None else replace(answer, by="policy")

    return ask


def _by_kind(choices: Mapping[str, str]) -> Callable[[Question], Answer | None]:
    kinds = [kind.value for kind in QuestionKind]
    known = [choice.value for choice in Choices]
    for kind, choice in choices.items():
        if kind not in kinds:
            raise CallError(f"{kind!r} is no kind of question", remedy=f"{', '.join(kinds)}.")
        if choice not in known:
            raise CallError(f"{choice!r} is no choice", remedy=f"{', '.join(known)}.")

    def decide(question: Question) -> Answer | None:
        choice = choices.get(question.kind)
        return None if choice is None else Answer(str(choice))

    return decide
