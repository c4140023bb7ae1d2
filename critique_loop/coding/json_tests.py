"""Calls and whole runs as JSON: what goes in, what has to come out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, cast

from critique_loop.coding.sources import Source
from critique_loop.values import SuiteKind

_CALL_KEYS = ("input", "output", "kwargs", "function", "raises", "tolerance")
_RUN_KEYS = ("stdin", "stdout", "arguments", "exit_code")


@dataclass(frozen=True, slots=True)
class JsonTests:
    """The tests as one JSON list, what they are in words, and the functions that they name."""

    kind: SuiteKind
    text: str
    what: str
    called: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One test and where it stands."""

    source: Source
    number: int
    line: int | None
    value: Mapping[str, object]

    def refuse(self, problem: str) -> NoReturn:
        where = "" if self.line else f"test {self.number}: "
        raise self.source.error(f"{where}{problem}", line=self.line)


def json_suite(source: Source) -> JsonTests:
    """Return the tests in a JSON list, or in JSON objects one a line.

    Raises:
        CallError: it is no JSON, or an entry is no test; the message says which.
    """
    entries = [_checked_keys(entry) for entry in _entries(source)]
    if not entries:
        raise source.error("there is no test in it")
    runs = [entry for entry in entries if entry.value.keys() & {"stdin", "stdout"}]
    if runs and len(runs) != len(entries):
        other = next(entry for entry in entries if entry not in runs)
        other.refuse("a call among whole runs (stdin, stdout): keep them in two files")
    for entry in entries:
        _check_run(entry) if runs else _check_call(entry)
    kept, notes = _without_duplicates(entries)
    called = dict.fromkeys(str(e.value["function"]) for e in kept if "function" in e.value)
    word = "run" if runs else "call"
    return JsonTests(
        kind=SuiteKind.PROGRAM if runs else SuiteKind.CALLS,
        text=json.dumps([dict(entry.value) for entry in kept], ensure_ascii=False),
        what=f"{len(kept)} {word}{'' if len(kept) == 1 else 's'} as JSON",
        called=tuple(called),
        notes=notes,
    )


def _entries(source: Source) -> list[_Entry]:
    if source.text.lstrip().startswith("["):
        listed = _loaded(source, source.text, 1)
        items = cast("list[object]", listed)
        return [_entry(source, number, None, item) for number, item in enumerate(items, 1)]
    lines = source.text.splitlines()
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if len(filled) > 1 and not _is_json(filled[0][1]):  # one object over several lines
        return [_entry(source, 1, None, _loaded(source, source.text, 1))]
    return [
        _entry(source, place, number, _loaded(source, line, number))
        for place, (number, line) in enumerate(filled, 1)
    ]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _loaded(source: Source, text: str, line: int) -> object:
    def refuse(word: str) -> NoReturn:
        raise source.error(f"{word} is no JSON", remedy="Test such numbers in a pytest file.")

    try:
        return json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise source.error(f"no valid JSON ({error.msg})", line=line + error.lineno - 1) from error
    except (ValueError, RecursionError) as error:  # numbers too long, lists too deep
        raise source.error(f"no valid JSON ({error})", line=line) from error


def _entry(source: Source, number: int, line: int | None, item: object) -> _Entry:
    if not isinstance(item, dict):
        where = "" if line else f"test {number}: "
        raise source.error(f"{where}expected an object, found {json.dumps(item)[:60]}", line=line)
    return _Entry(source, number, line, cast("dict[str, object]", item))


def _checked_keys(entry: _Entry) -> _Entry:
    for key in entry.value:
        if key not in (*_CALL_KEYS, *_RUN_KEYS):
            known = f"calls have {', '.join(_CALL_KEYS)}; runs have {', '.join(_RUN_KEYS)}"
            entry.refuse(f"unknown key {key!r}; {known}")
    return entry


def _check_call(entry: _Entry) -> None:
    value = entry.value
    if not isinstance(value.get("input"), list):
        entry.refuse("input: expected the list of the arguments, e.g. [[1, 2], 3]")
    if not isinstance(value.get("kwargs", {}), dict):
        entry.refuse("kwargs: expected an object")
    if "output" in value and "raises" in value:
        entry.refuse("it can't both return (output) and fail (raises)")
    _check(entry, "function", "a name", lambda found: isinstance(found, str) and _is_name(found))
    _check(entry, "raises", "the name of an error", lambda found: isinstance(found, str))
    _check(entry, "tolerance", "a number, 0 or more", _is_tolerance)


def _check_run(entry: _Entry) -> None:
    if not isinstance(entry.value.get("stdout"), str):
        entry.refuse("stdout: expected the text that has to be printed")
    _check(entry, "stdin", "a text", lambda found: isinstance(found, str))
    _check(entry, "arguments", "a list of texts", _is_texts)
    _check(entry, "exit_code", "a whole number", lambda found: type(found) is int)


def _check(entry: _Entry, key: str, what: str, fits: Callable[[object], bool]) -> None:
    if key in entry.value and not fits(entry.value[key]):
        entry.refuse(f"{key}: expected {what}, found {json.dumps(entry.value[key])[:60]}")


def _is_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _is_tolerance(found: object) -> bool:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return math.isfinite(found) and found >= 0


def _is_texts(found: object) -> bool:
    return isinstance(found, list) and all(
        isinstance(one, str) for one in cast("list[object]", found)
    )


def _without_duplicates(entries: Sequence[_Entry]) -> tuple[list[_Entry], tuple[str, ...]]:
    """Return each test once; two that want different ends of the same call are an error."""
    kept: dict[str, _Entry] = {}
    for entry in entries:
        before = kept.setdefault(_asked(entry.value), entry)
        if before is not entry and _canonical(before.value) != _canonical(entry.value):
            at = f"line {before.line}" if before.line else f"test {before.number}"
            entry.refuse(f"contradicts {at}: the same input, another end")
    double = len(entries) - len(kept)
    note = f"{entries[0].source.place}: {double} tests are there twice, and run once"
    return list(kept.values()), (note,) if double else ()


def _asked(value: Mapping[str, object]) -> str:
    asked = ("input", "kwargs", "function", "stdin", "arguments")
    return _canonical({key: value[key] for key in asked if key in value})


def _canonical(value: Mapping[str, object] | Iterable[object]) -> str:
    return json.dumps(value, sort_keys=True)
