"""Any AutoGen agent or team as a model of ours, and by that as our writer or critic."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import anyio
from autogen_agentchat.base import ChatAgent, TaskResult, Team
from autogen_agentchat.messages import (
    BaseAgentEvent,
    BaseChatMessage,
    MultiModalMessage,
    TextMessage,
)
from autogen_core import CancellationToken, Image

from critique_loop.errors import CritiqueLoopError, ModelError, ModelErrorKind
from critique_loop.integrations.autogen.cancelling import allowed, in_time, with_token
from critique_loop.integrations.autogen.client_errors import cause_of, model_error, word_for
from critique_loop.integrations.autogen.pictures import SealedImage
from critique_loop.integrations.autogen.unwrapping import Passage, passing
from critique_loop.ledger import Bound, Reservation, current
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.said import with_said
from critique_loop.models.structured import answer
from critique_loop.values import Call, Choice, Message, Price, Reply, Request, Usage

_ONLY_WORDS = frozenset({AnswerMode.JSON_SCHEMA, AnswerMode.TOOL, AnswerMode.JSON_OBJECT})


@dataclass(frozen=True, slots=True)
class _Said:
    """An agent's answer, and the tokens that its messages tell of."""

    text: str
    usage: Usage


@dataclass(slots=True)
class _Turn:
    """One turn of the agent: what it tells while it runs, and what the trace is to keep of it."""

    here: Passage
    call: Call


class AgentModel:
    """Asks an agent or a team, which begins anew with each request: it is told everything.

    What a single agent says last is the answer; of a team, all that its members said. Requests wait
    for each other, since agents have a memory. Sampling settings are the agent's own.
    """

    def __init__(
        self,
        agent: ChatAgent | Team,
        *,
        price: Price | None = None,
        max_tokens: int = 32_000,
        self_counting: bool = False,
        deadline_s: float = 300.0,
    ) -> None:
        """Reserve ``max_tokens`` in a budget for each request, at this ``price``.

        The room is given back as soon as a client of ours (``ModelClient``) is asked inside, which
        reserves and counts what it uses itself. ``self_counting`` says that all its clients are,
        so that a request needs no room before.
        """
        self.name: str = agent.name
        self._agent = agent
        self._price = price
        self._max_tokens = max_tokens
        self._self_counting = self_counting
        self._deadline_s = deadline_s
        self._next = anyio.Lock()  # who waits for the agent holds no room in a budget
        self._lock = anyio.Lock()  # kept by an agent that goes on after its time

    async def complete(self, request: Request) -> Reply:
        """Return what the agent says.

        Raises:
            ModelError: it raised something that is no error of ours, or took too long.
            CritiqueLoopError: an error of ours, as it was raised within the agent or team.
        """
        if request.schema is None:
            return await self._ask(request, AnswerMode.TEXT)
        return await answer(self._ask, request, ServerMemory(refused=set(_ONLY_WORDS)))

    async def _ask(self, request: Request, mode: AnswerMode) -> Reply:
        if mode in _ONLY_WORDS:
            raise ModelError(
                ModelErrorKind.UNSUPPORTED, f"{self.name} can only be asked for JSON in words"
            )
        replies = [await self._once(request) for _ in range(request.n)]
        return replace(
            replies[0],
            choices=tuple(reply.choices[0] for reply in replies),
            usage=sum((reply.usage for reply in replies[1:]), replies[0].usage),
            cost_usd=_sum([reply.cost_usd for reply in replies]),
            requests=len(replies),
            seconds=sum(reply.seconds for reply in replies),
        )

    async def _once(self, request: Request) -> Reply:
        """Ask once and count it, unless models of ours inside have counted themselves."""
        began, seconds = time.monotonic(), allowed(request, self._deadline_s)
        call = with_said(Call(request.role, self.name, cost_usd=0.0, requests=0), request)
        turn = _Turn(Passage(request.role), call)
        try:
            said = await in_time(self.name, seconds, lambda: self._counted(request, turn))
            self._refuse_silence(said)
        except BaseException as error:  # whatever ended it: it is recorded, then passed on
            turn.call = replace(turn.call, error=word_for(error))
            await self._record(turn, began)
            raise
        turn.call = replace(turn.call, answers=(Choice(said.text),))
        await self._record(turn, began)
        reply = Reply(turn.call.answers, self.name, said.usage)
        return replace(reply, cost_usd=turn.call.cost_usd, seconds=time.monotonic() - began)

    async def _counted(self, request: Request, turn: _Turn) -> _Said:
        """Ask when it is the request's turn; a model of ours inside takes the place of the room."""
        async with self._next, self._room() as reservation:
            turn.here.on_counted = reservation.withdraw
            turn.call = replace(turn.call, cost_usd=None, requests=1)
            try:
                said = await self._heard(request, turn.here)
                cost = self._price.cost(said.usage) if self._price else None
                reservation.settle(said.usage, cost)
                turn.call = replace(turn.call, usage=said.usage, cost_usd=cost)
            finally:  # whatever ended it: what nobody told counts whole
                turn.call = replace(
                    turn.call,
                    charged_tokens=reservation.tokens,
                    charged_usd=reservation.cost_usd or 0.0,
                )
        return said

    def _refuse_silence(self, said: _Said) -> None:
        if not said.text.strip():
            raise ModelError(ModelErrorKind.EMPTY, f"{self.name} said nothing")

    async def _record(self, turn: _Turn, began: float) -> None:
        if self._self_counting or turn.here.counted:
            return
        with anyio.CancelScope(shield=True):  # it may be paid for, also where nobody waits
            await current().record(replace(turn.call, seconds=time.monotonic() - began))

    @asynccontextmanager
    async def _room(self) -> AsyncGenerator[Reservation]:
        if self._self_counting:
            yield Reservation(Bound(0, 0.0))  # of no ledger
            return
        async with current().reserved(Bound(self._max_tokens, self._most_usd())) as reservation:
            yield reservation

    def _most_usd(self) -> float | None:
        """Return what the tokens cost if all of them are of the dearer kind."""
        if self._price is None:
            return None
        dearest = max(self._price.input, self._price.output)
        return Price(dearest, dearest).cost(Usage(self._max_tokens, 0))

    async def _heard(self, request: Request, here: Passage) -> _Said:
        try:
            with passing(here):
                result = await self._run(request.messages)
        except CritiqueLoopError:
            raise
        except Exception as error:  # noqa: BLE001 - agents raise what they like; it becomes ours
            problem = model_error(error, self.name)
            raise problem from cause_of(problem, error)
        return _Said(self._text(result), _usage(result.messages))

    async def _run(self, messages: Sequence[Message]) -> TaskResult:
        said = [_chat_message(message) for message in messages]

        async def run(token: CancellationToken) -> TaskResult:
            if isinstance(self._agent, Team):
                await self._agent.reset()
            else:
                await self._agent.on_reset(token)
            return await self._agent.run(
                task=said, cancellation_token=token, output_task_messages=False
            )

        async with self._lock:
            return await with_token(run)

    def _text(self, result: TaskResult) -> str:
        said = [m.to_model_text() for m in result.messages if isinstance(m, BaseChatMessage)]
        return "\n\n".join(said) if isinstance(self._agent, Team) else "".join(said[-1:])


def _chat_message(message: Message) -> BaseChatMessage:
    if not message.pictures:
        return TextMessage(content=message.text, source=message.role)
    parts: list[str | Image] = [message.text, *map(SealedImage, message.pictures)]
    return MultiModalMessage(content=parts, source=message.role)


def _usage(messages: Sequence[BaseAgentEvent | BaseChatMessage]) -> Usage:
    """Return the tokens that the messages tell of; where none does, they are unknown."""
    told = [message.models_usage for message in messages if message.models_usage]
    if not any(usage.prompt_tokens for usage in told):
        return Usage()
    return Usage(sum(u.prompt_tokens for u in told), sum(u.completion_tokens for u in told))


def _sum(costs: Sequence[float | None]) -> float | None:
    return None if None in costs else sum(cost or 0.0 for cost in costs)
