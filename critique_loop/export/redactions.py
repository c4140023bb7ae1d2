"""Runs that are redacted copies: what of them teaches what never was, and what the card says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from critique_loop.export.traces import Trace
from critique_loop.store.redaction import NO_PICTURE, RedactionNote
from critique_loop.values import Example, ExampleKind

# The prompts of these show the programs of earlier rounds, too.
_CONVERSATIONS = frozenset({ExampleKind.SFT_MESSAGES, ExampleKind.TRAJECTORY})
_CRITICS = frozenset({ExampleKind.CRITIC_SFT, ExampleKind.CRITIC_PREFERENCE})
_VALUES, _COLUMN = "values", "column="
_LISTED = 20


@dataclass(slots=True)
class Redactions:
    """Counts redacted runs, and finds what has to be left out of their examples."""

    runs: int = 0
    what: Counter[str] = field(default_factory=Counter[str])

    def see(self, trace: Trace) -> None:
        """Count a run that is looked at, if it is redacted."""
        note = trace.redaction
        if note is not None:
            self.runs += 1
            self.what.update(note.what)

    def against(self, trace: Trace, example: Example) -> str:
        """Return why an example of a redacted run is none, "" where it is one."""
        note = trace.redaction
        if note is None:
            return ""
        if any(note.rewrote(number) for number in _shown(trace, example)):
            return "redacted: a program of it no longer runs as it did"
        if example.kind in _CRITICS:
            return _against_critique(trace, example, note)
        if example.kind is ExampleKind.RLVR and _hides_tables(trace, note):
            return "redacted: answers can't be judged without its table"
        return ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of them, nothing where there are none."""
        if not self.runs:
            return ()
        runs = "1 run is a redacted copy" if self.runs == 1 else f"{self.runs:,} runs are redacted"
        words = sorted(self.what)
        words = [*words[:_LISTED], "..."] if len(words) > _LISTED else words
        told = f" ({', '.join(words)})" if words else ""
        return (f"{runs}{told}: rows have placeholders where something was",)

    def plain(self) -> dict[str, object]:
        """Return what the card says, as JSON types; nothing where no run is redacted."""
        if not self.runs:
            return {}
        return {"runs": self.runs, "what": dict(sorted(self.what.items()))}


def _shown(trace: Trace, example: Example) -> set[int]:
    """Return the rounds whose programs a row shows, or is judged by; RLVR has the task alone."""
    if example.kind is ExampleKind.RLVR:
        return set()
    rounds = set(example.provenance.rounds)
    if example.kind in _CONVERSATIONS:
        rounds.update(turn.number for turn in trace.before(max(rounds)))
    return rounds


def _against_critique(trace: Trace, example: Example, note: RedactionNote) -> str:
    pictures = (picture for message in example.prompt for picture in message.pictures)
    if any(picture.data == NO_PICTURE for picture in pictures):
        return "redacted: its picture is gone"
    if not _hides_values(note):
        return ""
    rounds = example.provenance.rounds
    evidence = (turn.execution.evidence for turn in trace.turns if turn.number in rounds)
    if any(each is not None and not each.facts for each in evidence):
        return "redacted: what was measured is gone"
    return ""


def _hides_values(note: RedactionNote) -> bool:
    return any(word == _VALUES or word.startswith(_COLUMN) for word in note.what)


def _hides_tables(trace: Trace, note: RedactionNote) -> bool:
    """Whether a table's hash is no longer that of its file: values of its columns are gone."""
    columns = {word.removeprefix(_COLUMN) for word in note.what if word.startswith(_COLUMN)}
    tables = trace.task.tables
    return (_VALUES in note.what and bool(tables)) or any(
        column.name in columns for table in tables for column in table.columns
    )
