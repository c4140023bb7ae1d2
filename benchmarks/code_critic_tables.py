"""What was said of references and mutants, counted for each signal."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from code_critic_signals import AT_HAND, SIGNALS, Signal, Told
from code_task_list import CodeTask
from mutation_runs import Judged, Kind

from critique_loop.agreement.confusion import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @classmethod
    def over(cls, answers: Iterable[bool]) -> Share:
        """Count the true ones."""
        found = list(answers)
        return cls(sum(found), len(found))

    @property
    def plain(self) -> dict[str, object]:
        """The share with its 95 % Wilson interval, as JSON has it."""
        estimate = wilson(self.count, self.of)
        interval = [estimate.low, estimate.high]
        return {"count": self.count, "n": self.of, "share": estimate.value, "interval": interval}

    def text(self) -> str:
        """Return "12 of 34: 35 % (21 to 52)"."""
        if not self.of:
            return "none"
        estimate = wilson(self.count, self.of)
        low, high = (100 * (bound or 0.0) for bound in (estimate.low, estimate.high))
        share = 100 * self.count / self.of
        return f"{self.count} of {self.of}: {share:.0f} % ({low:.0f} to {high:.0f})"


@dataclass(frozen=True, slots=True)
class Subject:
    """A program, what is known of it, and what the critic said; no ``judged``: the reference."""

    task: CodeTask
    judged: Judged | None
    informed: Told
    bare: Told

    def fires(self, signal: Signal) -> bool:
        """Return whether the signal says that something is wrong."""
        return self.informed.fires(signal) or self.bare.fires(signal)

    def can_judge(self, signal: Signal) -> bool:
        """Return whether the signal was heard at all."""
        return self.informed.can_judge(signal) or self.bare.can_judge(signal)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: faults caught, references blamed, slower programs caught."""

    name: str
    caught: Share
    caught_where_silent: Share
    false_alarms: Share
    slower: Share
    judged: Share
    cpu_ms: float | None

    @property
    def plain(self) -> dict[str, object]:
        """The row as JSON has it."""
        shares = ("caught", "caught_where_silent", "false_alarms", "slower", "judged")
        return {
            "signal": self.name,
            **{name: getattr(self, name).plain for name in shares},
            "cpu_ms": self.cpu_ms,
        }


Fires = Callable[[Subject], bool]


def rows(subjects: Sequence[Subject], cpu_ms: Mapping[str, float]) -> list[Row]:
    """Return a row for each signal, one for what needs no tests, and one for all together."""
    found = [
        _row(
            signal.name,
            [subject for subject in subjects if signal.fits(subject.task)],
            lambda subject, signal=signal: subject.fires(signal),
            lambda subject, signal=signal: subject.can_judge(signal),
            cpu_ms,
        )
        for signal in SIGNALS
    ]
    for name, signals in (
        ("examples, ruff, mypy and fuzzing", AT_HAND),
        ("any of all", SIGNALS),
    ):
        fires = _any_of(signals)
        found.append(_row(name, subjects, fires, lambda _: True, cpu_ms))
    return found


def _any_of(signals: Sequence[Signal]) -> Fires:
    return lambda subject: any(subject.fires(signal) for signal in signals)


def _row(
    name: str,
    subjects: Sequence[Subject],
    fires: Fires,
    can_judge: Fires,
    cpu_ms: Mapping[str, float],
) -> Row:
    right = [subject for subject in subjects if subject.judged is None]
    blamed = {subject.task.task_id for subject in right if fires(subject)}
    wrong = faults(subjects)
    silent = [subject for subject in wrong if subject.task.task_id not in blamed]
    return Row(
        name=name,
        caught=Share.over(map(fires, wrong)),
        caught_where_silent=Share.over(map(fires, silent)),
        false_alarms=Share.over(map(fires, right)),
        slower=Share.over(map(fires, slower_ones(subjects))),
        judged=Share.over(map(can_judge, subjects)),
        cpu_ms=cpu_ms.get(name),
    )


def faults(subjects: Iterable[Subject]) -> list[Subject]:
    """Return the mutants that are certainly wrong."""
    return [s for s in subjects if s.judged and s.judged.is_wrong]


def slower_ones(subjects: Iterable[Subject]) -> list[Subject]:
    """Return the mutants that only take longer, as far as is known."""
    return [s for s in subjects if s.judged and s.judged.mutant.is_slower and not s.judged.is_wrong]


def undecided(subjects: Iterable[Subject]) -> list[Subject]:
    """Return the mutants that may well answer as the reference does."""
    return [
        s
        for s in subjects
        if s.judged and s.judged.kind is Kind.MAYBE_EQUIVALENT and not s.judged.mutant.is_slower
    ]


def by_operator(subjects: Sequence[Subject], signals: Sequence[Signal]) -> list[dict[str, object]]:
    """Return for each operator how many of its faults each of the signals catches."""
    found: dict[str, list[Subject]] = {}
    for subject in faults(subjects):
        if subject.judged:
            found.setdefault(subject.judged.mutant.operator, []).append(subject)
    return [
        {
            "operator": operator,
            "n": len(found[operator]),
            **{signal.name: sum(s.fires(signal) for s in found[operator]) for signal in signals},
        }
        for operator in sorted(found)
    ]


def table(found: Sequence[Row]) -> str:
    """Return rows as Markdown."""
    heads = (
        *("signal", "faults caught", "of those where the reference is silent"),
        *("false alarms on references", "slower programs", "heard", "CPU"),
    )
    lines = [heads, ("---",) * len(heads)]
    lines += [
        (
            row.name,
            row.caught.text(),
            row.caught_where_silent.text(),
            row.false_alarms.text(),
            row.slower.text(),
            f"{row.judged.count} of {row.judged.of}",
            "" if row.cpu_ms is None else f"{row.cpu_ms:.0f} ms",
        )
        for row in found
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def counts(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows with equal keys as Markdown."""
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([str(row[head]) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def median_ms(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return 1000 * statistics.median(seconds)
