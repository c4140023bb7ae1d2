"""What is wrong with a rubric file, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from critique_loop._plain import plain
from critique_loop.errors import DefinitionError
from critique_loop.rubric.files import RubricFile
from critique_loop.rubric.keys import Tell
from critique_loop.rubric.places import KeyPath, lines_of, nearest

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or doubtful: in which file, on which line, under which key."""

    path: Path
    text: str
    key: str = ""
    line: int | None = None
    remedy: str = ""

    def __str__(self) -> str:
        """Return it as compilers write theirs: "mine.toml:14: dimensions[2].weight: ..."."""
        return f"{self.where}: {self.said}"

    def error(self) -> DefinitionError:
        """Return the error that says so."""
        return DefinitionError(self.path, self.said, remedy=self.remedy, line=self.line)

    @classmethod
    def of(cls, error: DefinitionError) -> Problem:
        """Return what an error says that is about a whole file."""
        where = str(error.path) if error.line is None else f"{error.path}:{error.line}"
        text = error.problem.removeprefix(f"{where}: ")
        return cls(error.path, text, line=error.line, remedy=error.remedy)

    @property
    def where(self) -> str:
        """The file, and the line where it is known."""
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"

    @property
    def said(self) -> str:
        """The key, where it is about one, and what is wrong."""
        return f"{self.key}: {self.text}" if self.key else self.text


class Notes:
    """Collects the problems of one file; its lines are counted when the first one is told."""

    def __init__(self, file: RubricFile) -> None:
        self.file: RubricFile = file
        self.problems: list[Problem] = []
        self._lines: Mapping[KeyPath, int] | None = None

    @property
    def ordered(self) -> list[Problem]:
        """The problems by their lines."""
        return sorted(self.problems, key=lambda problem: problem.line or 0)

    def problem(self, at: Sequence[str | int], text: str, remedy: str = "") -> Problem:
        """Return the problem of the key that ``at`` leads to."""
        if self._lines is None:
            self._lines = lines_of(self.file.text)
        line = nearest(self._lines, at)
        return Problem(self.file.path, text, key=key_text(at), line=line, remedy=remedy)

    def tell(self, at: Sequence[str | int], text: str, remedy: str = "") -> None:
        """Keep the problem of the key that ``at`` leads to."""
        self.problems.append(self.problem(at, text, remedy))

    def teller(self, *at: str | int) -> Tell:
        """Return what takes note of problems with the value that ``at`` leads to."""

        def told(problem: str, *deeper: str | int) -> None:
            self.tell((*at, *deeper), problem)

        return told


def key_text(path: Sequence[str | int]) -> str:
    """Return a path as one would write it: ``dimensions[2].checks."odd code"``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = part if _BARE.fullmatch(part) else f'"{plain(part[:80], kept="")}"'
            text += f".{key}" if text else key
    return text
