"""See every figure of a matplotlib program alive and say in plain facts what was drawn.

The facts are taken while a figure is drawn into its file: at that moment every artist stands where
the picture shows it. The program notices nothing: an error in here means that facts are missing,
never that the program fails or draws something else.
"""

# pyright: reportUnknownMemberType=false
# (matplotlib's own types leave parts of signatures open)

from __future__ import annotations

import functools
import io
import os
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from figure_facts import Facts, FigureFacts, encode
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from probe_figure import read_figure
from probe_marks import Marks
from probe_text import Canvas

PICTURE = "chart.png"

_MOST_FIGURES = 8
_MOST_UNNAMED = 20
_running: list[Probe] = []


def install(emit: Callable[[bytes], None]) -> None:
    """Watch matplotlib from now on; pictures are named relative to the current folder.

    Args:
        emit: takes the document of facts, anew after each picture; the last one counts.
    """
    finish()
    probe = Probe(emit, Path.cwd())
    _running.append(probe)
    probe.hook()


def finish() -> None:
    """Stop watching; save the last figure as chart.png if the program drew but saved no picture."""
    while _running:
        probe = _running.pop()
        probe.save_unsaved()
        probe.unhook()
        probe.report()


class Probe:
    """Watches the figures of one program."""

    def __init__(self, emit: Callable[[bytes], None], folder: Path) -> None:
        self._emit = emit
        self._folder = folder.resolve()
        self._marks = Marks()
        self._alive: deque[Figure] = deque(maxlen=_MOST_FIGURES)
        self._saved: dict[str, FigureFacts] = {}
        self._last: Figure | None = None
        self._shown: tuple[bytes, FigureFacts] | None = None
        self._unnamed = 0
        self._saving: str | None = None
        self._measured: FigureFacts | None = None
        self._originals: list[tuple[Any, str, Any]] = []

    def hook(self) -> None:
        """Put the probe's own functions around those of matplotlib that it watches."""
        self._around(Figure, "__init__", self._on_figure)
        self._around(Figure, "draw", self._on_draw)
        self._around(FigureCanvasBase, "print_figure", self._on_print)
        self._around(plt, "show", self._on_show)
        self._after(Axes, "hist", self._marks.note_histogram)
        self._after(Axes, "bxp", lambda answer, _: self._marks.note_boxes(answer))
        self._after(Axes, "violin", lambda answer, _: self._marks.note_parts(answer))

    def unhook(self) -> None:
        """Give matplotlib its own functions back."""
        while self._originals:
            owner, name, original = self._originals.pop()
            setattr(owner, name, original)

    def report(self) -> None:
        """Emit what is known."""
        self._quietly(lambda: self._emit(encode(Facts(tuple(self._saved.values())))))

    def save_unsaved(self) -> None:
        """Save a picture for a program that only showed, or only drew, its figure."""
        if any(name.endswith(".png") for name in self._saved) or "" in self._saved:
            return
        if self._shown is not None and not self._saved:
            png, facts = self._shown
            self._quietly(lambda: (self._folder / PICTURE).write_bytes(png))
            self._keep(PICTURE, facts)
            return
        drawn = [figure for figure in self._alive if figure.axes]
        figure = self._last or (drawn[-1] if drawn else None)
        if figure is not None:
            self._quietly(lambda: figure.savefig(self._folder / PICTURE))

    def _around(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:  # noqa: ANN401 -- a class or a module
        original = getattr(owner, name)

        @functools.wraps(original)
        def wrapped(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 -- passes through
            return wrapper(original, *arguments, **options)

        self._originals.append((owner, name, original))
        setattr(owner, name, wrapped)

    def _after(
        self, owner: type, name: str, note: Callable[[Any, dict[str, object]], None]
    ) -> None:
        def wrapper(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 -- passes through
            answer = original(*arguments, **options)
            self._quietly(lambda: note(answer, options))
            return answer

        self._around(owner, name, wrapper)

    def _on_figure(
        self,
        original: Callable[..., None],
        figure: Figure,
        *arguments: Any,  # noqa: ANN401 -- passes through
        **options: Any,  # noqa: ANN401 -- passes through
    ) -> None:
        original(figure, *arguments, **options)
        self._alive.append(figure)

    def _on_draw(
        self,
        original: Callable[..., Any],
        figure: Figure,
        renderer: object,
        *arguments: Any,  # noqa: ANN401 -- passes through
        **options: Any,  # noqa: ANN401 -- passes through
    ) -> Any:  # noqa: ANN401 -- passes through
        answer = original(figure, renderer, *arguments, **options)
        only_sizing = "draw_path" in vars(renderer)
        if self._saving is not None and isinstance(renderer, RendererAgg) and not only_sizing:
            self._quietly(lambda: self._measure(figure, renderer))
        return answer

    def _measure(self, figure: Figure, renderer: RendererAgg) -> None:
        self._measured = None
        self._measured = read_figure(
            figure, Canvas(renderer), self._marks, picture=self._saving or ""
        )

    def _on_print(
        self,
        original: Callable[..., Any],
        canvas: FigureCanvasBase,
        filename: object,
        *arguments: Any,  # noqa: ANN401 -- passes through
        **options: Any,  # noqa: ANN401 -- passes through
    ) -> Any:  # noqa: ANN401 -- passes through
        self._begin(filename)
        try:
            answer = original(canvas, filename, *arguments, **options)
            self._end(canvas.figure, options)
        finally:
            self._saving = None
        return answer

    def _begin(self, filename: object) -> None:
        self._measured = None
        self._saving = self._name(filename)
        if not self._saving:
            self._unnamed += 1
            self._saving = None if self._unnamed > _MOST_UNNAMED else ""

    def _end(self, figure: Figure, options: dict[str, Any]) -> None:
        self._last = figure
        measured, self._measured = self._measured, None
        if measured is None or self._saving is None:
            return
        cropped = options.get("bbox_inches", mpl.rcParams["savefig.bbox"]) == "tight"
        self._keep(self._saving, replace(measured, tight=cropped))

    def _keep(self, name: str, facts: FigureFacts) -> None:
        self._saved.pop(name, None)
        self._saved[name] = replace(facts, picture=name)
        while len(self._saved) > _MOST_FIGURES:
            self._saved.pop(next(iter(self._saved)))
        self.report()

    def _name(self, filename: object) -> str:
        """The file's name relative to the work folder; "" for anything else."""
        given = getattr(filename, "name", filename) if hasattr(filename, "write") else filename
        if not isinstance(given, str | os.PathLike):
            return ""
        path = Path(os.fspath(given)).absolute()  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] -- a path of any kind
        if not path.suffix:
            path = path.with_suffix(f".{mpl.rcParams['savefig.format']}")
        with suppress(ValueError, OSError):
            return (path.parent.resolve() / path.name).relative_to(self._folder).as_posix()
        return ""

    def _on_show(
        self,
        original: Callable[..., Any],
        *arguments: Any,  # noqa: ANN401 -- passes through
        **options: Any,  # noqa: ANN401 -- passes through
    ) -> Any:  # noqa: ANN401 -- passes through
        self._quietly(self._look_at_shown)
        return original(*arguments, **options)

    def _look_at_shown(self) -> None:
        """Keep the picture that a window would show: the program may clear it afterwards."""
        if self._saved or not plt.get_fignums():
            return
        figure = plt.figure(plt.get_fignums()[-1])
        png = io.BytesIO()
        self._saving, self._measured = PICTURE, None
        try:
            print_figure = cast("Any", figure.canvas.print_figure)
            print_figure.__wrapped__(figure.canvas, png, format="png")
        finally:
            self._saving = None
        if self._measured is not None:
            self._shown = (png.getvalue(), self._measured)

    @staticmethod
    def _quietly(act: Callable[[], object]) -> None:
        """Do the probe's own work without a trace in the program: no error, no warning."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Whatever goes wrong in here, missing facts are the answer; the program must go on.
            with suppress(Exception):
                act()
