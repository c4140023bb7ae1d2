"""What every command does that starts a run: a place for it, its loop, its end on the screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from critique_loop.building.loops import Parts, build
from critique_loop.building.saving import check_folder, program_name
from critique_loop.building.settings import LoopSettings
from critique_loop.cli.asking import AskOptions, AskSettings, ask_of, ask_options
from critique_loop.cli.dry_run import print_dry_run
from critique_loop.cli.exits import exit_of
from critique_loop.cli.interrupts import run_with_signals
from critique_loop.cli.loop_options import LoopOptions, loop_options, settings_from
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.report_saving import report_option, save_all
from critique_loop.cli.result import print_outcome
from critique_loop.cli.screen import Screen
from critique_loop.cli.text import notify
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Rubric, Scorer, Task

_AnyCommand = Callable[..., Any]


class RunOptions(LoopOptions, AskOptions):
    """What the options of a command give that starts a run."""

    out: Path | None
    rubric: str | None
    no_report: bool
    dry_run: bool
    store: Path | None
    as_json: bool


def out_options(*, rubric: str) -> Callable[[_AnyCommand], _AnyCommand]:
    """Add ``--out`` and ``--rubric``; ``rubric`` says which one counts by default."""

    def add(command: _AnyCommand) -> _AnyCommand:
        judged = option(
            "--rubric",
            default=None,
            metavar="FILE",
            help=f"What to score: a .toml file, or the name of a shipped one.  [default: {rubric}]",
        )
        out = option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            help="Where the program, its scores and all rounds go.  [default: out/RUN]",
        )
        return out(judged(command))

    return add


_LAST = (
    loop_options,
    ask_options,
    report_option,
    option("--dry-run", is_flag=True,
           help="Say what would be asked of whom and shown to whom, and stop."),
    store_option,
    json_option(),
)  # fmt: skip


def run_options(command: _AnyCommand) -> _AnyCommand:
    """Add the options of loops, of asking, and those that say where things are kept."""
    return reduce(lambda inner, add: add(inner), reversed(_LAST), command)


class NewRun:
    """A run that is to be started: its name, where its files go, how its loop is built."""

    def __init__(self, options: RunOptions, **more: Any) -> None:  # noqa: ANN401 - of LoopSettings
        """``more`` are settings of the loop that other options give.

        Raises:
            CallError: settings contradict each other.
        """
        self._options = options
        self._asking = AskSettings().with_options(options)
        asking = self._asking
        self.settings: LoopSettings = settings_from(
            options,
            ask_at=asking.ask_at,
            apply_above=asking.apply_above,
            unsure_below=asking.unsure_below,
            **more,
        )
        self._run_id = uuid.uuid4().hex[:12]
        self._folder = options["out"] or Path("out") / self._run_id

    def check_folder(self, *, program: str) -> None:
        """Check that the folder can be written, before anything that takes long.

        Raises:
            CallError: it can't, or holds files that are not ours.
        """
        check_folder(self._folder, program=program)

    def run(self, task: Task, screen: Screen) -> int:
        """Run the task, print how it ended, and return the exit code.

        Raises:
            CallError: the folder can't be written, or no loop can be built.
        """
        options, settings, asking = self._options, self.settings, self._asking
        self.check_folder(program=program_name(task))
        if settings.critic_model and not _has_work_for_a_model(task.rubric):
            notify(
                f"the rubric {task.rubric.name} has no dimension that a model may score: the "
                "critic model has nothing to do (see docs/rubrics.md)"
            )
        if options["dry_run"]:
            print_dry_run(settings, task, as_json=options["as_json"])
            return 0
        store_path = options["store"] or default_path()
        with SqliteStore(store_path) as store:
            ask = ask_of(asking, run_id=self._run_id, aside=screen.aside)
            parts = Parts(ask=ask, store=store, on_notice=notify)
            loop = build(settings, parts, kind=task.kind)
            kept = {**settings.plain(), **asking.plain()}
            with screen:
                outcome = run_with_signals(
                    lambda listening: loop.run(task, **{**listening, "settings": kept}),
                    run_id=self._run_id,
                    store=store,
                    screen=screen,
                )
        # A folder that nobody named is not made for a run that made nothing.
        saved = (
            save_all(outcome, self._folder, store=store, report=not options["no_report"])
            if outcome.rounds or options["out"]
            else None
        )
        print_outcome(outcome, saved, store=store_path, as_json=options["as_json"])
        return exit_of(outcome)


def _has_work_for_a_model(rubric: Rubric) -> bool:
    return any(Scorer.MODEL in dimension.scorers for dimension in rubric.dimensions)
