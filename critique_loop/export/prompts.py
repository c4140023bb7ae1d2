"""What a writer is asked with, rendered from a trace as it is rendered when models are asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple, cast

from critique_loop.definitions import Definition, Sharing, load
from critique_loop.definitions.fitting import estimated_tokens
from critique_loop.errors import DefinitionError
from critique_loop.export.answers import clean
from critique_loop.export.traces import Trace
from critique_loop.values import Message, Round, Task
from critique_loop.writers.prompting import Turn, prompt_of, system_message

_FIRST = 1
_GOAL = "the goal 8c1e5b0f stands here"
_FRAME_TOKENS = 60  # what a section costs besides its text, a little more than it does
_MOST_FORMS = 256


class Agent(NamedTuple):
    """A writer or critic as it is asked: its definition, what it is shown, its system message."""

    definition: Definition
    sharing: Sharing
    system: Message


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
    told, where the trace has some.
    """

    agent: str = ""
    told: bool = False
    notes: set[str] = field(default_factory=set[str])
    _agents: dict[tuple[str, tuple[str, ...]], Agent] = field(
        default_factory=dict[tuple[str, tuple[str, ...]], Agent]
    )
    _forms: dict[object, _Form | None] = field(default_factory=dict[object, _Form | None])

    def first(self, trace: Trace) -> tuple[Message, ...]:
        """Return what the first draft of a run is asked for with: nothing of any critique.

        What was told for a later draft is no such prompt, also where the first was never judged.
        """
        found = self._told_in(trace, _FIRST)
        if found:
            return found
        agent = self.agent_of(trace)
        return agent.system, Message("user", self._first_text(trace.task, agent))

    def at(self, trace: Trace, number: int) -> tuple[Message, ...]:
        """Return what the draft of round ``number`` is asked for with, given those before it."""
        before = trace.before(number)
        if not before:
            return self.first(trace)
        found = self._told_in(trace, number)
        if found:
            return found
        agent = self.agent_of(trace)
        return agent.system, Message("user", text_of(trace.task, [t.round for t in before], agent))

    def _told_in(self, trace: Trace, number: int) -> tuple[Message, ...]:
        return trace.told.get(number, ()) if self.told else ()

    def agent_of(self, trace: Trace) -> Agent:
        """Return the writer as it would be asked for a draft of this run."""
        settings = trace.started.settings
        named = self.agent or _text(settings, "writer_agent")
        withheld = tuple(_texts(settings, "withheld"))
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
        tables = tuple((table.sha256, table.name) for table in task.tables)
        code = task.code.signature if task.code else None
        key = (agent.definition.sha256, agent.sharing, tables, task.rubric.name, code)
        bare = replace(task, goal=_GOAL)
        known = self._forms.get(key)
        if known is None or known.task != bare:
            if len(self._forms) >= _MOST_FORMS:
                self._forms.clear()
            known = self._forms[key] = _form_of(bare, agent)
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
