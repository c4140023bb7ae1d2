"""One place with its server: start, one run after the other, end. Blocks; used from threads."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors import answers, image_names
from critique_loop.executors.cells import Cell, Isolation
from critique_loop.executors.frames import Frames, SandboxLost
from critique_loop.executors.limits import Limits
from critique_loop.executors.requests import Question

SERVER = "server"

_START_S = 60.0
_GRACE_S = 10.0
_SHORT_CAP = 1 << 16


class _Ready(msgspec.Struct, frozen=True):
    python: str


@dataclass(frozen=True, slots=True)
class Order:
    """One program to run; ``request`` is what the judge is asked, None for no judge.

    ``question`` says how the program is run and how long the judge may take.
    """

    program: bytes
    tables: Sequence[str] = ()
    request: Mapping[str, object] | None = None
    question: Question | None = None


class Sandbox:
    """An isolated place whose server is warm.

    Attributes: python: the version in it. runs: how many programs it has run. started: when it
    was, by ``time.monotonic``.
    """

    def __init__(self, isolation: Isolation, limits: Limits, library: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            SandboxUnavailable: no such place can be had, or the server doesn't start in it.
        """
        self.isolation = isolation
        self.runs: int = 0
        self.started: float = time.monotonic()
        self._limits = limits
        self._cell: Cell = isolation.start(library[SERVER], limits)
        self._frames = Frames(self._cell.connection, multiplexed=self._cell.multiplexed)
        try:
            self.python: str = self._greet(library)
        except BaseException:
            self.close()
            raise

    @property
    def container_id(self) -> str:
        """How whoever made the place calls it."""
        return self._cell.id

    @property
    def image_digest(self) -> str:
        """The digest of the image it was made of, "" where there is none."""
        return self._cell.image_digest

    def show(self, files: Mapping[str, Path], *, checkpoint: Callable[[], None]) -> None:
        """Let programs read these files, see ``Cell.show``."""
        self._cell.show(files, checkpoint=checkpoint)

    def run(self, order: Order) -> answers.Answer:
        """Run one program.

        Raises:
            SandboxLost: the place is gone, silent or incomprehensible, and must be closed.
        """
        limits = self._limits
        self.runs += 1
        question = order.question or Question({}, limits.judge_wall_s)
        self._frames.allow(limits.wall_s + question.judge_wall_s + _GRACE_S)
        request = b"" if order.request is None else json.dumps(order.request).encode()
        orders = {
            "tables": list(order.tables),
            "judged": order.request is not None,
            "first": question.first,
            "module": question.module,
            "tested": question.tested,
            "judge_wall_s": question.judge_wall_s,
        }
        try:
            self._frames.send(
                (b"Q", msgspec.json.encode(orders)), (b"P", order.program), (b"T", request)
            )
            self._frames.wait(unless=self._cell.has_ended)
            return answers.receive(self._frames, limits)
        except SandboxLost as lost:
            raise SandboxLost(f"{lost.problem}\n{self._last_words()}".strip()) from lost

    def is_alive(self) -> bool:
        """Return whether the server still waits for orders; one that says anything doesn't."""
        return self._frames.is_quiet()

    def close(self) -> bool:
        """End and remove the place; return whether it is gone for sure."""
        self._frames.close()
        return self._cell.remove()

    def _greet(self, library: Mapping[str, str]) -> str:
        self._frames.allow(_START_S)
        modules = {name: source for name, source in library.items() if name != SERVER}
        settings = asdict(self._cell.terms) | _settings(self._limits)
        try:
            self._frames.send(
                (b"L", json.dumps(modules).encode()),
                (b"S", json.dumps(settings).encode()),
                unless=self._cell.has_ended,
            )
            self._frames.wait(unless=self._cell.has_ended)
            kind, content = self._frames.receive_any({b"Y": _SHORT_CAP, b"X": _SHORT_CAP})
        except SandboxLost as lost:
            raise self._no_server(self._last_words() or lost.problem) from lost
        if kind == b"X":
            raise self._no_server(content.decode("utf-8", "replace"))
        return msgspec.json.decode(content, type=_Ready).python

    def _last_words(self) -> str:
        return (self._frames.stderr or self._cell.last_words()).strip()

    def _no_server(self, words: str) -> SandboxUnavailable:
        digest = self._cell.image_digest
        place = f"image {digest}" if digest else self.isolation.name
        remedy = image_names.BUILD if digest else ""
        return SandboxUnavailable(f"The sandbox of {place} doesn't start:\n{words}", remedy=remedy)


def _settings(limits: Limits) -> dict[str, object]:
    """Return what sandbox/orders.py calls Settings, without the terms of the place."""
    return {
        "wall_s": limits.wall_s,
        "judge_wall_s": limits.judge_wall_s,
        "cpu_s": limits.cpu_s,
        "stdout_bytes": limits.stdout_bytes,
        "stderr_bytes": limits.stderr_bytes,
        "facts_bytes": limits.facts_bytes,
        "answer_bytes": limits.answer_bytes,
        "file_bytes": limits.file_bytes,
        "total_bytes": limits.total_bytes,
        "files": limits.files,
        "depth": limits.folder_depth,
    }
