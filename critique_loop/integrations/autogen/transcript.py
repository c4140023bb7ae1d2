"""What a participant knows: the goal and the rounds, as the messages of the team told them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage

from critique_loop.checkpoint import Parts
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    EventBody,
    Execution,
    Round,
)
from critique_loop.writers.extracting import extract

_ADVICE = "critique_loop_advice_of"  # marks what was a text of another agent


class Transcript:
    """Reads a team's messages, in order.

    The first text is the goal. A later text of another agent or person is a draft where it holds a
    program, else advice on the last round. ``ruled``: the user proxy has decided on that.
    """

    def __init__(self, messages: Iterable[BaseAgentEvent | BaseChatMessage] = ()) -> None:
        """Begin with ``messages``."""
        self.goal = ""
        self.parts: list[Parts] = []
        self.ended: Ended | None = None
        self.ruled: bool = False
        self._kept: list[StepMessage] = []
        self._seen: set[str] = set()
        self.add(messages)

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds that have a critique, in order."""
        found = (parts.round(number) for number, parts in enumerate(self.parts, 1))
        return tuple(turn for turn in found if turn is not None)

    @property
    def last(self) -> Parts:
        """What there is of the last round."""
        return self.parts[-1] if self.parts else Parts()

    def add(self, messages: Iterable[BaseAgentEvent | BaseChatMessage]) -> None:
        """Read further messages; one that was read already is passed over.

        A team hands its messages over again where an agent failed or was cancelled.
        """
        for message in messages:
            if message.id in self._seen:
                continue
            self._seen.add(message.id)
            if isinstance(message, StepMessage):
                self._add_steps(message)
            elif isinstance(message, BaseChatMessage):
                self._add_text(message.to_model_text(), message.source)

    def dump(self) -> dict[str, object]:
        """Return everything as JSON types."""
        return {
            "goal": self.goal,
            "messages": [dict(message.dump()) for message in self._kept],
            "seen": sorted(self._seen),
        }

    @classmethod
    def load(cls, state: Mapping[str, object]) -> Transcript:
        """Return what ``dump`` made ``state`` of."""
        messages = cast("Sequence[Mapping[str, object]]", state["messages"])
        transcript = cls(StepMessage.load(message) for message in messages)
        transcript.goal = str(state["goal"])
        transcript._seen.update(cast("Sequence[str]", state["seen"]))
        return transcript

    def _add_text(self, text: str, source: str) -> None:
        if not self.goal:
            self.goal = text
            return
        program = extract(text) if "```" in text else None
        if program is not None and program.code:
            draft = Draft(program.code, writer=source, explanation=program.prose, cost_usd=None)
            self._add_steps(StepMessage.of(source, [draft], text=text))
        elif self.last.critique is not None and text.strip():
            before = self.last.decision
            advice = "\n".join(filter(None, (before.advice, text)))
            kind = DecisionKind.REFINE
            said = replace(before, kind=kind, reason=None, advice=advice, by=source)
            message = StepMessage.of(source, [said], text=text)
            message.metadata[_ADVICE] = source
            self._add_steps(message)

    def _add_steps(self, message: StepMessage) -> None:
        self._kept.append(message)
        steps = message.steps
        for step in steps:
            self._add_step(step)
        if _ADVICE in message.metadata:
            self.ended = None
        elif isinstance(steps[0] if steps else None, Decision):
            self.ruled = True

    def _add_step(self, step: EventBody) -> None:
        if isinstance(step, Draft):
            self.parts.append(Parts(step))
            self.ended, self.ruled = None, False
        elif isinstance(step, Ended):
            self.ended = step
        elif self.parts:
            last = self.parts[-1]
            match step:
                case Execution():
                    last.execution = step
                case Critique():
                    last.critique = step
                case Decision():
                    last.decision = step
                case _:
                    pass
