"""The critic of a loop: what is measured, and models for what nothing can measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from critique_loop.building.models import model_of, shared
from critique_loop.building.settings import LoopSettings
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.protocols import Critic, TraceStore
from critique_loop.values import TaskKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from critique_loop.critics.model import ModelCritic
    from critique_loop.critics.panel import Records


def critic_of(
    settings: LoopSettings, store: TraceStore | None = None, *, kind: TaskKind = TaskKind.CHART
) -> Critic:
    """Return the measured critic, beside it a model, or a panel of several.

    The votes of a panel carry how often each voter agreed with the labels in ``store``.
    """
    if not settings.critic_model:
        return MeasuredCritic()
    from critique_loop.critics.combined import CombinedCritic  # noqa: PLC0415 - only with a model

    named = (settings.critic_model, *settings.panel)
    judges = [_judge(settings, name, store, kind) for name in named]
    if len(judges) == 1:
        return CombinedCritic([MeasuredCritic(), judges[0]])
    from critique_loop.critics.panel import Panel  # noqa: PLC0415 - only with several models

    bigger = settings.bigger_critic
    panel = Panel(
        judges,
        bigger=_judge(settings, bigger, store, kind) if bigger else None,
        records=_records(store),
    )
    return CombinedCritic([MeasuredCritic(), panel])


def _judge(
    settings: LoopSettings, name: str, store: TraceStore | None, kind: TaskKind
) -> ModelCritic:
    from critique_loop.critics.model import ModelCritic  # noqa: PLC0415 - only with a model
    from critique_loop.definitions import load  # noqa: PLC0415 - only with a model

    return ModelCritic(
        model_of(settings, name, store),
        definition=load(settings.critic_agent or f"{kind.value}_critic"),
        sharing=shared(settings),
        samples=settings.critic_samples or None,
    )


def _records(store: TraceStore | None) -> Callable[[], Awaitable[Records]] | None:
    from critique_loop.agreement.records import records  # noqa: PLC0415 - only with a panel
    from critique_loop.store import SqliteStore  # noqa: PLC0415 - msgspec loads here

    if not isinstance(store, SqliteStore):
        return None
    return lambda: records(store)
