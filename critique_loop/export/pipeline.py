"""From the store to rows, one run at a time: nothing is held longer than it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from critique_loop.export.counting import Stage
from critique_loop.export.examples import MAKERS
from critique_loop.export.making import Making
from critique_loop.export.rescored import Scores
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
    wanted = Wanted(runs=tuple(runs))
    seen = examples = 0
    steps = Steps(
        left_out=frozenset() if making.prompts.told else _CALLS,
        later=frozenset({EventKind.EXECUTED}) if kind in _WITHOUT_EXECUTIONS else frozenset(),
    )
    with ExitStack() as stack:
        new = stack.enter_context(making.rescorings.reading()) if making.rescorings else None
        found = stack.enter_context(closing(store.scan(wanted, pictures=pictures, steps=steps)))
        for run in found:
            seen += 1
            scores = None if new is None else new.of(run.run_id)
            trace = trace_of(run, told=making.prompts.told, scores=scores)
            if _is_scored(making, scores) and _takes(trace, kind, making):
                for example in _whole(trace, making, maker(trace, making)):
                    examples += 1
                    yield example
            watch(Progress(seen, examples))


def _whole(trace: Trace, making: Making, examples: Iterable[Example]) -> Iterator[Example]:
    """Yield the examples of a run, without those that a redaction has spoilt: these are counted."""
    if trace.redaction is None:
        yield from examples
        return
    making.redactions.see(trace)
    for example in examples:
        why = making.redactions.against(trace, example)
        if why:
            making.left_out(why)
        else:
            yield example


def _is_scored(making: Making, scores: Scores | None) -> bool:
    """Whether a run has the scores that are asked for; where it has not, that is counted."""
    if making.rescorings is None or scores is not None:
        return True
    making.counts.see(Stage.RUNS)
    making.counts.drop(Stage.RUNS, "--scores: was not scored again so, or not to its end")
    return False


def _takes(trace: Trace, kind: ExampleKind, making: Making) -> bool:
    """Whether a run is wanted, and it is known what was asked in it; what is not is counted."""
    counts = making.counts
    rubric = making.origins.rubric(trace.task.rubric)
    if not making.selection.takes(trace, counts, rubric=rubric):
        return False
    why = "" if kind in WITH_PICTURES else making.prompts.against(trace)
    if why:
        counts.drop(Stage.RUNS, why)
        return False
    if trace.unscored:
        counts.drop(Stage.ROUNDS, "--scores: has no new scores", trace.unscored)
    if making.rescorings is not None:
        making.rescorings.use(trace.run_id)
    return True
