"""Paths of somebody's machine in texts, recognised by how they look."""

from __future__ import annotations

import re
from collections.abc import Callable

# A part of a path; blanks end it, so a path with blanks is found only as far as its first one
# unless it is known.
_PART = r"[^\s/\\'\"<>|:*?`()\[\]{},;$#&=]+"
_POSIX = rf"(?<![\w./\\~<])(?:file://(?:localhost)?)?/{_PART}(?:/{_PART})+/?"
_HOME = rf"(?<![\w./\\])~[\w.-]*(?:/{_PART})+/?"
_WINDOWS = rf"(?<![A-Za-z0-9])[A-Za-z]:(?:\\{{1,2}}|/)(?:{_PART}(?:\\{{1,2}}|/))*{_PART}"
_SHARE = rf"(?<!\\)\\\\{{1,3}}[\w.-]+(?:\\{{1,2}}{_PART})+"
_PATH = re.compile(f"{_POSIX}|{_HOME}|{_WINDOWS}|{_SHARE}")

# What every machine has, and what sandboxes show of themselves.
_COMMON = re.compile(
    r"/(?:usr/(?:bin|lib|lib32|lib64|libexec|share|local/(?:bin|lib))|lib|lib32|lib64|bin|sbin|proc"
    r"|dev|sandbox)/.*|/data/[^/]+/?"
)


def looks_like_path(text: str) -> bool:
    """Return whether ``text`` would be recognised as one path, from its begin to its end."""
    return _PATH.fullmatch(text) is not None


def without_paths(text: str, placeholder: Callable[[str], str]) -> str:
    """Return ``text`` with ``placeholder(path)`` in the place of each path."""
    if "/" not in text and "\\" not in text:
        return text

    def instead(found: re.Match[str]) -> str:
        return found[0] if _COMMON.fullmatch(found[0]) else placeholder(found[0])

    return _PATH.sub(instead, text)
