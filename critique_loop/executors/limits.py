"""How much one run may use."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from critique_loop.errors import CallError

_MEBIBYTE = 1 << 20
_LARGEST_PROGRAM = 64 * _MEBIBYTE  # what the server takes


@dataclass(frozen=True, slots=True)
class Limits:
    """The most one run may use; what goes over is cut or ended, and the execution says so.

    ``wall_s`` bounds the whole run, ``cpu_s`` each of its processes, ``memory_mb`` (MiB) and
    ``processes`` the container, files in memory included. ``file_mb`` (each), ``files_mb`` (all),
    ``files``, ``folder_depth`` and ``pictures`` bound what is brought back. Of each output stream
    so many bytes are kept, half of them from its end. ``judge_wall_s`` is the time of the judge,
    which runs after the program with the same memory; of a code task all tests together may take
    ``tests_wall_s`` more.
    """

    wall_s: float = 30.0
    cpu_s: int = 30
    memory_mb: int = 512
    processes: int = 64
    program_bytes: int = _MEBIBYTE
    stdout_bytes: int = 64 << 10
    stderr_bytes: int = 64 << 10
    file_mb: int = 16
    files_mb: int = 64
    files: int = 100
    folder_depth: int = 4
    pictures: int = 20
    facts_mb: int = 64
    answer_bytes: int = _MEBIBYTE
    judge_wall_s: float = 30.0
    tests_wall_s: float = 120.0

    def __post_init__(self) -> None:
        """Refuse limits under which nothing can run.

        Raises:
            CallError: a limit is not above 0, or no number; programs could be larger than 64 MiB.
        """
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not 0 < value < math.inf:
                raise CallError(f"{limit.name} is {value}", remedy="Give a number above 0.")
        if self.program_bytes > _LARGEST_PROGRAM:
            raise CallError(
                f"program_bytes is {self.program_bytes}", remedy=f"Give at most {_LARGEST_PROGRAM}."
            )

    @property
    def memory_bytes(self) -> int:
        """The container's memory."""
        return self.memory_mb * _MEBIBYTE

    @property
    def file_bytes(self) -> int:
        """The largest file that is brought back."""
        return self.file_mb * _MEBIBYTE

    @property
    def total_bytes(self) -> int:
        """All files of one run together."""
        return self.files_mb * _MEBIBYTE

    @property
    def facts_bytes(self) -> int:
        """The largest document of figure facts."""
        return self.facts_mb * _MEBIBYTE
