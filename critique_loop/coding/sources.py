"""Texts that are given as they are, or as the path of a file."""

from __future__ import annotations

import ast
import io
from dataclasses import dataclass
from pathlib import Path

from critique_loop.errors import CallError

_ENDINGS = (".py", ".pyi", ".json", ".jsonl", ".txt", ".md")
_LONGEST_PATH = 4096
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and what errors call it: the path of its file, or words."""

    text: str
    place: str
    path: Path | None = None

    @property
    def name(self) -> str:
        """The file's name without its folder; "" for a text."""
        return self.path.name if self.path else ""

    @property
    def stem(self) -> str:
        """The name under which the file would be imported; "" for a text."""
        return self.path.name.split(".")[0] if self.path else ""

    def error(self, problem: str, *, line: int | None = None, remedy: str = "") -> CallError:
        """Return an error that names the place, and the line where one is known."""
        at = f"{self.place}, line {line}" if line else self.place
        return CallError(f"{at}: {problem}", remedy=remedy)

    def parsed(self) -> ast.Module:
        """Return the syntax tree of a Python text; nothing of it runs.

        Raises:
            CallError: it is no Python.
        """
        try:
            return ast.parse(self.text)
        except SyntaxError as error:
            raise self.error(f"no valid Python ({error.msg})", line=error.lineno) from error
        except (ValueError, RecursionError, MemoryError) as error:  # NUL bytes; nested too deep
            raise self.error(f"no valid Python ({error})") from error


def source_of(given: str | Path, what: str, *, most_bytes: int = MOST_BYTES) -> Source:
    """Return the text of ``given``: of the file that it names, or itself.

    A text is taken for a path where it is one line that ends as such files do, or a file is there.

    Raises:
        CallError: the file can't be read, holds no text, is empty or larger than ``most_bytes``.
    """
    path = _path_of(given)
    source = Source(str(given), what) if path is None else _read(path, most_bytes)
    if len(source.text.encode("utf-8", "replace")) > most_bytes:
        raise source.error(f"larger than {most_bytes:,} bytes")
    if not source.text.strip():
        raise source.error("empty")
    return source


def _path_of(given: str | Path) -> Path | None:
    if isinstance(given, Path):
        return given
    if "\n" in given or len(given) > _LONGEST_PATH:
        return None
    try:
        is_file = bool(given) and Path(given).is_file()
    except (OSError, ValueError):  # no name that a file could have
        return None
    return Path(given) if is_file or given.endswith(_ENDINGS) else None


def _read(path: Path, most_bytes: int) -> Source:
    try:
        with path.open("rb") as file:  # a device or a pipe has no size to ask for
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise CallError(f"{path}: larger than {most_bytes:,} bytes")
        text = io.StringIO(content.decode("utf-8-sig"), newline=None).read()
        return Source(text, str(path), path)
    except OSError as error:
        raise CallError(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CallError(f"{path}: no UTF-8 text ({error.reason})") from error
    except ValueError as error:  # a name with NUL in it
        raise CallError(f"{path}: can't be read ({error})") from error
