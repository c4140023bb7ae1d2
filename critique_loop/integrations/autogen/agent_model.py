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
from critique_loop.integrations.autogen.cancelling import in_time, with_token
from critique_loop.integrations.autogen.client_errors import cause_of, model_error, word_for
from critique_loop.integrations.autogen.pictures import SealedImage
from critique_loop.integrations.autogen.unwrapping import Passage, passing
from critique_loop.ledger import Bound, Reservation, current
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.structured import answer
from critique_loop.values import Call, Choice, Message, Price, Reply, Request, Usage

_ONLY_WORDS = frozenset({AnswerMode.JSON_SCHEMA, AnswerMode.TOOL, AnswerMode.JSON_OBJECT})


@dataclass(frozen=True, slots=True)
class _Said:
    """An agent's answer, and the tokens that its messages tell of."""

    text: str
    usage: Usage


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

        ``self_counting`` says that all its model clients are ours (``ModelClient``), which reserve
        and count what they use themselves.
        """
        self.name: str = agent.name
        self._agent = agent
        self._price = price
        self._max_tokens = max_tokens
        self._self_counting = self_counting
        self._deadline_s = deadline_s
        self._lock = anyio.Lock()

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
        began, here = time.monotonic(), Passage(request.role)
        call = Call(request.role, self.name, cost_usd=0.0, requests=0)
        try:
            async with self._room() as reservation:
                call = replace(call, cost_usd=None, requests=1)
                try:
                    said = await self._heard(request, here)
                finally:
                    if here.counted:
                        reservation.release()
                cost = self._price.cost(said.usage) if self._price else None
                if not here.counted:
                    reservation.settle(said.usage, cost)
                call = replace(call, usage=said.usage, cost_usd=cost)
            self._refuse_silence(said)
        except BaseException as error:  # whatever ended it: it is recorded, then passed on
            await self._record(replace(call, error=word_for(error)), here, began)
            raise
        await self._record(call, here, began)
        seconds = time.monotonic() - began
        return Reply((Choice(said.text),), self.name, said.usage, cost_usd=cost, seconds=seconds)

    def _refuse_silence(self, said: _Said) -> None:
        if not said.text.strip():
            raise ModelError(ModelErrorKind.EMPTY, f"{self.name} said nothing")

    async def _record(self, call: Call, here: Passage, began: float) -> None:
        if self._self_counting or here.counted:
            return
        with anyio.CancelScope(shield=True):  # it may be paid for, also where nobody waits
            await current().record(replace(call, seconds=time.monotonic() - began))

    @asynccontextmanager
    async def _room(self) -> AsyncGenerator[Reservation]:
        if self._self_counting:
            yield Reservation(Bound(0, 0.0))  # of no ledger
            return
        cost = self._price.cost(Usage(self._max_tokens, 0)) if self._price else None
        async with current().reserved(Bound(self._max_tokens, cost)) as reservation:
            yield reservation

    async def _heard(self, request: Request, here: Passage) -> _Said:
        seconds = request.deadline_s or self._deadline_s
        try:
            with passing(here):
                result = await in_time(self.name, seconds, lambda: self._run(request.messages))
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
