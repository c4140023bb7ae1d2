"""Runs that came from elsewhere: their settings reach no server, key or file unasked.

This is decided here alone, for whoever goes on with a stored run and whoever reads what its
settings name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import cast

from critique_loop.building.pricing import with_own_price
from critique_loop.building.settings import LoopSettings
from critique_loop.checkpoint import Checkpoint
from critique_loop.definitions.files import is_file
from critique_loop.errors import CallError
from critique_loop.store import SqliteStore
from critique_loop.store.rows import opened_source
from critique_loop.values import Event, Resumed, Started

_LONGEST = 80
_WITHIN = {"sandbox": ("auto", "docker", "bubblewrap"), "ask": ("never", "later", "terminal")}
_AGENTS = ("writer_agent", "critic_agent")
_MODELS = ("model", "critic_model")  # of these agents
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class _Reach:
    """Settings that belong together, what each of them is, and the options that say them anew."""

    settings: Mapping[str, str]
    said_by: tuple[str, ...]
    options: str


_REACHES = (
    _Reach(
        {"model": "the model", "writer_agent": "the agent", "programs": "the program"},
        ("model",),
        "--model",
    ),
    _Reach(
        {
            "critic_model": "the critic model",
            "panel": "the critic model",
            "bigger_critic": "the critic model",
            "critic_agent": "the agent",
        },
        ("critic_model",),
        "--critic-model",
    ),
    _Reach(
        {
            "base_url": "the server",
            "key_env": "the key in the variable",
            "config": "the file of models",
        },
        ("base_url", "key_env", "config", "model", "critic_model"),
        "--base-url, --key-env, --config",
    ),
    _Reach({"sandbox": "the sandbox"}, ("sandbox",), "--sandbox"),
    _Reach({"ask": "the folder for questions"}, ("ask",), "--ask"),
)


def is_from_elsewhere(store: SqliteStore, run_id: str, events: Sequence[Event] = ()) -> bool:
    """Whether the settings of a run were not said in this store: imported, merged or copied.

    Those that held last among its ``events`` count; without them, those of its start.
    """
    said = (e.seq for e in events if isinstance(e.body, Started | Resumed) and e.body.settings)
    with opened_source(store.path) as source:
        return source.is_from_elsewhere(run_id, max(said, default=0))


def reaches_outside(name: str, settings: Mapping[str, object]) -> bool:
    """Whether a setting names something that lies outside of the trace and the package."""
    value = settings.get(name)
    if name in _AGENTS:
        return isinstance(value, str) and is_file(value)
    return bool(value) and value not in _WITHIN.get(name, ())


def followed(
    run_id: str,
    settings: Mapping[str, object],
    *,
    trusted: bool,
    said: Mapping[str, object] = _NOTHING,
) -> Mapping[str, object]:
    """Return the settings of a run that are followed where ``said`` says nothing else.

    ``trusted``: it was made in this store, or the user trusts whoever made it. Of others nothing
    is followed that reaches outside, nor what belongs to their models: a price, agents.

    Raises:
        CallError: a run that is not trusted names such things, and nobody says what to use here.
    """
    if trusted:
        return settings
    unsaid = [
        reach
        for reach in _REACHES
        if all(said.get(name) is None for name in reach.said_by) and any(_named(reach, settings))
    ]
    if unsaid:
        things = "; ".join(thing for reach in unsaid for thing in _named(reach, settings))
        say = ", ".join(reach.options for reach in unsaid)
        raise CallError(
            f"run {run_id} came from elsewhere, and its settings would use {things}",
            remedy=f"Say yourself what is to be used ({say}), or follow its settings if you trust "
            "whoever made it: --trust.",
        )
    names = [name for reach in _REACHES for name in reach.settings]
    dropped = {"price", *(name for name in names if reaches_outside(name, settings))}
    dropped |= {agent for agent, model in zip(_AGENTS, _MODELS, strict=True) if model in dropped}
    return {name: value for name, value in settings.items() if name not in dropped}


async def stored_settings(
    store: SqliteStore, run: str, *, trust: bool = False, **said: object
) -> LoopSettings:
    """Return the settings that a stored run goes on with; ``said`` are new ones, by their names.

    A price holds for the models that it was said for, and is dropped where others are named.

    Raises:
        CallError: there is no such run; or it came from elsewhere, its settings reach outside, and
            neither ``trust`` nor ``said`` says what to use.
        StoreError: its settings can't be read.
    """
    events = [event async for event in store.events(run)]
    if not events:
        raise CallError(f"no run has the id {run!r}", remedy="List them: critique-loop ls")
    unknown = said.keys() - {field.name for field in fields(LoopSettings)}
    if unknown:
        raise CallError(
            f"there is no setting {', '.join(sorted(unknown))}",
            remedy="Settings are those of LoopSettings.",
        )
    trusted = trust or not is_from_elsewhere(store, run, events)
    before = followed(run, Checkpoint.of(run, events).settings, trusted=trusted, said=said)
    now = LoopSettings.from_plain({**before, **said})
    if now.price is None or "price" in said:
        return now
    return with_own_price(LoopSettings.from_plain(before), now)


def _named(reach: _Reach, settings: Mapping[str, object]) -> Iterator[str]:
    """Yield what the settings name that lies outside of the trace."""
    for name, what in reach.settings.items():
        if reaches_outside(name, settings):
            value = settings[name]
            many = cast("list[object]", value) if isinstance(value, list) else [value]
            yield from (f"{what} {str(each)[:_LONGEST]!r}" for each in many)
