"""Keeps API keys, and what could disturb a terminal, out of what a server sends back."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import cast

_LIKE_KEYS = re.compile(r"\bsk-[\w-]{8,}|\bBearer\s+[\w.~+/=-]{4,}", re.IGNORECASE)
_NAMED_LIKE_KEYS = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)
_SHORTEST_SECRET = 8
_SNIPPET = 300
PLACEHOLDER = "[key]"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Removes one key. Keys shorter than 8 characters ("none", "EMPTY") are no secrets."""

    key: str = field(default="", repr=False)

    def clean(self, text: str) -> str:
        """Return an answer's text without the key, also as the escapes of JSON spell it."""
        if len(self.key) < _SHORTEST_SECRET:
            return text
        without = text.replace(self.key, PLACEHOLDER)
        return _spelling(self.key).sub(PLACEHOLDER, without) if "\\" in without else without

    def clean_data(self, value: object) -> object:
        """Return what was read out of an answer without the key in any string, however deep."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, Mapping):
            fields = cast("Mapping[object, object]", value).items()
            return {self.clean_data(name): self.clean_data(each) for name, each in fields}
        if isinstance(value, list | tuple):
            return [self.clean_data(each) for each in cast("Sequence[object]", value)]
        return value

    def snippet(self, text: str, limit: int = _SNIPPET) -> str:
        """Return the beginning of ``text`` for a message: no keys, one line, printable."""
        begin = self.clean(text)[: limit * 10]  # cleaned first: no half of the key is left
        line = " ".join(_LIKE_KEYS.sub(PLACEHOLDER, begin).split())
        shown = "".join(sign if sign.isprintable() else _escaped(sign) for sign in line)
        return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


@cache
def _spelling(key: str) -> re.Pattern[str]:
    return re.compile("".join(rf"\\?(?:{re.escape(c)}|u(?i:{ord(c):04x}))" for c in key))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def secret_in(text: str) -> str:
    """Return in words which secret ``text`` holds, "" where there is none that is known as one.

    Known are the values of environment variables that are named as keys are, and what looks like a
    key of a provider.
    """
    for name, value in os.environ.items():
        if _NAMED_LIKE_KEYS.search(name) and Redactor(value).clean(text) != text:
            return f"the value of the environment variable {name}"
    return "what looks like a key" if _LIKE_KEYS.search(text) else ""
