"""From the store to rows, one run at a time: nothing is held longer than it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from critique_loop.export.examples import MAKERS
from critique_loop.export.making import Making
from critique_loop.export.traces import trace_of
from critique_loop.store import Selection as Wanted
from critique_loop.store import SqliteStore
from critique_loop.values import Example, ExampleKind

WITH_PICTURES = frozenset({ExampleKind.CRITIC_SFT, ExampleKind.CRITIC_PREFERENCE})


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
    with closing(store.scan(wanted, pictures=pictures)) as found:
        for run in found:
            seen += 1
            trace = trace_of(run, told=making.prompts.told)
            rubric = making.origins.rubric(trace.task.rubric)
            if selection.takes(trace, making.counts, rubric=rubric):
                for example in maker(trace, making):
                    examples += 1
                    yield example
            watch(Progress(seen, examples))
