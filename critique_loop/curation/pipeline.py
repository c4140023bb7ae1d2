"""Steps in a row, each of which lets examples through or drops them for a reason it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any, ClassVar, NamedTuple, Protocol, cast

from critique_loop.values import Example

_SHOWN = 5


class CurationStep(Protocol):
    """One step: a frozen dataclass whose fields are its options.

    ``name`` heads its row of the report; ``note`` says what it can't do, as readers of a data set
    must know ("" where there is nothing to say). What it has seen belongs to one call of ``run``.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    name: ClassVar[str]
    note: ClassVar[str]

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what passes, in the order it came; tell ``tally`` of all else."""
        ...


class Drop(NamedTuple):
    """One example that was dropped: which, and what about it ("" where the reason says all)."""

    example: str
    detail: str = ""


@dataclass(slots=True)
class Reason:
    """How many examples were dropped for one reason, and the first few of them."""

    count: int = 0
    shown: list[Drop] = field(default_factory=list[Drop])


@dataclass(slots=True)
class Tally:
    """What one step did, counted while it runs."""

    step: str
    note: str = ""
    options: dict[str, object] = field(default_factory=dict[str, object])
    taken: int = 0
    kept: int = 0
    reasons: dict[str, Reason] = field(default_factory=dict[str, Reason])

    @property
    def dropped(self) -> int:
        """How many were dropped, for whatever reason."""
        return sum(reason.count for reason in self.reasons.values())

    def drop(self, example: Example, why: str, detail: str = "") -> None:
        """Count an example that does not pass. ``why`` is one of few; ``detail`` is its own."""
        reason = self.reasons.setdefault(why, Reason())
        reason.count += 1
        if len(reason.shown) < _SHOWN:
            reason.shown.append(Drop(name_of(example), detail))

    def plain(self) -> dict[str, object]:
        """Return the counts as JSON types, as a dataset card lists them."""
        reasons = {
            why: {"count": reason.count, "examples": [drop._asdict() for drop in reason.shown]}
            for why, reason in sorted(self.reasons.items())
        }
        plain: dict[str, object] = {
            "step": self.step,
            "options": self.options,
            "in": self.taken,
            "kept": self.kept,
            "dropped": self.dropped,
            "reasons": reasons,
        }
        return plain | ({"note": self.note} if self.note else {})

    def entering(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Count what comes in."""
        for example in examples:
            self.taken += 1
            yield example

    def leaving(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Count what goes out."""
        for example in examples:
            self.kept += 1
            yield example


class Row(NamedTuple):
    """One line of the report's table."""

    step: str
    taken: int
    dropped: int
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What every step of a pipeline dropped, and why."""

    steps: tuple[Tally, ...] = ()

    def rows(self) -> list[Row]:
        """Return the table, a line for each step; reasons that took most come first."""
        return [
            Row(tally.step, tally.taken, tally.dropped, _reasons(tally)) for tally in self.steps
        ]

    def plain(self) -> list[dict[str, object]]:
        """Return everything as JSON types, for the dataset card."""
        return [tally.plain() for tally in self.steps]


class Pipeline:
    """Steps in a row over a stream: nothing is held longer than a step needs it.

    The same examples in the same order give the same result: all draws are seeded.
    """

    def __init__(self, steps: Sequence[CurationStep]) -> None:
        self.steps: tuple[CurationStep, ...] = tuple(steps)
        self._report = Report()

    @property
    def report(self) -> Report:
        """What the steps dropped in the last run; complete once that has been read to its end."""
        return self._report

    def run(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Return what passes every step; the report starts anew."""
        tallies = [Tally(step.name, step.note, options_of(step)) for step in self.steps]
        self._report = Report(tuple(tallies))
        stream = iter(examples)
        for step, tally in zip(self.steps, tallies, strict=True):
            stream = tally.leaving(step.run(tally.entering(stream), tally))
        return stream


def sifted(
    examples: Iterable[Example], tally: Tally, reason: Callable[[Example], str]
) -> Iterator[Example]:
    """Yield the examples that there is no reason to drop: "" is none."""
    for example in examples:
        why = reason(example)
        if why:
            tally.drop(example, why)
        else:
            yield example


def name_of(example: Example) -> str:
    """Return which example this is: its run and its rounds ("run:2", "run:1,3")."""
    where = example.provenance
    return f"{where.run_id}:{','.join(map(str, where.rounds))}"


def options_of(step: CurationStep) -> dict[str, object]:
    """Return a step's options as JSON types."""
    return {name: _plain(value) for name, value in asdict(step).items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, object]", value)
        return {str(name): _plain(each) for name, each in fields.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, PurePath):
        return value.name  # a card is for others: where files lie here is not
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def _reasons(tally: Tally) -> str:
    most = sorted(tally.reasons.items(), key=lambda item: (-item[1].count, item[0]))
    return "; ".join(f"{reason.count} {why}" for why, reason in most)
