"""``critique-loop resume``: go on with a run that has stopped, maybe with an answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Unpack

import anyio
import click

from critique_loop.building.saving import check_folder, program_name
from critique_loop.cli.asking import ask_of, ask_options
from critique_loop.cli.changing import change_options
from critique_loop.cli.exits import exit_of
from critique_loop.cli.interrupts import Start, run_with_signals
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.report_saving import report_option, save_all
from critique_loop.cli.result import print_outcome
from critique_loop.cli.resume_loop import GoingOn, GoingOnOptions, going_on, loop_of
from critique_loop.cli.screen import Screen, subject
from critique_loop.cli.stored import StoredRun, came_to_nothing, stored_run
from critique_loop.cli.text import notify
from critique_loop.cli.trusting import trust_option
from critique_loop.errors import CallError
from critique_loop.loop import Loop, RunOptions
from critique_loop.proxy.asks import first_answer
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Answer, Choices, Outcome


class _Options(GoingOnOptions):
    run: str
    from_round: int | None
    answer: str | None
    text: str
    code: Path | None
    scores: Mapping[str, float]
    applied: tuple[str, ...]
    skipped: tuple[str, ...]
    out: Path | None
    no_report: bool
    store: Path | None
    as_json: bool


def _marks(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> dict[str, float]:
    marks: dict[str, float] = {}
    for pair in pairs:
        name, equals, mark = pair.rpartition("=")
        try:
            marks[name] = float(mark)
        except ValueError as error:
            raise click.BadParameter(f"{pair!r} is not DIMENSION=MARK") from error
        if not (name and equals):
            raise click.BadParameter(f"{pair!r} is not DIMENSION=MARK")
    return marks


_EPILOG = """\b
Examples:
  critique-loop resume 7f3a
  critique-loop resume 7f3a --answer accept
  critique-loop resume 7f3a --answer refine --text "use a log scale" --skip label_overlap
  critique-loop resume 7f3a --answer edit --code mine.py
  critique-loop resume 7f3a --max-rounds 12 --model bigger
  critique-loop resume 7f3a --from 2 --critic-model another

What the run has is not done again, and what it spent counts. What is given here takes the place of
what the run had, and holds from here on. With --from the run stays as it is: a new run begins with
copies of its rounds, and with a budget of its own."""
_OPTIONS = (
    option("--from", "from_round", type=click.IntRange(min=1), metavar="ROUND",
           help="Leave RUN as it is, and go on from this round of it in a new run."),
    option("--answer", type=click.Choice([c.value for c in Choices]), metavar="CHOICE",
           help=f"Answer the open question: {', '.join(c.value for c in Choices)}."),
    option("--text", default="", metavar="TEXT", help="What is to change, or why."),
    option("--code", type=click.Path(path_type=Path), metavar="FILE",
           help="The whole program, for --answer edit."),
    option("--score", "scores", multiple=True, callback=_marks, metavar="DIMENSION=MARK",
           help="A mark from 0 to 10, for --answer rescore; may be repeated."),
    option("--apply", "applied", multiple=True, metavar="CODE",
           help="Apply this finding; may be repeated."),
    option("--skip", "skipped", multiple=True, metavar="CODE",
           help="Don't apply this finding; may be repeated."),
    option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
           help="Where the program, its scores and all rounds go.  [default: out/RUN]"),
)  # fmt: skip


def _own_options(command: Any) -> Any:  # noqa: ANN401 - as click's decorators
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)


@click.command("resume", epilog=_EPILOG)
@click.argument("run")
@_own_options
@change_options
@ask_options
@trust_option
@report_option
@store_option
@json_option()
@click.pass_context
def resume_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Go on with the run whose id begins with RUN, where it stopped."""
    answer, from_round = _answer(options), options["from_round"]
    if answer is not None and from_round is not None:
        raise click.UsageError("--answer is for RUN itself, and --from leaves that as it is")
    is_branch = from_round is not None
    store_path = options["store"] or default_path()
    with SqliteStore(store_path) as store:
        stored = anyio.run(_stored, store, options["run"], from_round)
        task = stored.checkpoint.started.task
        run_id = uuid.uuid4().hex[:12] if is_branch else stored.run_id
        folder = options["out"] or Path("out") / run_id
        check_folder(folder, program=program_name(task))
        screen = Screen(subject(task), quiet=options["as_json"])
        going = going_on(stored, options, answer, is_branch=is_branch)
        ask = ask_of(going.asked_now, run_id=run_id, aside=screen.aside)
        if answer is not None:
            ask = first_answer(answer, then=ask)
        loop = loop_of(stored, going, ask, store=store)
        for event in () if is_branch else stored.events:
            screen.on_event(event)
        start = _start(loop, stored, going, from_round)
        with screen:
            outcome = run_with_signals(start, run_id=run_id, store=store, screen=screen)
    nothing = "" if is_branch else came_to_nothing(stored, outcome)
    if nothing:
        notify(nothing)
    saved = (
        save_all(outcome, folder, store=store, report=not options["no_report"])
        if outcome.rounds or options["out"]
        else None
    )
    print_outcome(outcome, saved, store=store_path, as_json=options["as_json"])
    ctx.exit(exit_of(outcome))


def _start(loop: Loop, stored: StoredRun, going: GoingOn, from_round: int | None) -> Start:
    """Return what goes on with the run, or begins a branch of it."""
    if from_round is not None and not going.is_changed and going.settings.model:
        notify("nothing is changed, so the cache has the same answers: --cache record asks anew")

    async def start(listening: RunOptions) -> Outcome:
        if from_round is not None:
            listening["settings"] = going.kept()
            return await loop.branch(stored.run_id, from_round=from_round, **listening)
        if going.is_changed:
            listening["settings"] = going.kept()
        listening.pop("run_id")
        return await loop.resume(stored.run_id, **listening)

    return start


async def _stored(store: SqliteStore, prefix: str, from_round: int | None) -> StoredRun:
    return await stored_run(store, prefix, from_round=from_round)


def _answer(options: _Options) -> Answer | None:
    """Return the answer that is given.

    Raises:
        CallError: the file of the program can't be read.
    """
    path = options["code"]
    parts = (options["text"], path, options["scores"], options["applied"], options["skipped"])
    if options["answer"] is None:
        if any(parts):
            raise click.UsageError("--text, --code, --score, --apply, --skip need an --answer")
        return None
    try:
        code = path.read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(f"{path}: can't be read as text ({error})") from error
    return Answer(
        choice=options["answer"],
        text=options["text"],
        code=code,
        scores=options["scores"],
        applied=options["applied"],
        skipped=options["skipped"],
    )
