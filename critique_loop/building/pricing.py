"""Which models a price was said for: it is dropped where another one takes their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from critique_loop.building.models import config_of
from critique_loop.building.settings import LoopSettings

if TYPE_CHECKING:
    from critique_loop.models.configured import ModelConfig


def with_own_price(before: LoopSettings, now: LoopSettings) -> LoopSettings:
    """Return ``now`` without the price that ``before`` had, if it would be made up for a model.

    That is one of another name, or on another server, and without a price in the file of models.
    Nothing tells whose of several models the price was, so none keeps it.

    Raises:
        CallError: the file of models can't be read.
        DefinitionError: it is wrong.
    """
    if now.price is None or now.price != before.price or not _names(now):
        return now
    config = config_of(now)
    if set(_priced(now, config)) <= set(_priced(before, config)):
        return now
    return replace(now, price=None)


def _names(settings: LoopSettings) -> tuple[str, ...]:
    return tuple(filter(None, (settings.model, *settings.judges)))


def _priced(settings: LoopSettings, config: ModelConfig) -> Iterator[tuple[str, str]]:
    """Yield each model that has the price of the settings, and its server as it is told."""
    names = list(_names(settings))
    while names:
        name = names.pop()
        entry = config.models.get(name)
        if entry is None:
            yield name, settings.base_url
        elif entry.price is None:
            names += (*entry.cascade, *entry.fallback)
            if entry.model:
                yield entry.model, entry.base_url or settings.base_url
