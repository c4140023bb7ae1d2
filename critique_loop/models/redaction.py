"""Keeps API keys, and what could disturb a terminal, out of what a server sends back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LIKE_KEYS = re.compile(r"\bsk-[\w-]{8,}|\bBearer\s+[\w.~+/=-]{4,}", re.IGNORECASE)
_SHORTEST_SECRET = 8
_SNIPPET = 300
PLACEHOLDER = "[key]"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Removes one key. Keys shorter than 8 characters ("none", "EMPTY") are no secrets."""

    key: str = field(default="", repr=False)

    def clean(self, text: str) -> str:
        """Return an answer's text without the key."""
        if len(self.key) < _SHORTEST_SECRET or self.key not in text:
            return text
        return text.replace(self.key, PLACEHOLDER)

    def snippet(self, text: str, limit: int = _SNIPPET) -> str:
        """Return the beginning of ``text`` for a message: no keys, one line, printable."""
        begin = self.clean(text)[: limit * 10]  # cleaned first: no half of the key is left
        line = " ".join(_LIKE_KEYS.sub(PLACEHOLDER, begin).split())
        shown = "".join(sign if sign.isprintable() else _escaped(sign) for sign in line)
        return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
