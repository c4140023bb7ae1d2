"""The options of every command that runs a loop: models, money, what is shown, where it runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, TypedDict

import click

from critique_loop.building.settings import PARTS, LoopSettings
from critique_loop.cli.options import option, sandbox_option
from critique_loop.definitions.files import is_file

_AnyCommand = Callable[..., Any]
_ROLES = ("writer", "critic")
_PRICE_PARTS = 2


class ServerOptions(TypedDict):
    """What the options give that say where models are."""

    base_url: str
    key_env: str
    config: Path | None
    price: tuple[float, float] | None
    deadline: float | None
    local_only: bool


class LoopOptions(ServerOptions):
    """What all of the options give, by their names."""

    model: str
    critic_model: str
    panel: tuple[str, ...]
    bigger_critic: str
    cache: str
    agents: Mapping[str, str]
    candidates: int | None
    critic_samples: int | None
    withheld: tuple[str, ...]
    sandbox: str
    all_at_once: bool
    max_rounds: int
    max_time: float
    max_calls: int | None
    max_tokens: int | None
    max_cost: float | None


def _finite(_: click.Context, __: click.Parameter, number: float | None) -> float | None:
    if number is not None and math.isnan(number):
        raise click.BadParameter("nan is no number")
    return number


def _price(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        prices = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not IN,OUT") from error
    if len(prices) != _PRICE_PARTS or not all(0 <= price < math.inf for price in prices):
        raise click.BadParameter(f"{text!r} is not IN,OUT: two numbers of dollars, 0 or more")
    return prices[0], prices[1]


def _agents(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> dict[str, str]:
    agents: dict[str, str] = {}
    for pair in pairs:
        role, _equals, file = pair.partition("=")
        if role not in _ROLES or not file:
            raise click.BadParameter(f"{pair!r} is not writer=FILE or critic=FILE")
        agents[role] = file
    return agents


_SERVER = (
    option("--base-url", default="", metavar="URL", help="OpenAI-compatible server, e.g. "
           "http://localhost:8000/v1.  [default: $OPENAI_BASE_URL, else OpenAI]"),
    option("--key-env", default="", metavar="NAME", help="Environment variable that holds the key."
           "  [default: the keys file; for OpenAI $OPENAI_API_KEY]"),
    option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Your file of models."
           "  [default: ~/.config/critique-loop/config.toml]"),
    option("--price", callback=_price, metavar="IN,OUT", help="Dollars for a million tokens of "
           "input and output, for a model that no list knows."),
    option("--deadline", type=click.FloatRange(min=0, min_open=True), callback=_finite,
           metavar="SECONDS", help="Wait no longer for one answer, retries included."),
    option("--local-only", is_flag=True, help="Refuse every model that is not on this machine."),
)  # fmt: skip
_MODELS = (
    option("--model", default="", metavar="M", help="Model that writes: a name from your file of "
           "models, or one the server knows.  [default: none; the grammar writer draws charts]"),
    option("--critic-model", default="", metavar="M", help="Model that judges what nothing "
           "measures.  [default: only what is measured counts]"),
    option("--panel", multiple=True, metavar="M", help="A further model that judges, with a vote "
           "of its own; may be repeated."),
    option("--bigger-critic", default="", metavar="M", help="Model that is asked, too, where the "
           "others' votes disagree."),
    *_SERVER,
    option("--withhold", "withheld", multiple=True, type=click.Choice(PARTS), metavar="PART",
           help=f"Don't show models this part: {', '.join(PARTS)}; may be repeated."),
    option("--agent", "agents", multiple=True, callback=_agents, metavar="ROLE=FILE",
           help="Prompt and settings of writer or critic: an agent file of yours, or a shipped "
           "one's name."),
    option("--candidates", type=click.IntRange(min=1), metavar="N",
           help="Drafts per turn; each is run and scored.  [default: as the agent says, 1]"),
    option("--critic-samples", type=click.IntRange(min=1), metavar="N",
           help="Answers per critique.  [default: as the agent says, 1]"),
    option("--cache", type=click.Choice(["use", "record", "replay", "off"]), default="use",
           show_default=True, metavar="MODE", help="Models' replies: use (don't pay twice), "
           "record (ask anew, keep), replay (never ask), off."),
)  # fmt: skip
_BUDGET = (
    option("--all-at-once", is_flag=True, help="Tell the writer all that is wrong, also while "
           "gates of the rubric fail.  [default: what is wrong with gates first]"),
    option("--max-rounds", type=click.IntRange(min=1), default=6, show_default=True, metavar="N",
           help="Draft no more than so many times."),
    option("--max-time", type=click.FloatRange(min=0, min_open=True), default=300,
           show_default=True, metavar="SECONDS", callback=_finite,
           help="Begin no new round after so long."),
    option("--max-calls", type=click.IntRange(min=0), metavar="N",
           help="Send no more than so many requests to models."),
    option("--max-tokens", type=click.IntRange(min=0), metavar="N",
           help="Use no more than so many tokens, input and output together."),
    option("--max-cost", type=click.FloatRange(min=0), callback=_finite, metavar="USD",
           help="Spend no more than so many dollars; needs known prices."),
)  # fmt: skip


def loop_options(command: _AnyCommand) -> _AnyCommand:
    """Add all of them to a command."""
    decorators = (*_MODELS, *_BUDGET, sandbox_option)
    return reduce(lambda inner, add: add(inner), reversed(decorators), command)


def server_options(command: _AnyCommand) -> _AnyCommand:
    """Add only those that say where a model is."""
    return reduce(lambda inner, add: add(inner), reversed(_SERVER), command)


def server_settings(options: ServerOptions, *, model: str) -> LoopSettings:
    """Return the settings with which a model is found, and nothing else.

    Raises:
        CallError: they contradict each other.
    """
    return LoopSettings(
        model=model,
        base_url=options["base_url"],
        key_env=options["key_env"],
        config=str(options["config"].absolute()) if options["config"] else "",
        price=options["price"],
        deadline_s=options["deadline"],
        local_only=options["local_only"],
    )


def settings_from(options: LoopOptions, **more: Any) -> LoopSettings:  # noqa: ANN401 - fields of LoopSettings
    """Return the loop's settings; ``more`` are fields that other options give.

    Raises:
        CallError: they contradict each other.
    """
    return replace(
        server_settings(options, model=options["model"]),
        critic_model=options["critic_model"],
        panel=tuple(options["panel"]),
        bigger_critic=options["bigger_critic"],
        cache=options["cache"],
        writer_agent=_anywhere(options["agents"].get("writer", "")),
        critic_agent=_anywhere(options["agents"].get("critic", "")),
        candidates=options["candidates"] or 0,
        critic_samples=options["critic_samples"] or 0,
        withheld=tuple(options["withheld"]),
        sandbox=options["sandbox"],
        gates_first=not options["all_at_once"],
        max_rounds=options["max_rounds"],
        max_time_s=options["max_time"],
        max_calls=options["max_calls"],
        max_tokens=options["max_tokens"],
        max_cost_usd=options["max_cost"],
        **more,
    )


def _anywhere(agent: str) -> str:
    """Return a path that a later command finds from any folder; a shipped name as it is."""
    return str(Path(agent).absolute()) if is_file(agent) else agent
