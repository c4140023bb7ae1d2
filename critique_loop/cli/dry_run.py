"""What a run would do and what would leave the machine, said before anything does."""

from __future__ import annotations

import json

import click

from critique_loop.building.judges import critic_of
from critique_loop.building.loops import refuse_unknown_prices, writer_of
from critique_loop.building.models import endpoints_of, sharing_of
from critique_loop.building.settings import LoopSettings
from critique_loop.cli.result import stdout
from critique_loop.cli.spending import money
from critique_loop.cli.text import plain
from critique_loop.definitions import Leaving, leaves
from critique_loop.models.choosing import Endpoint
from critique_loop.values import Task

_ROLES = ("writer", "critic")


def print_dry_run(settings: LoopSettings, task: Task, *, as_json: bool) -> None:
    """Print the resolved settings, the servers, and each part with its size; nothing is sent.

    Raises:
        CallError: what the run itself would raise before its first request.
        DefinitionError: an agent file or the file of models is wrong.
    """
    refuse_unknown_prices(settings)
    writer = writer_of(settings, kind=task.kind)
    names = {"writer": writer.name, "critic": critic_of(settings, kind=task.kind).name}
    found = {
        "writer": endpoints_of(settings, settings.model),
        "critic": tuple(end for name in settings.judges for end in endpoints_of(settings, name)),
    }
    if as_json:
        document = _document(settings, task, names, found)
        click.echo(json.dumps(document, indent=2))
        return
    console = stdout()
    for role in _ROLES:
        console.print(f"{role:<8}{plain(names[role])}")
        for end in found[role]:
            console.print(f"        {_endpoint(end)}")
        for line in _parts(settings, task, role, found[role]):
            console.print(f"          {line}")
    console.print(f"budget  {_budget(settings)}")
    console.print(f"sandbox {settings.sandbox}")
    console.print("nothing was sent, run or kept (--dry-run)")


def _document(
    settings: LoopSettings,
    task: Task,
    names: dict[str, str],
    found: dict[str, tuple[Endpoint, ...]],
) -> dict[str, object]:
    return {
        "settings": settings.plain(),
        "roles": [
            {
                "role": role,
                "name": names[role],
                "servers": [
                    {
                        "model": end.model,
                        "base_url": end.base_url,
                        "leaves_this_machine": not end.is_loopback,
                        "price": None if end.price is None else [end.price.input, end.price.output],
                    }
                    for end in found[role]
                ],
                "shown": [
                    {
                        "part": part.part,
                        "what": part.what,
                        "shared": part.shared,
                        "size_bytes": part.size_bytes,
                    }
                    for part in (_shown(settings, task, role) if found[role] else [])
                ],
            }
            for role in _ROLES
        ],
    }


def _shown(settings: LoopSettings, task: Task, role: str) -> list[Leaving]:
    return leaves(task, sharing_of(settings, role, kind=task.kind))


def _endpoint(end: Endpoint) -> str:
    where = "this machine" if end.is_loopback else "LEAVES THIS MACHINE"
    price = "price unknown"
    if end.price is not None:
        price = f"{money(end.price.input)} in, {money(end.price.output)} out per million tokens"
    key = "with a key" if end.key else "no key"
    return f"{plain(end.model)} at {plain(end.base_url)} ({where}; {key}; {price})"


def _parts(settings: LoopSettings, task: Task, role: str, ends: tuple[Endpoint, ...]) -> list[str]:
    if not ends:
        return []
    lines: list[str] = []
    for part in _shown(settings, task, role):
        size = "" if part.size_bytes is None else f", up to {part.size_bytes:,} bytes"
        shown = f"shown: {part.what}{size}" if part.shared else f"kept back: {part.what}"
        lines.append(f"{part.part:<8}{plain(shown)}")
    return lines


def _budget(settings: LoopSettings) -> str:
    limits = (
        (settings.max_rounds, "rounds"),
        (settings.max_time_s, "seconds"),
        (settings.max_calls, "requests"),
        (settings.max_tokens, "tokens"),
        (settings.max_cost_usd, "dollars"),
    )
    return ", ".join(f"{most:g} {what}" for most, what in limits if most is not None)
