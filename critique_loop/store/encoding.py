"""Values as JSON texts and blobs, and back, without loss.

JSON holds less than the values do. What it lacks is written as an object with one key that begins
with a dollar sign:

- ``{"$float": "nan"}``: a number that is not finite
- ``{"$surrogates": text}``: a text with lone surrogates; its UTF-8 (with ``surrogatepass``) read as
  Latin-1
- ``{"$text": sha256}``: a long text, its UTF-8 (with ``surrogatepass``) is the blob
- ``{"$bytes": sha256}``: bytes, which are the blob
- ``{"$pooled": sha256}``: a value that many runs or calls share (task, rubric, table, message); its
  JSON is the blob
- ``{"$tuple": [...]}``: a tuple where a list could stand as well
- ``{"$pairs": [[key, value], ...]}``: a mapping whose keys are not all plain texts, or that could
  be mistaken for one of these
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from critique_loop.errors import CallError, StoreError
from critique_loop.values import Message, Rubric, Table, Task

LONG_TEXT = 32 * 1024
_POOLED_FROM = 1024
_POOLED = (Task, Rubric, Table, Message)
# Quotation marks within texts are escaped, so this is nothing but the begin of a marked object.
_MARK = '{"$'

T = TypeVar("T")


class Encoded(NamedTuple):
    """The JSON text of a value, and the bytes it names, by SHA-256 in hexadecimal."""

    text: str
    blobs: Mapping[str, bytes]


def encode(value: object) -> Encoded:
    """Return ``value`` (a frozen dataclass of this package, or JSON types) as text and blobs.

    Raises:
        CallError: it holds something that is none of these.
    """
    encoder = _Encoder()
    try:
        text = msgspec.json.encode(encoder.plain(value)).decode()
    except RecursionError as error:
        raise CallError("a value is nested too deep to be kept") from error
    return Encoded(text, encoder.blobs)


class Source:
    """Where the bytes that texts name are, and what has been decoded of them lately.

    Values that many share are immutable, so all who share one may get the same object.
    """

    def __init__(
        self,
        blob: Callable[[str], bytes],
        *,
        data: Callable[[str], bytes] | None = None,
        most: int = 512,
    ) -> None:
        """``blob`` returns the bytes of a SHA-256, ``data`` those of pictures and other files.

        At most ``most`` shared values are held.
        """
        self.blob: Callable[[str], bytes] = blob
        self.data: Callable[[str], bytes] = data or blob
        self._most = most
        self._shared: dict[tuple[type, str], object] = {}

    def shared(self, kind: type, sha256: str) -> object:
        """Return the value of this type whose text has this hash."""
        key = (kind, sha256)
        value = self._shared.pop(key, None)  # and back in: those not used for longest go first
        if value is None:
            value = cast("object", _decode(self.blob(sha256).decode(), kind, self))
            if len(self._shared) >= self._most:
                del self._shared[next(iter(self._shared))]
        self._shared[key] = value
        return value


def decode(text: str, kind: type[T], source: Source | Callable[[str], bytes]) -> T:
    """Return the value of type ``kind`` that ``encode`` made ``text`` of.

    ``source`` may be a function that returns the bytes of a SHA-256.

    Raises:
        StoreError: the text is no such value.
    """
    try:
        if _MARK not in text:
            return cast("T", _decoder(kind).decode(text))
        return _decode(text, kind, source if isinstance(source, Source) else Source(source))
    except (msgspec.MsgspecError, ValueError, KeyError, RecursionError) as error:
        raise StoreError(
            f"a stored {kind.__name__} can't be read back: {error}",
            remedy="The store is damaged, or was written by another version of critique-loop.",
        ) from error


def _decode(text: str, kind: type[T], source: Source) -> T:
    """Do as little as the marks in the text ask for: most texts have none, or at known places."""
    marks = text.count(_MARK)
    if not marks:
        return cast("T", _decoder(kind).decode(text))
    tree = msgspec.json.decode(text)
    if marks > _fill(tree, kind, source):
        tree = _restore(tree, source)
    return msgspec.convert(tree, kind, dec_hook=_from_plain)


@functools.cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_from_plain)


class _Place(NamedTuple):
    """A field that may hold a mark or a list of them, and the type of what they stand for."""

    field: str
    kind: type
    is_list: bool


@functools.cache
def _places(kind: type) -> tuple[_Place, ...]:
    """Return the fields of ``kind`` that hold bytes or shared values, directly or further down."""
    found: list[_Place] = []
    hints = typing.get_type_hints(kind) if dataclasses.is_dataclass(kind) else {}
    for field, hint in hints.items():
        is_list = typing.get_origin(hint) is tuple
        inner = typing.get_args(hint)[0] if is_list else hint
        if isinstance(inner, types.UnionType):
            inner = next(part for part in typing.get_args(inner) if part is not type(None))
        if isinstance(inner, type) and (inner is bytes or inner in _POOLED or _places(inner)):
            found.append(_Place(field, inner, is_list))
    return tuple(found)


def _fill(tree: object, kind: type, source: Source) -> int:
    """Put what marks stand for where a type tells what that is; return how many there were."""
    if not isinstance(tree, dict):
        return 0
    entries = cast("dict[str, object]", tree)
    count = 0
    for field, inner, is_list in _places(kind):
        if field not in entries:  # as an earlier version wrote it
            continue
        value = entries[field]
        if not (is_list and isinstance(value, list)):
            found = _marked(value, inner, source)
            if found is None:
                count += _fill(value, inner, source)
            else:
                entries[field] = found
                count += 1
            continue
        items = cast("list[object]", value)
        for position, item in enumerate(items):
            found = _marked(item, inner, source)
            if found is None:
                count += _fill(item, inner, source)
            else:
                items[position] = found
                count += 1
    return count


def _marked(item: object, kind: type, source: Source) -> object:
    """Return what a mark stands for at a place for ``kind``; None where there is no such mark."""
    if not isinstance(item, dict) or len(cast("dict[str, object]", item)) != 1:
        return None
    ((key, value),) = cast("dict[str, object]", item).items()
    if kind is bytes:
        return source.data(str(value)) if key == "$bytes" else None
    return source.shared(kind, str(value)) if key == "$pooled" else None


class _Encoder:
    """Turns values into what JSON can hold and collects the blobs."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def plain(self, value: object) -> object:
        kind = type(value)
        if kind is str:  # what comes most often comes first
            return self._text(cast("str", value))
        if kind is int or kind is bool or value is None:
            return value
        fields = _fields_of(kind)
        if fields is not None:
            return self._pooled(value) if kind in _POOLED else self._fields(value, fields)
        if kind is dict:
            return self._mapping(cast("dict[object, object]", value))
        return self._compound(value)

    def _compound(self, value: object) -> object:
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else {"$float": str(float(value))}
        if isinstance(value, Enum):
            return self.plain(value.value)
        if isinstance(value, str | Path):
            return self._text(str(value))
        if isinstance(value, int):
            return value
        if isinstance(value, Mapping):
            return self._mapping(cast("Mapping[object, object]", value))
        return self._other(value)

    def _other(self, value: object) -> object:
        if isinstance(value, list):
            return [self.plain(item) for item in cast("list[object]", value)]
        if isinstance(value, tuple):
            return {"$tuple": [self.plain(item) for item in cast("tuple[object, ...]", value)]}
        if isinstance(value, bytes):
            return {"$bytes": self._blob(value)}
        raise CallError(
            f"a {type(value).__name__} can't be kept in a trace",
            remedy="Put only JSON types into facts and numbers.",
        )

    def _fields(self, value: object, names: tuple[str, ...]) -> dict[str, object]:
        plain = self.plain
        fields: dict[str, object] = {}
        for name in names:
            item = getattr(value, name)
            # A tuple field is a list in JSON: its type says what it was.
            fields[name] = (
                [plain(part) for part in cast("tuple[object, ...]", item)]
                if isinstance(item, tuple)
                else plain(item)
            )
        return fields

    def _pooled(self, value: object) -> object:
        fields = self._fields(value, _fields_of(type(value)) or ())
        content = msgspec.json.encode(fields)
        return fields if len(content) < _POOLED_FROM else {"$pooled": self._blob(content)}

    def _mapping(self, mapping: Mapping[object, object]) -> object:
        plain = all(isinstance(key, str) and _is_unicode(key) for key in mapping)
        mistakable = len(mapping) == 1 and str(next(iter(mapping))).startswith("$")
        if plain and not mistakable:
            return {key: self.plain(item) for key, item in mapping.items()}
        return {"$pairs": [[self.plain(key), self.plain(item)] for key, item in mapping.items()]}

    def _text(self, text: str) -> object:
        if len(text) > LONG_TEXT:
            return {"$text": self._blob(text.encode("utf-8", "surrogatepass"))}
        if _is_unicode(text):
            return text
        return {"$surrogates": text.encode("utf-8", "surrogatepass").decode("latin-1")}

    def _blob(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.blobs[sha256] = data
        return sha256


@functools.cache
def _fields_of(kind: type) -> tuple[str, ...] | None:
    """Return the names of a dataclass's fields, None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _restore(tree: object, source: Source) -> object:
    if isinstance(tree, list):
        return [_restore(item, source) for item in cast("list[object]", tree)]
    if not isinstance(tree, dict):
        return tree
    entries = cast("dict[str, object]", tree)
    if len(entries) == 1:
        ((key, value),) = entries.items()
        if key.startswith("$"):
            return _restore_tagged(key, value, source)
    return {key: _restore(item, source) for key, item in entries.items()}


def _restore_tagged(key: str, value: object, source: Source) -> object:
    if key == "$tuple":
        return tuple(cast("list[object]", _restore(value, source)))
    if key == "$pairs":
        pairs = cast("list[list[object]]", value)
        return {cast("str", _restore(k, source)): _restore(item, source) for k, item in pairs}
    text = str(value)
    simple: dict[str, Callable[[], object]] = {
        "$float": lambda: float(text),
        "$surrogates": lambda: text.encode("latin-1").decode("utf-8", "surrogatepass"),
        "$text": lambda: source.blob(text).decode("utf-8", "surrogatepass"),
        "$bytes": lambda: source.data(text),
        "$pooled": lambda: _restore(msgspec.json.decode(source.blob(text)), source),
    }
    return simple[key]()


def _from_plain(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is object:
        return value
    raise ValueError(f"no {kind.__name__} in a trace")
