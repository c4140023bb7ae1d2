"""A model that answers from a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from critique_loop.critics import canary
from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.ledger import Bound, current
from critique_loop.models.said import with_said
from critique_loop.values import Call, Choice, Reply, Request, Usage

Line = str | Choice | Reply | Exception | Callable[[Request], "str | Choice | Reply"]


class ScriptedModel:
    """Answers with the given lines in order, and keeps the requests in ``asked``.

    A line is a text, a whole choice or reply, an error to raise, or a function of the request. A
    text is taken as the JSON answer where the request wants one. Each answer takes ``usage``
    and costs ``cost_usd``; both go through the current ledger, as a real model's do. Where an
    answer leaves out the reference that a critic's model is told to copy, it is copied, as a model
    does that follows its instructions.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        *,
        name: str = "scripted",
        usage: Usage = Usage(10, 10),  # noqa: B008 - frozen
        cost_usd: float | None = 0.0,
    ) -> None:
        """``lines`` are the answers to come, the first call's first."""
        self.name: str = name
        self.asked: list[Request] = []
        self._lines = list(lines)
        self._usage = usage
        self._cost_usd = cost_usd

    async def complete(self, request: Request) -> Reply:
        """Return the next line, once for each choice that is wanted.

        Raises:
            ModelError: the script has ended (kind "not_recorded"), or the line is this error.
            BudgetEnded: the call could go over the budget.
        """
        self.asked.append(request)
        ledger = current()
        choices: list[Choice] = []
        for _ in range(request.n):
            bound = Bound(self._usage.total or 0, self._cost_usd)
            async with ledger.reserved(bound) as reservation:
                answer = self._next(request)
                reservation.settle(self._usage, self._cost_usd)
            if isinstance(answer, Reply):
                return answer
            choices.append(answer)
            call = Call(request.role, self.name, usage=self._usage, cost_usd=self._cost_usd)
            await ledger.record(with_said(call, request, (answer,)))
        unknown = self._cost_usd is None
        return Reply(
            choices=tuple(choices),
            model=self.name,
            usage=sum((self._usage for _ in choices[1:]), self._usage),
            cost_usd=None if unknown else (self._cost_usd or 0.0) * len(choices),
            requests=len(choices),
        )

    def _next(self, request: Request) -> Choice | Reply:
        if not self._lines:
            raise ModelError(ModelErrorKind.NOT_RECORDED, "the script has no further answer")
        line = self._lines.pop(0)
        if isinstance(line, Exception):
            raise line
        answer = line(request) if callable(line) else line
        if isinstance(answer, Reply):
            choices = (_with_reference(choice, request) for choice in answer.choices)
            return replace(answer, choices=tuple(choices))
        if isinstance(answer, Choice):
            return _with_reference(answer, request)
        data = msgspec.json.decode(answer, type=dict[str, object]) if request.schema else None
        return _with_reference(Choice(answer, data=data), request)


def _with_reference(choice: Choice, request: Request) -> Choice:
    reference = next((r for m in request.messages if (r := canary.reference_in(m.text))), "")
    if not reference or choice.data is None or canary.FIELD in choice.data:
        return choice
    return replace(choice, data={canary.FIELD: reference, **choice.data})
