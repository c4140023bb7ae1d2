"""The options of ``critique-loop export``, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any, TypedDict

import click

from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.trusting import trust_option
from critique_loop.curation.defaults import Curation
from critique_loop.curation.pipeline import CurationStep
from critique_loop.curation.splitting import Shares
from critique_loop.errors import CallError
from critique_loop.export import ExportOptions, Selection
from critique_loop.export.dialects import DIALECTS
from critique_loop.export.examples import MAKERS
from critique_loop.export.options import PICTURES, PROMPTS
from critique_loop.values import TaskKind

_AnyCommand = Callable[..., Any]
_SHARE = click.FloatRange(0, 1, max_open=True)
_MARK = click.FloatRange(0, 10)


class Options(TypedDict):
    """What the options of the command give."""

    runs: tuple[str, ...]
    every: bool
    kind: str
    dialect: str
    out: Path | None
    parquet: bool
    accepted: bool
    min_score: float | None
    min_gap: float
    marks: tuple[str, ...]
    writer: str
    model: str
    rubric: str
    scores: tuple[str, ...]
    batch: str
    task_kind: str | None
    since: datetime | None
    until: datetime | None
    max_cost: float | None
    max_rounds: int | None
    prompts: str
    writer_agent: str
    trust: bool
    pictures: str
    max_length_ratio: float
    validation: float
    test: float
    seed: int
    curate: bool
    benchmarks: tuple[Path, ...]
    languages: tuple[str, ...]
    cap: int | None
    balance: float | None
    rows: int | None
    max_tokens: int | None
    tokenizer: Path | None
    licences: tuple[str, ...]
    force: bool
    preview: bool
    store: Path | None
    as_json: bool


_OPTIONS = (
    option("--all", "every", is_flag=True, help="All runs of the trace store."),
    option("--format", "kind", type=click.Choice([kind.value for kind in MAKERS]), required=True,
           metavar="FORMAT", help=f"What a row is for: {', '.join(MAKERS)}."),
    option("--dialect", type=click.Choice(list(DIALECTS)), default="trl", show_default=True,
           metavar="NAME", help=f"Whose rows: {', '.join(DIALECTS)}."),
    option("--out", type=click.Path(path_type=Path), metavar="PATH",
           help="A .jsonl or .parquet file, or a folder for all files."),
    option("--parquet", is_flag=True, help="Parquet files in the folder, not JSON lines."),
    option("--accepted", is_flag=True, help="Only runs with an accepted draft."),
    option("--min-score", type=_MARK, metavar="MARK",
           help="Only drafts with at least this weighted mean."),
    option("--dimension", "marks", multiple=True, metavar="NAME=MARK",
           help="Only drafts with at least this mark; may be repeated."),
    option("--min-gap", type=_MARK, default=0.0, metavar="MARK",
           help="Only pairs whose weighted means are at least so far apart.  [default: any gap]"),
    option("--writer", default="", metavar="NAME", help="Only drafts of this writer."),
    option("--model", default="", metavar="NAME", help="Only drafts of this model."),
    option("--rubric", default="", metavar="NAME",
           help="Only runs judged by this rubric, name or name@hash."),
    option("--scores", multiple=True, metavar="RESCORING",
           help="Judge by new scores: a rescoring's name, its rubric (NAME or NAME@HASH), or "
           "latest; may be repeated.  [default: those of the loop]"),
    option("--batch", default="", metavar="NAME", help="Only runs of this batch."),
    option("--task-kind", type=click.Choice([kind.value for kind in TaskKind]), metavar="KIND",
           help="Only runs of this kind: chart or code."),
    option("--since", type=click.DateTime(), metavar="DATE",
           help="Only runs begun then or later, local time."),
    option("--until", type=click.DateTime(), metavar="DATE", help="Only runs begun before."),
    option("--max-cost", type=click.FloatRange(0), metavar="USD",
           help="Only runs that are known to have cost no more."),
    option("--max-rounds", type=click.IntRange(1), metavar="N",
           help="Only runs of at most so many rounds."),
    option("--prompts", type=click.Choice(PROMPTS), default=PROMPTS[0], show_default=True,
           metavar="WHICH", help="rendered: as the writer is asked; told: what a model was really "
           "told, where that is known."),
    option("--writer-agent", default="", metavar="FILE",
           help="Render prompts of this writer.  [default: the one that wrote]"),
    trust_option,
    option("--pictures", type=click.Choice(PICTURES), default=PICTURES[0], show_default=True,
           metavar="HOW", help="Pictures that critics see: none, embed or beside (a folder)."),
    option("--max-length-ratio", type=click.FloatRange(1), default=3.0, show_default=True,
           metavar="N", help="Only pairs of which neither program is longer by more."),
    option("--validation", type=_SHARE, default=0.0, show_default=True, metavar="SHARE",
           help="Share of the groups of tasks that is kept for validation."),
    option("--test", type=_SHARE, default=0.0, show_default=True, metavar="SHARE",
           help="Share of the groups of tasks that is kept for tests."),
    option("--seed", type=int, default=0, show_default=True, help="What is drawn by chance."),
    option("--curate", is_flag=True,
           help="Drop duplicates, secrets, personal data and dangerous programs."),
    option("--benchmark", "benchmarks", multiple=True, type=click.Path(path_type=Path),
           metavar="FILE", help="Drop what gives away a task of this benchmark; may be repeated."),
    option("--language", "languages", multiple=True, metavar="CODE",
           help="Only prose in this language, e.g. en; may be repeated."),
    option("--cap", type=click.IntRange(1), metavar="N",
           help="At most so many examples of a group of tasks."),
    option("--balance", type=click.FloatRange(1), metavar="N",
           help="At most so many of each kind of task for one of the rarest."),
    option("--rows", type=click.IntRange(1), metavar="N",
           help="At most so many examples, drawn by chance."),
    option("--max-tokens", type=click.IntRange(1), metavar="N",
           help="Only rows of at most so many tokens."),
    option("--tokenizer", type=click.Path(path_type=Path), metavar="FILE",
           help="Count tokens by this tokenizer.json.  [default: a quarter of the characters]"),
    option("--licence", "licences", multiple=True, metavar="NAME",
           help="Licence of tables and tasks, for the card; may be repeated."),
    option("--force", is_flag=True, help="Write over files that are there."),
    option("--preview", is_flag=True, help="Show a few rows and what is left out; write nothing."),
    store_option,
    json_option(),
)  # fmt: skip


def export_options(command: _AnyCommand) -> _AnyCommand:
    """Add all options of the command."""
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)


def export_options_of(options: Options) -> ExportOptions:
    """Return what the options mean to the library.

    Raises:
        CallError: one of them is none.
    """
    if bool(options["runs"]) == options["every"]:
        raise CallError(
            "which runs?", remedy="Name some (critique-loop ls lists them), or say --all."
        )
    shares = None
    if options["validation"] or options["test"]:
        shares = Shares(options["validation"], options["test"], options["seed"])
    return ExportOptions(
        runs=options["runs"],
        selection=_selection(options),
        file_format="parquet" if options["parquet"] else "",
        prompts=options["prompts"],
        pictures=options["pictures"],
        agent=options["writer_agent"],
        trust=options["trust"],
        scores=options["scores"],
        steps=_steps(options),
        shares=shares,
        seed=options["seed"],
        max_tokens=options["max_tokens"],
        tokenizer=options["tokenizer"],
        max_length_ratio=options["max_length_ratio"],
        licences=options["licences"],
        force=options["force"],
    )


def _steps(options: Options) -> Sequence[CurationStep]:
    """Return the steps of the curation; who asks for one of them asks for the cleaning, too."""
    asked = Curation(
        languages=options["languages"],
        benchmarks=options["benchmarks"],
        cap=options["cap"],
        balance=options["balance"],
        rows=options["rows"],
        seed=options["seed"],
    )
    return asked.steps() if options["curate"] or asked != Curation(seed=asked.seed) else ()


def _selection(options: Options) -> Selection:
    return Selection(
        accepted=options["accepted"],
        min_score=options["min_score"],
        min_gap=options["min_gap"],
        marks=dict(map(_mark, options["marks"])),
        writer=options["writer"],
        model=options["model"],
        rubric=options["rubric"],
        batch=options["batch"],
        kind=TaskKind(options["task_kind"]) if options["task_kind"] else None,
        since=_time(options["since"]),
        until=_time(options["until"]),
        max_cost_usd=options["max_cost"],
        max_rounds=options["max_rounds"],
    )


def _mark(said: str) -> tuple[str, float]:
    name, sign, value = said.rpartition("=")
    try:
        mark = float(value)
    except ValueError:
        sign = ""
        mark = 0.0
    if not (sign and name):
        raise CallError(f"--dimension {said!r}: is no mark", remedy="Write e.g. aesthetics=8.")
    return name, mark


def _time(when: datetime | None) -> float | None:
    return None if when is None else when.timestamp()
