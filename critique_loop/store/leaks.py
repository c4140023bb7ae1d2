"""The proof that a redacted store holds nothing of what was to go: all of it is read once more."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import EnumMeta
from pathlib import Path
from typing import Any

from critique_loop import values
from critique_loop.errors import StoreError
from critique_loop.store.checking import check, stored_blobs
from critique_loop.store.encoding import Source, decode
from critique_loop.store.literals import Literals
from critique_loop.store.redacting import Redactor
from critique_loop.store.rows import BODIES, Row, SqliteSource, opened_source
from critique_loop.store.walking import Visitor, visited
from critique_loop.values import EventKind, OutputFile, Picture

_TELLING = 8  # shorter texts stand in hashes and pictures by chance
_MOST_ENCODED = 20_000


def refuse_leaks(path: Path, redactor: Redactor) -> None:
    """Read a whole redacted store; what ``redactor`` would still change must not be in it.

    Every text of every step, label and list is looked at as the redaction sees it, and all that
    lies in the files as it stands: also for the values in base64 and in hexadecimal.

    Raises:
        StoreError: something is left, or the store holds bytes that no step names.
    """
    checked = check(path)
    if not checked.is_ok or checked.orphans:
        raise _left("what no step names")
    scan = _Scan(redactor)
    with opened_source(path) as source:
        shared = Source(source.blob)
        for run_id in source.run_ids():
            redactor.words.enter(run_id)
            for row in source.rows(run_id):
                scan.step(f"step {row.seq} of run {run_id}", row, shared)
        _scan_rest(source, scan, redactor)


class _Scan:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        texts = [text for text in redactor.words.known if len(text) >= _TELLING]
        encoded = texts if len(texts) <= _MOST_ENCODED else []
        ours = _vocabulary()
        self._telling = Literals({text: "" for text in texts if text.lower() not in ours})
        self._encoded = Literals({form: "" for text in encoded for form in _encodings(text)})

    def step(self, where: str, row: Row, source: Source) -> None:
        body = decode(row.body, BODIES[EventKind(row.kind)], source)
        visited(body, _Refusing(self._redactor, where))
        self.raw(where, row.body)

    def raw(self, where: str, text: str) -> None:
        """Look at what lies in a file as it lies there."""
        for literals in (self._telling, self._encoded):
            if next(literals.matches(text), None):
                raise _left(where)

    def text(self, where: str, text: str) -> None:
        if self._redactor.text(text) != text:
            raise _left(where)


class _Refusing(Visitor):
    """Refuses whatever the redactor would still change."""

    def __init__(self, redactor: Redactor, where: str) -> None:
        self._redactor = redactor
        self._where = where

    def text(self, text: str, *, owner: type, field: str) -> str:
        if self._redactor.text(text, owner=owner, field=field) != text:
            raise _left(self._where)
        return text

    def value(self, value: Any, was: Any) -> Any:  # noqa: ANN401 - any dataclass
        del was
        if isinstance(value, OutputFile | Picture) and self._redactor.file(value) != value:
            raise _left(self._where)
        return value


def _scan_rest(source: SqliteSource, scan: _Scan, redactor: Redactor) -> None:
    for label in source.labels():
        redactor.words.enter(label.run_id)
        scan.text(f"label {label.id}", label.dimension)
        scan.raw(f"label {label.id}", label.body)
    for run_id, head in source.connection.execute("SELECT run_id, head FROM runs"):
        redactor.words.enter(run_id)
        scan.text(f"the line of run {run_id} in lists", head)
    for sha256, _size, _problem in stored_blobs(source):
        data = source.blob(sha256)
        for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
            scan.raw(f"the bytes {sha256}", data.decode(encoding, "replace"))


def _encodings(text: str) -> Iterator[str]:
    """Yield what of ``text`` is the same wherever it stands in base64, and its hexadecimal."""
    data = text.encode("utf-8", "surrogatepass")
    yield data.hex()
    for shift in range(3):
        form = base64.b64encode(b"\0" * shift + data).decode()
        # The letters at both ends depend on what stands beside the text.
        yield form[(0, 2, 3)[shift] : len(form) - 4]


def _vocabulary() -> frozenset[str]:
    """Return the names that every trace is written with: fields, and members of closed lists."""
    found: set[str] = set()
    for name in values.__all__:
        kind = getattr(values, name)
        if isinstance(kind, EnumMeta):
            found.update(str(member).lower() for member in kind)
        elif is_dataclass(kind):
            found.update(field.name for field in fields(kind))
    return frozenset(found)


def _left(where: str) -> StoreError:
    return StoreError(
        f"{where} still holds something that was to go; the copy was removed",
        remedy="Leave that run out, or let more go: --redact values, --redact pictures.",
    )
