"""The options of every command that may ask a person, and what they make."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import Any, TypedDict

import click
import msgspec

from critique_loop.cli.options import option
from critique_loop.cli.text import notify
from critique_loop.errors import StoreError
from critique_loop.proxy import Ask, never, pause, with_timeout
from critique_loop.values import QuestionKind

_AnyCommand = Callable[..., Any]
_KINDS = tuple(kind.value for kind in QuestionKind)
_WAITING_FOR_NOBODY = ("never", "later")


class AskOptions(TypedDict):
    """What the options give, by their names; None where they were not given."""

    ask: str | None
    ask_at: tuple[str, ...] | None
    ask_timeout: float | None
    apply_above: float | None
    unsure_below: float | None


@dataclass(frozen=True, slots=True)
class AskSettings:
    """Who is asked and when, as plain data that a trace can keep.

    ``ask`` is "never", "later", "terminal" or the path of a folder.
    """

    ask: str = "never"
    ask_at: tuple[str, ...] = (QuestionKind.STUCK.value,)
    ask_timeout_s: float | None = None
    apply_above: float = 0.8
    unsure_below: float | None = None

    def plain(self) -> dict[str, object]:
        """Return JSON types, for the trace; beside the settings of a loop."""
        return {**asdict(self), "ask_at": list(self.ask_at)}

    @classmethod
    def from_plain(cls, settings: Mapping[str, object]) -> AskSettings:
        """Return what ``plain`` was made of, found among other settings.

        Raises:
            StoreError: a value is none that these settings could have.
        """
        try:
            found = msgspec.convert(dict(settings), cls)
        except msgspec.ValidationError as error:
            raise StoreError(f"the settings of a stored run can't be read: {error}") from error
        unknown = [kind for kind in found.ask_at if kind not in _KINDS]
        if unknown:
            raise StoreError(f"a stored run asks at {unknown[0]!r}, which this version can't")
        return found

    def with_options(self, options: AskOptions) -> AskSettings:
        """Return these settings with what the options say in place of their own."""
        asked, at = options["ask"], options["ask_at"]
        timeout, above = options["ask_timeout"], options["apply_above"]
        below = options["unsure_below"]
        return AskSettings(
            ask=self.ask if asked is None else asked,
            ask_at=self.ask_at if at is None else at,
            ask_timeout_s=self.ask_timeout_s if timeout is None else timeout,
            apply_above=self.apply_above if above is None else above,
            unsure_below=self.unsure_below if below is None else below,
        )

    @property
    def asks_nobody_now(self) -> bool:
        """Whether no question will be answered while the command runs."""
        return self.ask in _WAITING_FOR_NOBODY


def ask_of(
    settings: AskSettings,
    *,
    run_id: str,
    aside: Callable[[], contextlib.AbstractContextManager[None]],
) -> Ask:
    """Return what asks the person; ``aside`` clears the terminal for it."""
    if settings.ask == "never":
        return never
    if settings.ask == "later":
        return pause
    if settings.ask == "terminal":
        from critique_loop.proxy.terminal import terminal  # noqa: PLC0415 - only where it is used

        ask = terminal(aside=aside)
    else:
        from critique_loop.proxy.files import FolderAsk  # noqa: PLC0415 - only where it is used

        ask = FolderAsk(Path(settings.ask) / run_id, on_notice=notify)
    if settings.ask_timeout_s is None or ask is never:
        return ask
    return with_timeout(ask, settings.ask_timeout_s)


def _who(_: click.Context, __: click.Parameter, who: str | None) -> str | None:
    if who is None or who in (*_WAITING_FOR_NOBODY, "terminal"):
        return who
    if not who:
        raise click.BadParameter("name a folder, or never, later, terminal")
    return str(Path(who).absolute())


def _moments(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    moments = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for moment in moments:
        if moment not in _KINDS:
            raise click.BadParameter(f"{moment!r} is none of {', '.join(_KINDS)}")
    return moments


def _number(_: click.Context, __: click.Parameter, number: float | None) -> float | None:
    if number is not None and not math.isfinite(number):
        raise click.BadParameter(f"{number} is no number that could be meant")
    return number


_CONFIDENCE = click.FloatRange(min=0, max=1)
_OPTIONS = (
    option("--ask", callback=_who, metavar="WHO", help="Who is asked: never, terminal (you, here), "
           "later (stop with the question open; resume answers it), or a folder for question and "
           "answer files.  [default: never]"),
    option("--ask-at", callback=_moments, metavar="MOMENTS", help="When, separated by commas: "
           f"{', '.join(_KINDS)}.  [default: stuck]"),
    option("--ask-timeout", type=click.FloatRange(min=0, min_open=True), callback=_number,
           metavar="SECONDS", help="Take a question's default after so long."),
    option("--apply-above", type=_CONFIDENCE, callback=_number, metavar="C", help="Apply findings "
           "of at least this confidence unasked.  [default: 0.8]"),
    option("--unsure-below", type=_CONFIDENCE, callback=_number, metavar="C", help="With --ask-at "
           "confidence: ask about scores that are less sure than this."),
)  # fmt: skip


def ask_options(command: _AnyCommand) -> _AnyCommand:
    """Add all of them to a command."""
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)
