"""Our loop as one agent, whose steps stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import cast

import anyio
import anyio.to_thread
from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage
from autogen_core import CancellationToken

from critique_loop.errors import CallError
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.integrations.autogen.team_run import TaskOf
from critique_loop.integrations.autogen.unwrapping import noted
from critique_loop.integrations.autogen.wording import outcome_in_words
from critique_loop.loop import Loop
from critique_loop.values import Ended, Event, EventBody, EventKind, Outcome

_FRAME = (EventKind.STARTED, EventKind.RESUMED, EventKind.ENDED)


class LoopAgent(BaseChatAgent):
    """Takes the last message as a goal, runs the loop, and answers with the best program.

    Each step is a ``StepMessage`` of ``run_stream`` when it has been stored. The answer carries the
    best round, with its picture for agents that see, and why the loop ended.
    """

    def __init__(
        self,
        loop: Loop,
        task_of: TaskOf,
        *,
        name: str = "critique_loop",
        description: str = "Writes a program, runs it, and mends it until the criteria are met.",
    ) -> None:
        """``task_of`` makes a task of a goal sentence."""
        super().__init__(name, description)
        self._loop = loop
        self._task_of = task_of
        self.runs: list[str] = []

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        """What it says: steps."""
        return (StepMessage,)

    async def on_messages(
        self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken
    ) -> Response:
        """Run the loop to its end."""
        async for message in self.on_messages_stream(messages, cancellation_token):
            if isinstance(message, Response):
                return message
        raise AssertionError  # the stream ends with a response, or raises

    async def on_messages_stream(
        self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken
    ) -> AsyncGenerator[BaseAgentEvent | BaseChatMessage | Response, None]:
        """Yield the steps of the loop, then the answer.

        Cancelling ends the run, and so does leaving the stream; the trace says so.

        Raises:
            CallError: there is no message to take the goal from.
        """
        if not messages:
            raise CallError("there is no message to take the goal from")
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        running = asyncio.ensure_future(self._run(messages[-1].to_model_text(), events))
        running.add_done_callback(lambda _: events.put_nowait(None))
        cancellation_token.link_future(running)
        inner: list[BaseAgentEvent | BaseChatMessage] = []
        try:
            while (event := await events.get()) is not None:
                if event.kind not in _FRAME:
                    inner.append(StepMessage.of(self.name, [event.body]))
                    yield inner[-1]
            with noted():
                outcome = await running
        finally:
            running.cancel()
            with anyio.CancelScope(shield=True):  # the trace gets its end first
                await asyncio.wait({running})
        self.runs.append(outcome.run_id)
        yield Response(chat_message=self._answer(outcome), inner_messages=inner)

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Forget which runs there were; their traces stay."""
        del cancellation_token
        self.runs = []

    async def save_state(self) -> Mapping[str, object]:
        """Return the ids of the runs so far."""
        return {"runs": list(self.runs)}

    async def load_state(self, state: Mapping[str, object]) -> None:
        """Take over the ids of earlier runs."""
        self.runs = list(cast("Sequence[str]", state["runs"]))

    async def _run(self, goal: str, events: asyncio.Queue[Event | None]) -> Outcome:
        task = await anyio.to_thread.run_sync(self._task_of, goal)
        return await self._loop.run(task, on_event=events.put_nowait)

    def _answer(self, outcome: Outcome) -> StepMessage:
        best = outcome.best
        steps: list[EventBody] = []
        if best is not None:
            steps = [best.draft, best.execution, best.critique, best.decision]
        number = best.number if best else 0
        steps.append(Ended(outcome.stopped_because, number, outcome.spend, outcome.message))
        return StepMessage.of(self.name, steps, text=outcome_in_words(outcome))
