"""``critique-loop doctor --model``: what a model's server really does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import anyio
import click

from critique_loop.building.models import endpoints_of
from critique_loop.building.settings import LoopSettings
from critique_loop.cli.screen import waiting
from critique_loop.cli.spending import money
from critique_loop.cli.text import coloured, plain
from critique_loop.models.choosing import Endpoint
from critique_loop.models.probing import Probe, Verdict, probe

_COLOURS: dict[Verdict, str] = {"yes": "green", "no": "red", "unknown": "yellow"}


def examine_model(settings: LoopSettings, *, as_json: bool) -> bool:
    """Ask each server that the model's name leads to about ten short questions, and print.

    Returns whether all of them answered.

    Raises:
        CallError: a host is not allowed, or needs a key that is missing.
    """
    ends = endpoints_of(settings, settings.model)
    with waiting(f"asking {len(ends)} server{'' if len(ends) == 1 else 's'}"):
        probes = [anyio.run(_probed, settings, end) for end in ends]
    if as_json:
        click.echo(json.dumps(_documents(ends, probes), indent=2))
    else:
        for end, found in zip(ends, probes, strict=True):
            _print(end, found)
    return all(found.model for found in probes)


async def _probed(settings: LoopSettings, end: Endpoint) -> Probe:
    from critique_loop.models.openai import OpenAIModel  # noqa: PLC0415 - openai loads here
    from critique_loop.models.options import ModelOptions  # noqa: PLC0415 - as above

    options = ModelOptions(local_only=settings.local_only)
    if settings.deadline_s is not None:
        options = replace(options, deadline_s=settings.deadline_s)
    streaming = replace(options, stream=True)
    async with (
        OpenAIModel(
            end.model, base_url=end.base_url, api_key=end.key, price=end.price, options=options
        ) as model,
        OpenAIModel(
            end.model, base_url=end.base_url, api_key=end.key, price=end.price, options=streaming
        ) as streamed,
    ):
        return await probe(model, streamed=streamed)


def _documents(ends: Sequence[Endpoint], probes: Sequence[Probe]) -> list[dict[str, object]]:
    return [
        {
            "model": end.model,
            "base_url": end.base_url,
            "served_as": found.model,
            "answers_json_by": found.mode,
            "requests": found.requests,
            "cost_usd": found.cost_usd,
            "checks": [asdict(check) for check in found.checks],
        }
        for end, found in zip(ends, probes, strict=True)
    ]


def _print(end: Endpoint, found: Probe) -> None:
    served = f", served as {plain(found.model)}" if found.model not in ("", end.model) else ""
    click.echo(f"{plain(end.model)} at {plain(end.base_url)}{served}")
    width = max((len(check.name) for check in found.checks), default=0)
    for check in found.checks:
        mark = coloured(f"{check.verdict:<7}", _COLOURS[check.verdict])
        click.echo(f"  {mark}  {check.name:<{width}}  {plain(check.seen, width=200)}")
    if found.mode is not None:
        click.echo(f"  JSON answers are got by: {found.mode.value}")
    click.echo(f"  {found.requests} requests, {money(found.cost_usd)}")
