"""Whether a text still holds something that was to go; it shares no rules with the redaction."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from critique_loop._credentials import secrets_in
from critique_loop.store.known_values import KnownValues, OfTables
from critique_loop.store.literals import Literals
from critique_loop.store.paths import without_paths
from critique_loop.store.redaction import NO_PICTURE, Redaction

TELLING = 8  # shorter texts stand in the bytes of pictures by chance
_ENCODED_FROM = 5
_MOST_TABLES = 16
_MOST_REMEMBERED = 4096
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{60,}\r?\n)+[A-Za-z0-9+/_-]+|[A-Za-z0-9+/_-]{7,}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){4,}[0-9a-fA-F]{2,}")
_ALIGNMENTS = 4
_WIDE = ("utf-16-le", "utf-16-be")
_PICTURE = re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM.{12}\(", re.DOTALL)


class Search:
    """Looks for known texts, however they are escaped or encoded, and for secrets and paths."""

    def __init__(self, redaction: Redaction, known: KnownValues) -> None:
        """``known`` is what was to go."""
        self._redaction = redaction
        self._known = known
        self._anywhere = Literals(known.texts)
        self._telling = Literals({t: p for t, p in known.texts.items() if len(t) >= TELLING})
        self._encoded = Literals({t: p for t, p in known.texts.items() if len(t) >= _ENCODED_FROM})
        self._of_tables = lru_cache(_MOST_TABLES)(self._literals)
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._is_left)

    def tables(self, run_id: str) -> str:
        """Return which tables a run has, as ``text`` wants it."""
        return self._known.of_run.get(run_id, "")

    def text(self, text: str, tables: str = "") -> bool:
        """Return whether anything is left in a text of a run with these tables ("": of any)."""
        return self._remembered(text, tables)

    def name(self, text: str) -> bool:
        """Return whether a name that the package made up holds a text that stands nowhere else."""
        return self._telling.found_in(text)

    def data(self, data: bytes, tables: str = "") -> bool:
        """Return whether anything is left in the bytes of a file."""
        if self._redaction.hides_pictures and _PICTURE.match(data) and data != NO_PICTURE:
            return True
        if b"\0" not in data:
            try:
                return self.text(data.decode(), tables)
            except UnicodeDecodeError:
                pass
        readings = [data.decode("utf-8", "replace"), data.decode("latin-1")]
        readings += [data[at:].decode(form, "replace") for at in (0, 1) for form in _WIDE]
        return any(map(self.name, readings))

    def _is_left(self, text: str, tables: str) -> bool:
        texts, encoded = self._of_tables(tables)
        if self._anywhere.found_in(text) or texts.found_in(text):
            return True
        if self._redaction.secrets and next(secrets_in(text), None):
            return True
        if self._redaction.paths and without_paths(text, lambda _: "") != text:
            return True
        if not self._encoded and not encoded:
            return False
        inner = "\n".join(_decoded(text))
        return self._encoded.found_in(inner) or encoded.found_in(inner)

    def _literals(self, tables: str) -> Collection[Literals]:
        of = self._known.tables.get(tables) or OfTables()
        texts = {**of.texts, **of.ends}
        encoded = {t: p for t, p in texts.items() if len(t) >= _ENCODED_FROM}
        return Literals(texts), Literals(encoded)


def _decoded(text: str) -> Iterator[str]:
    """Yield what stands in ``text`` in base64 or hexadecimal, or would if it did."""
    for found in _BASE64.finditer(text):
        letters = re.sub(r"\s", "", found[0]).replace("-", "+").replace("_", "/")
        for start in range(_ALIGNMENTS):
            part = letters[start:]
            part = part[: len(part) - 1] if len(part) % 4 == 1 else part
            yield _readable(base64.b64decode(part + "=" * (-len(part) % 4)))
    for found in _HEX.finditer(text):
        digits = re.sub(r"[ :]", "", found[0])
        for start in (0, 1):
            part = digits[start:]
            yield _readable(binascii.unhexlify(part[: len(part) // 2 * 2]))


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "replace")
