"""``critique-loop code``: from a goal, a signature and tests to a judged program."""

from __future__ import annotations

import math
from functools import reduce
from pathlib import Path
from typing import Any, Unpack

import click

from critique_loop.cli.code_dataset import DatasetOptions, dataset_options, run_dataset
from critique_loop.cli.options import option
from critique_loop.cli.running import NewRun, RunOptions, out_options, run_options
from critique_loop.cli.screen import Screen, subject
from critique_loop.cli.text import plain
from critique_loop.coding import CodeOptions, code_settings, code_task
from critique_loop.values import Task


class _Options(RunOptions, DatasetOptions):
    goal: str
    signature: Path | None
    tests: tuple[Path, ...]
    hidden_tests: tuple[Path, ...]
    reference: Path | None
    data: tuple[Path, ...]
    solution: tuple[Path, ...]
    entry_point: str
    module: str
    test_timeout: float


_EPILOG = """\b
Examples:
  critique-loop code --solution mine.py --tests test_mine.py
  critique-loop code --signature stub.py --tests test_stub.py --model qwen3 \\
      --base-url http://localhost:8000/v1
  critique-loop code "sum of each row of sales.csv" --data sales.csv --tests cases.json \\
      --hidden-tests more.json --model gpt-5-mini --max-cost 0.10
  critique-loop code --dataset humaneval.jsonl --solutions samples.jsonl
  critique-loop code --dataset mbpp.jsonl --limit 20 --samples 5 --k 1,5 --model qwen3

--solution judges programs that exist, without any model. With --model as well, the model goes on
from them. Files are only read. Ctrl-C once finishes the round and stops; twice stops now."""


def _seconds(_: click.Context, __: click.Parameter, seconds: float) -> float:
    if not math.isfinite(seconds):
        raise click.BadParameter(f"{seconds} is no number that could be meant")
    return seconds


_FILE = click.Path(path_type=Path)
_OPTIONS = (
    option("--signature", type=_FILE, metavar="FILE", help="A stub: imports, def line, docstring. "
           "Examples in the docstring are tests."),
    option("--tests", type=_FILE, multiple=True, metavar="FILE", help="Tests that the writer is "
           "shown: pytest, asserts, examples, or JSON; may be repeated."),
    option("--hidden-tests", type=_FILE, multiple=True, metavar="FILE", help="Tests of which a "
           "writer is told only how many fail; may be repeated."),
    option("--reference", type=_FILE, metavar="FILE", help="A right program to compare with, never "
           "shown."),
    option("--data", type=_FILE, multiple=True, metavar="FILE", help="A table that the program may "
           "read; may be repeated."),
    option("--solution", type=_FILE, multiple=True, metavar="FILE", help="A program to judge "
           "before anybody writes one; may be repeated."),
    option("--entry-point", default="", metavar="NAME", help="The function that must exist.  "
           "[default: as signature and tests say]"),
    option("--module", default="", metavar="NAME", help="The name by which tests import the "
           "program.  [default: as they do]"),
    option("--test-timeout", type=click.FloatRange(min=0, min_open=True, max=600), default=5,
           show_default=True, metavar="SECONDS", callback=_seconds, help="Seconds for each test."),
)  # fmt: skip


def _own_options(command: Any) -> Any:  # noqa: ANN401 - as click's decorators
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)


@click.command("code", epilog=_EPILOG)
@click.argument("goal", required=False, default="")
@_own_options
@dataset_options
@out_options(rubric="code; with --critic-model code-judged, with --dataset its gates")
@run_options
@click.pass_context
def code_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Write the program that GOAL asks for, or the signature describes, until its tests pass."""
    if options["dataset"] is not None:
        _refuse(options, _OF_ONE_TASK, "goes with one task, not with --dataset")
        ctx.exit(run_dataset(options["dataset"], options, options))
    _refuse(options, _OF_A_DATASET, "needs a --dataset")
    given = _given(options)
    new = NewRun(options, programs=code_settings(given).programs)
    task = _task(options, given)
    ctx.exit(new.run(task, Screen(subject(task), quiet=options["as_json"])))


_OF_ONE_TASK = ("goal", "signature", "tests", "hidden_tests", "reference", "data", "solution",
                "entry_point", "module", "out", "ask", "no_report")  # fmt: skip
_OF_A_DATASET = ("limit", "samples", "k", "only", "solutions", "concurrency")


def _refuse(options: _Options, names: tuple[str, ...], why: str) -> None:
    for name in names:
        if options[name]:
            typed = "GOAL" if name == "goal" else f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{typed} {why}")


def _given(options: _Options) -> CodeOptions:
    given: CodeOptions = {
        "solution": options["solution"],
        "tests": options["tests"],
        "hidden_tests": options["hidden_tests"],
        "data": options["data"],
        "entry_point": options["entry_point"],
        "module": options["module"],
        "test_timeout_s": options["test_timeout"],
    }
    if options["signature"] is not None:
        given["signature"] = options["signature"]
    if options["reference"] is not None:
        given["reference"] = options["reference"]
    if options["rubric"] is not None:
        given["rubric"] = options["rubric"]
    return given


def _task(options: _Options, given: CodeOptions) -> Task:
    if not options["as_json"]:
        given["on_notice"] = lambda note: click.echo(plain(note), err=True)
    if not options["data"]:
        return code_task(options["goal"], **given)
    names = ", ".join(path.name for path in options["data"])
    with Screen(names).reading() as progress:
        return code_task(options["goal"], **{**given, "on_reading": progress})
