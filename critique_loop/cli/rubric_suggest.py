"""``critique-loop rubric suggest``: a model's idea of what matters, as a draft for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import anyio
import click

from critique_loop import rubric as rubrics
from critique_loop.cli.loop_options import ServerOptions, server_options, server_settings
from critique_loop.cli.options import option
from critique_loop.cli.rubric_files import beside, judged_options, refuse_name, write_new
from critique_loop.cli.spending import money
from critique_loop.cli.text import notify, plain
from critique_loop.errors import CallError
from critique_loop.values import TaskKind

_LONGEST = 1 << 20


class _Options(ServerOptions):
    model: str
    out: Path | None
    kind: str
    extends: str
    good: Path | None
    bad: Path | None


@click.command(
    "suggest",
    short_help="Ask a model for dimensions, as a draft for you.",
    epilog="""\b
Examples:
  critique-loop rubric suggest "a chart of sales for the board" --model gpt-5 --out board.toml
  critique-loop rubric suggest "parse log lines" --kind code --model qwen3 \\
      --base-url http://localhost:8000/v1 --good right.py --bad wrong.py

What comes out is a draft: it can't be used before you have removed its line "draft = true". The
sentence, the examples and the names and questions of --extends are sent to the model's server.""",
)
@click.argument("sentence")
@option("--model", required=True, metavar="M", help="The model that is asked.")
@option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a new file, instead of to stdout.",
)
@judged_options
@option(
    "--good", type=click.Path(path_type=Path), metavar="FILE", help="An example of a good result."
)
@option(
    "--bad", type=click.Path(path_type=Path), metavar="FILE", help="An example of a bad result."
)
@server_options
def suggest_command(*, sentence: str, **options: Unpack[_Options]) -> None:
    """Ask a model what results of the task in SENTENCE should be judged by."""
    from critique_loop.building.models import model_of  # noqa: PLC0415 - only with a model
    from critique_loop.critics.suggesting import Wish, draft_of, suggest  # noqa: PLC0415 - same

    out = options["out"]
    if out is not None:
        refuse_name(out)
    if not sentence.strip():
        raise CallError("the sentence is empty", remedy="Say what is to be made.")
    extends = options["extends"]
    wish = Wish(
        sentence,
        kind=TaskKind(options["kind"]),
        good=_example(options["good"]),
        bad=_example(options["bad"]),
        rubric=rubrics.load(extends) if extends else None,
    )
    settings = server_settings(options, model=options["model"])
    suggested = anyio.run(suggest, model_of(settings, settings.model), wish)
    place = out or Path("suggested.toml")
    text = draft_of(suggested, wish, name=place.stem, extends=beside(extends, place))
    for cut in suggested.cut:
        notify(f"the model was not told: {cut}")
    reply = suggested.reply
    click.echo(
        f"{plain(reply.model)}: {reply.usage.total or 'unknown'} tokens, {money(reply.cost_usd)}",
        err=True,
    )
    if out is None:
        click.echo(text, nl=False)
    else:
        write_new(out, text)
        click.echo(plain(str(out)))


def _example(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        with path.open("rb") as stream:
            return stream.read(_LONGEST).decode("utf-8", "replace")
    except OSError as error:
        raise CallError(f"{path}: can't be read ({error.strerror or error})") from error
