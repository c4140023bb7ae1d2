"""Our writer, executor, critic and user proxy as agents that take part in AutoGen's teams."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from autogen_agentchat.agents import BaseChatAgent
from autogen_agentchat.base import Response
from autogen_agentchat.messages import BaseChatMessage
from autogen_core import CancellationToken

from critique_loop.errors import CallError, CritiqueLoopError
from critique_loop.integrations.autogen.cancelling import heeding
from critique_loop.integrations.autogen.steps import StepMessage
from critique_loop.integrations.autogen.team_run import TeamRun
from critique_loop.integrations.autogen.transcript import Transcript
from critique_loop.integrations.autogen.unwrapping import noted
from critique_loop.loop import Loop
from critique_loop.loop.ending import describe, stop_reason
from critique_loop.protocols import Approver, Critic, Executor, UserProxy, Writer
from critique_loop.values import (
    Decision,
    DecisionKind,
    Draft,
    EventBody,
    Execution,
    ExecutionStatus,
    StopReason,
    Task,
)

_ENDING = (DecisionKind.ACCEPT, DecisionKind.STOP)
_GOING_ON = (DecisionKind.REFINE, DecisionKind.ESCALATE)
_BY_RULE = ("rule", "default")
_MOST_IDLE_TURNS = 3


class Participant(BaseChatAgent):
    """An agent that does one step of the loop where it is due, and else says that it is not.

    It knows what the team's messages tell, and saves and loads it. An error that is one of the ways
    in which a run may end ends the team's run by ``CriteriaMet``; any other is raised.
    """

    def __init__(self, name: str, description: str, run: TeamRun) -> None:
        """``run`` is what it shares with the other participants of its team."""
        super().__init__(name, description)
        self._run = run
        self._transcript = Transcript(people=self._run.people)
        self._idle_turns = 0

    @property
    def produced_message_types(self) -> Sequence[type[BaseChatMessage]]:
        """What it says: steps."""
        return (StepMessage,)

    async def on_messages(
        self, messages: Sequence[BaseChatMessage], cancellation_token: CancellationToken
    ) -> Response:
        """Do the step that is due.

        Raises:
            CallError: it has not been due for several turns: the team lacks a participant.
        """
        with noted():
            self._transcript.add(messages)
            message = await heeding(cancellation_token, self._answered())
        self._transcript.add([message])
        return Response(chat_message=message)

    async def on_reset(self, cancellation_token: CancellationToken) -> None:
        """Forget everything."""
        del cancellation_token
        self._transcript = Transcript(people=self._run.people)
        self._idle_turns = 0
        self._run.reset()

    async def save_state(self) -> Mapping[str, object]:
        """Return all it knows as JSON types."""
        return {"transcript": self._transcript.dump(), "run": self._run.dump()}

    async def load_state(self, state: Mapping[str, object]) -> None:
        """Go on from a saved state."""
        known = cast("Mapping[str, object]", state["transcript"])
        self._transcript = Transcript.load(known, people=self._run.people)
        self._run.load(cast("Mapping[str, object]", state["run"]))

    @property
    def _number(self) -> int:
        """The number of the round that its step belongs to."""
        return len(self._transcript.parts)

    @property
    def _is_persons(self) -> bool:
        """Whether its step hands on a person's program."""
        return False

    @abstractmethod
    async def _step(self, task: Task) -> Sequence[EventBody]:
        """Return what was done, nothing where the step is not due."""

    async def _answered(self) -> StepMessage:
        transcript = self._transcript
        if transcript.ended is not None and transcript.last.decision.kind in _ENDING:
            return StepMessage.of(self.name, [transcript.ended])
        task = await self._run.task(transcript.goal)
        await self._run.enter(task, self._number)
        try:
            with self._run.ledger.active():
                steps = await self._step(task)
        except CritiqueLoopError as error:
            reason = stop_reason(error)
            if reason is None:
                raise
            steps = [self._run.ending(task, transcript.rounds, reason, describe(error))]
        self._idle_turns = 0 if steps else self._idle_turns + 1
        if self._idle_turns > _MOST_IDLE_TURNS:
            raise CallError(
                f"{self.name} has had nothing to do for {_MOST_IDLE_TURNS} turns",
                remedy="A team needs a writer, an executor, a critic and CriteriaMet.",
            )
        await self._run.keep(steps)
        text = "" if steps else "Nothing to do yet."
        return StepMessage.of(self.name, steps, text=text, by_person=self._is_persons)


class WriterAgent(Participant):
    """Any writer of ours as an agent."""

    def __init__(self, writer: Writer, run: TeamRun, *, name: str = "writer") -> None:
        """Write with ``writer``."""
        super().__init__(name, "Writes the program, and mends it by its critique.", run)
        self._writer = writer
        run.names["writer"] = writer.name

    @property
    def _number(self) -> int:
        return len(self._transcript.parts) + 1

    @property
    def _is_persons(self) -> bool:
        return bool(self._transcript.last.decision.code)

    async def _step(self, task: Task) -> Sequence[EventBody]:
        transcript = self._transcript
        if transcript.last.draft is not None and transcript.last.critique is None:
            return []
        if transcript.last.decision.code:
            return [Draft(code=transcript.last.decision.code, writer="person")]
        return [await self._writer.draft(task, history=transcript.rounds)]


class ExecutorAgent(Participant):
    """Any executor of ours as an agent: runs each program in a place of its own.

    It also runs what another agent wrote into a fenced block. Keep places warm with
    ``async with executor:`` around the team's run.
    """

    def __init__(
        self,
        executor: Executor,
        run: TeamRun,
        *,
        name: str = "executor",
        approver: object = None,
    ) -> None:
        """Run with ``executor`` what ``approver``, if it is one, lets run."""
        super().__init__(name, "Runs the program in a sandbox and tells what happened.", run)
        self._executor = executor
        self._approver = approver if isinstance(approver, Approver) else None
        run.names["executor"] = executor.name

    async def _step(self, task: Task) -> Sequence[EventBody]:
        last = self._transcript.last
        if last.draft is None or last.execution is not None:
            return []
        history = self._transcript.rounds
        if self._approver is not None and not self._transcript.by_person:
            refused = await self._approver.approve(task, last.draft, history=history)
            if refused is not None:
                stderr = "A person did not let this program run."
                return [Execution(ExecutionStatus.REFUSED, stderr=stderr), refused]
        async with self._executor.session(task) as session:
            return [await session.run(last.draft)]


class CriticAgent(Participant):
    """Any critic of ours as an agent."""

    def __init__(self, critic: Critic, run: TeamRun, *, name: str = "critic") -> None:
        """Review with ``critic``."""
        super().__init__(name, "Scores what the program did.", run)
        self._critic = critic
        run.names["critic"] = critic.name

    async def _step(self, task: Task) -> Sequence[EventBody]:
        transcript = self._transcript
        last = transcript.last
        if last.draft is None or last.execution is None or last.critique is not None:
            return []
        history = transcript.rounds
        return [await self._critic.review(task, last.draft, last.execution, history=history)]


class ProxyAgent(Participant):
    """Any user proxy of ours as an agent: its decision ends the team's run by ``CriteriaMet``."""

    def __init__(self, proxy: UserProxy, run: TeamRun, *, name: str = "user_proxy") -> None:
        """Decide with ``proxy``."""
        super().__init__(name, "Decides whether the criteria are met.", run)
        self._proxy = proxy

    async def _step(self, task: Task) -> Sequence[EventBody]:
        rounds = self._transcript.rounds
        if self._transcript.ruled or self._transcript.last.critique is None:
            return []
        decision = await self._decision(task)
        # The trace is to know what other agents have said, so that nobody takes it for a person's.
        said = [rounds[-1].critique] if self._transcript.commented else []
        if decision.kind not in _ENDING:
            return [*said, decision]
        accepted = decision.kind is DecisionKind.ACCEPT
        reason = decision.reason or (StopReason.ACCEPTED if accepted else StopReason.STUCK)
        decided = self._transcript.rounds[-1]
        if decision.critique is not None:
            decided = replace(decided, critique=decision.critique)
        ended = self._run.ending(task, (*rounds[:-1], decided), reason, decision.advice)
        return [*said, decision, ended]

    async def _decision(self, task: Task) -> Decision:
        """Return the proxy's word, with what people in the team have said of the round before it.

        These take the place of a rule's advice, which is findings.
        """
        *before, last = self._transcript.rounds
        said = last.decision
        if last.execution.status is ExecutionStatus.REFUSED and said.kind in (
            DecisionKind.REFINE,
            DecisionKind.STOP,
        ):
            return said
        open_round = replace(last, decision=Decision(DecisionKind.PENDING))
        spent = self._run.ledger.spend(last.number)
        decision = await self._proxy.decide(task, (*before, open_round), spent=spent)
        if decision.kind not in _GOING_ON or said.by in _BY_RULE or not said.advice:
            return decision
        if decision.by in _BY_RULE:
            # Their words are about the last round, and nothing of the rule's goes with them.
            return Decision(decision.kind, role=decision.role, advice=said.advice, by=said.by)
        return replace(decision, advice=f"{said.advice}\n{decision.advice}".strip())


class Participants(NamedTuple):
    """A loop as the participants of a team, in the order of their turns."""

    writer: WriterAgent
    executor: ExecutorAgent
    critic: CriticAgent
    proxy: ProxyAgent


def participants(loop: Loop, run: TeamRun) -> Participants:
    """Return the parts of ``loop`` for a ``RoundRobinGroupChat``.

    The user proxy approves programs where it does so in the loop, too.
    """
    return Participants(
        WriterAgent(loop.writer, run),
        ExecutorAgent(loop.executor, run, approver=loop.proxy),
        CriticAgent(loop.critic, run),
        ProxyAgent(loop.proxy, run),
    )
