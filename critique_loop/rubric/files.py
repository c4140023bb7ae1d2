"""Rubric files: where they are, and their text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from critique_loop import _bundled
from critique_loop.errors import DefinitionError

_MOST_BYTES = 1 << 18
_MOST_DOTS = 200
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TOML_PLACE = re.compile(r"\s*\((?:at line (\d+), column \d+|(at end of document))\)")


@dataclass(frozen=True, slots=True)
class RubricFile:
    """The text of a rubric file. ``path`` is as it was given; a shipped rubric's is its name."""

    path: Path
    text: str
    shipped: bool = False

    @property
    def place(self) -> str:
        """What tells two files apart, however they were named."""
        return str(self.path) if self.shipped else str(self.path.resolve())


def shipped() -> list[str]:
    """Return the names of the rubrics that come with the package."""
    entries = _bundled.folder("agents").joinpath("rubrics").iterdir()
    return sorted(e.name.removesuffix(".toml") for e in entries if e.name.endswith(".toml"))


def read(source: str | Path, *, beside: RubricFile | None = None) -> RubricFile:
    """Return the file ``source``: a path ending in .toml, or the name of a shipped rubric.

    A path is relative to the folder of the file ``beside`` if that is given.

    Raises:
        DefinitionError: no such file, too long, or no text in UTF-8.
    """
    path = Path(source)
    try:
        if path.suffix.lower() != ".toml":
            return _shipped(str(source))
        if beside is not None and not beside.shipped:
            path = beside.path.parent / path
        return RubricFile(path, _decoded(path, _raw(path)))
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        why = error.strerror or error if isinstance(error, OSError) else error
        raise DefinitionError(
            path,
            f"can't be read ({why})",
            remedy=f"Give a .toml file, or the name of a shipped rubric: {', '.join(shipped())}.",
        ) from error


def _shipped(name: str) -> RubricFile:
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(2, "there is no shipped rubric of this name")
    return RubricFile(Path(name), _bundled.text("agents", "rubrics", f"{name}.toml"), shipped=True)


def _raw(path: Path) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(2, "there is no such file")
    with path.open("rb") as stream:
        raw = stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise DefinitionError(path, f"is longer than {_MOST_BYTES} bytes")
    return raw


def _decoded(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = f"the byte {raw[error.start]:#04x} is not UTF-8"
        raise DefinitionError(path, problem, remedy="Save the file as UTF-8.", line=line) from error


def _refuse_long_keys(file: RubricFile) -> None:
    """Refuse what tomllib needs the square of its length for: keys of very many dotted parts."""
    for number, line in enumerate(file.text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS and not line.lstrip().startswith("#"):
            problem = f"has more than {_MOST_DOTS} dots on one line"
            raise DefinitionError(file.path, problem, line=number)


def parsed(file: RubricFile) -> Mapping[str, object]:
    """Return what stands in the file.

    Raises:
        DefinitionError: it is no TOML.
    """
    _refuse_long_keys(file)
    try:
        return tomllib.loads(file.text)
    except (ValueError, RecursionError) as error:  # also numbers too long, lists too deep
        problem = str(error)
        place = _TOML_PLACE.search(problem)
        line = None
        if place is not None:
            line = int(place[1]) if place[1] else file.text.rstrip("\n").count("\n") + 1
            problem = _TOML_PLACE.sub("", problem)
        raise DefinitionError(file.path, f"no valid TOML: {problem}", line=line) from error
