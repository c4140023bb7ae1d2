"""``critique-loop doctor``: one line for each thing that is needed, with the fix."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from typing import Unpack

import anyio
import click

from critique_loop.cli.loop_options import ServerOptions, server_options, server_settings
from critique_loop.cli.options import json_option, option
from critique_loop.cli.text import coloured, plain
from critique_loop.errors import CritiqueLoopError
from critique_loop.executors.checks import Check, examined
from critique_loop.executors.engine_checks import engine_checks
from critique_loop.executors.machine_checks import bubblewrap_check, machine_checks
from critique_loop.store import SqliteStore, default_path

_LEAST_FREE = 2 * 10**9
_WIDTH = 10


class _Options(ServerOptions):
    model: str
    as_json: bool


@click.command(
    "doctor",
    epilog="""\b
Examples:
  critique-loop doctor
  critique-loop doctor --json
  critique-loop doctor --model qwen3 --base-url http://localhost:8000/v1

With --model the model's server is examined instead, by about twenty short requests: whether it
counts pictures, fills n, tells log-probabilities, keeps to a schema, repeats a seed, streams.

What is marked "lacking" is good to have: everything runs without it.""",
)
@option("--model", default="", metavar="M", help="Examine this model's server instead.")
@server_options
@json_option()
@click.pass_context
def doctor_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Check what this machine has: exit code 0 where nothing is missing, else 1."""
    as_json = options["as_json"]
    settings = server_settings(options, model=options["model"])
    if settings.model:
        from critique_loop.cli.doctor_model import examine_model  # noqa: PLC0415 - seldom used

        ctx.exit(0 if examine_model(settings, as_json=as_json) else 1)
    checks = list(_checks())
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            _print(check)
    ctx.exit(0 if all(check.ok for check in checks if check.needed) else 1)


def _checks() -> Iterator[Check]:
    yield examined("python", _python)
    yield examined("user", _user)
    yield from machine_checks()
    # Either is enough. An engine that answers is the one that is used.
    bubblewrap = bubblewrap_check(needed=False)
    of_engine = list(engine_checks(needed=not bubblewrap.ok))
    yield from of_engine
    yield bubblewrap
    yield _sandbox(of_engine, bubblewrap)
    yield examined("traces", _traces)


def _sandbox(of_engine: list[Check], bubblewrap: Check) -> Check:
    """Say what programs run in when nobody chooses, see ``executors.choosing``."""
    docker = next(check for check in of_engine if check.name == "docker")
    if docker.ok:
        lacking = [check.name for check in of_engine if check.needed and not check.ok]
        seen = f"docker, once this is mended: {', '.join(lacking)}" if lacking else "docker"
        return Check("sandbox", ok=not lacking, seen=seen)
    if bubblewrap.ok:
        return Check("sandbox", ok=True, seen="bubblewrap, while no engine answers")
    return Check("sandbox", ok=False, seen="none: nothing is run", fix="Mend docker or bubblewrap.")


def _print(check: Check) -> None:
    if check.ok:
        mark = coloured("ok     ", "green")
    else:
        mark = coloured("missing", "red") if check.needed else coloured("lacking", "yellow")
    seen, *more = plain(check.seen).splitlines() or [""]
    click.echo(f"{mark}  {check.name:<{_WIDTH}}  {seen}")
    for line in (*more, *plain(check.fix).splitlines()):
        click.echo(f"{'':<{_WIDTH + 11}}{line}")


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _user() -> str:
    kind = "root" if os.geteuid() == 0 else f"uid {os.geteuid()}"
    return f"{kind}; programs run as another user, with none of its rights"


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
