"""What the measured critic of programs catches, signal by signal, and what its advice is worth.

    python benchmarks/code_critic.py [--faults N] [--repairs N] [--docker] [--jobs N] [--json]

Right programs are the references of `benchmarks/code_tasks/`, wrong ones their mutants. All of them
are judged by what the package sends into its sandboxes. For speed it runs in forks on this machine,
without isolation, as these programs are our own; `--docker` judges a sample in real containers,
too, and says where the two differ.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from functools import partial

import anyio
from cascade_maths import Interval, interval
from code_critic_local import LocalExecutor
from code_critic_loops import ROUNDS, Arm, Repair, cases, repairs
from code_critic_runs import (
    Compared,
    Wanted,
    all_subjects,
    argument_changers,
    compared,
    cpu_seconds,
    mutants_of,
)
from code_critic_signals import COMPARISON, GROWTH, SIGNALS
from code_critic_tables import (
    Row,
    Share,
    Subject,
    by_operator,
    counts,
    faults,
    median_ms,
    rows,
    slower_ones,
    table,
    undecided,
)
from code_task_list import CodeTask, tasks

from critique_loop.executors.choosing import executor_for

CPU_SAMPLE = 12
DOCKER_MUTANTS = 44


def progress(words: str) -> None:
    """Tell whoever waits."""
    print(words, file=sys.stderr, flush=True)


def in_docker(sample: Sequence[CodeTask], *, mutants: int = DOCKER_MUTANTS) -> Compared:
    """Judge references, and a mutant of some tasks, here and in containers."""

    async def run() -> Compared:
        docker, found = executor_for("docker"), Compared(0, [])
        for number, task in enumerate(sample):
            wanted = Wanted(int(number < mutants), slower=0)
            programs = [task.reference, *(one.mutant.source for one in mutants_of(task, wanted))]
            found += await compared(LocalExecutor(), docker, task, programs)
            progress(f"docker: {task.task_id}")
        return found

    return anyio.run(run)


def repair_rows(found: Sequence[Repair]) -> list[dict[str, object]]:
    """Return a row for each arm: shares with Wilson intervals, the lowest and highest seed."""
    made: list[dict[str, object]] = []
    for arm in Arm:
        of_arm = [one for one in found if one.arm is arm]
        seeds = sorted({one.case.seed for one in of_arm})
        by_seed = [
            statistics.fmean(one.right for one in of_arm if one.case.seed == seed) for seed in seeds
        ]
        made.append(
            {
                "told": arm.value,
                "right": Share.over(one.right for one in of_arm),
                "accepted": Share.over(one.accepted for one in of_arm),
                "accepted but wrong": Share.over(one.accepted and not one.right for one in of_arm),
                "right, by seed": interval(by_seed),
                "programs": statistics.fmean(one.drafts for one in of_arm),
            }
        )
    return made


def gains(found: Sequence[Repair]) -> list[dict[str, object]]:
    """Return how much more often the true critique leads to a right program, case by case."""
    by_arm = {arm: [one.right for one in found if one.arm is arm] for arm in Arm}
    return [
        {
            "instead of": arm.value,
            "right more often by": interval(
                [
                    float(true) - float(other)
                    for true, other in zip(by_arm[Arm.TRUE], by_arm[arm], strict=True)
                ]
            ),
        }
        for arm in Arm
        if arm is not Arm.TRUE
    ]


def text_of_signals(found: Sequence[Row], subjects: Sequence[Subject]) -> str:
    """Return the tables on what is caught."""
    shown = [s for s in SIGNALS if s is not GROWTH]
    doubtful = undecided(subjects)
    functions = len({subject.task.task_id for subject in subjects})
    proved = sum(subject.fires(COMPARISON) for subject in doubtful)
    return f"""### What the measured critic catches in programs

`python benchmarks/code_critic.py`: {functions} functions of our own, \
{len(faults(subjects))} mutants of their references that are wrong for certain (their tests fail, \
or they differ from the reference on an input), {len(slower_ones(subjects))} that only work more. \
Shares with 95 % Wilson intervals. {len(doubtful)} more mutants differed nowhere and may be \
equivalent: they are not in the table (the product's comparison told {proved} of them from the \
reference). "Heard": the signal could judge so many of all programs. CPU: median over \
{CPU_SAMPLE} references, on this machine, above a run in which nothing is asked for.

{table(found)}

"Examples, ruff, mypy and fuzzing" is what there is without tests or a reference. That the tests
catch most mutants is partly by construction: a mutant counts as wrong because they fail.

Caught by kind of fault:

{counts(by_operator(subjects, shown))}
"""


def text_of_repairs(found: Sequence[Repair], reach: Share) -> str:
    """Return the table on what advice is worth."""
    lines = [
        {
            name: value.text() if isinstance(value, Share) else _plain_text(value)
            for name, value in row.items()
        }
        for row in repair_rows(found)
    ]
    better = [{name: _plain_text(value) for name, value in row.items()} for row in gains(found)]
    seeds = len({one.case.seed for one in found})
    return f"""### What its advice is worth to a mechanical repairer

{len(found) // len(Arm)} loops in each arm ({seeds} seeds), at most {ROUNDS} programs each, of which
the first is a mutant. The writer knows the operators and runs its own edits on the calls that the
advice names; every other assert and the examples are shown to it, the rest is hidden. "Right" is
said by all tests and a comparison with the reference that neither loop nor writer sees. The inverse
of the fault is an edit of one operator for {reach.text()} of the first programs. Shares with Wilson
intervals; by seed and gain: mean with a bootstrap interval over seeds, and over loops.

{counts(lines)}

{counts(better)}
"""


def _plain_text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return value.text() if isinstance(value, Interval) else str(value)


def plain(row: dict[str, object]) -> dict[str, object]:
    """Return a row as JSON has it."""
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, Share):
        return value.plain
    return value._asdict() if isinstance(value, Interval) else value


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=6, help="mutants of each task")
    parser.add_argument("--repairs", type=int, default=15, help="tasks that are repaired")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--docker", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result: dict[str, object] = {"settings": vars(options)}
    subjects = all_subjects(Wanted(options.faults), jobs=options.jobs, done=progress)
    cpu = anyio.run(partial(cpu_seconds, tasks()[:: len(tasks()) // CPU_SAMPLE]))
    found = rows(subjects, {name: median_ms(used) for name, used in cpu.items()})
    rude = anyio.run(partial(argument_changers, tasks()))
    texts = [text_of_signals(found, subjects), text_of_arguments(rude)]
    result |= {
        "signals": [row.plain for row in found],
        "operators": by_operator(subjects, SIGNALS),
        "maybe_equivalent": len(undecided(subjects)),
        "argument_changers": rude.plain,
    }
    if options.docker:
        agreed = in_docker(tasks())
        result["docker"] = {"programs": agreed.programs, "different": agreed.different}
        texts.append(text_of_docker(agreed))
    if options.repairs:
        wanted = cases(tasks()[:: max(len(tasks()) // options.repairs, 1)], seeds=options.seeds)
        made = anyio.run(partial(repairs, LocalExecutor(), wanted))
        reach = Share.over(case.is_in_reach for case in wanted)
        result |= {
            "repairs": [plain(row) for row in repair_rows(made)],
            "gains": [plain(row) for row in gains(made)],
            "in_reach": reach.plain,
        }
        texts.append(text_of_repairs(made, reach))
    print(json.dumps(result, indent=1) if options.json else "\n".join(texts))


def text_of_arguments(rude: Share) -> str:
    """Say how many of those that change their arguments are blamed for it."""
    return f"""Few mutants change their arguments. Of all that do, whether chosen or not, the check
for that blames {rude.text()}.
"""


def text_of_docker(agreed: Compared) -> str:
    """Say how far containers agree with this machine."""
    told = "".join(f"\n- {line}" for line in agreed.different)
    return f"""In containers: {agreed.programs} programs (references, and mutants of \
{DOCKER_MUTANTS} tasks), {len(SIGNALS)} signals each: {len(agreed.different)} answers differ from \
those on this machine.{told}
"""


if __name__ == "__main__":
    main()
