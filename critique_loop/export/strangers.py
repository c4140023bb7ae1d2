"""Runs that came from elsewhere and that nobody trusts: what they tell of their writer's prompts.

No file that such a run names is opened. What its model was asked is in the trace, or the shipped
agent is known to have written; else nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from critique_loop.building.trusting import is_from_elsewhere, reaches_outside
from critique_loop.export.traces import Trace
from critique_loop.store import SqliteStore
from critique_loop.store.encoding import Source, decode
from critique_loop.store.rows import no_bytes, opened_source
from critique_loop.values import Call, EventKind, Message


@dataclass(frozen=True, slots=True)
class Strangers:
    """The runs of a store whose agent files are not opened."""

    store: SqliteStore

    def have(self, trace: Trace) -> bool:
        """Whether a run came from elsewhere and names its writer by a file."""
        named = reaches_outside("writer_agent", trace.started.settings)
        return named and is_from_elsewhere(self.store, trace.run_id)

    def told(self, trace: Trace) -> Mapping[int, tuple[Message, ...]]:
        """Return what the writer's model was asked first in each round; later came repairs."""
        found: dict[int, tuple[Message, ...]] = {}
        with opened_source(self.store.path) as source:
            shared = Source(source.blob, data=no_bytes)
            for row in source.rows(trace.run_id):
                if row.kind == EventKind.CALLED and row.round not in found:
                    call = decode(row.body, Call, shared)
                    if call.role == "writer" and call.messages and not call.error:
                        found[row.round] = call.messages
        return found


def written_by(trace: Trace) -> frozenset[str]:
    """Return the agents (name and hash) whose models wrote drafts of a run; "": it is not told."""
    drafts = (turn.draft for turn in trace.turns)
    return frozenset(draft.definition for draft in drafts if draft.definition or draft.model)
