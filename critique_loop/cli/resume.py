"""``critique-loop resume``: go on with a run that has stopped, maybe with an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, Unpack

import anyio
import click

from critique_loop.building.loops import Parts, build
from critique_loop.building.saving import check_folder, program_name, save
from critique_loop.building.settings import LoopSettings
from critique_loop.cli.asking import AskOptions, AskSettings, ask_of, ask_options
from critique_loop.cli.exits import exit_of
from critique_loop.cli.interrupts import run_with_signals
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.result import print_outcome
from critique_loop.cli.screen import Screen, subject
from critique_loop.cli.stored import StoredRun, check_data, stopped_at, stored_run
from critique_loop.cli.text import notify
from critique_loop.errors import CallError
from critique_loop.loop import Loop
from critique_loop.proxy.answers import check
from critique_loop.proxy.asks import first_answer
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Answer, Choices


class _Options(AskOptions):
    run: str
    answer: str | None
    text: str
    code: Path | None
    scores: Mapping[str, float]
    applied: tuple[str, ...]
    skipped: tuple[str, ...]
    max_rounds: int | None
    max_time: float | None
    max_calls: int | None
    max_tokens: int | None
    max_cost: float | None
    out: Path | None
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
  critique-loop resume 7f3a --max-rounds 12

What the run has is not done again, and what it spent counts. Limits given here replace its own."""
_OPTIONS = (
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
    option("--max-rounds", type=click.IntRange(min=1), metavar="N", help="Rounds in all."),
    option("--max-time", type=click.FloatRange(min=0, min_open=True, max=1e9), metavar="SECONDS",
           help="Seconds in all."),
    option("--max-calls", type=click.IntRange(min=0), metavar="N",
           help="Requests to models in all."),
    option("--max-tokens", type=click.IntRange(min=0), metavar="N", help="Tokens in all."),
    option("--max-cost", type=click.FloatRange(min=0, max=1e9), metavar="USD",
           help="Dollars in all."),
    option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
           help="Where the program, its scores and all rounds go.  [default: out/RUN]"),
)  # fmt: skip


def _own_options(command: Any) -> Any:  # noqa: ANN401 - as click's decorators
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)


@click.command("resume", epilog=_EPILOG)
@click.argument("run")
@_own_options
@ask_options
@store_option
@json_option()
@click.pass_context
def resume_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Go on with the run whose id begins with RUN, where it stopped."""
    answer = _answer(options)
    store_path = options["store"] or default_path()
    with SqliteStore(store_path) as store:
        stored = anyio.run(stored_run, store, options["run"])
        task = stored.checkpoint.started.task
        check_data(task)
        folder = options["out"] or Path("out") / stored.run_id
        check_folder(folder, program=program_name(task))
        screen = Screen(subject(task), quiet=options["as_json"])
        loop = _loop(stored, options, answer, store=store, screen=screen)
        for event in stored.events:
            screen.on_event(event)
        with screen:
            outcome = run_with_signals(
                lambda listening: loop.resume(stored.run_id, **listening),
                run_id=stored.run_id,
                store=store,
                screen=screen,
            )
    saved = save(outcome, folder) if outcome.rounds or options["out"] else None
    print_outcome(outcome, saved, store=store_path, as_json=options["as_json"])
    ctx.exit(exit_of(outcome))


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


def _loop(
    stored: StoredRun,
    options: _Options,
    answer: Answer | None,
    *,
    store: SqliteStore,
    screen: Screen,
) -> Loop:
    """Return the loop of the run, as it was but for what the options say.

    Raises:
        CallError: its actors can't be told from its settings; the answer does not fit.
    """
    started = stored.checkpoint.started
    asking = AskSettings.from_plain(started.settings).with_options(options)
    asking = _with_question(asking, stored, answer, asked_anew=options["ask"] is not None)
    settings = _with_options(LoopSettings.from_plain(started.settings), options, asking)
    ask = ask_of(asking, run_id=stored.run_id, aside=screen.aside)
    if answer is not None:
        ask = first_answer(answer, then=ask)
    parts = Parts(ask=ask, store=store, on_notice=notify)
    loop = build(settings, parts, kind=started.task.kind)
    if (loop.writer.name, loop.critic.name) != (started.writer, started.critic):
        raise CallError(
            f"run {stored.run_id} was made by writer {started.writer} and critic "
            f"{started.critic}, and does not tell how to build them",
            remedy="Go on with it where it was made: await loop.resume(run_id).",
        )
    return loop


def _with_options(settings: LoopSettings, options: _Options, asking: AskSettings) -> LoopSettings:
    limits = {
        "max_rounds": options["max_rounds"],
        "max_time_s": options["max_time"],
        "max_calls": options["max_calls"],
        "max_tokens": options["max_tokens"],
        "max_cost_usd": options["max_cost"],
    }
    changed: dict[str, Any] = {name: most for name, most in limits.items() if most is not None}
    return replace(
        settings,
        ask_at=asking.ask_at,
        apply_above=asking.apply_above,
        unsure_below=asking.unsure_below,
        **changed,
    )


def _with_question(
    asking: AskSettings, stored: StoredRun, answer: Answer | None, *, asked_anew: bool
) -> AskSettings:
    """Return the settings with which the question that the answer is for is asked.

    Raises:
        CallError: there is no such question, or the answer does not fit; or there is one and
            nobody to answer it.
    """
    question = stored.checkpoint.question
    if question is None:
        kind = None if answer is None else stopped_at(stored)
    else:
        kind = question.kind
        if answer is not None:
            check(question, answer)
        elif asking.asks_nobody_now and not asked_anew:
            raise CallError(
                f"question {question.id} is open: {question.prompt}",
                remedy=f"Answer it: critique-loop resume {stored.run_id} --answer "
                f"{'|'.join(question.choices)}, or --ask terminal, or --ask never.",
            )
    if kind is None:
        return asking
    return replace(asking, ask_at=tuple(dict.fromkeys((*asking.ask_at, kind.value))))
