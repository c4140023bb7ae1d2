"""Loops made of settings: which writer, critic, models and sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from critique_loop.building.judges import critic_of
from critique_loop.building.models import endpoints_of, is_cascade, model_of, shared
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError
from critique_loop.loop import Loop
from critique_loop.protocols import (
    Critic,
    Executor,
    TraceStore,
    UserProxy,
    Writer,
)
from critique_loop.proxy import Ask, Asking, never
from critique_loop.proxy import UserProxy as RubricProxy
from critique_loop.values import QuestionKind, TaskKind


@dataclass(frozen=True, slots=True)
class Parts:
    """What is given ready-made, in place of what the settings say; None: as they say."""

    writer: Writer | None = None
    critic: Critic | None = None
    executor: Executor | None = None
    proxy: UserProxy | None = None
    ask: Ask = never
    store: TraceStore | None = None
    on_notice: Callable[[str], None] | None = None


def build(settings: LoopSettings, parts: Parts, *, kind: TaskKind = TaskKind.CHART) -> Loop:
    """Return the loop that ``settings`` describe for tasks of ``kind``, but for given ``parts``.

    Raises:
        CallError: a setting is wrong, a model's host is not allowed or its key is missing.
        DefinitionError: an agent file or the file of models is wrong.
        SandboxUnavailable: the kind of sandbox can't be had at all.
    """
    refuse_unknown_prices(settings)
    return Loop(
        writer=parts.writer or writer_of(settings, parts.store, kind=kind),
        executor=parts.executor or _executor(settings, parts),
        critic=parts.critic or critic_of(settings, parts.store, kind=kind),
        proxy=parts.proxy or proxy_of(settings, parts.ask),
        store=parts.store,
    )


def refuse_unknown_prices(settings: LoopSettings) -> None:
    """Refuse a budget in dollars where a model's price is not known.

    Raises:
        CallError: a model has no price.
    """
    if settings.max_cost_usd is None:
        return
    for name in (settings.model, *settings.judges):
        for end in endpoints_of(settings, name):
            if end.price is None:
                raise CallError(
                    f"there is a budget in dollars, and the price of {end.model} at {end.host} is "
                    "not known",
                    remedy="Say it (--price IN,OUT; 0,0 for a server of your own; or price in your "
                    "file of models), or install the public list (pip install "
                    "'critique-loop[prices]'), or limit calls, tokens or time instead.",
                )


def writer_of(
    settings: LoopSettings, store: TraceStore | None = None, *, kind: TaskKind = TaskKind.CHART
) -> Writer:
    """Return the writer: given programs, a model with its agent file, for charts the grammar.

    Raises:
        CallError: there is nobody to write a program, or a given one can't be read.
    """
    if not settings.programs:
        return _author_of(settings, store, kind)
    from critique_loop.writers.given import GivenWriter  # noqa: PLC0415 - where it is used

    programs = [_program(Path(path)) for path in settings.programs]
    then = _author_of(settings, store, kind) if settings.model else None
    return GivenWriter(programs, then=then)


def _author_of(settings: LoopSettings, store: TraceStore | None, kind: TaskKind) -> Writer:
    if not settings.model and kind is not TaskKind.CHART:
        raise CallError(
            "no model is named that writes the program",
            remedy="Name one (--model), or give a program to judge (--solution).",
        )
    if not settings.model:
        from critique_loop.writers.grammar import GrammarWriter  # noqa: PLC0415 - where it is used

        return GrammarWriter()
    from critique_loop.definitions import load  # noqa: PLC0415 - only with a model
    from critique_loop.models.resampled import Resampled  # noqa: PLC0415 - only with a model
    from critique_loop.writers.model import ModelWriter  # noqa: PLC0415 - only with a model

    model = model_of(settings, settings.model, store)
    return ModelWriter(
        Resampled(model, settings.sample) if settings.sample else model,
        definition=load(settings.writer_agent or f"{kind.value}_writer"),
        sharing=shared(settings),
        candidates=settings.candidates or None,
    )


def _program(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8 text"
        raise CallError(f"{path}: can't be read ({reason})") from error


def proxy_of(settings: LoopSettings, ask: Ask = never) -> RubricProxy:
    """Return the user proxy; where the writer is a cascade, a stuck loop gets its bigger model."""
    asking = Asking(
        at=frozenset(map(QuestionKind, settings.ask_at)),
        apply_above=settings.apply_above,
        confidence_below=settings.unsure_below,
        gates_first=settings.gates_first,
    )
    return RubricProxy(
        budget=settings.budget, ask=ask, asking=asking, escalate=is_cascade(settings)
    )


def _executor(settings: LoopSettings, parts: Parts) -> Executor:
    from critique_loop.executors.choosing import executor_for  # noqa: PLC0415 - msgspec loads here

    return executor_for(settings.sandbox, on_notice=parts.on_notice)
