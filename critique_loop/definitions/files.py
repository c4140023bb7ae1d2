"""The text of an agent file, and its two parts."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from critique_loop import _bundled
from critique_loop.errors import DefinitionError

_MOST_BYTES = 1 << 20
_FENCE = "+++"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE_AS = "Save the file as UTF-8."
_SHAPE = "A file begins with +++, TOML keys and another +++; the prompt follows."


@dataclass(frozen=True, slots=True)
class AgentFile:
    """The two parts of an agent file, and its whole text as it is hashed (UTF-8, LF, no BOM)."""

    front: str
    body: str
    text: str


def shipped() -> list[str]:
    """Return the names of the agents that come with the package."""
    names = (entry.name for entry in _bundled.folder("agents").iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.endswith(".md"))


def is_file(source: str | Path) -> bool:
    """Return whether ``source`` is read as the path of a file, not as the name of a shipped agent.

    Whoever decides what a name may reach asks here, as ``read`` does.
    """
    return Path(source).suffix.lower() == ".md"


def read(source: str | Path) -> tuple[Path, str]:
    """Return where the agent ``source`` is and its text: a path ending in .md, or a shipped name.

    Raises:
        DefinitionError: no such file, or no text in UTF-8.
    """
    path = Path(source)
    try:
        raw = _raw(path) if is_file(path) else _shipped_raw(str(source))
    except OSError as error:
        raise DefinitionError(
            path,
            f"can't be read ({error.strerror or error})",
            remedy=f"Give a .md file, or the name of a shipped agent: {', '.join(shipped())}.",
        ) from error
    return path, decoded(path, raw)


def _raw(path: Path) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(2, "there is no such file")
    with path.open("rb") as stream:
        raw = stream.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise DefinitionError(path, f"is longer than {_MOST_BYTES} bytes")
    return raw


def _shipped_raw(name: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise FileNotFoundError(2, "there is no shipped agent of this name")
    return _bundled.text("agents", f"{name}.md").encode()


def decoded(path: Path, raw: bytes) -> str:
    """Return the text of a file, with line feeds as line ends, without a byte order mark.

    Raises:
        DefinitionError: it is not UTF-8, or has control characters.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            raise DefinitionError(path, f"line 1: the file is {name}", remedy=_SAVE_AS)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = f"line {line}: the byte {raw[error.start]:#04x} is not UTF-8"
        raise DefinitionError(path, problem, remedy=_SAVE_AS) from error
    text = text.replace("\r\n", "\n")
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        code = ord(control.group())
        raise DefinitionError(path, f"line {line}: there is a control character (U+{code:04X})")
    return text


def split(path: Path, text: str) -> AgentFile:
    """Return the front matter and the body; the front matter begins on line 2.

    Raises:
        DefinitionError: a ``+++`` line is missing, or nothing follows the second one.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise DefinitionError(path, "line 1: expected +++", remedy=_SHAPE)
    ends = (number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE)
    end = next(ends, None)
    if end is None:
        raise DefinitionError(path, f"line {len(lines)}: the second +++ is missing", remedy=_SHAPE)
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise DefinitionError(path, f"line {end + 2}: there is no prompt after the second +++")
    return AgentFile(front="\n".join(lines[1:end]), body=body, text=text)
