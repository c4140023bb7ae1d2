"""Every error this package raises, split by who can mend it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from critique_loop.values import Choice, StopReason


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


class OptionError(CallError):
    """A function was given a keyword that it has no option of; the nearest one is named."""

    def __init__(
        self, name: str, known: Iterable[str], elsewhere: Mapping[str, str] | None = None
    ) -> None:
        """Tell how that is said which is most like ``name``, else what can be said."""
        from difflib import get_close_matches  # noqa: PLC0415 - only an error needs it

        own = {each: each for each in sorted(known)}
        said = {**(elsewhere or {}), **own}
        near = get_close_matches(name, said, n=1)
        told = f"Say {said[near[0]]}." if near else f"Options: {', '.join(own)}."
        super().__init__(f"there is no option {name!r}", remedy=told)
        self.name = name

    @classmethod
    def refuse(
        cls, given: Iterable[str], known: Iterable[str], elsewhere: Mapping[str, str] | None = None
    ) -> None:
        """Refuse what is ``given`` and not ``known``.

        ``elsewhere`` tells how that is said which belongs into the value of an option.

        Raises:
            OptionError: there is something.
        """
        names = frozenset(known)
        for name in given:
            if name not in names:
                raise cls(name, names, elsewhere)


class DataError(CallError):
    """A data file can't be used as a table."""

    def __init__(self, path: Path, problem: str, *, remedy: str = "") -> None:
        """Name the file in the message."""
        super().__init__(f"{path}: {problem}", remedy=remedy)
        self.path = path


class DefinitionError(CallError):
    """A rubric or agent file is wrong; the message names file, line where it is known, and key."""

    def __init__(
        self, path: Path, problem: str, *, remedy: str = "", line: int | None = None
    ) -> None:
        """Name the file in the message, and the line as compilers do: "mine.toml:14: ..."."""
        where = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{where}: {problem}", remedy=remedy)
        self.path = path
        self.line = line


class WriterGaveUp(CritiqueLoopError):  # noqa: N818 - an answer of the writer, not a fault of ours
    """The writer has no (further) draft; ``problem`` is its reason."""


class MachineError(CritiqueLoopError):
    """The machine is in the way: no Docker, no rights, no disk."""


class SandboxUnavailable(MachineError):  # noqa: N818 - a state, named as the stop reason is
    """No isolation can be had; nothing was run."""


class StoreError(MachineError):
    """The trace store can't be read or written."""


class BudgetEnded(CritiqueLoopError):  # noqa: N818 - a state, named as the stop reasons are
    """A call was not made, because it could have gone over a budget.

    ``reason`` names the limit, ``wanted`` is how much the call could have taken of it, ``ledger``
    the one whose budget it is, where that is known. ``choices`` are as those of a ModelError.
    """

    def __init__(self, reason: StopReason, problem: str, *, remedy: str = "") -> None:
        """Keep the limit beside the message."""
        super().__init__(problem, remedy=remedy)
        self.reason = reason
        self.wanted: float = 0.0
        self.ledger: object | None = None
        self.choices: Mapping[int, Choice] = {}


class ModelErrorKind(StrEnum):
    """What went wrong with a model's server, or with its answer."""

    AUTH = "auth"
    PERMISSION = "permission"
    QUOTA = "quota"
    NO_MODEL = "no_model"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    SERVER = "server"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    PROTOCOL = "protocol"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    CONTEXT_OVERFLOW = "context_overflow"
    UNSUPPORTED = "unsupported"
    BAD_JSON = "bad_json"
    NOT_RECORDED = "not_recorded"

    @property
    def is_answer(self) -> bool:
        """Whether the server works and the answer is what is wrong: an outcome of this step."""
        return self in _ANSWERS


_ANSWERS = frozenset(
    {
        ModelErrorKind.EMPTY,
        ModelErrorKind.TRUNCATED,
        ModelErrorKind.REFUSAL,
        ModelErrorKind.CONTENT_FILTER,
        ModelErrorKind.CONTEXT_OVERFLOW,
        ModelErrorKind.BAD_JSON,
    }
)


class ModelError(CritiqueLoopError):
    """A model gave no usable answer.

    ``kind`` says why. ``status`` is the HTTP status (0: there was none), ``code`` the server's own
    code, ``retry_after_s`` how long it asked to wait, ``partial`` the answer as far as it came,
    ``attempts`` the HTTP requests made. Where several answers were wanted, ``choices`` are the good
    ones that had come by then, by their place among them. Nothing in it holds a key.
    """

    def __init__(
        self,
        kind: ModelErrorKind,
        problem: str,
        *,
        remedy: str = "",
        status: int = 0,
        code: str = "",
    ) -> None:
        """Keep the parts beside the message."""
        super().__init__(problem, remedy=remedy)
        self.kind = kind
        self.status = status
        self.code = code
        self.retry_after_s: float | None = None
        self.partial: str = ""
        self.attempts: int = 0
        self.choices: Mapping[int, Choice] = {}


class Paused(CritiqueLoopError):  # noqa: N818 - a state, named as the stop reason is
    """A person is to answer later; the open question is in the trace and the run can be resumed."""
