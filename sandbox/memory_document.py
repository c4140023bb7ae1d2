"""One document in a memory file that outlives the process that writes it."""

from __future__ import annotations

import os
import struct

_PLACE = struct.Struct(">QQ")


class MemoryDocument:
    """Replaced as a whole: a writer killed at any moment leaves the old document or the new one.

    The file begins with offset and length of the current document. A new one goes where the current
    one is not, then the beginning is rewritten; so the file holds about two documents at most.
    """

    def __init__(self, memory: int, cap: int) -> None:
        self._memory = memory
        self._cap = cap

    def replace(self, content: bytes) -> None:
        """Make ``content`` the current document; one that exceeds the cap leaves none."""
        offset, length = self._place()
        if len(content) > self._cap:
            os.pwrite(self._memory, _PLACE.pack(0, 0), 0)
            return
        start = _PLACE.size
        if offset < start + len(content):
            start = max(start, offset + length)
        written = 0
        while written < len(content):
            written += os.pwrite(self._memory, content[written:], start + written)
        os.pwrite(self._memory, _PLACE.pack(start, len(content)), 0)

    def read(self) -> bytes:
        """Return the current document, b"" where there is none or what is there makes no sense."""
        offset, length = self._place()
        if length > self._cap or offset + length > os.fstat(self._memory).st_size:
            return b""
        return os.pread(self._memory, length, offset)

    def _place(self) -> tuple[int, int]:
        head = os.pread(self._memory, _PLACE.size, 0)
        return _PLACE.unpack(head) if len(head) == _PLACE.size else (0, 0)
