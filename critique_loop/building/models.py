"""The models that settings name: where they are, what they may be shown, how they are asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from critique_loop.building.settings import LoopSettings
from critique_loop.protocols import Model, ReplyStore, TraceStore
from critique_loop.values import Price, TaskKind

if TYPE_CHECKING:
    from critique_loop.definitions import Sharing
    from critique_loop.models.choosing import Access, Endpoint
    from critique_loop.models.configured import ModelConfig


def sharing_of(settings: LoopSettings, role: str, *, kind: TaskKind = TaskKind.CHART) -> Sharing:
    """Return what a model in ``role`` is shown: what settings and agent file both allow."""
    from critique_loop.definitions import load  # noqa: PLC0415 - only with a model

    agent = settings.writer_agent if role == "writer" else settings.critic_agent
    return load(agent or f"{kind.value}_{role}").sharing & shared(settings)


def shared(settings: LoopSettings) -> Sharing:
    """Return what the settings allow models to be shown."""
    from critique_loop.definitions import Sharing  # noqa: PLC0415 - only with a model

    return Sharing(**dict.fromkeys(settings.withheld, False))


def endpoints_of(settings: LoopSettings, name: str) -> tuple[Endpoint, ...]:
    """Return the servers that the model called ``name`` may ask; none for no name.

    Raises:
        CallError: a host is not allowed, or needs a key that is missing.
    """
    if not name:
        return ()
    from critique_loop.models.choosing import endpoints  # noqa: PLC0415 - only with a model

    return endpoints(name, _access(settings, None))


def is_cascade(settings: LoopSettings) -> bool:
    """Whether the model that writes is a small one with a bigger one behind it."""
    if not settings.model:
        return False
    entry = config_of(settings).models.get(settings.model)
    return bool(entry and entry.cascade)


def config_of(settings: LoopSettings) -> ModelConfig:
    """Return the user's file of models."""
    from critique_loop.models.configured import load_config  # noqa: PLC0415 - only with a model

    return load_config(Path(settings.config) if settings.config else None)


def model_of(settings: LoopSettings, name: str, store: TraceStore | None = None) -> Model:
    """Return the model of that name; ``store`` keeps its replies if it can."""
    from critique_loop.models.choosing import model_for  # noqa: PLC0415 - only with a model

    return model_for(name, _access(settings, store))


def _access(settings: LoopSettings, store: TraceStore | None) -> Access:
    from critique_loop.models.choosing import Access  # noqa: PLC0415 - only with a model

    return Access(
        config=config_of(settings),
        base_url=settings.base_url,
        key_env=settings.key_env,
        price=Price(*settings.price) if settings.price else None,
        deadline_s=settings.deadline_s,
        local_only=settings.local_only,
        replies=store if isinstance(store, ReplyStore) else None,
        cache=settings.cache,
    )
