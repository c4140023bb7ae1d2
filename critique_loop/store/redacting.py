"""Traces without what is not to be shared, as a source that whole runs can be read from.

A redacted run loads, shows and exports like any other; its values, paths and secrets are
placeholders, the same one for the same text wherever it stands.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePath
from typing import Any, TypeVar

from critique_loop._version import __version__
from critique_loop.store.credentials import without_secrets
from critique_loop.store.encoding import Source, decode, encode
from critique_loop.store.known_values import KnownValues, known_values
from critique_loop.store.literals import Literals
from critique_loop.store.masking import BLANK, masked_program, without_numbers
from critique_loop.store.paths import without_paths
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import BODIES, LabelRow, Row, TraceSource
from critique_loop.store.walking import Visitor, visited
from critique_loop.values import (
    Answer,
    Call,
    Column,
    Decision,
    Draft,
    EventKind,
    Evidence,
    Finding,
    Label,
    OutputFile,
    Picture,
    Preference,
    Question,
    Shown,
    Started,
    Table,
)

# A grey pixel: what shows pictures has one to show.
NO_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da6368000000820081da45083b0000000049454e44ae426082"
)
_REMEMBERED = 8192
_MOST_REMEMBERED = 4096
# Where programs and models speak freely, and values can be that nobody can list.
_FREE = frozenset(
    {
        "advice", "context", "cut", "data", "error", "explanation", "message", "not_used", "notes",
        "place", "prompt", "reading", "reason", "reasoning", "stderr", "stdout", "text", "unscored",
    }
)  # fmt: skip
_PROGRAMS = (Draft, Decision, Answer)
_File = TypeVar("_File", bound=OutputFile | Picture)
_LABELS: dict[str, type[Label | Preference]] = {"absolute": Label, "pairwise": Preference}


class Redactor(Visitor):
    """Replaces what is to go, in any value of a trace."""

    def __init__(self, redaction: Redaction, known: KnownValues) -> None:
        """``known`` is what the runs themselves tell of it."""
        self.redaction = redaction
        self.literals: Literals = Literals(known.texts)
        self._known = known
        self._persons: dict[str, str] = {}
        self._whole: Mapping[type, Callable[[Any, Any], Any]] = {
            Call: self._call,
            Column: self._column,
            Draft: self._draft,
            Evidence: self._evidence,
            Finding: self._finding,
            OutputFile: self._file,
            Picture: self._file,
            Question: self._question,
            Started: self._started,
            Table: self._table,
        }
        self._key = os.urandom(32)  # kept nowhere: hashes of tables can't be found by trying
        # Rubrics, names and prompts are the same in many steps.
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._text)
        self.programs: dict[str, str] = {}
        self.rubrics: dict[str, str] = {}

    def text(self, text: str, *, owner: type = object, field: str = "") -> str:
        """Return a text without what is to go."""
        if len(text) > _REMEMBERED:
            return self._text(text, owner, field)
        return self._remembered(text, owner, field)

    def _text(self, text: str, owner: type, field: str) -> str:
        found = self.literals.replaced(text)
        if self.redaction.secrets:
            found = without_secrets(found, lambda secret: self._placeholder(secret, "secret"))
        if self.redaction.paths:
            found = without_paths(found, lambda path: self._placeholder(path, "path"))
        if not (self._known.numbers or self._known.unknown):
            return found
        if field == "code" and issubclass(owner, _PROGRAMS):
            return masked_program(found, self._known.names, texts=self._known.unknown)
        if field not in _FREE or not found:
            return found
        return BLANK if self._known.unknown else without_numbers(found)

    def value(self, value: Any, was: Any) -> Any:  # noqa: ANN401 - any dataclass
        """Return an object without what only its whole shows."""
        whole = self._whole.get(value.__class__)
        return value if whole is None else whole(value, was)

    def label(self, row: LabelRow) -> LabelRow:
        """Return what a person said, of the redacted run, without who it was."""
        was = decode(row.body, _LABELS[row.kind], _no_blob)
        by = self._persons.setdefault(was.by, f"person {len(self._persons) + 1}")
        label = visited(replace(was, by=by), self)
        rubric = self.rubrics.get(was.rubric, "")
        if isinstance(label, Label):
            label = replace(label, rubric=rubric, shown=self._shown(label.shown))
        else:
            first, second = self._shown(label.first), self._shown(label.second)
            label = replace(label, rubric=rubric, first=first, second=second)
        body = encode(label).text
        return row._replace(labeller=label.by, dimension=label.dimension, body=body)

    @property
    def _hides_pictures(self) -> bool:
        return self.redaction.pictures or self.redaction.of_values

    @property
    def _hides_facts(self) -> bool:
        return self._known.numbers or self._known.unknown

    @property
    def known(self) -> Collection[str]:
        """The texts that were known before the first run was redacted."""
        return self.literals.texts

    def file(self, file: _File) -> _File:
        """Return a file or picture without what is to go."""
        if file.media_type.startswith("image/"):
            hidden = self._hides_pictures or self._shows_text(file.data)
            return replace(file, media_type="image/png", data=NO_PICTURE) if hidden else file
        try:
            text = file.data.decode()
        except UnicodeDecodeError:
            hidden = self.redaction.of_values or self._shows_text(file.data)
            return replace(file, data=b"") if hidden else file
        return replace(file, data=self.text(text, field="stdout").encode())

    def _shows_text(self, data: bytes) -> bool:
        """Return whether the bytes of a picture, as they stand, hold something that is to go."""
        text = data.decode("latin-1")
        return self.text(text) != text

    def _file(self, file: OutputFile | Picture, _: object) -> OutputFile | Picture:
        return self.file(file)

    def _call(self, call: Call, _: object) -> Call:
        return replace(call, key="")  # the hash of what was asked as it was

    def _column(self, column: Column, was: Column) -> Column:
        if not self.redaction.wants(was.name):
            return column
        return replace(column, values=(), minimum=None, maximum=None)

    def _table(self, table: Table, was: Table) -> Table:
        if not any(self.redaction.wants(column.name) for column in was.columns):
            return table
        return replace(table, sha256=self._keyed(was.sha256))

    def _question(self, question: Question, _: object) -> Question:
        if question.picture is None or not self._hides_pictures:
            return question
        return replace(question, picture=NO_PICTURE)

    def _finding(self, finding: Finding, _: object) -> Finding:
        return replace(finding, numbers={}) if self._hides_facts else finding

    def _evidence(self, evidence: Evidence, _: object) -> Evidence:
        return replace(evidence, facts={}) if self._hides_facts else evidence

    def _draft(self, draft: Draft, was: Draft) -> Draft:
        self.programs[_hash(was.code)] = _hash(draft.code)
        return draft

    def _started(self, started: Started, was: Started) -> Started:
        self.rubrics[_rubric_hash(was)] = _rubric_hash(started)
        before = started.settings.get("redacted")
        note: Mapping[str, object] = {
            "what": list(self.redaction.described()),
            "version": __version__,
            **({"before": before} if before else {}),
        }
        return replace(started, settings={**started.settings, "redacted": note})

    def _shown(self, shown: Shown) -> Shown:
        return replace(shown, code=self.programs.get(shown.code, self._keyed(shown.code)))

    def _placeholder(self, text: str, label: str) -> str:
        self._known.add(text, label)
        suffix = PurePath(text).suffix if label == "path" else ""
        return self._known.texts[text] + (suffix if suffix[1:].isalnum() else "")

    def _keyed(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()


class RedactedSource:
    """The runs of another source, redacted as they are read."""

    def __init__(self, source: TraceSource, runs: Sequence[str], redaction: Redaction) -> None:
        """Look through ``runs`` for what is to go; no other run can be read.

        Raises:
            CallError: no table has a column of a name that is to be redacted.
        """
        self.redactor = Redactor(redaction, known_values(source, runs, redaction))
        self._source = source
        self._runs = tuple(runs)
        self._blobs: Mapping[str, bytes] = {}

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run."""
        return iter(self._runs)

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run in order."""
        shared = Source(self._source.blob)
        for row in self._source.rows(run_id):
            body = decode(row.body, BODIES[EventKind(row.kind)], shared)
            encoded = encode(visited(body, self.redactor))
            self._blobs = encoded.blobs
            yield row._replace(body=encoded.text)

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said of these runs; after the runs."""
        runs = frozenset(self._runs)
        return (self.redactor.label(row) for row in self._source.labels() if row.run_id in runs)

    def blob(self, sha256: str) -> bytes:
        """Return bytes that the last row names."""
        return self._blobs[sha256]


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def _rubric_hash(started: Started) -> str:
    return hashlib.sha256(encode(started.task.rubric).text.encode()).hexdigest()


def _no_blob(sha256: str) -> bytes:
    raise KeyError(sha256)
