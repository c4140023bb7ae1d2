"""A recording of what models answered: one file of JSON lines that can be read and committed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import anyio.to_thread
import msgspec

from critique_loop.definitions.fences import without_addresses
from critique_loop.errors import CallError, ModelError, ModelErrorKind, StoreError
from critique_loop.ledger import current
from critique_loop.models.redaction import secret_in
from critique_loop.models.said import redactor_of, with_said
from critique_loop.protocols import Model
from critique_loop.values import Call, Choice, Reply, Request, Usage

VERSION: Final = 1
"""Part of every key of a recorded question."""

_SHOWN = 600
_FENCE_TAG = re.compile(r"untrusted-[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the file; ``asked`` is the question in short, for people only."""

    key: str
    reply: Reply
    asked: Mapping[str, object]


class Recording:
    """Replies in a file of JSON lines, for replay where there is no server and no key.

    Each line is ``{"key", "asked", "reply"}``; a first one ``{"about"}`` says where they come from.
    Lines are only added, each at once and whole, also by several processes; what a process left
    unfinished as it died is taken away by the next that adds one. It is a ``ReplyStore``, so that a
    ``CachedModel`` can keep its replies here by their exact request; ``model`` is made for replay
    elsewhere.
    """

    def __init__(self, path: str | Path, *, about: str = "") -> None:
        """``about`` is written on top of a file that does not exist yet.

        Nothing is read or written until the first question.
        """
        self.path: Path = Path(path)
        self._about = about
        self._read: tuple[int, dict[str, Reply]] = (-1, {})

    def model(self, label: str, *, asking: Model | None = None) -> RecordedModel:
        """Return a model that answers from here; what is missing, ``asking`` is asked, and kept.

        ``label`` tells who is asked apart: two judges that get the same question need two.
        """
        return RecordedModel(self, label, asking=asking)

    async def reply(self, key: str) -> Reply | None:
        """Return the reply kept last under ``key``, or None.

        Raises:
            StoreError: the file can't be read, or a line of it is no reply.
        """
        return (await anyio.to_thread.run_sync(self._replies)).get(key)

    async def keep_reply(self, key: str, reply: Reply) -> None:
        """Add ``reply``; it is on disk when this returns.

        Raises:
            CallError: there is a secret in it.
            StoreError: the file can't be written.
        """
        await self.keep(key, reply, asked={})

    async def keep(self, key: str, reply: Reply, *, asked: Mapping[str, object]) -> None:
        """Add ``reply`` with a word on what was ``asked``; errors as for ``keep_reply``."""
        line = _written({"key": key, "asked": dict(asked), "reply": _plain(reply)})
        found = secret_in(line)
        if found:
            raise CallError(
                f"{self.path}: an answer was not recorded, because it holds {found}",
                remedy="Keep keys out of goals, data and prompts.",
            )
        await anyio.to_thread.run_sync(self._add, line)

    def _replies(self) -> dict[str, Reply]:
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._failed("read", error) from error
        if self._read[0] != size:
            try:
                data = self.path.read_bytes()
            except OSError as error:
                raise self._failed("read", error) from error
            self._read = (len(data), self._parsed(data))
        return self._read[1]

    def _parsed(self, data: bytes) -> dict[str, Reply]:
        *whole, last = data.split(b"\n")
        found: dict[str, Reply] = {}
        for number, raw in enumerate(whole, 1):
            if raw.strip():
                self._take(found, number, raw)
        with suppress(StoreError):  # of a line that was never finished nothing is known
            if last.strip():
                self._take(found, len(whole) + 1, last)
        return found

    def _take(self, found: dict[str, Reply], number: int, raw: bytes) -> None:
        try:
            entry = cast("dict[str, object]", json.loads(raw))
            if "about" in entry:
                return
            line = msgspec.convert(entry, _Line)
        except (ValueError, RecursionError, TypeError) as error:  # msgspec's are ValueErrors
            raise StoreError(
                f"{self.path}: line {number} is no recorded reply: {error}",
                remedy="Take the line out, or record again.",
            ) from error
        found[line.key] = line.reply

    def _add(self, line: str) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                stream.write(self._before(stream.seek(0, os.SEEK_END)) + line.encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise self._failed("written", error) from error

    def _before(self, size: int) -> bytes:
        """Return what has to come before a new line; a torn end of the file is cut off."""
        if not size:
            return _written({"about": self._about}).encode() + b"\n" if self._about else b""
        data = self.path.read_bytes()
        torn = data[data.rfind(b"\n") + 1 :]
        if not torn:
            return b""
        try:
            json.loads(torn)
        except ValueError:
            os.truncate(self.path, size - len(torn))
            return b""
        return b"\n"  # whole, and an editor took its end

    def _failed(self, done: str, error: OSError) -> StoreError:
        return StoreError(f"{self.path}: can't be {done} ({error.strerror or error})")


class RecordedModel:
    """Answers what was recorded, whatever server and model are named now.

    The key of a question is its ``label``, its messages and schema, and the sample: neither the
    server, nor the model's name, nor its settings, nor the bytes of pictures, nor white space,
    addresses in memory and the tags around untrusted text. So a recording made in one place is
    found again in another that draws letters a pixel off; a prompt that says something else is not.
    """

    def __init__(self, recording: Recording, label: str, *, asking: Model | None = None) -> None:
        """``asking`` is asked what was never recorded; None: nothing is ever sent."""
        self.name: str = asking.name if asking else label
        self.identity: str = f"recorded {label}"
        self._label = label
        self._recording = recording
        self._asking = asking

    async def complete(self, request: Request) -> Reply:
        """Return the answers, recorded or new.

        Raises:
            ModelError: as the model says; kind "not_recorded" where nothing may be sent.
            BudgetEnded: the call could go over the budget.
            CallError: there is a secret in a new answer.
            StoreError: the file can't be read or written.
        """
        began = time.monotonic()
        replies: list[Reply] = []
        for sample in range(request.sample, request.sample + request.n):
            one = replace(request, sample=sample, n=1)
            replies.append(await self._one(one, recorded_key(self._label, one)))
        return _joined(replies, seconds=time.monotonic() - began)

    async def _one(self, request: Request, key: str) -> Reply:
        found = await self._recording.reply(key)
        if found is not None:
            usage = Usage(0, 0)
            call = Call(request.role, self.name, usage, 0.0, requests=0, from_cache=True, key=key)
            redactor = redactor_of(self._asking)
            await current().record(with_said(call, request, found.choices, redactor))
            return replace(found, cost_usd=0.0, requests=0, seconds=0.0, from_cache=True)
        if self._asking is None:
            raise ModelError(
                ModelErrorKind.NOT_RECORDED,
                f"{self._recording.path}: nothing is recorded that {self._label!r} answered to "
                f"this (key {key[:12]}), and nothing is sent",
                remedy="Record it again: the prompt, the program or what was measured has changed.",
            )
        reply = await self._asking.complete(request)
        await self._recording.keep(key, reply, asked=_summary(self._label, request))
        return reply


def recorded_key(label: str, request: Request) -> str:
    """Return the SHA-256 under which the answer to one sample is recorded."""
    content = {
        "version": VERSION,
        "label": label,
        "messages": [
            [message.role, _alike(message.text), [p.media_type for p in message.pictures]]
            for message in request.messages
        ],
        "schema": request.schema and [request.schema.name, request.schema.schema],
        "sample": request.sample,
    }
    return hashlib.sha256(json.dumps(content, default=dict).encode("ascii")).hexdigest()


def _alike(text: str) -> str:
    return " ".join(_FENCE_TAG.sub("untrusted", without_addresses(text)).split())


def _summary(label: str, request: Request) -> dict[str, object]:
    told = request.messages[-1].text if request.messages else ""
    shown = told if len(told) <= _SHOWN else f"{told[:_SHOWN]}... ({len(told)} characters)"
    return {
        "label": label,
        "role": request.role,
        "sample": request.sample,
        "schema": request.schema.name if request.schema else "",
        "pictures": sum(len(message.pictures) for message in request.messages),
        "message": shown,
    }


def _joined(replies: list[Reply], *, seconds: float) -> Reply:
    choices: tuple[Choice, ...] = tuple(choice for reply in replies for choice in reply.choices)
    costs = [reply.cost_usd for reply in replies]
    return replace(
        replies[0],
        choices=choices,
        usage=sum((reply.usage for reply in replies[1:]), replies[0].usage),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        requests=sum(reply.requests for reply in replies),
        seconds=seconds,
        from_cache=all(reply.from_cache for reply in replies),
        notes=tuple(dict.fromkeys(note for reply in replies for note in reply.notes)),
        escalations=tuple(step for reply in replies for step in reply.escalations),
    )


def _plain(reply: Reply) -> Any:  # noqa: ANN401 - JSON types
    """Return the reply without what says nothing about the answer."""
    return msgspec.to_builtins(replace(reply, seconds=0.0, escalations=()))


def _written(entry: Mapping[str, object]) -> str:
    """Return one line of JSON, with letters as they are where UTF-8 can hold them."""
    line = json.dumps(entry, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(entry)
    return line
