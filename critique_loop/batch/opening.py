"""From a plan to a batch in the store, with all its items in the queue."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from dataclasses import dataclass

import msgspec

from critique_loop.batch.configuration import Config, refuse_changes
from critique_loop.batch.lines import TaskLine
from critique_loop.batch.making import Workshop
from critique_loop.batch.plan import Plan
from critique_loop.batch.sources import Numbered, checked
from critique_loop.building.loops import refuse_unknown_prices
from critique_loop.store.batches import Batch, Batches, NewItem, chunks

_ID = 10


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch whose items are in the queue; ``repeated`` lines said what others had said."""

    batch: Batch
    config: Config
    repeated: int


def opened(plan: Plan, batches: Batches, workshop: Workshop) -> Opened:
    """Check every task, then begin the batch or go on with it. Blocks.

    The tasks are read twice, one line at a time: nothing is started, and no store made, before all
    of them have been looked at.

    Raises:
        CallError: a task can't be run, the configuration is another than that of the batch, or
            another process runs the batch.
        StoreError: the store can't be written.
    """
    config = workshop.config
    total = checked(plan.source, _Checks(workshop).problem_with)
    refuse_unknown_prices(config.settings)
    source = plan.source.name
    found = None if plan.new else batches.newest(source)
    if found is None:
        found = batches.begin(uuid.uuid4().hex[:_ID], source, config.text)
    else:
        refuse_changes(found.id, found.config, config)
    batch = batches.take(found)
    added = 0
    for chunk in chunks(_items(plan, workshop)):
        added += batches.add(batch, chunk)
    return Opened(batch, config, total - added)


def _items(plan: Plan, workshop: Workshop) -> Generator[NewItem]:
    for one in plan.source.read():
        if isinstance(one, Numbered):
            spec = msgspec.json.encode(one.line).decode()
            yield NewItem(workshop.contents.key(one.line), one.number, spec)


class _Checks:
    """Builds a loop for each kind of line that there is, once."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._known: dict[tuple[str, bool, str], str] = {}

    def problem_with(self, line: TaskLine) -> str:
        rubric = str(line.rubric) if line.given("rubric") else ""
        known = line.task_kind.value, line.given("solution"), rubric
        if known not in self._known:
            self._known[known] = self._workshop.check(line)
        return self._known[known]
