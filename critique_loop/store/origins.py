"""Runs that come from others: found before these, left out with them, renamed with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from critique_loop.store.encoding import Source, decode
from critique_loop.store.rows import LabelRow, Row, TraceSource, no_bytes
from critique_loop.values import EventKind, Started

_HAS_ORIGIN = re.compile(r'"origin"\s*:\s*\{')


def origins(source: TraceSource, runs: Iterable[str]) -> dict[str, str]:
    """Return the runs that are branches or rescorings, with those that they come from."""
    found: dict[str, str] = {}
    for run_id in runs:
        row = next(iter(source.rows(run_id)), None)
        if row is not None and _HAS_ORIGIN.search(row.body):
            started = decode(row.body, Started, Source(source.blob, data=no_bytes))
            if started.origin is not None:
                found[run_id] = started.origin.run_id
    return found


def origins_first(runs: Iterable[str], found: Mapping[str, str]) -> list[str]:
    """Return ``runs`` so that what one comes from stands before it; ``found`` are origins."""
    all_runs = dict.fromkeys(runs)
    ordered: dict[str, None] = {}
    for run_id in all_runs:
        chain: dict[str, None] = {}
        while run_id in all_runs and run_id not in ordered and run_id not in chain:
            chain[run_id] = None
            run_id = found.get(run_id, "")  # noqa: PLW2901 - goes up to where it all began
        ordered.update(dict.fromkeys(reversed(chain)))
    return list(ordered)


def dependents(runs: Iterable[str], found: Mapping[str, str], left: Iterable[str]) -> list[str]:
    """Return those of ``runs`` that come from ``left``, be it through others."""
    without = set(left)
    come: list[str] = []
    for run_id in origins_first(runs, found):
        if found.get(run_id) in without and run_id not in without:
            without.add(run_id)
            come.append(run_id)
    return come


def runs_of(label: LabelRow) -> list[str]:
    """Return the runs that a label is about: those of two drafts for a preference."""
    body = cast("dict[str, dict[str, str]]", msgspec.json.decode(label.body))
    shown = (body.get(name) for name in ("shown", "first", "second"))
    return [each["run_id"] for each in shown if each]


class Renamed:
    """Another source, of which what comes from a renamed run, or is about one, names its new id."""

    def __init__(self, source: TraceSource, names: Mapping[str, str]) -> None:
        """``names`` maps ids to new ones; what it holds when something is read counts."""
        self._source = source
        self._names = names

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run, as it was."""
        return self._source.run_ids()

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run, which is asked for by its old id."""
        for row in self._source.rows(run_id):
            begins = row.kind == EventKind.STARTED and _HAS_ORIGIN.search(row.body)
            yield row._replace(body=self._reworded(row.body, "origin")) if begins else row

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said, of the runs by their new ids."""
        for label in self._source.labels():
            body = label.body
            if not self._names.keys().isdisjoint(runs_of(label)):
                body = self._reworded(body, "shown", "first", "second")
            run_id = self._names.get(label.run_id, label.run_id)
            yield label._replace(run_id=run_id, body=body)

    def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash."""
        return self._source.blob(sha256)

    def _reworded(self, text: str, *fields: str) -> str:
        """Return JSON whose ``fields`` name runs, with their new ids."""
        body: dict[str, Any] = msgspec.json.decode(text)
        for field in fields:
            named = body.get(field)
            if named and named["run_id"] in self._names:
                named["run_id"] = self._names[named["run_id"]]
        return msgspec.json.encode(body).decode()
