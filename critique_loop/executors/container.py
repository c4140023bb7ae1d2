"""One container with its server: start, one run after the other, end. Blocks; used from threads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors import answers
from critique_loop.executors.engine import Container, Engine, Place
from critique_loop.executors.frames import Frames, SandboxLost
from critique_loop.executors.limits import Limits

BUILD = "critique-loop sandbox build"
SERVER = "server"

_START_S = 60.0
_GRACE_S = 10.0
_SHORT_CAP = 1 << 16


class _Ready(msgspec.Struct, frozen=True):
    python: str


@dataclass(frozen=True, slots=True)
class Order:
    """One program to run; ``request`` is what the judge is asked, None for no judge."""

    program: bytes
    tables: Sequence[str] = ()
    request: Mapping[str, object] | None = None


class Sandbox:
    """A hardened container whose server is warm."""

    def __init__(self, engine: Engine, place: Place, library: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            SandboxUnavailable: the engine won't, the image is missing, or the server doesn't start.
        """
        if not engine.image_digest(place.image):
            raise SandboxUnavailable(f"There is no image {place.image}.", remedy=BUILD)
        self._engine = engine
        self._limits = place.limits
        self._container: Container = engine.start(place)
        self._frames = Frames(self._container.connection)
        try:
            self.python: str = self._greet(place.image, library)
        except BaseException:
            self.close()
            raise

    @property
    def container_id(self) -> str:
        """The engine's own name of the container."""
        return self._container.id

    @property
    def image_digest(self) -> str:
        """The engine's digest of the image the container was made of."""
        return self._container.image_digest

    def run(self, order: Order) -> answers.Answer:
        """Run one program.

        Raises:
            SandboxLost: the container is gone, silent or incomprehensible, and must be closed.
        """
        limits = self._limits
        self._frames.allow(limits.wall_s + limits.judge_wall_s + _GRACE_S)
        self._frames.send(b"Q", msgspec.json.encode(_orders(order, limits)))
        self._frames.send(b"P", order.program)
        self._frames.send(
            b"T", b"" if order.request is None else json.dumps(order.request).encode()
        )
        try:
            return answers.receive(self._frames, limits)
        except SandboxLost as lost:
            raise SandboxLost(f"{lost.problem}\n{self._frames.stderr}".strip()) from lost

    def close(self) -> bool:
        """End and remove the container; return whether it is gone for sure."""
        self._frames.close()
        return self._engine.remove(self._container.id)

    def _greet(self, image: str, library: Mapping[str, str]) -> str:
        self._frames.allow(_START_S)
        try:
            modules = {name: source for name, source in library.items() if name != SERVER}
            self._frames.send(b"L", json.dumps(modules).encode())
            kind, content = self._frames.receive_any({b"Y": _SHORT_CAP, b"X": _SHORT_CAP})
        except SandboxLost as lost:
            words = self._frames.stderr.strip() or lost.problem
            raise _no_server(image, words) from lost
        if kind == b"X":
            raise _no_server(image, content.decode("utf-8", "replace"))
        return msgspec.json.decode(content, type=_Ready).python


def _no_server(image: str, words: str) -> SandboxUnavailable:
    return SandboxUnavailable(f"The sandbox of image {image} doesn't start:\n{words}", remedy=BUILD)


def _orders(order: Order, limits: Limits) -> dict[str, object]:
    """Return what sandbox/supervisor.py calls Orders."""
    return {
        "tables": list(order.tables),
        "judged": order.request is not None,
        "wall_s": limits.wall_s,
        "judge_wall_s": limits.judge_wall_s,
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "stdout_bytes": limits.stdout_bytes,
        "stderr_bytes": limits.stderr_bytes,
        "facts_bytes": limits.facts_bytes,
        "answer_bytes": limits.answer_bytes,
        "file_bytes": limits.file_bytes,
        "total_bytes": limits.total_bytes,
        "files": limits.files,
        "depth": limits.folder_depth,
    }
