"""``critique-loop doctor``: one line for each thing that is needed, with the fix."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import anyio
import click

from critique_loop.cli.options import json_option
from critique_loop.cli.text import coloured, plain
from critique_loop.errors import CritiqueLoopError
from critique_loop.executors import image
from critique_loop.store import SqliteStore, default_path

_LEAST_FREE = 2 * 10**9


@dataclass(frozen=True, slots=True)
class _Check:
    """One thing that is needed: whether it is there, what was seen, and what to do if not."""

    name: str
    ok: bool
    seen: str
    fix: str = ""


@click.command(
    "doctor",
    epilog="""\b
Examples:
  critique-loop doctor
  critique-loop doctor --json""",
)
@json_option()
@click.pass_context
def doctor_command(ctx: click.Context, *, as_json: bool) -> None:
    """Check what this machine has: exit code 0 where nothing is missing, else 1."""
    checks: list[_Check] = []
    for name, look in _LOOKS.items():
        check = _examine(name, look)
        if checks and check.seen == checks[-1].seen:  # an image is asked for at the engine
            check = replace(check, seen=f"unknown, for want of {checks[-1].name}", fix="")
        checks.append(check)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            mark = coloured("ok     ", "green") if check.ok else coloured("missing", "red")
            click.echo(f"{mark}  {check.name:<6}  {plain(check.seen)}")
            for line in plain(check.fix).splitlines():
                click.echo(f"{'':<17}{line}")
    ctx.exit(0 if all(check.ok for check in checks) else 1)


def _examine(name: str, look: Callable[[], str]) -> _Check:
    try:
        return _Check(name, ok=True, seen=look())
    except CritiqueLoopError as error:
        return _Check(name, ok=False, seen=error.problem, fix=error.remedy)


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _image() -> str:
    built = image.inspect()
    if built is None:
        raise CritiqueLoopError(
            f"the sandbox image {image.image_tag()} is not built",
            remedy="Run: critique-loop sandbox build",
        )
    return f"{built.tag}, {built.size_bytes / 1e6:.0f} MB, built from {built.way}"


def _traces() -> str:
    path = default_path()
    with SqliteStore(path) as store:
        anyio.run(store.runs)  # a store that can't be read says so here
    place = next(folder for folder in path.parents if folder.exists())
    if not os.access(place, os.W_OK):
        raise CritiqueLoopError(
            f"{place}: you may not write there",
            remedy="Point CRITIQUE_LOOP_STORE to a file in a folder of your own.",
        )
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE:
        raise CritiqueLoopError(
            f"{path}: {free / 1e9:.1f} GB free on that disk",
            remedy="Free some space, or point CRITIQUE_LOOP_STORE to another disk.",
        )
    return f"{path}, {free / 1e9:.0f} GB free"


def _user() -> str:
    kind = "root" if os.geteuid() == 0 else f"uid {os.geteuid()}"
    return f"{kind}; the sandbox runs under a random uid of its own"


_LOOKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "user": _user,
    "docker": image.engine,
    "image": _image,
    "traces": _traces,
}
