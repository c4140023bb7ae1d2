"""What a data set came to: pass@k, what each round repaired, and every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.coding.estimating import Repair, mean_pass_at_k, repairs
from critique_loop.coding.evaluating import Sample
from critique_loop.errors import CallError

_USUAL = (1, 10, 100)  # those of Chen et al. 2021
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Report:
    """The samples that finished, of ``wanted`` for each of ``problems`` tasks."""

    samples: tuple[Sample, ...]
    problems: int
    wanted: int
    ks: tuple[int, ...]

    @property
    def finished(self) -> tuple[Sample, ...]:
        """The samples that came to an end of their own."""
        return tuple(sample for sample in self.samples if sample.finished)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return len(self.finished) == self.problems * self.wanted

    def counts(self) -> list[tuple[int, int]]:
        """Return, for each task of which all samples finished, how many and how many pass first."""
        first: dict[str, list[bool]] = {}
        for sample in self.finished:
            first.setdefault(sample.problem, []).append(sample.passed_first)
        return [(len(all_), sum(all_)) for all_ in first.values() if len(all_) == self.wanted]

    def pass_at(self, k: int) -> float | None:
        """Return the mean of pass@k of the first drafts, None while no task is done."""
        return mean_pass_at_k(self.counts(), k)

    def repairs(self) -> list[Repair]:
        """Return what each round repaired."""
        return repairs([sample.passed_after for sample in self.finished])


def ks_of(chosen: Sequence[int], samples: int) -> tuple[int, ...]:
    """Return the k to estimate pass@k for: the chosen ones, or the usual ones that can be told.

    Raises:
        CallError: one of them is more than the samples of a task.
    """
    for k in chosen:
        if not 1 <= k <= samples:
            raise CallError(
                f"pass@{k} can't be told from {samples} sample{'' if samples == 1 else 's'} of a "
                "task",
                remedy=f"Take more samples (--samples {k}), or a smaller k.",
            )
    return tuple(sorted(set(chosen))) or tuple(k for k in _USUAL if k <= samples)


def report_record(report: Report) -> dict[str, object]:
    """Return the report as plain JSON values."""
    tasks: dict[str, list[dict[str, object]]] = {}
    for sample in report.samples:
        tasks.setdefault(sample.problem, []).append(_sample(sample))
    return {
        "format": FORMAT,
        "problems": report.problems,
        "samples": report.wanted,
        "finished": len(report.finished),
        "complete": report.complete,
        "pass_at_k": {str(k): report.pass_at(k) for k in report.ks},
        "rounds": [_repair(repair) for repair in report.repairs()],
        "tasks": [{"id": name, "samples": listed} for name, listed in tasks.items()],
    }


def _repair(repair: Repair) -> dict[str, object]:
    return {
        "round": repair.round,
        "passing": repair.passing,
        "of": repair.total,
        "failed_before": repair.failed_before,
        "repaired": repair.repaired,
        "repair_rate": repair.rate if repair.round > 1 else None,
    }


def _sample(sample: Sample) -> dict[str, object]:
    outcome = sample.outcome
    return {
        "run": sample.run_id,
        "sample": sample.number,
        "finished": sample.finished,
        "passed": sample.passed,
        "passed_after": list(sample.passed_after),
        "stopped_because": outcome.stopped_because.value,
        "message": outcome.message,
        "unjudged": sample.unjudged,
        "calls": outcome.spend.calls,
        "tokens": outcome.spend.tokens,
        "cost_usd": outcome.cost_usd,
        "seconds": round(outcome.spend.seconds, 3),
        "from_before": sample.kept,
    }
