"""One run from the waiting fork to the last frame: program, end of all, sweep, judge, answer."""

from __future__ import annotations

import json
import os
import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import isolation
import program
import seccomp
import sweep
import watching
from forked_judge import Inputs, answer_of
from forks import (
    CRASHED,
    TRACE,
    Traced,
    fork,
    judge_of,
    link_tables,
    make_work_folder,
    optional,
    probe,
    write_all,
)
from memory_document import MemoryDocument
from orders import Orders, Settings

if TYPE_CHECKING:
    from server import Wire

GO = DONE = b"!"
PROGRAM_OOM_SCORE, JUDGE_OOM_SCORE = 1000, 500
NOTHING: sweep.Manifest = {"files": [], "skipped": 0, "capped": False}
_MEMORY_FILES = ("source", "request", "facts", "manifest", "files", "swept", "answer")


class Run:
    """One program, for which a fork waits from the beginning.

    ``source`` and ``request`` are the memory files for the program and what the judge is asked.
    """

    def __init__(self, wire: Wire, settings: Settings, call_filter: bytes) -> None:
        self._wire = wire
        self._settings = settings
        self._filter = call_filter
        self._stdout = watching.Capture(settings["stdout_bytes"])
        self._stderr = watching.Capture(settings["stderr_bytes"])
        self._memory = {name: os.memfd_create(name) for name in _MEMORY_FILES}
        self.source = self._memory["source"]
        self.request = self._memory["request"]
        self._trace = os.memfd_create("trace") if optional(TRACE) else None
        self._work: int | None = make_work_folder(settings["work"])
        self._before = isolation.counters()
        self._waits_for, self._go = os.pipe()
        self._waiting = fork(self._program)
        os.close(self._waits_for)
        self._captures = tuple(c for c in (self._stdout, self._stderr) if c.open_to_program())

    def all_steps(self, orders: Orders, clean: sweep.Footprint) -> None:
        """Run the program, then the judge, then answer."""
        links = link_tables(self._settings["work"], self._settings["data"], orders["tables"])
        with suppress(BrokenPipeError):  # It is dead already; waiting for it tells how.
            os.write(self._go, GO + json.dumps([orders["first"], orders["module"]]).encode())
        os.close(self._go)
        ended = self._watch(self._waiting, self._captures, self._settings["wall_s"])
        after = isolation.counters()
        for capture in (self._stdout, self._stderr):
            capture.drain()
        judged, left = self._finish(orders, links, clean)
        result = {
            **ended._asdict(),
            "out_of_memory": after.out_of_memory - self._before.out_of_memory,
            "processes_refused": after.processes_refused - self._before.processes_refused,
            "stdout_bytes": self._stdout.taken,
            "stderr_bytes": self._stderr.taken,
            "judge_code": judged.code,
            "judge_timed_out": judged.timed_out,
            "judge_out_of_memory": isolation.counters().out_of_memory - after.out_of_memory,
            "judge_peak_bytes": judged.peak_bytes,
            "dirty": left != clean or not self._is_swept(2 if orders["tested"] else 1),
        }
        self._answer(json.dumps(result).encode())

    def still_waits(self) -> bool:
        """Whether the fork is there; a machine short of memory ends the waiting ones first."""
        poll = select.poll()
        poll.register(self._go, 0)
        return not poll.poll(0)

    def give_up(self) -> None:
        """Let go of everything, without having run a program."""
        os.close(self._go)
        os.waitpid(self._waiting, 0)
        self._removed_unread({})
        self._close_work()
        for capture in (self._stdout, self._stderr):
            capture.close()
        self._close_memory()

    def _finish(
        self, orders: Orders, links: Mapping[str, int], clean: sweep.Footprint
    ) -> tuple[watching.Ended, sweep.Footprint]:
        """Take the files, empty the places, judge: in a fork, unless there is nothing of it to do.

        The fork that reads names and files of the program ends; this process goes on.
        """
        if not orders["judged"] and self._removed_unread(links):
            write_all(self._memory["manifest"], json.dumps(NOTHING).encode())
            left = self._left()
            if left == clean:
                write_all(self._memory["swept"], DONE)
                return watching.NOT_STARTED, left
        judge = self._judge_tests if orders["tested"] else self._judge
        ended = judge(orders, clean)
        self._close_work()
        return ended, self._left()

    def _judge(self, orders: Orders, clean: sweep.Footprint) -> watching.Ended:
        del clean
        judge = fork(lambda: self._sweep_and_judge(orders, None))
        return self._watch(judge, (), orders["judge_wall_s"])

    def _judge_tests(self, orders: Orders, clean: sweep.Footprint) -> watching.Ended:
        """Judge with a candidate host beside the judge, then see that the places are empty again.

        Both are forks of this process, which has read nothing of the program or its tests.
        """
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with control, theirs:
            judge = fork(lambda: self._sweep_and_judge(orders, control))
            fork(lambda: self._host(orders, theirs, judge))
        ended = self._watch(judge, (), orders["judge_wall_s"])
        if not self._is_swept(2) or self._left() != clean:
            sweeper = fork(self._sweep_again)
            self._watch(sweeper, (), self._settings["judge_wall_s"])
        return ended

    def _left(self) -> sweep.Footprint:
        for place in self._settings["places"]:
            with suppress(FileNotFoundError):
                sweep.make_neutral(place)
        return sweep.footprint(self._settings["places"])

    def _is_swept(self, times: int) -> bool:
        """Whether every sweep got to its end; what it found is not looked at."""
        return os.fstat(self._memory["swept"]).st_size >= times * len(DONE)

    def _removed_unread(self, links: Mapping[str, int]) -> bool:
        """Remove the work folder if it holds what was put there and nothing else."""
        work = Path(self._settings["work"])
        try:
            if self._work is None or work.lstat().st_ino != os.fstat(self._work).st_ino:
                return False
            if any((work / name).lstat().st_ino != number for name, number in links.items()):
                return False
            for name in links:
                (work / name).unlink()
            work.rmdir()
        except OSError:
            return False  # It was changed; the sweep finds out how.
        self._close_work()
        return True

    def _close_work(self) -> None:
        """Let go of the work folder: while it is open a removed one keeps its inode."""
        if self._work is not None:
            os.close(self._work)
            self._work = None

    def _answer(self, result: bytes) -> None:
        bundle = self._wire.bundle()
        bundle.add_words(b"R", result)
        for kinds, capture in ((b"Oo", self._stdout), (b"Ee", self._stderr)):
            bundle.add(kinds[:1], capture.head)
            bundle.add_parts(kinds[1:], capture.tail, capture.tail_parts())
            capture.close()
        for kind, name in ((b"M", "manifest"), (b"F", "files"), (b"J", "answer")):
            bundle.add(kind, self._memory[name])
        if self._trace is None:
            bundle.add_words(b"C", b"")
        else:
            bundle.add(b"C", self._trace)
        bundle.close()
        self._close_memory()

    def _close_memory(self) -> None:
        for descriptor in (*self._memory.values(), *self._kept_trace()):
            os.close(descriptor)

    def _watch(
        self, pid: int, captures: tuple[watching.Capture, ...], wall_s: float
    ) -> watching.Ended:
        watch = watching.Watch(pid, captures, alone=self._settings["process_one"])
        return watch.until(wall_s, hang_up=self._wire.source)

    def _program(self) -> int:
        """Fork 1: waits, confined, then is the program."""
        facts = MemoryDocument(self._memory["facts"], self._settings["facts_bytes"])
        watching.attach_standard_streams(self._stdout.writer, self._stderr.writer)
        keep = {self.source, self._memory["facts"], self._waits_for, *self._kept_trace()}
        self._confine(self._settings["cpu_s"], keep=keep, hidden=False)
        isolation.behave_like_a_new_interpreter()
        os.chdir(self._settings["work"])
        with Traced("program", self._trace):
            finish = probe(facts.replace)
            go = os.read(self._waits_for, 1024)
            if not go.startswith(GO):
                return CRASHED
            first, module = json.loads(go[len(GO) :])
            source = os.pread(self.source, os.fstat(self.source).st_size, 0)
            os.close(self.source)
            os.close(self._waits_for)
            module = module if first == "module" else "__main__"
            return program.run(source, finish=finish, module=module, execute=first != "compile")

    def _host(self, orders: Orders, control: socket.socket, judge: int) -> int:
        """Fork 3: in it, and in nothing else, programs are tested."""
        watching.attach_standard_streams(watching.null(), watching.null())
        settings = self._settings
        self._confine(settings["cpu_s"], keep={control.fileno()}, hidden=True)
        isolation.behave_like_a_new_interpreter()
        host = optional("candidate_host")
        tables, places = tuple(orders["tables"]), tuple(settings["places"])
        # The judge, this process and the server: out of reach of the programs.
        protected = (judge, os.getpid(), os.getppid())
        place = host.Place(settings["work"], settings["data"], tables, places, protected)
        served: int = host.serve(control, place)
        return served

    def _sweep_again(self) -> int:
        """Fork 4: after tests, when no process of theirs is alive."""
        watching.attach_standard_streams(watching.null(), 2)
        self._confine(self._settings["cpu_s"], keep={self._memory["swept"]}, hidden=True)
        self._empty()
        return 0

    def _sweep_and_judge(self, orders: Orders, candidates: socket.socket | None) -> int:
        """Fork 2: takes the files, empties the places, then judges. Never saw the program."""
        # Its words go where the server's own go: into the host's log.
        watching.attach_standard_streams(watching.null(), 2)
        work = set[int]() if self._work is None else {self._work}
        keep = {*self._memory.values(), *work, *self._kept_trace()}
        if candidates is not None:
            keep.add(candidates.fileno())
        # Where memory runs out beside it, programs under test are to go first.
        last = JUDGE_OOM_SCORE if candidates is not None else PROGRAM_OOM_SCORE
        cpu_s = int(orders["judge_wall_s"]) + 1
        self._confine(cpu_s, keep=keep, hidden=True, oom_score=last)
        isolation.behave_like_a_new_interpreter()
        with Traced("judge", self._trace):
            manifest = self._sweep(orders)
            judge = judge_of(candidates)
            if judge is not None and orders["judged"]:
                facts = MemoryDocument(self._memory["facts"], self._settings["facts_bytes"]).read()
                blob, data = self._memory["files"], self._settings["data"]
                inputs = Inputs(self.request, facts, manifest, blob, data)
                answer = answer_of(judge, inputs, cap=self._settings["answer_bytes"])
                write_all(self._memory["answer"], answer)
            if candidates is not None:  # None of them lives any more.
                self._empty()
        return 0

    def _sweep(self, orders: Orders) -> sweep.Manifest:
        manifest = NOTHING if self._work is None else self._collect(self._work, orders)
        self._empty()
        return manifest

    def _empty(self) -> None:
        sweep.empty_all(self._settings["places"])
        write_all(self._memory["swept"], DONE)

    def _collect(self, work: int, orders: Orders) -> sweep.Manifest:
        settings = self._settings
        caps = sweep.Caps(
            file_bytes=settings["file_bytes"],
            total_bytes=settings["total_bytes"],
            files=settings["files"],
            depth=settings["depth"],
        )
        manifest = sweep.collect(work, self._memory["files"], caps, links=orders["tables"])
        write_all(self._memory["manifest"], json.dumps(manifest).encode())
        return manifest

    def _confine(
        self, cpu_s: int, *, keep: set[int], hidden: bool, oom_score: int = PROGRAM_OOM_SCORE
    ) -> None:
        settings = self._settings
        # The facts lie in a memory file twice at most, see MemoryDocument.
        file_bytes = settings["total_bytes"] + 2 * settings["facts_bytes"] + (1 << 20)
        limits = isolation.ForkLimits(
            cpu_s, file_bytes, settings["address_space"], settings["processes"], oom_score
        )
        isolation.confine(limits, keep=keep, hidden=hidden)
        seccomp.install(self._filter)

    def _kept_trace(self) -> set[int]:
        return set() if self._trace is None else {self._trace}
