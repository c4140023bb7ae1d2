"""When a team's run is over: by the user proxy's decision, or by the rubric alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from autogen_agentchat.base import TerminatedException, TerminationCondition
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage, StopMessage
from autogen_core import ComponentType

from critique_loop import rubric as rubrics
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.integrations.autogen.wording import in_words
from critique_loop.values import Critique, Ended, Rubric


class CriteriaMet(TerminationCondition):
    """Ends a team's run when a participant of ours says that it has ended, and why.

    That is when the user proxy accepts or stops, or a step can't be done (no writer's program, no
    model, no sandbox, no budget). A team without a user proxy of ours gives the ``rubric``: its run
    ends with the first critique that the rubric's rule accepts.
    """

    component_type: ClassVar[ComponentType] = "termination"

    def __init__(self, rubric: Rubric | None = None) -> None:
        """Keep the rubric, if the critique is to decide."""
        self._rubric = rubric
        self._terminated = False

    @property
    def terminated(self) -> bool:
        """Whether it has ended the run."""
        return self._terminated

    async def __call__(
        self, messages: Sequence[BaseAgentEvent | BaseChatMessage]
    ) -> StopMessage | None:
        """Return why the run is over, or None.

        Raises:
            TerminatedException: it was over before, and there was no reset.
        """
        if self._terminated:
            raise TerminatedException("the run has ended already")
        steps = [
            (m.source, step) for m in messages if isinstance(m, StepMessage) for step in m.steps
        ]
        for source, step in steps:
            why = self._why(step)
            if why:
                self._terminated = True
                return StopMessage(content=why, source=source)
        return None

    async def reset(self) -> None:
        """Begin anew."""
        self._terminated = False

    def _why(self, step: object) -> str:
        if isinstance(step, Ended):
            return in_words(step)
        if self._rubric is None or not isinstance(step, Critique):
            return ""
        return "The criteria are met." if rubrics.accepts(self._rubric, step.scores) else ""
