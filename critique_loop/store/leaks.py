"""The proof that a redacted store holds nothing of what was to go: all of it is read once more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import EnumMeta
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from critique_loop import values
from critique_loop.errors import StoreError
from critique_loop.store.checking import check, stored_blobs
from critique_loop.store.known_values import KnownValues
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import SqliteSource, opened_source, references
from critique_loop.store.searching import Search

# Where the package writes hashes, numbers and names of formats: only longer texts are looked for.
_MADE_UP = frozenset(
    {
        "container_id", "encoding", "finish_reason", "id", "image_digest", "media_type", "role",
        "rubric", "run_id", "time_format", "time_step",
    }
)  # fmt: skip
_HASH = re.compile(r"(?:sha256:)?[0-9a-f]{32,128}")
_NOTE = frozenset({"what", "rewritten_rounds", "version", "before"})
_OWN_TABLES = frozenset({"events", "labels", "runs"})


class _Text(NamedTuple):
    text: str
    key: str


def refuse_leaks(path: Path, redaction: Redaction, known: KnownValues) -> None:
    """Read a whole redacted store; nothing of what is ``known`` may be in it.

    Every text of every step, label and list is looked at, whichever field it stands in, and all
    bytes; as they are written, as they read, and as they would be in base64 and hexadecimal.

    Raises:
        StoreError: something is left, or the store holds bytes that no step names.
    """
    checked = check(path)
    if not checked.is_ok or checked.orphans:
        raise _left("what no step names")
    with opened_source(path) as source:
        _Scan(source, redaction, known).everything()


class _Scan:
    def __init__(self, source: SqliteSource, redaction: Redaction, known: KnownValues) -> None:
        self._source = source
        self._search = Search(redaction, known)
        self._what = list(redaction.described())
        self._ours = _vocabulary()
        self._seen: set[tuple[str, str]] = set()

    def everything(self) -> None:
        for run_id in self._source.run_ids():
            tables = self._search.tables(run_id)
            for row in self._source.rows(run_id):
                self._json(f"step {row.seq} of run {run_id}", row.body, tables)
        for label in self._source.labels():
            where, tables = f"label {label.id}", self._search.tables(label.run_id)
            self._refuse_if(where, self._search.text(label.dimension, tables))
            self._refuse_if(where, self._search.text(label.labeller, tables))
            self._json(where, label.body, tables)
        for run_id, head in self._source.connection.execute("SELECT run_id, head FROM runs"):
            where = f"the line of run {run_id} in lists"
            self._refuse_if(where, self._search.name(run_id))
            self._json(where, head, self._search.tables(run_id))
        self._other_tables()
        seen = {sha256 for _, sha256 in self._seen}
        for sha256, _size, _problem in stored_blobs(self._source):
            if sha256 in seen:
                continue
            left = self._search.data(self._source.blob(sha256))
            self._refuse_if(f"the bytes {sha256}", left)

    def _json(self, where: str, body: str, tables: str) -> None:
        tree = msgspec.json.decode(body)
        self._refuse_if(where, any(self._is_left(text, tables) for text in self._texts(tree)))
        for tag, sha256 in references(body):
            if (tables, sha256) in self._seen:
                continue
            self._seen.add((tables, sha256))
            data = self._source.blob(sha256)
            if tag == "pooled":
                self._json(where, data.decode(), tables)
            elif tag == "text":
                text = data.decode("utf-8", "replace")
                self._refuse_if(where, self._search.text(text, tables))
            else:
                self._refuse_if(where, self._search.data(data, tables))

    def _is_left(self, text: _Text, tables: str) -> bool:
        if text.text in self._ours or _HASH.fullmatch(text.text):
            return False
        if text.key in _MADE_UP:
            return self._search.name(text.text)
        return self._search.text(text.text, tables)

    def _texts(self, tree: object, key: str = "") -> Iterator[_Text]:
        """Yield all texts of a JSON tree, keys too, but for the note that says what went."""
        if isinstance(tree, str):
            yield _Text(tree, key)
            if key == "$surrogates":
                yield _Text(tree.encode("latin-1", "replace").decode("utf-8", "replace"), key)
        elif isinstance(tree, dict):
            yield from self._of_entries(cast("dict[str, object]", tree))
        elif isinstance(tree, list):
            for item in cast("list[object]", tree):
                yield from self._texts(item, key)

    def _of_entries(self, entries: Mapping[str, object]) -> Iterator[_Text]:
        for name, item in entries.items():
            if not name.startswith("$"):
                yield _Text(name, "")
            yield from self._texts(self._without_note(item) if name == "redacted" else item, name)

    def _without_note(self, item: object) -> object:
        """Return what a note tells of redactions before, if it is no more than a note."""
        if not isinstance(item, dict):
            return item
        note = cast("dict[str, object]", item)
        is_note = note.get("what") == self._what and note.keys() <= _NOTE
        return note.get("before") if is_note else note

    def _other_tables(self) -> None:
        """Look at what is neither a step nor a label: texts there are names and hashes."""
        ask = self._source.connection.execute
        for (table,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table in _OWN_TABLES:
                continue
            for row in ask(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name out of the schema
                left = any(self._search.name(item) for item in row if isinstance(item, str))
                self._refuse_if(f"the table {table}", left)

    def _refuse_if(self, where: str, left: bool) -> None:
        if left:
            raise _left(where)


def _vocabulary() -> frozenset[str]:
    """Return the names that every trace is written with: fields, and members of closed lists."""
    found: set[str] = {"goal", "tables"}
    for name in values.__all__:
        kind = getattr(values, name)
        if isinstance(kind, EnumMeta):
            found.update(str(member) for member in kind)
        elif is_dataclass(kind):
            found.update(field.name for field in fields(kind))
    return frozenset(found)


def _left(where: str) -> StoreError:
    return StoreError(
        f"{where} still holds something that was to go; the copy was removed",
        remedy="Leave that run out, or let more go: --redact values, --redact pictures.",
    )
