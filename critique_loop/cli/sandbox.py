"""``critique-loop sandbox``: build it, inspect it, try it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TypedDict, Unpack

import anyio
import click

from critique_loop.cli.text import plain
from critique_loop.errors import CallError
from critique_loop.executors import image
from critique_loop.executors.docker import DockerExecutor
from critique_loop.executors.limits import Limits
from critique_loop.values import Execution, ExecutionStatus, OutputFile


@click.group("sandbox")
def sandbox_command() -> None:
    """Build, inspect and try the sandbox that drafts run in."""


@sandbox_command.command("build")
@click.option("--force", is_flag=True, help="Build it though it is there.")
def build_command(*, force: bool) -> None:
    """Build the sandbox image of this version, from a registry or else from Debian packages."""
    built = None if force else image.inspect()
    if built is None:
        built = image.build(on_line=lambda line: click.echo(plain(line), err=True))
    click.echo(f"{built.tag} {built.image_id}")


@sandbox_command.command("status")
@click.pass_context
def status_command(ctx: click.Context) -> None:
    """Say which engine and image there are; exit code 1 where the image is missing."""
    click.echo(f"engine  {plain(image.engine())}")
    built = image.inspect()
    if built is None:
        click.echo(f"image   {image.image_tag()} is not built")
        click.echo("        Run: critique-loop sandbox build")
        ctx.exit(1)
    click.echo(f"image   {built.tag} ({built.size_bytes / 1e6:.0f} MB, from {built.way})")
    click.echo(f"id      {built.image_id}")


class _ExecOptions(TypedDict):
    files: Sequence[Path]
    data: Sequence[Path]
    wall: float
    cpu: int
    memory: int
    as_json: bool


@sandbox_command.command(
    "exec",
    epilog="""\b
Examples:
  critique-loop sandbox exec draft.py --data cars.csv
  critique-loop sandbox exec first.py second.py --wall 5 --json""",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--data", multiple=True, type=click.Path(path_type=Path), help="A file to show it.")
@click.option("--wall", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="s")
@click.option("--cpu", type=click.IntRange(min=1), default=30, show_default=True, help="s")
@click.option("--memory", type=click.IntRange(min=64), default=512, show_default=True, help="MB")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line for each file.")
@click.pass_context
def exec_command(ctx: click.Context, **options: Unpack[_ExecOptions]) -> None:
    """Run programs as drafts are run, in order, in one container; exit code 1 if one fails."""
    programs = [_program(path) for path in options["files"]]
    shown = {path.name: path for path in options["data"]}
    limits = Limits(wall_s=options["wall"], cpu_s=options["cpu"], memory_mb=options["memory"])
    failed = False

    async def main() -> None:
        nonlocal failed
        runs = DockerExecutor(limits=limits).run_programs(programs, files=shown)
        async with aclosing(runs):
            async for execution in runs:
                failed = failed or execution.status is not ExecutionStatus.OK
                (_print_json if options["as_json"] else _print_execution)(execution)

    anyio.run(main)
    ctx.exit(1 if failed else 0)


def _program(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(f"{path}: can't be read as a program: {error}") from error


def _print_json(execution: Execution) -> None:
    record = {
        "status": execution.status.value,
        "exit_code": execution.exit_code,
        "signal": execution.signal,
        "stdout": execution.stdout,
        "stderr": execution.stderr,
        "truncated": list(execution.truncated),
        "files": [_file_record(file) for file in execution.files],
        "files_skipped": execution.files_skipped,
        "leftovers_killed": execution.leftovers_killed,
        "wall_s": execution.wall_s,
        "cpu_s": execution.cpu_s,
        "limits_hit": list(execution.limits_hit),
        "sandbox": execution.sandbox,
        "container_id": execution.container_id,
        "image_digest": execution.image_digest,
    }
    click.echo(json.dumps(record))


def _file_record(file: OutputFile) -> dict[str, object]:
    return {"name": file.name, "media_type": file.media_type, "size": len(file.data)}


def _print_execution(execution: Execution) -> None:
    click.echo(plain(execution.stdout), nl=False)
    click.echo(plain(execution.stderr), nl=False, err=True)
    hit = f", limits hit: {', '.join(execution.limits_hit)}" if execution.limits_hit else ""
    cut = f", cut: {', '.join(execution.truncated)}" if execution.truncated else ""
    used = f"{execution.wall_s:.2f} s wall, {execution.cpu_s:.2f} s CPU"
    click.echo(f"{execution.status.value}: {used}{hit}{cut}", err=True)
    for file in execution.files:
        size = f"{len(file.data)} bytes"
        click.echo(f"  {plain(file.name)} ({file.media_type}, {size})", err=True)
