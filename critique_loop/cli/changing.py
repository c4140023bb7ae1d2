"""The options of a loop where only what is given changes anything: for runs that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, cast

import click

from critique_loop.building.settings import LoopSettings
from critique_loop.cli.loop_options import loop_options
from critique_loop.definitions.files import is_file

_AnyCommand = Callable[..., Any]

# The options whose settings have other names, and how their values are told there.
_NAMES = {
    "deadline": "deadline_s",
    "max_time": "max_time_s",
    "max_cost": "max_cost_usd",
}


class ChangeOptions(TypedDict):
    """What the options give, by their names; None, or nothing, where they were not given."""

    model: str | None
    critic_model: str | None
    panel: tuple[str, ...]
    bigger_critic: str | None
    base_url: str | None
    key_env: str | None
    config: Path | None
    price: tuple[float, float] | None
    deadline: float | None
    local_only: bool | None
    cache: str | None
    agents: Mapping[str, str]
    candidates: int | None
    critic_samples: int | None
    withheld: tuple[str, ...]
    sandbox: str | None
    all_at_once: bool | None
    max_rounds: int | None
    max_time: float | None
    max_calls: int | None
    max_tokens: int | None
    max_cost: float | None


def change_options(command: _AnyCommand) -> _AnyCommand:
    """Add the options of a loop without their defaults; ``--help`` names none, either."""
    before = set(_parameters(command))
    loop_options(command)
    for parameter in _parameters(command):
        if parameter not in before and isinstance(parameter, click.Option):
            parameter.default = None
            parameter.show_default = False
            parameter.help = (parameter.help or "").partition("  [default:")[0]
    return command


def without(command: _AnyCommand, *names: str) -> _AnyCommand:
    """Take the options of these names away again, where they would change nothing."""
    parameters = _parameters(command)
    parameters[:] = [parameter for parameter in parameters if parameter.name not in names]
    return command


def _parameters(command: _AnyCommand) -> list[click.Parameter]:
    """Return the list in which click's decorators gather the parameters of a function."""
    found: object = getattr(command, "__click_params__", None)
    if found is None:
        return []
    return cast("list[click.Parameter]", found)


def changed(settings: LoopSettings, options: Mapping[str, Any]) -> LoopSettings:
    """Return ``settings`` with what the options (those of ``ChangeOptions``) say instead.

    Raises:
        CallError: they contradict each other.
    """
    wanted = {name: options[name] for name in ChangeOptions.__annotations__ if name in options}
    given = {name: value for name, value in wanted.items() if value not in (None, (), {})}
    agents = cast("Mapping[str, str]", given.pop("agents", {}))
    given |= {f"{role}_agent": _anywhere(agent) for role, agent in agents.items()}
    if "all_at_once" in given:
        given["gates_first"] = not given.pop("all_at_once")
    if "config" in given:
        given["config"] = str(Path(given["config"]).absolute())
    return replace(settings, **{_NAMES.get(name, name): value for name, value in given.items()})


def _anywhere(agent: str) -> str:
    """Return a path that a later command finds from any folder; a shipped name as it is."""
    return str(Path(agent).absolute()) if is_file(agent) else agent
