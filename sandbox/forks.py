"""What every fork of the server begins and ends with, and the modules that only some have."""

from __future__ import annotations

import os
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from types import ModuleType

    from forked_judge import Judge

CRASHED = 70
TRACE = "fork_trace"


class Traced:
    """Hands what ``fork_trace`` recorded to the host, where that module was sent along."""

    def __init__(self, role: str, memory: int | None) -> None:
        self._role = role
        self._memory = memory

    def __enter__(self) -> None:
        """Begin to record."""
        trace = optional(TRACE)
        if trace is not None:
            trace.begin(self._role)

    def __exit__(self, *error: object) -> None:
        """Hand over, whatever happened."""
        trace = optional(TRACE)
        if trace is not None and self._memory is not None:
            write_all(self._memory, trace.end())


def make_work_folder(work: str) -> int:
    """Make the folder a program starts in; return its descriptor."""
    Path(work).mkdir(0o700)
    return os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def link_tables(work: str, data: str, tables: list[str]) -> dict[str, int]:
    """Show each table in the work folder under its name; return the inodes of the links."""
    links: dict[str, int] = {}
    for name in tables:
        link = Path(work) / name
        link.symlink_to(f"{data}/{name}")
        links[name] = link.lstat().st_ino
    return links


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte of ``content``."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def probe(emit: Callable[[bytes], None]) -> Callable[[], None]:
    """Install the probe the host sent, if any; return what ends its work."""
    figure_probe = optional("figure_probe")
    if figure_probe is None:
        return _nothing
    figure_probe.install(emit)
    finish: Callable[[], None] = figure_probe.finish
    return finish


def fork(body: Callable[[], int]) -> int:
    """Return the process that does ``body`` and ends with its code."""
    pid = os.fork()
    if pid == 0:
        _leave_with(body)
    return pid


def _leave_with(body: Callable[[], int]) -> NoReturn:
    code = CRASHED
    try:
        code = body()
    except BaseException:  # noqa: BLE001 - a fork must never return into the server's loop
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def optional(name: str) -> Any:  # noqa: ANN401 - a module the host may have sent
    """Return a module that the host may have sent along, None where it has not."""
    module: ModuleType | None = sys.modules.get(name)
    return module


def judge_of(candidates: socket.socket | None) -> Judge | None:
    """Return what judges: drawings, or with a candidate host the tests of a program."""
    if candidates is not None:
        return partial(optional("code_judge").judge, control=candidates)
    judge = optional("judge")
    return None if judge is None else judge.judge


def _nothing() -> None:
    """Do what finish does where no probe was sent."""
