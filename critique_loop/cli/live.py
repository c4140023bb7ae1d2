"""One live display on stderr: drawn again and again on a terminal, not at all elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from critique_loop.cli.text import plain


def stderr() -> Console:
    """Return stderr as a console that interprets nothing in what it prints."""
    return Console(stderr=True, highlight=False, emoji=False, markup=False)


class LiveDisplay:
    """Keeps the last lines of a terminal up to date, and prints others above them."""

    def __init__(
        self, render: Callable[[], RenderableType], *, hz: float = 2, transient: bool = False
    ) -> None:
        """``render`` draws it, ``hz`` times a second; ``transient``: it goes away in the end."""
        self.console: Console = stderr()
        self._render = render
        self._hz = hz
        self._transient = transient
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to draw, on a terminal."""
        if self.console.is_interactive:
            self._live = Live(
                console=self.console,
                refresh_per_second=self._hz,
                transient=self._transient,
                get_renderable=self._render,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw the last state and stop; the cursor is there again, whatever happened."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    @property
    def is_drawn(self) -> bool:
        """Whether it is on the terminal now; else whole lines are what a reader gets."""
        return self._live is not None

    def say(self, line: str) -> None:
        """Print one line, above what is drawn."""
        self.console.print(Text(plain(line)), soft_wrap=True)

    @contextmanager
    def aside(self) -> Generator[None]:
        """Leave the terminal to somebody else for a while."""
        was_drawn = self.is_drawn
        self.__exit__(None, None, None)
        try:
            yield
        finally:
            if was_drawn:
                self.__enter__()
