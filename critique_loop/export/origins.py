"""Where examples come from: the run, its task, and the group that must stay together."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from critique_loop.agreement.ratings import rubric_hash
from critique_loop.export.judged import Judged
from critique_loop.export.traces import Trace
from critique_loop.values import Column, Provenance, Rubric, Table, Task, TaskKind

_DIGITS = re.compile(r"\d+")
_CHART, _CODE = TaskKind.CHART, TaskKind.CODE  # members are looked up at some cost
_MOST_RUBRICS = 256
_MOST_DATA = 1024


def _sha256(*parts: str) -> str:
    told = "\0".join(parts)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def group_of(task: Task) -> str:
    """Return what tasks have in common that must not be split.

    Tasks about tables with the same columns, in whatever order and case, belong together, whatever
    they ask; so do programs of the same name and signature, and else goals that differ in their
    numbers only.
    """
    goal = " ".join(_DIGITS.sub("0", task.goal).casefold().split())
    if task.kind is _CODE:
        spec = task.code
        named = bool(spec and (spec.entry_point or spec.signature.strip()))
        told = (spec.entry_point, " ".join(spec.signature.split())) if spec and named else (goal,)
        return _sha256("code", *told)
    schemas = sorted(
        "\1".join(sorted(f"{_name(column)}\2{column.kind.value}" for column in table.columns))
        for table in task.tables
    )
    return _sha256("chart", *(schemas or [goal]))


def _name(column: Column) -> str:
    return " ".join(column.name.casefold().split())


def task_sha256(task: Task) -> str:
    """Return what is equal for the same goal about the same data."""
    spec = task.code
    told = (spec.signature, *(suite.source for suite in spec.suites)) if spec else ()
    return _sha256(task.kind.value, task.goal, *(table.sha256 for table in task.tables), *told)


class _Data(NamedTuple):
    """What follows from tables alone; they are held, so that no others get their identities."""

    tables: tuple[Table, ...]
    group: str
    sources: tuple[str, ...]


def _is_about_data(task: Task) -> bool:
    return task.kind is _CHART and bool(task.tables)


class _Known(NamedTuple):
    """What follows from a task; it is held, so that no other one gets its identity."""

    task: Task
    kind: str
    sha256: str
    group: str
    sources: tuple[str, ...]


@dataclass(slots=True)
class Origins:
    """Says where examples come from; ``licences`` are what the user says of tables and tasks."""

    licences: tuple[str, ...] = ()
    _rubrics: dict[int, tuple[Rubric, str]] = field(default_factory=dict[int, tuple[Rubric, str]])
    _data: dict[tuple[int, ...], _Data] = field(default_factory=dict[tuple[int, ...], _Data])
    _last: _Known | None = None

    def of(self, trace: Trace, turn: Judged, *others: Judged) -> Provenance:
        """Return where an example made of ``turn`` comes from; ``others`` are compared with it."""
        known, draft = self._known(trace.task), turn.draft
        rounds = sorted({turn.number, *(other.number for other in others)})
        return Provenance(
            run_id=trace.run_id,
            rounds=tuple(rounds),
            group=known.group,
            task_kind=known.kind,
            task_sha256=known.sha256,
            writer=draft.writer,
            model=draft.model,
            critic=turn.critic,
            definition=draft.definition,
            rubric=self.rubric(known.task.rubric),
            sources=known.sources,
            licences=self.licences,
            score=turn.score,
            other_score=others[0].score if others else None,
            scored_by=turn.by,
            accepted=turn.accepted,
            at=trace.at,
        )

    def _known(self, task: Task) -> _Known:
        """Return what follows from a task: the examples of one run come one after the other."""
        if self._last is None or self._last.task is not task:
            data = self._data_of(task)
            group = data.group if _is_about_data(task) else group_of(task)
            self._last = _Known(task, task.kind.value, task_sha256(task), group, data.sources)
        return self._last

    def _data_of(self, task: Task) -> _Data:
        """Return what tasks about the same tables have in common."""
        key = tuple(map(id, task.tables))
        known = self._data.get(key)
        if known is None:
            if len(self._data) >= _MOST_DATA:
                self._data.clear()
            sources = tuple(f"{table.name}@{table.sha256[:12]}" for table in task.tables)
            known = self._data[key] = _Data(task.tables, group_of(task), sources)
        return known

    def rubric(self, rubric: Rubric) -> str:
        """Return name and hash of a rubric: "charts@1f0c6d2a9b3e"."""
        known = self._rubrics.get(id(rubric))
        if known is None or known[0] is not rubric:
            if len(self._rubrics) >= _MOST_RUBRICS:
                self._rubrics.clear()
            known = (rubric, f"{rubric.name}@{rubric_hash(rubric)[:12]}")
            self._rubrics[id(rubric)] = known
        return known[1]
