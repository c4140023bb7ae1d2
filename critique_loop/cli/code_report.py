"""What a data set came to, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from critique_loop.building.judged_tests import judged_tests
from critique_loop.cli.result import stdout
from critique_loop.cli.spending import money
from critique_loop.cli.text import plain
from critique_loop.coding.datasets import Dataset
from critique_loop.coding.estimating import Repair
from critique_loop.coding.evaluating import Sample
from critique_loop.coding.reports import Report

_MOST_FAILED = 12
_INDENT = "  "


def print_report(report: Report, dataset: Dataset) -> None:
    """Print pass@k, the table of rounds, what failed, and where more can be seen."""
    console = stdout()
    tasks = f"{report.problems} task{'' if report.problems == 1 else 's'}"
    each = f", {report.wanted} samples each" if report.wanted > 1 else ""
    head = Text(f"{plain(dataset.path.name)} · {dataset.shape} · {tasks}{each}", style="bold")
    if not report.complete:
        done, wanted = len(report.finished), report.problems * report.wanted
        head.append(f" · {done} of {wanted} loops done", style="yellow")
    console.print(head)
    failed = (*_failed(report.finished), *_unjudged(report.samples))
    for line in (*_scores(report), *_rounds(report.repairs()), *failed):
        console.print(Text(_INDENT).append_text(line))
    spent = _spent(report.samples)
    for name, text in (("tests", dataset.told), ("spent", spent)):
        console.print(
            Text(f"{_INDENT}{name:<8}", style="dim").append(text, style="not dim default")
        )


def _scores(report: Report) -> list[Text]:
    lines: list[Text] = []
    for k in report.ks:
        value = report.pass_at(k)
        if value is not None:
            number = len(report.counts())
            counted = f"first drafts of {number} task{'' if number == 1 else 's'}"
            lines.append(_row(f"pass@{k}", f"{value:.3f}", counted))
    return lines


def _row(name: str, value: str, note: str) -> Text:
    return Text(f"{name:<8}").append(f"{value:>7}", style="bold").append(f"  {note}", style="dim")


def _rounds(repairs: Sequence[Repair]) -> list[Text]:
    """Return what each round repaired; nothing where there was but one."""
    if len(repairs) < 2:  # noqa: PLR2004 - a table of one row says what pass@1 says
        return []
    lines = [Text(""), Text("round  passing  repaired", style="bold")]
    for repair in repairs:
        share = f"{repair.passing / repair.total:.3f}"
        mended = (
            ""
            if repair.round == 1 or repair.rate is None
            else (f"{repair.rate:.2f}  ({repair.repaired} of {repair.failed_before} that failed)")
        )
        lines.append(Text(f"{repair.round:>5}  {share:>7}  {mended}".rstrip()))
    note = "later rounds were told how many hidden tests fail: not comparable with pass@1"
    return [*lines, Text(note, style="dim"), Text("")]


def _failed(samples: Sequence[Sample]) -> list[Text]:
    failed = [sample for sample in samples if not sample.passed]
    lines = [_failed_line(sample) for sample in failed[:_MOST_FAILED]]
    if len(failed) > _MOST_FAILED:
        lines.append(Text(f"… {len(failed) - _MOST_FAILED} more failed (--json lists them)"))
    return lines


def _failed_line(sample: Sample) -> Text:
    best = sample.outcome.best
    tests = [test for test in judged_tests(best.execution) if test.hidden] if best else []
    passed = sum(test.passed for test in tests)
    ends = ", ".join(dict.fromkeys(test.status for test in tests if not test.passed))
    why = f"{passed} of {len(tests)} hidden tests, {ends}" if tests else "no test ran"
    line = Text("✗ ", style="red").append(f"{plain(sample.problem):<16}", style="default")
    line.append(f"  {why.replace('_', ' ')}", style="default")
    return line.append(f"  critique-loop show {sample.run_id[:8]}", style="dim")


def _unjudged(samples: Sequence[Sample]) -> list[Text]:
    """Return how many nothing is known of, and why the first of them."""
    without = [sample for sample in samples if sample.unjudged]
    if not without:
        return []
    first = without[0]
    line = Text(f"{len(without)} not judged: ", style="red")
    line.append(f"{plain(first.unjudged, width=160)} ({plain(first.problem)})", style="default")
    return [line]


def _spent(samples: Sequence[Sample]) -> str:
    new = [sample.outcome.spend for sample in samples if not sample.kept]
    calls, tokens = sum(spend.calls for spend in new), sum(spend.tokens for spend in new)
    costs = [spend.cost_usd for spend in new]
    cost = None if None in costs else sum(cost or 0.0 for cost in costs)
    asked = f"{calls} requests, {tokens:,} tokens, {money(cost)}" if calls else "no request"
    before = len(samples) - len(new)
    done = f"{before} loop{' was' if before == 1 else 's were'} done before"
    return f"{asked}; {done}" if before else asked
