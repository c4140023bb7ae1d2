"""The user's models by name: a TOML file that says where they are and what they cost."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from critique_loop.errors import CallError, DefinitionError
from critique_loop.values import Price

_ONE_OF = ("model", "cascade", "fallback")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One ``[models.NAME]`` of the file.

    Either ``model`` is what a server calls it, at ``base_url`` (default: as the openai package
    has it), with the key in the environment variable ``key_env`` (default: see ``keys``); or
    ``cascade`` and ``fallback`` name other entries, the first choice first, and ``when`` says on
    what the cascade goes up. ``options`` are settings of the connection, e.g. ``deadline_s``.
    """

    model: str = ""
    base_url: str = ""
    key_env: str = ""
    price: Price | None = None
    options: Mapping[str, bool | int | float] = field(default_factory=dict[str, bool | int | float])
    cascade: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    when: Mapping[str, bool | int | float] = field(default_factory=dict[str, bool | int | float])


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """All entries of one file; ``path`` is None where there is no file."""

    models: Mapping[str, ModelEntry] = field(default_factory=dict[str, ModelEntry])
    path: Path | None = None


def config_path() -> Path:
    """Return where the user's own file lies: in the user's configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "critique-loop" / "config.toml"


def load_config(path: Path | None = None) -> ModelConfig:
    """Read the file at ``path``, or the user's own if it is there.

    A file that merely lies in the working folder is not read: it may come from somebody else, and
    would say where keys and data go.

    Raises:
        CallError: the file that was named can't be read.
        DefinitionError: it is no TOML, or a key or value is wrong; the message names it.
    """
    own = path or config_path()
    try:
        return _config(own, tomllib.loads(own.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as error:
        if path is None:
            return ModelConfig()
        raise CallError(f"{own}: there is no such file") from error
    except OSError as error:
        raise CallError(f"{own}: can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # also numbers too long, lists too deep
        raise DefinitionError(own, f"no valid TOML: {error}") from error


def _config(path: Path, document: Mapping[str, object]) -> ModelConfig:
    for key in document:
        if key != "models":
            raise DefinitionError(path, f"{key}: unknown key", remedy="Known keys: models.")
    tables = document.get("models", {})
    if not isinstance(tables, dict):
        raise DefinitionError(path, "models: expected tables [models.NAME]")
    found = msgspec.convert(tables, dict[str, object])
    entries = {name: _entry(path, name, table) for name, table in found.items()}
    config = ModelConfig(entries, path)
    for name in entries:
        _refuse_circle(config, name, ())
    return config


def _entry(path: Path, name: str, table: object) -> ModelEntry:
    where = f"models.{name}"
    if not isinstance(table, dict):
        raise DefinitionError(path, f"{where}: expected a table")
    keys = msgspec.convert(table, dict[str, object])
    known = sorted(ModelEntry.__dataclass_fields__)
    for key in keys:
        if key not in known:
            hint = "Keys come from the environment (key_env) or the keys file."
            remedy = hint if "key" in key or "token" in key else f"Known keys: {', '.join(known)}."
            raise DefinitionError(path, f"{where}.{key}: unknown key", remedy=remedy)
    try:
        entry = msgspec.convert(keys, ModelEntry)
    except msgspec.ValidationError as error:
        raise DefinitionError(path, f"{where}: {error}") from error
    if sum(1 for key in _ONE_OF if getattr(entry, key)) != 1:
        raise DefinitionError(path, f"{where}: expected one of model, cascade, fallback")
    if entry.price is not None and min(entry.price.input, entry.price.output) < 0:
        raise DefinitionError(path, f"{where}.price: expected 0 or more dollars")
    return entry


def _refuse_circle(config: ModelConfig, name: str, above: tuple[str, ...]) -> None:
    path = config.path or Path()
    if name in above:
        circle = " > ".join((*above, name))
        raise DefinitionError(path, f"models.{name}: leads back to itself ({circle})")
    if name not in config.models:
        raise DefinitionError(
            path,
            f"models.{above[-1]}: names {name!r}, which is not in the file",
            remedy=f"Models: {', '.join(sorted(config.models))}.",
        )
    entry = config.models[name]
    for below in (*entry.cascade, *entry.fallback):
        _refuse_circle(config, below, (*above, name))
