"""``critique-loop rubric``: check, show and begin the files that say what matters."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from critique_loop import rubric as rubrics
from critique_loop._bundled import text as bundled_text
from critique_loop.cli.options import json_option, option
from critique_loop.cli.rubric_files import beside, judged_options, write_new
from critique_loop.cli.rubric_show import print_rubric, record_of
from critique_loop.cli.rubric_suggest import suggest_command
from critique_loop.cli.text import coloured, plain
from critique_loop.rubric.starting import starter
from critique_loop.rubric.writing import toml_of
from critique_loop.values import TaskKind


@click.group(
    "rubric",
    epilog="""\b
Examples:
  critique-loop rubric new mine.toml --extends charts
  critique-loop rubric check mine.toml
  critique-loop rubric show mine.toml
  critique-loop chart cars.csv "average horsepower by origin" --rubric mine.toml""",
)
def rubric_command() -> None:
    """Check, show and write rubrics: the files that say what a draft is judged by."""


rubric_command.add_command(suggest_command)


@rubric_command.command(
    "check",
    short_help="Say everything that is wrong with rubric files.",
    epilog="""\b
Examples:
  critique-loop rubric check mine.toml
  critique-loop rubric check rubrics/*.toml --json

Each line begins with file and line number, as a compiler's does. A warning is about what can be
loaded and is seldom meant. Exit code: 1 where a file has an error, else 0.""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option("Print one JSON document: what was found in each file.")
@click.pass_context
def check_command(ctx: click.Context, *, files: tuple[str, ...], as_json: bool) -> None:
    """Say what is wrong with each FILE: a .toml file, or the name of a shipped rubric."""
    reports = {file: rubrics.check(file) for file in files}
    if as_json:
        click.echo(json.dumps([_record(file, each) for file, each in reports.items()], indent=2))
    else:
        for file, report in reports.items():
            _print_report(file, report)
    ctx.exit(0 if all(report.rubric for report in reports.values()) else 1)


@rubric_command.command(
    "show",
    short_help="Show a rubric with all that it extends.",
    epilog="""\b
Examples:
  critique-loop rubric show charts
  critique-loop rubric show mine.toml --toml > whole.toml""",
)
@click.argument("rubric")
@json_option()
@option("--toml", "as_toml", is_flag=True, help="Print one TOML file that extends nothing.")
def show_command(*, rubric: str, as_json: bool, as_toml: bool) -> None:
    """Show what a rubric asks, what each dimension counts, and who scores it."""
    if as_json and as_toml:
        raise click.UsageError("--json and --toml are two forms: choose one")
    found = rubrics.load(rubric)
    if as_json:
        click.echo(json.dumps(record_of(found), indent=2))
    elif as_toml:
        click.echo(toml_of(found), nl=False)
    else:
        print_rubric(found)


@rubric_command.command(
    "new",
    short_help="Write a rubric file to begin with.",
    epilog="""\b
Examples:
  critique-loop rubric new mine.toml
  critique-loop rubric new mine.toml --extends charts
  critique-loop rubric new tools.toml --kind code""",
)
@click.argument("file", type=click.Path(path_type=Path))
@judged_options
def new_command(*, file: Path, kind: str, extends: str) -> None:
    """Write FILE with comments that say what can be said; a file that is there stays as it is."""
    parent = rubrics.load(extends) if extends else None
    text = starter(file.stem, TaskKind(kind), extends=beside(extends, file), parent=parent)
    write_new(file, text)
    click.echo(plain(str(file)))


@rubric_command.command(
    "schema",
    short_help="Print the JSON Schema of rubric files, for editors.",
    epilog="""\b
Examples:
  critique-loop rubric schema > rubric.schema.json""",
)
def schema_command() -> None:
    """Print the JSON Schema (draft 2020-12) of rubric files, for editors that know TOML."""
    click.echo(bundled_text("agents", "rubrics", "rubric.schema.json"), nl=False)


def _print_report(file: str, report: rubrics.Report) -> None:
    for kind, colour, problems in (
        ("error", "red", report.errors),
        ("warning", "yellow", report.warnings),
    ):
        for problem in problems:
            mark = coloured(f"{kind}:", colour)
            click.echo(f"{plain(problem.where)}: {mark} {plain(problem.said)}")
            if problem.remedy:
                click.echo(f"    {plain(problem.remedy)}")
    if report.rubric is not None:
        number = len(report.rubric.dimensions)
        click.echo(
            f"{plain(file)}: {coloured('ok', 'green')}, {number} "
            f"dimension{'' if number == 1 else 's'}, target {report.rubric.target:g}"
        )


def _record(file: str, report: rubrics.Report) -> dict[str, object]:
    found = {"errors": report.errors, "warnings": report.warnings}
    return {
        "file": file,
        "ok": report.rubric is not None,
        **{
            kind: [{**asdict(problem), "path": str(problem.path)} for problem in problems]
            for kind, problems in found.items()
        },
    }
