"""What a participant knows: the goal and the rounds, as the messages of the team told them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage

from critique_loop.checkpoint import Parts
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.integrations.autogen.wording import printable
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    EventBody,
    Execution,
    Finding,
    Round,
    Severity,
)
from critique_loop.writers.extracting import extract

_ADVICE = "critique_loop_advice_of"  # marks what was a text of another agent
_PERSON = "person"
_LONGEST_COMMENT = 2000
_NO_NAME = re.compile(r"\W+")


class Transcript:
    """Reads a team's messages, in order.

    The first text is the goal. A later one that holds a program is a draft. Any other is advice on
    the last round: a person's is the decision's, an agent's is a finding, since nobody vouches for
    it. ``ruled``: the user proxy has decided on that round. ``by_person``: its program is a
    person's. ``commented``: its critique has findings of other agents.
    """

    def __init__(
        self,
        messages: Iterable[BaseAgentEvent | BaseChatMessage] = (),
        *,
        people: Collection[str] = (),
    ) -> None:
        """Begin with ``messages``; ``people`` are the sources whose texts are a person's."""
        self._people = frozenset(people)
        self.goal: str = ""
        self.parts: list[Parts] = []
        self.ended: Ended | None = None
        self.ruled: bool = False
        self.by_person: bool = False
        self.commented: bool = False
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
    def load(cls, state: Mapping[str, object], *, people: Collection[str] = ()) -> Transcript:
        """Return what ``dump`` made ``state`` of."""
        messages = cast("Sequence[Mapping[str, object]]", state["messages"])
        transcript = cls(map(StepMessage.load, messages), people=people)
        transcript.goal = str(state["goal"])
        transcript._seen.update(cast("Sequence[str]", state["seen"]))
        return transcript

    def _add_text(self, text: str, source: str) -> None:
        if not self.goal:
            self.goal = text
            return
        program = extract(text) if "```" in text else None
        if program is not None and program.code:
            by_person = source in self._people
            writer = _PERSON if by_person else _agent(source)
            draft = Draft(program.code, writer=writer, explanation=program.prose, cost_usd=None)
            self._add_steps(StepMessage.of(source, [draft], text=text, by_person=by_person))
        elif self.last.critique is not None and text.strip():
            is_known = source in self._people
            steps = (
                [self._wish(text)] if is_known else self._comment(self.last.critique, text, source)
            )
            message = StepMessage.of(source, steps, text=text)
            message.metadata[_ADVICE] = source
            self._add_steps(message)

    def _wish(self, text: str) -> Decision:
        """Return the last decision with what a person wants; a rule's own advice is findings.

        The words come first: a writer looks for the findings it was told already at the end.
        """
        before = self.last.decision
        if before.by != _PERSON:
            ruled = replace(before, advice="", applied=(), skipped=(), focus=(), back_to=0)
            before = replace(ruled, by=_PERSON)
        advice = f"{text}\n{before.advice}".strip()
        return replace(before, kind=DecisionKind.REFINE, reason=None, advice=advice)

    def _comment(self, critique: Critique, text: str, source: str) -> list[EventBody]:
        """Return the last critique, a person's too, with what an agent says of the round.

        It is no decision, but where the run had ended: then it goes on.
        """
        said = text.strip()[:_LONGEST_COMMENT]
        finding = Finding("said_by_" + _NO_NAME.sub("_", source), Severity.WARNING, said)
        decision = self.last.decision
        if self.ended is not None:
            decision = replace(decision, kind=DecisionKind.REFINE, reason=None)
        if decision.critique is not None:
            decision = replace(decision, critique=_with(decision.critique, finding))
        return [_with(critique, finding), decision]

    def _add_steps(self, message: StepMessage) -> None:
        self._kept.append(message)
        steps = message.steps
        for step in steps:
            self._add_step(step)
            if isinstance(step, Draft):
                self.by_person, self.commented = message.content.by_person, False
        if _ADVICE in message.metadata:
            self.ended = None
            self.commented = self.commented or isinstance(steps[0], Critique)
        elif any(isinstance(step, Decision) for step in steps):
            # With an execution it is no word on the round, but on the program that did not run.
            self.ruled = not any(isinstance(step, Execution) for step in steps)

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


def _agent(source: str) -> str:
    """Return the name of an agent, which never is that by which a person's program is known."""
    name = printable(source)
    return f"{name} (agent)" if name == _PERSON else name


def _with(critique: Critique, finding: Finding) -> Critique:
    return replace(critique, findings=(*critique.findings, finding))
