"""What may be said about any loop in one call: its parts, its settings, its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from critique_loop.building.loops import Parts, build
from critique_loop.building.settings import LoopSettings
from critique_loop.loop import Loop, RunOptions
from critique_loop.protocols import Critic, Executor, TraceStore, UserProxy, Writer
from critique_loop.proxy import Ask, never
from critique_loop.values import Rubric, TaskKind


class LoopOptions(RunOptions, total=False):
    """What may be said about a loop, whatever the kind of its tasks.

    Attributes: rubric: a rubric, the path of a .toml file, or the name of a shipped one. out: a
    folder for the program, its scores and all rounds (default: nothing is written). store: where
    the trace and models' replies are kept (default: the user's own trace store; None: nowhere).

    The loop: model, critic_model, base_url, price, local_only, cache, writer_agent, critic_agent,
    candidates, withheld, sandbox, max_rounds (default 6), max_time_s (default 300; None: no limit),
    max_calls, max_tokens, max_cost_usd and the others are those of ``LoopSettings``. writer,
    executor, critic, proxy: any object that fulfils the protocol, in place of what the settings
    say. ask: whom to ask at the moments ``ask_at`` (default: nobody; a proxy of yours asks whom it
    wants).

    The run: run_id, its name (default: a new random one). on_event: sees every step once it is
    stored. stop_requested: asked before each round; true ends the run there. ledger: that of a
    batch.
    """

    rubric: str | Path | Rubric
    out: str | Path
    store: TraceStore | None
    writer: Writer
    executor: Executor
    critic: Critic
    proxy: UserProxy
    ask: Ask
    model: str
    critic_model: str
    panel: tuple[str, ...]
    bigger_critic: str
    base_url: str
    key_env: str
    config: str
    price: tuple[float, float] | None
    deadline_s: float | None
    local_only: bool
    cache: str
    writer_agent: str
    critic_agent: str
    candidates: int
    critic_samples: int
    withheld: tuple[str, ...]
    sandbox: str
    ask_at: tuple[str, ...]
    apply_above: float
    gates_first: bool
    unsure_below: float | None
    max_rounds: int | None
    max_time_s: float | None
    max_calls: int | None
    max_tokens: int | None
    max_cost_usd: float | None


def settings_of(options: LoopOptions, **more: Any) -> LoopSettings:  # noqa: ANN401 - fields of LoopSettings
    """Return the settings of the loop among the options; ``more`` are settings that count first.

    Raises:
        CallError: they contradict each other.
    """
    given = {**cast("dict[str, Any]", options), **more}
    names = [field.name for field in fields(LoopSettings)]
    return LoopSettings(**{name: given[name] for name in names if name in given})


def run_options_of(options: LoopOptions, settings: LoopSettings) -> RunOptions:
    """Return what is said about the run; ``settings`` are kept with its start."""
    given = cast("Mapping[str, Any]", options)
    kept = {name: given[name] for name in RunOptions.__annotations__ if name in given}
    kept.setdefault("settings", settings.plain())
    return cast("RunOptions", kept)


def loop_of(options: LoopOptions, settings: LoopSettings, *, kind: TaskKind) -> Loop:
    """Return the loop of ``settings``, with the parts that are given in place of their own.

    Raises:
        CallError: a setting is wrong.
    """
    parts = Parts(
        writer=options.get("writer"),
        critic=options.get("critic"),
        executor=options.get("executor"),
        proxy=options.get("proxy"),
        ask=options.get("ask", never),
        store=options["store"] if "store" in options else _own_store(),
    )
    return build(settings, parts, kind=kind)


def _own_store() -> TraceStore:
    from critique_loop.store import SqliteStore, default_path  # noqa: PLC0415 - msgspec loads here

    return SqliteStore(default_path())
