"""Where the tasks of a batch come from: a file of JSON lines, a table and goals, or mappings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from critique_loop.batch import lines
from critique_loop.batch.lines import TaskLine
from critique_loop.errors import CallError

_LONGEST_LINE = 4 << 20
_MOST_TOLD = 12
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Numbered:
    """One task and the number of its line, from 1."""

    number: int
    line: TaskLine


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that can't be used, and why."""

    number: int
    why: str


class TaskSource(Protocol):
    """Gives the same tasks each time it is read, one after the other."""

    @property
    def name(self) -> str:
        """What tells this source from others; the same command finds its batch by it."""
        ...

    @property
    def title(self) -> str:
        """How people call it."""
        ...

    def read(self) -> Iterator[Numbered | Wrong]:
        """Yield the tasks in order, and what is wrong with lines that are none."""
        ...


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A file of JSON lines; blank ones don't count."""

    path: Path

    @property
    def name(self) -> str:
        """The path of the file."""
        return str(self.path.absolute())

    @property
    def title(self) -> str:
        """The file's own name."""
        return self.path.name

    def read(self) -> Iterator[Numbered | Wrong]:
        """Yield its tasks.

        Raises:
            CallError: it can't be read.
        """
        folder = self.path.absolute().parent
        for number, text in _lines(self.path):
            if text is None:
                yield Wrong(number, f"longer than {_LONGEST_LINE:,} bytes")
            else:
                yield _checked(number, text, folder)


@dataclass(frozen=True, slots=True)
class GoalsFile:
    """A table, and a file of goals: one chart for each line of it."""

    data: Path
    goals: Path

    @property
    def name(self) -> str:
        """The paths of both."""
        return f"{self.data.absolute()}\n{self.goals.absolute()}"

    @property
    def title(self) -> str:
        """The files' own names."""
        return f"{self.data.name}, {self.goals.name}"

    def read(self) -> Iterator[Numbered | Wrong]:
        """Yield a task for each goal.

        Raises:
            CallError: a file can't be read.
        """
        data = str(self.data.absolute())
        for number, text in _lines(self.goals):
            try:
                goal = (text or b"").decode("utf-8").strip()
            except UnicodeDecodeError:
                goal = ""
            line = TaskLine(goal=goal, data=data)
            why = lines.problem_with(line) if goal else "no text in UTF-8"
            yield Wrong(number, why) if why else Numbered(number, line)


@dataclass(frozen=True, slots=True)
class Given:
    """Tasks given as mappings, with the keys that lines have; paths are relative to this folder.

    ``called`` tells this batch from others ("": by what is in it).
    """

    tasks: Sequence[Mapping[str, object]]
    called: str = ""

    @property
    def name(self) -> str:
        """What it is called, else a digest of all tasks."""
        if self.called:
            return f"given {self.called}"
        digest = hashlib.sha256()
        for task in self.tasks:
            digest.update(_encoded(task))
        return f"given {digest.hexdigest()[:16]}"

    @property
    def title(self) -> str:
        """What it is called, or how many there are."""
        return self.called or f"{len(self.tasks)} tasks"

    def read(self) -> Iterator[Numbered | Wrong]:
        """Yield them."""
        for number, task in enumerate(self.tasks, 1):
            yield _checked(number, _encoded(task), Path.cwd())


def _encoded(task: Mapping[str, object]) -> bytes:
    try:
        return msgspec.json.encode(dict(task), enc_hook=str, order="deterministic")
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise CallError(f"a task can't be written as JSON: {error}") from error


def checked(source: TaskSource, problem_with: Callable[[TaskLine], str] = lambda _: "") -> int:
    """Return how many tasks there are, when each of them could begin.

    ``problem_with`` says what else is wrong with one, "" for nothing.

    Raises:
        CallError: a line can't be used (the message names up to twelve), or there is none.
    """
    number, more = 0, 0
    wrong: list[Wrong] = []
    ids: set[int] = set()
    for one in source.read():
        found = one
        if isinstance(one, Numbered):
            number += 1
            why = _taken(one.line, ids) or problem_with(one.line)
            found = Wrong(one.number, why) if why else one
        if isinstance(found, Wrong) and len(wrong) < _MOST_TOLD:
            wrong.append(found)
        elif isinstance(found, Wrong):
            more += 1
    if wrong:
        told = [f"{source.title}:{one.number}: {one.why}" for one in wrong]
        told += [f"and {more} more lines"] if more else []
        raise CallError("\n".join(told), remedy="Nothing was started.")
    if not number:
        raise CallError(f"{source.title}: there is no task in it")
    return number


def _taken(line: TaskLine, ids: set[int]) -> str:
    """Return what is wrong with the id of a line; only hashes are kept of a million of them."""
    if not line.given("id"):
        return ""
    known = hash(line.id)
    if known in ids:
        return f"the id {line.id} is that of an earlier line, too"
    ids.add(known)
    return ""


def _checked(number: int, text: bytes, folder: Path) -> Numbered | Wrong:
    try:
        line = lines.located(lines.parse(text), folder)
    except ValueError as error:
        return Wrong(number, str(error))
    why = lines.problem_with(line)
    return Wrong(number, why) if why else Numbered(number, line)


def _lines(path: Path) -> Generator[tuple[int, bytes | None]]:
    """Yield the lines that are not blank, with their numbers; None for one that is too long.

    Raises:
        CallError: the file can't be read.
    """
    try:
        if not path.is_file():
            problem = "is no file" if path.exists() else "no such file"
            raise CallError(f"{path}: {problem}")
        with path.open("rb") as file:
            number = 0
            while text := file.readline(_LONGEST_LINE + 1):
                number += 1
                if len(text) > _LONGEST_LINE:
                    while text and not text.endswith(b"\n"):
                        text = file.readline(_LONGEST_LINE)
                    yield number, None
                    continue
                text = text.removeprefix(_BOM) if number == 1 else text
                if text.strip():
                    yield number, text
    except OSError as error:
        raise CallError(f"{path}: can't be read ({error.strerror})") from error
