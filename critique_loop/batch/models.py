"""What the names of models come to: the server, what it calls the model, and the price."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from critique_loop.building.models import config_of
from critique_loop.building.settings import LoopSettings

if TYPE_CHECKING:
    from critique_loop.models.configured import ModelEntry


def model_digests(settings: LoopSettings) -> dict[str, str]:
    """Return a hash of each thing that decides whom the models of ``settings`` ask; never a key.

    They are named as in the user's file of models, also those that a cascade or fallback names.

    Raises:
        CallError: that file can't be read.
        DefinitionError: it is wrong.
    """
    waiting = [name for name in (settings.model, *settings.judges) if name]
    if not waiting:
        return {}
    from critique_loop.models.configured import ModelEntry  # noqa: PLC0415 - only with a model

    known = config_of(settings).models
    entries: dict[str, ModelEntry] = {}
    while waiting:
        name = waiting.pop()
        entry = entries[name] = known.get(name, ModelEntry(model=name))
        waiting += [each for each in (*entry.cascade, *entry.fallback) if each not in entries]
    return {
        f"models.{name}.{key}": hashlib.sha256(msgspec.json.encode(value)).hexdigest()
        for name, entry in entries.items()
        for key, value in _resolved(entry, settings).items()
    }


def _resolved(entry: ModelEntry, settings: LoopSettings) -> dict[str, object]:
    if not entry.model:
        when = sorted(entry.when.items())
        return {"cascade": entry.cascade, "fallback": entry.fallback, "when": when}
    from critique_loop.models.keys import OPENAI_URL  # noqa: PLC0415 - only with a model

    price = entry.price
    named = price and (price.input, price.output, price.cached_input)
    given = settings.price and (*settings.price, None)
    server = entry.base_url or settings.base_url or os.environ.get("OPENAI_BASE_URL")
    return {"model": entry.model, "base_url": server or OPENAI_URL, "price": named or given}
