"""Workers in processes of their own: started, stopped, and started again where one died."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import anyio

from critique_loop.errors import CallError

_POLL_S = 0.2
_PATIENCE_S = 20.0
_MOST_TOLD = 600
RESTARTS_EACH = 3
_ENDED = (0, 4, 130)


@dataclass(frozen=True, slots=True)
class _Process:
    process: subprocess.Popen[bytes]
    said: IO[bytes]


class Processes:
    """So many processes of one command, until none of them has anything left to do.

    ``failure`` says what the last one that failed said. ``pids`` are those of the running ones.
    """

    def __init__(
        self,
        command: Sequence[str],
        number: int,
        *,
        on_death: Callable[[], None],
        restarts: int = RESTARTS_EACH,
    ) -> None:
        """``on_death`` is called in a thread when one was killed or failed.

        ``restarts`` is how many successors there may be for each.
        """
        self.failure: CallError | None = None
        self._command = list(command)
        self._number = number
        self._on_death = on_death
        self._restarts = restarts * number
        self._running: list[_Process] = []

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes."""
        return [each.process.pid for each in self._running]

    async def run(self, stop_requested: Callable[[], bool]) -> None:
        """Run them to their end; once ``stop_requested``, each finishes the rounds under way."""
        told = False
        try:
            for _ in range(self._number):
                self._start()
            while self._running:
                if stop_requested() and not told:
                    told = True
                    self._signal(signal.SIGINT)
                await self._look(restart=not told)
                await anyio.sleep(_POLL_S)
        finally:
            with anyio.CancelScope(shield=True):
                await self._end()

    async def _look(self, *, restart: bool) -> None:
        """Take leave of those that have ended; one that was killed gets a successor."""
        for each in [one for one in self._running if one.process.poll() is not None]:
            self._running.remove(each)
            said = _last_words(each)
            if each.process.returncode in _ENDED:
                continue
            await anyio.to_thread.run_sync(self._on_death)
            self.failure = CallError(f"a worker ended: {said or each.process.returncode}")
            if restart and each.process.returncode < 0 and self._restarts:
                self._restarts -= 1
                self._start()

    def _start(self) -> None:
        said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when its process has ended
        # A session of its own: Ctrl-C in the terminal reaches the command, which tells them.
        process = subprocess.Popen(  # noqa: S603 - this interpreter, with options of ours
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        self._running.append(_Process(process, said))

    def _signal(self, number: int) -> None:
        for each in self._running:
            each.process.send_signal(number)

    async def _end(self) -> None:
        """Stop what still runs; what does not obey is killed."""
        self._signal(signal.SIGTERM)
        with anyio.move_on_after(_PATIENCE_S):
            while any(each.process.poll() is None for each in self._running):  # noqa: ASYNC110 - no event tells of it
                await anyio.sleep(_POLL_S)
        for each in self._running:
            each.process.kill()
            each.process.wait()
            each.said.close()
        self._running.clear()


def worker_command(python: str, batch: str, store: Path, options: Sequence[str]) -> list[str]:
    """Return the command of one worker of this process: it ends when this one does."""
    command = [python, "-m", "critique_loop", "worker", batch, "--store", str(store)]
    return [*command, "--parent", str(os.getpid()), *options]


def is_orphan(parent: int | None) -> bool:
    """Whether the process ``parent``, which started this one, has ended, however that came about.

    A child gets another parent at once when its own ends, so this asks for no help of either's.
    """
    return parent is not None and os.getppid() != parent


def _last_words(each: _Process) -> str:
    with each.said as said:
        said.seek(0)
        lines = said.read().decode("utf-8", "replace").strip().splitlines()
    text = "\n".join(lines[-5:])
    return text[-_MOST_TOLD:]
