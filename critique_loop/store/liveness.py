"""Whether the process that wrote a run still lives."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def this_process() -> str:
    """Return an identity of this process that no later process will have.

    Boot id, PID namespace, PID and start time (clock ticks since boot, proc(5) stat field 22),
    separated by spaces; "-" for what the system doesn't tell.
    """
    return " ".join((_boot_id(), _namespace(), str(os.getpid()), _start_time(os.getpid()) or "-"))


def is_alive(process: str) -> bool:
    """Return whether the process with this identity may still run.

    A process of this boot in another container can't be seen and counts as alive.
    """
    boot_id, namespace, pid, start_time = process.split(" ")
    if boot_id != _boot_id():
        return False
    if namespace != _namespace():
        return True
    if start_time == "-":
        return _answers(int(pid))
    return _start_time(int(pid)) == start_time


def _boot_id() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "-"


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").stat().st_ino)
    except OSError:
        return "-"


def _start_time(pid: int) -> str | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The command name (field 2) is in parentheses and may itself hold spaces and parentheses.
    after_name = stat.rpartition(b")")[2].split()
    state, start_time = after_name[0], after_name[19]
    return None if state in (b"Z", b"X") else start_time.decode("ascii")


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
