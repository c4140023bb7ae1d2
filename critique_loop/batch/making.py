"""Tasks and loops made of the lines of a batch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.to_thread

from critique_loop.batch.configuration import Config
from critique_loop.batch.keys import Contents
from critique_loop.batch.lines import TaskLine, is_path, several
from critique_loop.building.loops import Parts, build
from critique_loop.building.settings import LoopSettings
from critique_loop.charts import ChartOptions, chart_task
from critique_loop.coding import CodeOptions, code_task
from critique_loop.errors import CallError, CritiqueLoopError
from critique_loop.loop import Loop
from critique_loop.protocols import Critic, Executor, TraceStore, UserProxy, Writer
from critique_loop.values import Rubric, Table, Task, TaskKind
from critique_loop.writers.given import GivenWriter

_MOST_TABLES = 64
_MOST_LOOPS = 32


@dataclass(frozen=True, slots=True)
class Actors:
    """What is given as objects, in place of what the settings say; None: as they say."""

    writer: Writer | None = None
    critic: Critic | None = None
    executor: Executor | None = None
    proxy: UserProxy | None = None
    on_notice: Callable[[str], None] | None = None

    @property
    def names(self) -> dict[str, str]:
        """Their names, by role."""
        roles = {"writer": self.writer, "critic": self.critic}
        return {role: actor.name for role, actor in roles.items() if actor is not None} | (
            {"proxy": type(self.proxy).__name__} if self.proxy is not None else {}
        )


class Workshop:
    """Makes the task and the loop of each line; what lines have in common is made once."""

    def __init__(self, config: Config, actors: Actors, store: TraceStore | None) -> None:
        """Nothing is made yet. Actors come from ``actors``, else from the settings of ``config``.

        ``actors.executor`` is what all programs run in.
        """
        self.config: Config = config
        self.contents: Contents = Contents()
        self._actors = actors
        self._store = store
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._tables: OrderedDict[tuple[str, str], Table] = OrderedDict()
        self._loops: OrderedDict[tuple[LoopSettings, TaskKind], Loop] = OrderedDict()

    async def task(self, line: TaskLine, item: str) -> Task:
        """Return the task of a line; files are read in a thread.

        Raises:
            CallError: a file is gone or not what it should be, or not what it was when the item was
                added to its batch.
        """
        return await anyio.to_thread.run_sync(self._task, line, item, limiter=self._one_at_a_time)

    def settings(self, line: TaskLine) -> LoopSettings:
        """Return the settings of the loop for a line."""
        given = several(line.solution)
        paths = given if all(is_path(text) for text in given) else ()
        limits = cast("dict[str, Any]", line.limits())
        return replace(self.config.settings, **limits, programs=paths)

    def loop(self, line: TaskLine) -> Loop:
        """Return the loop for a line.

        Raises:
            CallError: a setting is wrong.
        """
        settings, kind = self.settings(line), line.task_kind
        if line.given("solution") and not settings.programs:
            return self._build(settings, kind, GivenWriter(list(several(line.solution))))
        found = self._loops.get((settings, kind))
        if found is None:
            found = self._loops[settings, kind] = self._build(settings, kind, self._actors.writer)
        self._loops.move_to_end((settings, kind))
        if len(self._loops) > _MOST_LOOPS:
            self._loops.popitem(last=False)
        return found

    def check(self, line: TaskLine) -> str:
        """Return why no loop can be built for a line, "" where one can."""
        try:
            self.loop(line)
            self._rubric(line)
        except CritiqueLoopError as error:
            return error.problem
        return ""

    def _build(self, settings: LoopSettings, kind: TaskKind, writer: Writer | None) -> Loop:
        actors = self._actors
        parts = Parts(
            writer=writer,
            critic=actors.critic,
            executor=actors.executor,
            proxy=actors.proxy,
            store=self._store,
            on_notice=actors.on_notice,
        )
        return build(settings, parts, kind=kind)

    def _task(self, line: TaskLine, item: str) -> Task:
        if self.contents.key(line) != item:
            raise CallError("a file of it has changed since the batch was started")
        rubric = self._rubric(line)
        critic_model = self.config.settings.critic_model
        if line.task_kind is TaskKind.CHART:
            charts: ChartOptions = {"units": line.units, "critic_model": critic_model}
            if rubric is not None:
                charts["rubric"] = rubric
            return chart_task(self._table(several(line.data)[0]), line.goal, **charts)
        return code_task(line.goal, **_code_options(line, rubric, critic_model))

    def _rubric(self, line: TaskLine) -> Rubric | None:
        name = str(line.rubric) if line.given("rubric") else self.config.rubric
        return self.contents.rubric(name) if name else None

    def _table(self, path: str) -> Table:
        from critique_loop.data import profile  # noqa: PLC0415 - pandas loads here, not at import

        known = path, self.contents.digest(path)
        found = self._tables.get(known)
        if found is None:
            found = self._tables[known] = profile(path)
        self._tables.move_to_end(known)
        if len(self._tables) > _MOST_TABLES:
            self._tables.popitem(last=False)
        return found


def _code_options(line: TaskLine, rubric: Rubric | None, critic_model: str) -> CodeOptions:
    code: CodeOptions = {"critic_model": critic_model}
    code["data"] = [Path(path) for path in several(line.data)]
    if rubric is not None:
        code["rubric"] = rubric
    given = cast("dict[str, Any]", code)
    for name in ("tests", "hidden_tests", "solution"):
        given[name] = tuple(_path_or_text(text) for text in several(getattr(line, name)))
    for name in ("signature", "reference"):
        if line.given(name):
            given[name] = _path_or_text(str(getattr(line, name)))
    for name in ("entry_point", "module", "test_timeout_s"):
        if line.given(name):
            given[name] = getattr(line, name)
    return code


def _path_or_text(text: str) -> str | Path:
    return Path(text) if is_path(text) else text
