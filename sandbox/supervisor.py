"""What process 1 does between two frames: fork the program, end all, sweep, fork the judge.

Two modules are the host's choice. ``figure_probe`` runs beside the program: ``install(emit)`` and
``finish()``. ``judge`` runs in a second fork that never saw the program. A third, ``fork_trace``,
is for measuring this code itself: ``begin(role)``, and ``end() -> bytes`` in each fork.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypedDict

import isolation
import program
import sweep
import warmup
import watching
from forked_judge import Inputs, answer_of
from memory_document import MemoryDocument

if TYPE_CHECKING:
    from types import ModuleType

    from server import Wire

DATA = "/data"
WORK = "/tmp/work"  # noqa: S108 - the container's own tmpfs
PAYLOAD_CAP = 64 << 20
ORDERS_CAP = 1 << 16
CRASHED = 70
TRACE = "fork_trace"


class Orders(TypedDict):
    """The host's words on one run. Sizes in bytes."""

    tables: list[str]
    judged: bool
    wall_s: float
    judge_wall_s: float
    cpu_s: int
    memory_bytes: int
    stdout_bytes: int
    stderr_bytes: int
    facts_bytes: int
    answer_bytes: int
    file_bytes: int
    total_bytes: int
    files: int
    depth: int


def prepare() -> None:
    """Close this process to its children, and lend matplotlib its fonts before it is imported."""
    isolation.require_process_one()
    isolation.hide()
    isolation.limit_open_files()
    warmup.lend_font_cache()


def warm_up() -> None:
    """Draw once, then keep the garbage collector from touching the pages that forks share."""
    warmup.warm_up()
    gc.collect()
    gc.freeze()


def serve(wire: Wire) -> NoReturn:
    """Run one program after the other; ends with the host's hang-up."""
    clean = sweep.footprint()
    while True:
        orders: Orders = json.loads(wire.read(b"Q", ORDERS_CAP))
        source = wire.read_into_memory(b"P", PAYLOAD_CAP)
        request = wire.read_into_memory(b"T", PAYLOAD_CAP)
        Run(wire, orders, source=source, request=request).all_steps(clean)


class Run:
    """One program from its bytes to its last frame."""

    def __init__(self, wire: Wire, orders: Orders, *, source: int, request: int) -> None:
        self._wire = wire
        self._orders = orders
        self._source = source
        self._request = request
        self._stdout = watching.Capture(orders["stdout_bytes"])
        self._stderr = watching.Capture(orders["stderr_bytes"])
        self._memory = {
            name: os.memfd_create(name) for name in ("facts", "manifest", "files", "answer")
        }
        self._trace = os.memfd_create("trace") if _optional(TRACE) else None
        self._work = make_work_folder(orders["tables"])

    def all_steps(self, clean: sweep.Footprint) -> None:
        """Run the program, then the judge, then answer."""
        before = isolation.counters()
        ended = self._fork_and_watch(self._program, self._orders["wall_s"])
        after = isolation.counters()
        for capture in (self._stdout, self._stderr):
            capture.drain()
        judged = self._fork_and_watch(self._sweep_and_judge, self._orders["judge_wall_s"])
        os.close(self._work)  # While it is open the removed folder keeps its inode.
        result = {
            **ended._asdict(),
            "out_of_memory": after.out_of_memory - before.out_of_memory,
            "processes_refused": after.processes_refused - before.processes_refused,
            "stdout_cut": self._stdout.cut,
            "stderr_cut": self._stderr.cut,
            "judge_code": judged.code,
            "judge_timed_out": judged.timed_out,
            "judge_out_of_memory": isolation.counters().out_of_memory - after.out_of_memory,
            "judge_peak_bytes": judged.peak_bytes,
            "dirty": sweep.footprint() != clean,
        }
        self._answer(json.dumps(result).encode())

    def _answer(self, result: bytes) -> None:
        self._wire.write(b"R", result)
        for kind, memory in (
            (b"O", self._stdout.memory),
            (b"E", self._stderr.memory),
            (b"M", self._memory["manifest"]),
            (b"F", self._memory["files"]),
            (b"J", self._memory["answer"]),
        ):
            self._wire.write_memory(kind, memory)
        if self._trace is None:
            self._wire.write(b"C", b"")
        else:
            self._wire.write_memory(b"C", self._trace)
            os.close(self._trace)
        self._stdout.close()
        self._stderr.close()
        for descriptor in (*self._memory.values(), self._source, self._request):
            os.close(descriptor)

    def _fork_and_watch(self, body: Callable[[], int], wall_s: float) -> watching.Ended:
        pid = os.fork()
        if pid == 0:
            _leave_with(body)
        captures = tuple(c for c in (self._stdout, self._stderr) if c.open_to_program())
        return watching.Watch(pid, captures).until(wall_s, hang_up=self._wire.source)

    def _program(self) -> int:
        """Fork 1: the program itself."""
        facts = MemoryDocument(self._memory["facts"], self._orders["facts_bytes"])
        watching.attach_standard_streams(self._stdout.writer, self._stderr.writer)
        keep = {self._source, self._memory["facts"], *self._kept_trace()}
        isolation.confine(self._fork_limits(self._orders["cpu_s"]), keep=keep, hidden=False)
        source = os.pread(self._source, os.fstat(self._source).st_size, 0)
        os.close(self._source)
        isolation.behave_like_a_new_interpreter()
        os.chdir(WORK)
        with Traced("program", self._trace):
            probe = _optional("figure_probe")
            if probe is None:
                return program.run(source, finish=_nothing)
            probe.install(facts.replace)
            return program.run(source, finish=probe.finish)

    def _sweep_and_judge(self) -> int:
        """Fork 2: takes the files, empties the places, then judges. Never saw the program."""
        # Its words go where the server's own go: into the host's log.
        watching.attach_standard_streams(watching.null(), 2)
        keep = {*self._memory.values(), self._request, self._work, *self._kept_trace()}
        cpu_s = int(self._orders["judge_wall_s"]) + 1
        isolation.confine(self._fork_limits(cpu_s), keep=keep, hidden=True)
        isolation.behave_like_a_new_interpreter()
        with Traced("judge", self._trace):
            manifest = self._sweep()
            judge = _optional("judge")
            if judge is not None and self._orders["judged"]:
                facts = MemoryDocument(self._memory["facts"], self._orders["facts_bytes"]).read()
                inputs = Inputs(self._request, facts, manifest, self._memory["files"], DATA)
                answer = answer_of(judge.judge, inputs, cap=self._orders["answer_bytes"])
                write_all(self._memory["answer"], answer)
        return 0

    def _sweep(self) -> sweep.Manifest:
        orders = self._orders
        caps = sweep.Caps(
            file_bytes=orders["file_bytes"],
            total_bytes=orders["total_bytes"],
            files=orders["files"],
            depth=orders["depth"],
        )
        blob = self._memory["files"]
        manifest = sweep.collect(self._work, blob, caps, links=orders["tables"])
        write_all(self._memory["manifest"], json.dumps(manifest).encode())
        sweep.empty_all()
        return manifest

    def _fork_limits(self, cpu_s: int) -> isolation.ForkLimits:
        # The facts lie in a memory file twice at most, see MemoryDocument.
        file_bytes = self._orders["total_bytes"] + 2 * self._orders["facts_bytes"] + (1 << 20)
        return isolation.ForkLimits(cpu_s, file_bytes, self._orders["memory_bytes"])

    def _kept_trace(self) -> set[int]:
        return set() if self._trace is None else {self._trace}


class Traced:
    """Hands what ``fork_trace`` recorded to the host, where that module was sent along."""

    def __init__(self, role: str, memory: int | None) -> None:
        self._role = role
        self._memory = memory

    def __enter__(self) -> None:
        """Begin to record."""
        trace = _optional(TRACE)
        if trace is not None:
            trace.begin(self._role)

    def __exit__(self, *error: object) -> None:
        """Hand over, whatever happened."""
        trace = _optional(TRACE)
        if trace is not None and self._memory is not None:
            write_all(self._memory, trace.end())


def make_work_folder(tables: list[str]) -> int:
    """Make the folder a program starts in, with a link to each table; return its descriptor."""
    work = Path(WORK)
    work.mkdir(0o700)
    for name in tables:
        (work / name).symlink_to(f"{DATA}/{name}")
    return os.open(WORK, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte of ``content``."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _leave_with(body: Callable[[], int]) -> NoReturn:
    code = CRASHED
    try:
        code = body()
    except BaseException:  # noqa: BLE001 - a fork must never return into the server's loop
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _optional(name: str) -> Any:  # noqa: ANN401 - a module the host may have sent
    module: ModuleType | None = sys.modules.get(name)
    return module


def _nothing() -> None:
    """Do what finish does where no probe was sent."""
