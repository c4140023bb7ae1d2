"""What a batch was started with: kept with it, and compared when it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec

from critique_loop.batch.keys import Contents, digest_of
from critique_loop.batch.models import model_digests
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError, StoreError

_LONGEST_SHOWN = 60
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Config:
    """What all loops of a batch have in common.

    ``rubric`` is the name or path of the rubric for tasks without one of their own ("": the shipped
    one of their kind). ``digests`` are the SHA-256 of the agents and the rubric that settings name,
    and of what the names of models come to. ``parts`` are the names of actors that were given as
    objects: only the process that has them can run the batch.
    """

    settings: LoopSettings
    rubric: str = ""
    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    parts: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def text(self) -> str:
        """All of it as JSON."""
        plain: dict[str, object] = {**self.settings.plain(), "rubric": self.rubric}
        plain["digests"], plain["parts"] = dict(self.digests), dict(self.parts)
        return msgspec.json.encode(plain, order="sorted").decode()

    @classmethod
    def of(
        cls, settings: LoopSettings, contents: Contents, *, rubric: str, parts: Mapping[str, str]
    ) -> Config:
        """Return the configuration, with the content of the files that it names.

        Raises:
            CallError: a file can't be read.
            DefinitionError: the rubric, an agent or the file of models is wrong.
        """
        named = {"writer agent": settings.writer_agent, "critic agent": settings.critic_agent}
        digests = {what: contents.agent(name) for what, name in named.items() if name}
        if rubric:
            digests["rubric"] = digest_of(contents.rubric(rubric))
        digests |= model_digests(settings)
        return cls(settings, rubric, digests, dict(parts))

    @classmethod
    def from_text(cls, text: str) -> Config:
        """Return what ``text`` was made of.

        Raises:
            StoreError: it is no such text.
        """
        found = _decoded(text)
        rubric, digests, parts = (found.pop(key, {}) for key in ("rubric", "digests", "parts"))
        return cls(
            LoopSettings.from_plain(found),
            str(rubric or ""),
            cast("Mapping[str, str]", digests),
            cast("Mapping[str, str]", parts),
        )


def refuse_changes(batch: str, before: str, now: Config) -> None:
    """Refuse to go on with a batch whose loops would not be those that it began with.

    Raises:
        CallError: something was changed; the message names it.
    """
    changed = list(_changes(_decoded(before), _decoded(now.text)))
    if changed:
        raise CallError(
            f"batch {batch} was started with other settings: {'; '.join(changed)}",
            remedy="Go on with those it was started with, or begin another batch with --new.",
        )


def _changes(before: dict[str, object], now: dict[str, object]) -> list[str]:
    changed: list[str] = []
    for key in sorted(before.keys() | now.keys()):
        was, is_ = before.get(key), now.get(key)
        if was == is_:
            continue
        if key == "digests":
            files = cast("dict[str, str]", was or {}), cast("dict[str, str]", is_ or {})
            named = [what for what in files[0].keys() & files[1].keys()
                     if files[0][what] != files[1][what]]  # fmt: skip
            changed += [_file_named(what) for what in sorted(named)]
        else:
            changed.append(f"{key} was {_shown(was)}, is {_shown(is_)}")
    return changed


def _file_named(what: str) -> str:
    return what if what.startswith("models.") else f"the content of the {what}"


def _shown(value: object) -> str:
    if value in (None, "", [], {}):
        return _NOTHING
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _decoded(text: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.MsgspecError as error:
        raise StoreError(f"the settings of a stored batch can't be read: {error}") from error


def absolute(rubric: str | Path) -> str:
    """Return the path of a rubric file so that it leads there from any folder; a name as it is."""
    text = str(rubric)
    return str(Path(text).absolute()) if text.lower().endswith(".toml") else text
