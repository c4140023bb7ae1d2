"""What models answered, by the key of the question: a table beside the events.

Stores of schema 1 have no such table; it is added when the first reply is kept.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from critique_loop.errors import CallError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.schema import WITH_REPLIES, number, upgrade
from critique_loop.values import Reply

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LATEST = "SELECT body FROM replies WHERE key = ? ORDER BY rowid DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A reply on its way to the disk; ``at`` is Unix time."""

    key: str
    at: float
    body: Reply


def check_key(key: str) -> None:
    """Refuse what is no key.

    Raises:
        CallError: it is no SHA-256.
    """
    if not _SHA256.fullmatch(key):
        raise CallError(
            f"{key!r} can't be the key of a reply",
            remedy="Give a SHA-256: 64 hexadecimal digits in lower case.",
        )


def insert(connection: sqlite3.Connection, kept: KeptReply, body: str) -> None:
    """Add a reply, and its table where it is missing, within the transaction under way."""
    upgrade(connection, WITH_REPLIES)
    connection.execute(
        "INSERT INTO replies (key, at, body) VALUES (?, ?, ?)", (kept.key, kept.at, body)
    )


def latest(connection: sqlite3.Connection, key: str, source: Source) -> Reply | None:
    """Return the reply kept last under ``key``, or None. ``source`` is where its blobs are."""
    if number(connection, "user_version") < WITH_REPLIES:
        return None
    found = connection.execute(_LATEST, (key,)).fetchone()
    return decode(found[0], Reply, source) if found else None
