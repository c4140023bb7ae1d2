"""Do the types of a draft fit together? Asked of mypy, in a fork that can be ended."""

from __future__ import annotations

import json
import os
import re
import resource
import select
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from code_annotations import Annotations, read_annotations
from code_directives import without_directives
from code_request import MOST_CHARACTERS, CodeRequest
from findings import Checked, Finding

CODE = "type_error"

# The image may hold what mypy knows of the standard library, written with these very options; then
# a draft takes 0.25 s of processor time instead of 0.9. Nobody can write there when drafts run.
CACHE = Path("/opt/mypycache")
OPTIONS = (
    "--config-file=",
    "--no-site-packages",
    "--ignore-missing-imports",
    "--follow-imports=silent",
    "--check-untyped-defs",
    "--allow-redefinition",
    "--no-sqlite-cache",
    "--skip-cache-mtime-checks",
)
# What mypy says of right programs too: types that it can't infer, conditional definitions, imports
# that it can't follow, and the few things that it has no name for.
_SILENT = {"annotation-unchecked", "import", "import-not-found", "import-untyped", "misc"} | {
    *("no-any-return", "no-redef", "type-var", "union-attr", "var-annotated", "no-untyped-call"),
    *("has-type", "override", "truthy-function", "unused-coroutine", "empty-body", "valid-type"),
}
# Where nothing is annotated mypy guesses from the first assignment; only these don't rest on it.
_UNGUESSED = {"name-defined", "call-arg", "call-overload", "func-returns-value", "operator"}
# That a value can't be None there is often known to whoever wrote it, and not to mypy.
_OF_NONE = re.compile(r" \| None|Optional\[|Unsupported .*\"None\"")
_AS_KEY = 'Argument "key" to'  # max(counts, key=counts.get)
_SAID = re.compile(r"<string>:(\d+): error: (.*?)(?:  \[([a-z-]+)\])?$")
# How long mypy works is counted, not how long a busy machine lets it wait; the rest of the judge's
# time is for the tests.
_CPU_S = 8
_SHARE, _WALL_S = 0.4, 30.0
_MOST_TOLD = 8
_MOST_BYTES = 1 << 18


class Said(NamedTuple):
    """One error that mypy tells."""

    line: int
    words: str
    rule: str


def check(asked: CodeRequest, cache: Path = CACHE) -> Checked:
    """Check the draft's types, and whether it has the annotations that were asked for.

    It must not run at the same time: it is of the same user as the fork that mypy runs in.
    """
    if len(asked.code) > MOST_CHARACTERS:
        return Checked(failed=(f"{CODE}: the draft has more than {MOST_CHARACTERS} characters",))
    annotations = read_annotations(asked.code, asked.signature, asked.entry_point)
    if annotations.why_not:
        return Checked(failed=(f"{CODE}: {annotations.why_not}",))
    said = _said_in_fork(without_directives(asked.code), cache, min(_WALL_S, _SHARE * asked.wall_s))
    if isinstance(said, str):
        return Checked(failed=(f"{CODE}: {said}",))
    counted = [one for one in said if _counts(one, annotations)]
    return Checked((*_missing(annotations), *_findings(counted)), (CODE,))


def _counts(one: Said, annotations: Annotations) -> bool:
    if one.rule in _SILENT or _OF_NONE.search(one.words) or _AS_KEY in one.words:
        return False
    return one.rule in _UNGUESSED or annotations.cover(one.line)


def _findings(said: Sequence[Said]) -> Iterator[Finding]:
    for one in said[:_MOST_TOLD]:
        yield Finding(
            CODE,
            "warning",
            f"line {one.line}: {one.words} ({one.rule})",
            f"line {one.line}: make the types fit: {one.words}",
            place=f"line {one.line}",
            numbers={"rule": one.rule, "line": one.line, "found": len(said)},
        )


def _missing(annotations: Annotations) -> Iterator[Finding]:
    """The annotations that were asked for, or, where none were, that there are none at all."""
    if annotations.missing:
        names = ", ".join(annotations.missing)
        yield Finding(
            CODE,
            "warning",
            f"annotations of the signature are missing: {names}",
            f"annotate as the signature does: {names}",
            place=f"{annotations.entry_point}()",
            numbers={"missing": list(annotations.missing)},
        )
    elif annotations.functions and not annotations.annotated:
        yield Finding(
            CODE,
            "note",
            "no function is annotated: only what needs no annotation could be judged",
            "annotate the parameters and results",
            numbers={"functions": annotations.functions, "annotated": 0},
        )


def _said_in_fork(text: str, cache: Path, wall_s: float) -> list[Said] | str:
    """Return what mypy says, or why it says nothing; the fork is ended when its time is up."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _be_mypy(text, cache, writer)
    os.close(writer)
    try:
        words = _until_closed(reader, wall_s)
    finally:
        os.close(reader)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    try:
        said = json.loads(words)
        return said if isinstance(said, str) else [Said(*one) for one in said]
    except ValueError:
        return "mypy did not come to an end"


def _until_closed(reader: int, wall_s: float) -> bytes:
    words, until = bytearray(), time.monotonic() + wall_s
    while len(words) < _MOST_BYTES:
        left_s = until - time.monotonic()
        if left_s <= 0 or not select.select([reader], [], [], left_s)[0]:
            return b""
        piece = os.read(reader, 1 << 16)
        if not piece:
            break
        words += piece
    return bytes(words)


def _be_mypy(text: str, cache: Path, writer: int) -> NoReturn:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
        os.chdir("/")
        words = json.dumps(_said(text, cache)).encode()
    except ImportError:
        words = b'"this sandbox has no mypy"'
    except BaseException as error:  # noqa: BLE001 - a draft may bring mypy to fail in any way
        words = json.dumps(f"mypy could not judge it ({type(error).__name__})").encode()
    try:
        with open(writer, "wb") as end:
            end.write(words[:_MOST_BYTES])
    finally:
        os._exit(0)


def _said(text: str, cache: Path) -> list[Said]:
    from mypy.build import build  # noqa: PLC0415 - only here, where it is needed
    from mypy.main import process_options  # noqa: PLC0415 - as above
    from mypy.modulefinder import BuildSource  # noqa: PLC0415 - as above

    place = str(cache) if cache.is_dir() else os.devnull
    _, options = process_options([*OPTIONS, "--cache-dir", place, "-c", "pass"])
    built = build([BuildSource(None, "__main__", text)], options)
    found = [_SAID.match(line) for line in built.errors]
    return [Said(int(one[1]), one[2], one[3] or "other") for one in found if one][:200]
