"""From the store to rows, one run at a time: nothing is held longer than it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from critique_loop.export.counting import Stage
from critique_loop.export.examples import MAKERS
from critique_loop.export.making import Making
from critique_loop.export.traces import Trace, trace_of
from critique_loop.store import Selection as Wanted
from critique_loop.store import SqliteStore
from critique_loop.store.scanning import Steps
from critique_loop.values import EventKind, Example, ExampleKind

WITH_PICTURES = frozenset({ExampleKind.CRITIC_SFT, ExampleKind.CRITIC_PREFERENCE})
_CALLS = frozenset({EventKind.CALLED, EventKind.ASKED})
# These are made of what was written and decided, and look at few executions.
_WITHOUT_EXECUTIONS = frozenset(
    {ExampleKind.SFT, ExampleKind.KTO, ExampleKind.STEPWISE, ExampleKind.EXPLANATION}
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is: runs read so far, and examples made of them."""

    runs: int
    examples: int


Watch = Callable[[Progress], None]


def made(
    store: SqliteStore,
    kind: ExampleKind,
    making: Making,
    *,
    runs: Iterable[str] = (),
    watch: Watch = lambda _: None,
) -> Iterator[Example]:
    """Yield the examples of the selected runs, oldest run first."""
    maker = MAKERS[kind]
    pictures = making.pictures and kind in WITH_PICTURES
    selection = making.selection
    wanted = Wanted(runs=tuple(runs))
    seen = examples = 0
    steps = Steps(
        left_out=frozenset() if making.prompts.told else _CALLS,
        later=frozenset({EventKind.EXECUTED}) if kind in _WITHOUT_EXECUTIONS else frozenset(),
    )
    with closing(store.scan(wanted, pictures=pictures, steps=steps)) as found:
        for run in found:
            seen += 1
            trace = trace_of(run, told=making.prompts.told)
            rubric = making.origins.rubric(trace.task.rubric)
            if selection.takes(trace, making.counts, rubric=rubric) and _knows(trace, kind, making):
                for example in maker(trace, making):
                    examples += 1
                    yield example
            watch(Progress(seen, examples))


def _knows(trace: Trace, kind: ExampleKind, making: Making) -> bool:
    """Whether it is known what was asked in a run; where it is not, that is counted."""
    why = "" if kind in WITH_PICTURES else making.prompts.against(trace)
    if why:
        making.counts.drop(Stage.RUNS, why)
    return not why
