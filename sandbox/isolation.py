"""What is asked of the kernel: attributes and limits of a fork, counters of the container."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import seccomp

# prctl(2) options, from linux/prctl.h
PDEATHSIG, DUMPABLE, CHILD_SUBREAPER, NO_NEW_PRIVILEGES = 1, 4, 36, 38
OPEN_FILES = 256

_LIBC = ctypes.CDLL(None, use_errno=True)
_CGROUP = Path("/sys/fs/cgroup")
_OOM_FILES = ("memory.events", "memory/memory.oom_control")
_PROCESS_FILES = ("pids.events", "pids/pids.events")


class Counters(NamedTuple):
    """How often the container's memory and process limits were hit since it started."""

    out_of_memory: int
    processes_refused: int


class ForkLimits(NamedTuple):
    """What one process of a fork may use.

    ``address_space`` comes on top of what the server itself has mapped. ``processes`` are those of
    this user; 0: the container counts them. Where memory runs out, processes of a larger
    ``oom_score`` (proc_pid_oom_score_adj(5)) are ended first.
    """

    cpu_s: int
    file_bytes: int
    address_space: int
    processes: int
    oom_score: int


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process.

    Raises:
        OSError: the kernel refused.
    """
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}, {value}): {os.strerror(number)}")


def require_process_one() -> None:
    """Refuse to go on where kill(-1) and emptying /tmp would hit anything but a sandbox.

    Raises:
        RuntimeError: this is not the first process of its namespace.
    """
    if os.getpid() != 1:
        raise RuntimeError("only process 1 of a sandbox may do this")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    prctl(CHILD_SUBREAPER, 1)


def end_all_others() -> bool:
    """Kill every other process of the namespace; return False when there is none.

    Raises:
        RuntimeError: this is not the first process of its namespace.
    """
    require_process_one()
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def end_children() -> bool:
    """Kill every child of this process; return False when there is none."""
    children = _children()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return bool(children)


def _children() -> list[int]:
    parent, found = str(os.getpid()).encode(), list[int]()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            # The command, in parentheses, may itself hold blanks and parentheses.
            if (
                entry.name.isdecimal()
                and (entry / "stat").read_bytes().rpartition(b")")[2].split()[1] == parent
            ):
                found.append(int(entry.name))
    return found


def require_filter(call_filter: bytes) -> None:
    """Refuse to go on where system calls can't be filtered.

    Raises:
        RuntimeError: the kernel, or what runs this container, takes no filter.
    """
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            prctl(NO_NEW_PRIVILEGES, 1)
            seccomp.install(call_filter)
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("system calls can't be filtered here: seccomp(2) is refused")


def hide() -> None:
    """Keep other processes of the same user out of this one: no ptrace, no look into /proc."""
    prctl(DUMPABLE, 0)


def limit_open_files() -> None:
    """Keep descriptors few, so that closing all of them in a fork is quick on any kernel."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def confine(limits: ForkLimits, *, keep: set[int], hidden: bool) -> None:
    """Turn a fresh fork into a process that holds nothing of ours and can't outgrow its limits."""
    os.setsid()
    prctl(PDEATHSIG, signal.SIGKILL)
    # Process 1 is not dumpable, which makes /proc/self root's; the adjustment below needs it ours.
    prctl(DUMPABLE, 1)
    Path("/proc/self/oom_score_adj").write_text(str(limits.oom_score), encoding="ascii")
    if hidden:
        hide()
    prctl(NO_NEW_PRIVILEGES, 1)
    close_all_but(keep | {0, 1, 2})
    for which, soft, hard in (
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),
        (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        (resource.RLIMIT_AS, *2 * (_mapped_bytes() + limits.address_space,)),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(which, (soft, hard))
    if limits.processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def close_all_but(keep: set[int]) -> None:
    """Close every other descriptor of this process."""
    first = 0
    for descriptor in [*sorted(keep), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]:
        # An empty range must not be asked for: closerange(0, 0) closes everything (Python 3.11).
        if first < descriptor:
            os.closerange(first, descriptor)
        first = descriptor + 1


def behave_like_a_new_interpreter() -> None:
    """Undo what forking shares: Ctrl-C and SIGPIPE as Python sets them, fresh random streams."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def counters() -> Counters:
    """Read the container's counters, from cgroup v2 or v1; 0 for what the system doesn't tell."""
    return Counters(
        out_of_memory=_count(_OOM_FILES, "oom_kill"),
        processes_refused=_count(_PROCESS_FILES, "max"),
    )


def _count(files: tuple[str, ...], key: str) -> int:
    for name in files:
        try:
            text = (_CGROUP / name).read_text(encoding="ascii")
        except OSError:
            continue
        for line in text.splitlines():
            word, _, value = line.partition(" ")
            if word == key:
                return int(value)
    return 0
