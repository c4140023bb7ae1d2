"""Every error this package raises, split by who can mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class CritiqueLoopError(Exception):
    """The one base of all errors of this package.

    ``problem`` says what happened and to which thing; ``remedy`` says what to do next. The message
    is both, on two lines.
    """

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        """Keep the two halves of the message apart, so that a screen can set them apart too."""
        super().__init__(f"{problem}\n{remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class CallError(CritiqueLoopError):
    """The caller can mend it: an argument, a file, an option."""


class DataError(CallError):
    """A data file can't be used as a table."""

    def __init__(self, path: Path, problem: str, *, remedy: str = "") -> None:
        """Name the file in the message."""
        super().__init__(f"{path}: {problem}", remedy=remedy)
        self.path = path


class DefinitionError(CallError):
    """A rubric or agent file is wrong; the message names file and key."""

    def __init__(self, path: Path, problem: str, *, remedy: str = "") -> None:
        """Name the file in the message."""
        super().__init__(f"{path}: {problem}", remedy=remedy)
        self.path = path


class WriterGaveUp(CritiqueLoopError):  # noqa: N818 - an answer of the writer, not a fault of ours
    """The writer has no (further) draft; ``problem`` is its reason."""


class MachineError(CritiqueLoopError):
    """The machine is in the way: no Docker, no rights, no disk."""


class SandboxUnavailable(MachineError):  # noqa: N818 - a state, named as the stop reason is
    """No isolation can be had; nothing was run."""


class StoreError(MachineError):
    """The trace store can't be read or written."""
