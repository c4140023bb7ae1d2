"""What a writer is asked with, rendered from a trace as it is rendered when models are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from operator import attrgetter
from typing import NamedTuple, cast

from critique_loop.definitions import Definition, Sharing, load
from critique_loop.definitions.fitting import estimated_tokens
from critique_loop.errors import DefinitionError
from critique_loop.export.answers import clean
from critique_loop.export.strangers import Strangers, written_by
from critique_loop.export.traces import Trace
from critique_loop.values import Message, Round, Task
from critique_loop.writers.prompting import Turn, prompt_of, system_message

_FIRST = 1
_GOAL = "the goal 8c1e5b0f stands here"
_FRAME_TOKENS = 60  # what a section costs besides its text, a little more than it does
_MOST_FORMS = 256
_besides_goal = attrgetter(*(each.name for each in fields(Task) if each.name != "goal"))
_RECORDED = (
    "agent files of runs from elsewhere are not opened: the prompts of those runs are what their "
    "models were really told (--trust opens the files)"
)
_UNKNOWN = "--trust: came from elsewhere, names an agent file, and does not tell what it was asked"


class Agent(NamedTuple):
    """A writer or critic as it is asked: its definition, what it is shown, its system message."""

    definition: Definition
    sharing: Sharing
    system: Message


class _Recorded(NamedTuple):
    """How the writer of a stranger's run was asked, as its trace tells."""

    agent: Agent
    told: Mapping[int, tuple[Message, ...]]
    is_known: bool


@dataclass(frozen=True, slots=True)
class _Form:
    """The first prompt of tasks that differ in their goals only, split where the goal stands."""

    task: Task
    before: str
    after: str
    room: int


@dataclass(slots=True)
class Prompts:
    """Renders prompts; what tasks of the same tables and rubric share is rendered once.

    ``agent`` is a path or a name of a writer's definition ("": the one that wrote, where it can
    still be read, else the shipped one). With ``told`` the messages count that a model was really
    told, where the trace has some. Files that ``strangers`` name are never opened: there the trace
    alone tells how the writer was asked. None: every run is one's own, or trusted.
    """

    agent: str = ""
    told: bool = False
    strangers: Strangers | None = None
    notes: set[str] = field(default_factory=set[str])
    _agents: dict[tuple[str, tuple[str, ...]], Agent] = field(
        default_factory=dict[tuple[str, tuple[str, ...]], Agent]
    )
    _forms: dict[object, _Form | None] = field(default_factory=dict[object, _Form | None])
    _last: tuple[Trace, _Recorded | None] | None = None

    def against(self, trace: Trace) -> str:
        """Return why nobody knows what the writer of a run was asked, "" where it is known."""
        found = self._recorded(trace)
        return _UNKNOWN if found is not None and not found.is_known else ""

    def first(self, trace: Trace) -> tuple[Message, ...]:
        """Return what the first draft of a run is asked for with: nothing of any critique.

        What was told for a later draft is no such prompt, also where the first was never judged.
        """
        found = self._told_in(trace, _FIRST)
        if found:
            return found
        agent = self.agent_of(trace)
        return agent.system, Message("user", self._first_text(trace.asked, agent))

    def at(self, trace: Trace, number: int) -> tuple[Message, ...]:
        """Return what the draft of round ``number`` is asked for with, given those before it."""
        before = trace.before(number)
        if not before:
            return self.first(trace)
        found = self._told_in(trace, number)
        if found:
            return found
        found = self._told_in(trace, before[-1].number + 1)  # its turn, of which it is a candidate
        if found and self._recorded(trace):
            return found
        agent = self.agent_of(trace)
        return agent.system, Message("user", text_of(trace.asked, [t.round for t in before], agent))

    def _told_in(self, trace: Trace, number: int) -> tuple[Message, ...]:
        if self.told and trace.told.get(number):
            return trace.told[number]
        found = self._recorded(trace)
        return found.told.get(number, ()) if found else ()

    def _recorded(self, trace: Trace) -> _Recorded | None:
        """Return what a stranger's run tells of how its writer was asked; None: it is none."""
        if self.agent or self.strangers is None:
            return None
        if self._last is None or self._last[0] is not trace:
            is_one = self.strangers.have(trace)
            self._last = trace, self._asked(trace, self.strangers) if is_one else None
        return self._last[1]

    def _asked(self, trace: Trace, strangers: Strangers) -> _Recorded:
        agent = self._shipped(trace)
        if written_by(trace) <= {agent.definition.identity}:
            return _Recorded(agent, {}, is_known=True)
        told = strangers.told(trace)
        first = told.get(_FIRST)
        if not first:
            return _Recorded(agent, {}, is_known=False)
        self.notes.add(_RECORDED)
        system = next((message for message in first if message.role == "system"), agent.system)
        return _Recorded(agent._replace(system=system), told, is_known=True)

    def _shipped(self, trace: Trace) -> Agent:
        return self._agent(f"{trace.task.kind.value}_writer", trace)

    def agent_of(self, trace: Trace) -> Agent:
        """Return the writer as it would be asked for a draft of this run."""
        found = self._recorded(trace)
        if found is not None:
            return found.agent
        return self._agent(self.agent or _text(trace.started.settings, "writer_agent"), trace)

    def _agent(self, named: str, trace: Trace) -> Agent:
        withheld = tuple(_texts(trace.started.settings, "withheld"))
        key = (named or trace.task.kind.value, withheld)
        if key not in self._agents:
            self._agents[key] = self._loaded(named, trace, withheld)
        return self._agents[key]

    def critic_of(self, trace: Trace, *, pictures: bool) -> Agent:
        """Return the critic as it would be asked about this run's drafts."""
        writer, name = self.agent_of(trace), f"{trace.task.kind.value}_critic"
        shown = replace(writer.sharing, picture=pictures)
        key = (name, tuple(part for part, allowed in asdict(shown).items() if not allowed))
        if key not in self._agents:
            definition = load(name)
            allowed = definition.sharing & shown
            self._agents[key] = Agent(definition, allowed, system_message(definition))
        return self._agents[key]

    def _loaded(self, named: str, trace: Trace, withheld: Sequence[str]) -> Agent:
        shipped = f"{trace.task.kind.value}_writer"
        try:
            definition = load(named or shipped)
        except DefinitionError:
            if self.agent:
                raise
            self.notes.add(f"the agent {named} can't be read any more: {shipped} stands in for it")
            definition = load(shipped)
        allowed = Sharing(**dict.fromkeys(withheld, False))
        return Agent(definition, definition.sharing & allowed, system_message(definition))

    def _first_text(self, task: Task, agent: Agent) -> str:
        """Return the prompt of a first draft, from the form of its kind where that fits."""
        goal = clean(task.goal).strip("\n")
        form = self._form(task, agent) if goal.strip() else None
        if form is None or estimated_tokens(goal) > form.room:
            return text_of(task, (), agent)
        return f"{form.before}{goal}{form.after}"

    def _form(self, task: Task, agent: Agent) -> _Form | None:
        tables = tuple([(table.sha256, table.name) for table in task.tables])
        code = task.code.signature if task.code else None
        key = (agent.definition.sha256, agent.sharing, tables, task.rubric.name, code)
        known = self._forms.get(key)
        if known is None or _besides_goal(known.task) != _besides_goal(task):
            if len(self._forms) >= _MOST_FORMS:
                self._forms.clear()
            known = self._forms[key] = _form_of(replace(task, goal=_GOAL), agent)
        return known


def _form_of(task: Task, agent: Agent) -> _Form:
    """Return the form, with room for as long a goal as surely changes nothing else of it."""
    definition = agent.definition
    fitted = prompt_of(Turn(task, ()), definition, agent.sharing, tokens=definition.token_budget)
    before, _, after = fitted.text.partition(_GOAL)
    taken = estimated_tokens(agent.system.text) + estimated_tokens(fitted.text)
    taken += _FRAME_TOKENS * fitted.text.count("## ")
    unlike = bool(fitted.cut) or _GOAL in after
    room = -1 if unlike else definition.token_budget - taken
    return _Form(task, before, after, room)


def text_of(task: Task, history: Sequence[Round], agent: Agent) -> str:
    """Return what a model writer is told after the system message."""
    turn, definition = Turn(task, history), agent.definition
    return prompt_of(turn, definition, agent.sharing, tokens=definition.token_budget).text


def _text(settings: Mapping[str, object], key: str) -> str:
    found = settings.get(key)
    return found if isinstance(found, str) else ""


def _texts(settings: Mapping[str, object], key: str) -> list[str]:
    found = settings.get(key)
    if not isinstance(found, list | tuple):
        return []
    parts = cast("Sequence[object]", found)
    return [str(part) for part in parts if part in Sharing.__dataclass_fields__]
