"""Traces without what is not to be shared, as a source that whole runs can be read from.

A redacted run loads, shows and exports like any other; its values, paths and secrets are
placeholders, the same one for the same text wherever it stands.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from critique_loop._version import __version__
from critique_loop.store.encoding import Source, decode, encode
from critique_loop.store.known_values import KnownValues, known_values
from critique_loop.store.masking import runs_alike
from critique_loop.store.redaction import NO_PICTURE, Redaction, RedactionNote
from critique_loop.store.rewording import Rewording
from critique_loop.store.rows import BODIES, LabelRow, Row, TraceSource
from critique_loop.store.walking import Visitor, visited
from critique_loop.values import (
    Call,
    Choice,
    Column,
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
    Task,
)

_ENCODINGS = ("latin-1", "utf-16-le", "utf-16-be")
_File = TypeVar("_File", bound=OutputFile | Picture)
_LABELS: dict[str, type[Label | Preference]] = {"absolute": Label, "pairwise": Preference}


class Redactor(Visitor):
    """Replaces what is to go, in any value of a trace."""

    def __init__(self, redaction: Redaction, known: KnownValues) -> None:
        """``known`` is what the runs themselves tell of it."""
        self.redaction: Redaction = redaction
        self.words: Rewording = Rewording(redaction, known)
        self._persons: dict[str, str] = {}
        self._whole: Mapping[type, Callable[[Any, Any], Any]] = {
            Call: self._call,
            Choice: self._choice,
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
        self.programs: dict[str, str] = {}
        self.rubrics: dict[str, str] = {}
        self._rounds: frozenset[int] = frozenset()
        self._rewritten: frozenset[int] = frozenset()

    def enter(self, run_id: str, drafts: Sequence[tuple[int, Draft]]) -> None:
        """Go on with the texts of this run, whose drafts are these, each with its round."""
        self.words.enter(run_id)
        self._rounds = frozenset(number for number, _ in drafts)
        self._rewritten = frozenset(
            number
            for number, draft in drafts
            if not runs_alike(draft.code, self.text(draft.code, owner=Draft, field="code"))
        )

    def text(self, text: str, *, owner: type = object, field: str = "") -> str:
        """Return a text without what is to go."""
        return self.words.text(text, owner=owner, field=field)

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
    def _hides_facts(self) -> bool:
        return self.words.tables.numbers or self.words.tables.unknown

    def file(self, file: _File) -> _File:
        """Return a file or picture without what is to go."""
        if file.media_type.startswith("image/"):
            hidden = self.redaction.hides_pictures or self._shows_text(file.data)
            return replace(file, media_type="image/png", data=NO_PICTURE) if hidden else file
        text = _plain_text(file.data)
        if text is None:
            hidden = self.redaction.of_values or self._shows_text(file.data)
            return replace(file, data=b"") if hidden else file
        return replace(file, data=self.text(text, owner=OutputFile, field="data").encode())

    def _shows_text(self, data: bytes) -> bool:
        """Return whether the bytes of a picture, as they stand, hold something that is to go."""
        texts = (data.decode(encoding, "replace") for encoding in _ENCODINGS)
        return any(self.text(text, owner=Task, field="goal") != text for text in texts)

    def _file(self, file: OutputFile | Picture, _: object) -> OutputFile | Picture:
        return self.file(file)

    def _call(self, call: Call, _: object) -> Call:
        return replace(call, key="")  # the hash of what was asked as it was

    def _choice(self, choice: Choice, _: object) -> Choice:
        return replace(choice, data=None) if self._hides_facts else choice

    def _column(self, column: Column, was: Column) -> Column:
        if not self.redaction.wants(was.name):
            return column
        return replace(column, values=(), minimum=None, maximum=None)

    def _table(self, table: Table, was: Table) -> Table:
        if not any(self.redaction.wants(column.name) for column in was.columns):
            return table
        return replace(table, sha256=self._keyed(was.sha256))

    def _question(self, question: Question, _: object) -> Question:
        if self._hides_facts:
            question = replace(question, context={})
        if question.picture is None or not self.redaction.hides_pictures:
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
            "rewritten_rounds": sorted(self._rewritten_rounds(started, was)),
            "version": __version__,
            **({"before": before} if before else {}),
        }
        return replace(started, settings={**started.settings, "redacted": note})

    def _rewritten_rounds(self, started: Started, was: Started) -> frozenset[int]:
        """Return the rounds whose programs, or what these are tested with, are not as they were."""
        before = RedactionNote.of(was.settings)
        is_unknown = before is not None and before.rewritten is None
        if is_unknown or started.task.code != was.task.code:
            return self._rounds
        return self._rewritten | ((before and before.rewritten) or frozenset())

    def _shown(self, shown: Shown) -> Shown:
        return replace(shown, code=self.programs.get(shown.code, self._keyed(shown.code)))

    def _keyed(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()


class RedactedSource:
    """The runs of another source, redacted as they are read."""

    def __init__(self, source: TraceSource, runs: Sequence[str], redaction: Redaction) -> None:
        """Look through ``runs`` for what is to go; no other run can be read.

        Raises:
            CallError: no table has a column of a name that is to be redacted.
        """
        self.known: KnownValues = known_values(source, runs, redaction)
        self.redactor: Redactor = Redactor(redaction, self.known)
        self._source = source
        self._runs = tuple(runs)
        self._blobs: Mapping[str, bytes] = {}

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run."""
        return iter(self._runs)

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run in order."""
        shared = Source(self._source.blob)
        self.redactor.enter(run_id, tuple(self._drafts(run_id, shared)))
        for row in self._source.rows(run_id):
            body = decode(row.body, BODIES[EventKind(row.kind)], shared)
            encoded = encode(visited(body, self.redactor))
            self._blobs = encoded.blobs
            yield row._replace(body=encoded.text)

    def _drafts(self, run_id: str, shared: Source) -> Iterator[tuple[int, Draft]]:
        for row in self._source.rows(run_id):
            if row.kind == EventKind.DRAFTED:
                yield row.round, decode(row.body, Draft, shared)

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said of these runs; after the runs."""
        runs = frozenset(self._runs)
        for row in self._source.labels():
            if row.run_id in runs:
                self.redactor.words.enter(row.run_id)
                yield self.redactor.label(row)

    def blob(self, sha256: str) -> bytes:
        """Return bytes that the last row names."""
        return self._blobs[sha256]


def _plain_text(data: bytes) -> str | None:
    """Return what a file says in UTF-8; None: it is no text, or in other letters."""
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def _rubric_hash(started: Started) -> str:
    return hashlib.sha256(encode(started.task.rubric).text.encode()).hexdigest()


def _no_blob(sha256: str) -> bytes:
    raise KeyError(sha256)
