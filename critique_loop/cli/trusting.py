"""Runs that came from elsewhere: their settings reach no server, key or file unasked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from critique_loop.cli.options import option
from critique_loop.cli.stored import StoredRun
from critique_loop.errors import CallError

_LONGEST = 80
_WITHIN = {"sandbox": ("auto", "docker", "bubblewrap"), "ask": ("never", "later", "terminal")}


class TrustOptions(TypedDict):
    """What the option gives."""

    trust: bool


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

trust_option = option(
    "--trust",
    is_flag=True,
    help="Of a run that came from elsewhere: use the servers, keys, models, files that it names.",
)


def followed(stored: StoredRun, options: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the settings of a run that are followed where the options say nothing else.

    What reaches outside is followed in a run of this store, or in one that is trusted.

    Raises:
        CallError: a run came from elsewhere, names such things, and nobody says what to use here.
    """
    before = stored.checkpoint.settings
    if options["trust"] or not stored.is_foreign:
        return before
    unsaid = [
        reach
        for reach in _REACHES
        if all(options.get(name) is None for name in reach.said_by) and any(_named(reach, before))
    ]
    if unsaid:
        things = "; ".join(thing for reach in unsaid for thing in _named(reach, before))
        say = ", ".join(reach.options for reach in unsaid)
        raise CallError(
            f"run {stored.run_id} came from elsewhere, and its settings would use {things}",
            remedy=f"Say yourself what is to be used ({say}), or follow its settings if you trust "
            "whoever made it: --trust.",
        )
    dropped = {name for reach in _REACHES for name in reach.settings if _reaches(name, before)}
    return {name: value for name, value in before.items() if name not in dropped}


def _reaches(name: str, settings: Mapping[str, object]) -> bool:
    value = settings.get(name)
    return bool(value) and value not in _WITHIN.get(name, ())


def _named(reach: _Reach, settings: Mapping[str, object]) -> Iterator[str]:
    """Yield what the settings name that lies outside of the trace."""
    for name, what in reach.settings.items():
        if _reaches(name, settings):
            value = settings[name]
            many = cast("list[object]", value) if isinstance(value, list) else [value]
            yield from (f"{what} {str(each)[:_LONGEST]!r}" for each in many)
