"""From what a user calls a model to the model itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from critique_loop.errors import CallError, DefinitionError
from critique_loop.models.address import Address
from critique_loop.models.configured import ModelConfig, ModelEntry
from critique_loop.models.keys import OPENAI_URL, find_key
from critique_loop.models.options import ModelOptions
from critique_loop.models.prices import listed_price
from critique_loop.protocols import Model, ReplyStore
from critique_loop.values import Price

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
_OPENAI_BASE = "OPENAI_BASE_URL"


@dataclass(frozen=True, slots=True)
class Access:
    """How models are reached, whichever is meant.

    ``config`` holds the user's own names. ``base_url``, ``key_env``, ``price`` and ``deadline_s``
    are for what a model's entry there leaves open. ``local_only`` refuses any host but this
    machine. ``replies`` keeps and gives back what models answered, as ``cache`` says: "use",
    "record", "replay" or "off".
    """

    config: ModelConfig = field(default_factory=ModelConfig)
    base_url: str = ""
    key_env: str = ""
    price: Price | None = None
    deadline_s: float | None = None
    local_only: bool = False
    replies: ReplyStore | None = None
    cache: str = "use"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server that a model's name leads to, before anything is sent to it."""

    model: str
    base_url: str
    host: str
    is_loopback: bool
    price: Price | None
    key: str | None = field(default=None, repr=False)


def endpoints(name: str, access: Access) -> tuple[Endpoint, ...]:
    """Return every server that the model called ``name`` may ask, the first choice first.

    Raises:
        CallError: a base URL is none, or a host is not allowed or needs a key that is missing.
    """
    entry = _entry(name, access)
    below = (*entry.cascade, *entry.fallback)
    if below:
        return tuple(end for each in below for end in endpoints(each, access))
    base_url = _base_url(entry)
    key = _key(base_url, entry, access)
    local_only = _options(name, entry, access).local_only
    address = Address.of(base_url, local_only=local_only, has_key=key is not None)
    return (
        Endpoint(
            model=entry.model,
            base_url=address.base_url,
            host=address.host,
            is_loopback=address.is_loopback,
            price=entry.price or listed_price(entry.model, base_url),
            key=key,
        ),
    )


def model_for(name: str, access: Access) -> Model:
    """Return the model that ``name`` means: an entry of the user's file, else what a server has.

    Raises:
        CallError: a host that is not allowed, or no key for it.
        DefinitionError: an entry's options or rules are wrong.
    """
    entry = _entry(name, access)
    if entry.cascade:
        return _cascade(name, entry, access)
    if entry.fallback:
        return _fallback(entry, access)
    return _cached(_server_model(name, entry, access), access)


def _entry(name: str, access: Access) -> ModelEntry:
    entry = access.config.models.get(name, ModelEntry(model=name))
    if not entry.model:
        return entry
    deadline = {} if access.deadline_s is None else {"deadline_s": access.deadline_s}
    return replace(
        entry,
        base_url=entry.base_url or access.base_url,
        key_env=entry.key_env or access.key_env,
        price=entry.price or access.price,
        options={**deadline, **entry.options},
    )


def _key(base_url: str, entry: ModelEntry, access: Access) -> str | None:
    if access.cache == "replay":  # nothing is ever sent, so no key is needed
        return "none"
    return find_key(base_url, variable=entry.key_env)


def _base_url(entry: ModelEntry) -> str:
    return entry.base_url or os.environ.get(_OPENAI_BASE) or OPENAI_URL


def _server_model(name: str, entry: ModelEntry, access: Access) -> Model:
    from critique_loop.models.openai import OpenAIModel  # noqa: PLC0415 - openai loads here

    base_url = _base_url(entry)
    return OpenAIModel(
        entry.model,
        base_url=base_url,
        api_key=_key(base_url, entry, access),
        price=entry.price or listed_price(entry.model, base_url),
        options=_options(name, entry, access),
    )


def _options(name: str, entry: ModelEntry, access: Access) -> ModelOptions:
    options = _converted(entry.options, ModelOptions, access, f"models.{name}.options")
    return replace(options, local_only=options.local_only or access.local_only)


def _cached(model: Model, access: Access) -> Model:
    from critique_loop.models.caching import (  # noqa: PLC0415 - msgspec loads here
        CachedModel,
        CacheMode,
    )

    if access.replies is None:
        return model
    return CachedModel(model, access.replies, mode=CacheMode(access.cache))


def _cascade(name: str, entry: ModelEntry, access: Access) -> Model:
    from critique_loop.models.cascade import Cascade, When  # noqa: PLC0415 - only where it is used

    when = _converted(entry.when, When, access, f"models.{name}.when")
    return Cascade([model_for(each, access) for each in entry.cascade], when=when)


def _fallback(entry: ModelEntry, access: Access) -> Model:
    from critique_loop.models.fallback import Fallback  # noqa: PLC0415 - only where it is used

    return Fallback([model_for(each, access) for each in entry.fallback])


def _converted(given: Mapping[str, bool | float], kind: type[T], access: Access, where: str) -> T:
    """Return the dataclass ``kind`` with the values that the user's file gives.

    Raises:
        DefinitionError: an unknown name, or a value that it can't have.
    """
    path = access.config.path or Path()
    known = [field.name for field in fields(kind)]
    for key in given:
        if key not in known:
            raise DefinitionError(
                path, f"{where}.{key}: unknown key", remedy=f"Known keys: {', '.join(known)}."
            )
    try:
        return msgspec.convert(dict(given), kind)
    except (msgspec.ValidationError, CallError) as error:
        raise DefinitionError(path, f"{where}: {error}") from error
