"""Questions that are asked once, and kept with their answers."""

from __future__ import annotations

import time

from critique_loop.ledger import current
from critique_loop.proxy.answers import check
from critique_loop.proxy.asks import Ask, acknowledge
from critique_loop.values import Answer, Asked, Question


async def ask_once(ask: Ask, question: Question) -> Answer:
    """Ask, and keep question and answer in the trace; what was answered already is not asked.

    Raises:
        CallError: the answer does not fit the question.
        Paused: it is to be answered later.
    """
    ledger = current()
    known = ledger.answered(question.id)
    if known is not None:
        check(question, known)
        return known
    await ledger.record(Asked(question))
    began = time.monotonic()
    with ledger.waiting_for_person():
        answer = await ask(question)
    check(question, answer)
    await ledger.record(Asked(question, answer, time.monotonic() - began))
    await acknowledge(ask, question)
    return answer
