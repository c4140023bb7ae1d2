"""Programs under test, in plain forks: calls, what comes back, and how each can end."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest
from candidates import Candidates, LostHostError

from tests.sandbox.tested import host

DRAFT = """
import os, sys, time
from collections import namedtuple

class Broken(ValueError):
    pass

class Box:
    pass

def add(a, b): return a + b
def broken(): raise Broken("no")
def hang():
    while True: pass
def leave(): os._exit(0)
def stop(): sys.exit(3)
def deepen():
    return deepen()
def box(): return [Box()]
def pair(): return namedtuple("pair", "a b")(1, 2)
def sort(items): items.sort(); return items
def say(): print("said"); os.write(1, b"unheard")
def many(): return "x" * (20 << 20)
def where(): return sorted(os.listdir(".")), open("data.csv").read()
def leave_file(): open("left", "w").write("x")
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.wait()
    return [pid for pid in filter(str.isdecimal, os.listdir("/proc"))
            if parent(pid) == str(os.getppid())]
def parent(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1]
    except OSError:
        return ""
"""


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Generator[socket.socket]:
    with host(tmp_path_factory.mktemp("host"), "data.csv") as opened:
        yield opened


@pytest.fixture
def candidates(control: socket.socket) -> Candidates:
    return Candidates(control, draft=DRAFT)


def test_a_call_returns_a_value_and_what_it_took(candidates: Candidates) -> None:
    with candidates.start() as program:
        called = program.call("add", [[1], [2.5]], timeout_s=5.0)

    assert (called.status, called.value) == ("returned", [1, 2.5])
    assert 0 < called.seconds < 5
    assert called.peak_bytes > 1 << 20
    assert called.arguments_after == [[1], [2.5]]


def test_what_is_raised_is_told_with_its_line(candidates: Candidates) -> None:
    with candidates.start() as program:
        called = program.call("broken", timeout_s=5.0)
        again = program.call("add", [1, 2], timeout_s=5.0)

    assert (called.status, called.error_type, called.error_text) == ("raised", "Broken", "no")
    assert DRAFT.splitlines()[called.line - 1] == 'def broken(): raise Broken("no")'
    assert again.value == 3


@pytest.mark.parametrize(
    ("function", "status", "error"),
    [
        ("hang", "timeout", ""),
        ("leave", "crashed", ""),
        ("stop", "raised", "SystemExit"),
        ("deepen", "raised", "RecursionError"),
        ("box", "unplain", "Box"),
        ("missing", "raised", "AttributeError"),
    ],
)
def test_every_other_end_is_told(
    candidates: Candidates, function: str, status: str, error: str
) -> None:
    with candidates.start() as program:
        called = program.call(function, timeout_s=0.5)

    assert (called.status, called.error_type) == (status, error)


def test_a_process_that_is_gone_stays_gone_and_the_next_one_is_new(candidates: Candidates) -> None:
    with candidates.start() as program:
        program.call("hang", timeout_s=0.2)
        after = program.call("add", [1, 2], timeout_s=5.0)
    with candidates.start() as program:
        again = program.call("add", [1, 2], timeout_s=5.0)

    assert after.status == "timeout"
    assert again.value == 3


def test_a_class_of_plain_values_is_taken_as_what_is_plain_in_it(candidates: Candidates) -> None:
    with candidates.start() as program:
        called = program.call("pair", timeout_s=5.0)

    assert called.value == (1, 2)


def test_an_argument_that_is_changed_and_returned_is_told_as_it_was_left(
    candidates: Candidates,
) -> None:
    with candidates.start() as program:
        called = program.call("sort", [[3, 1]], timeout_s=5.0)

    assert called.value == [1, 3]
    assert called.arguments_after == [[1, 3]]


def test_an_answer_that_is_too_large_is_told_and_ends_nothing(candidates: Candidates) -> None:
    with candidates.start() as program:
        large = program.call("many", timeout_s=20.0)
        after = program.call("add", [1, 2], timeout_s=5.0)

    assert large.status == "unplain"
    assert after.value == 3


def test_an_argument_that_cannot_travel_is_no_call(candidates: Candidates) -> None:
    with candidates.start() as program:
        called = program.call("add", [object(), 1], timeout_s=5.0)
        after = program.call("add", [1, 2], timeout_s=5.0)

    assert called.status == "unplain"
    assert after.value == 3


def test_what_is_printed_comes_along(candidates: Candidates) -> None:
    with candidates.start() as program:
        called = program.call("say", timeout_s=5.0)

    assert called.printed == "said\n"


def test_each_process_has_a_fresh_folder_with_the_tables(candidates: Candidates) -> None:
    with candidates.start() as program:
        program.call("leave_file", timeout_s=5.0)
    with candidates.start() as program:
        called = program.call("where", timeout_s=5.0)

    assert called.value == (["data.csv"], "a,b\n1,2\n")


def test_what_a_process_started_ends_with_it(candidates: Candidates) -> None:
    with candidates.start() as program:
        children = program.call("daemon", timeout_s=5.0)
        daemons = cast("list[str]", children.value)

    assert len(daemons) == 2  # the process itself, and the daemon that lost its parents
    assert not any(Path(f"/proc/{pid}").exists() for pid in daemons)


def test_another_program_can_be_started_and_is_not_the_draft(candidates: Candidates) -> None:
    with candidates.start("def add(a, b):\n    return a * b") as program:
        called = program.call("add", [3, 4], timeout_s=5.0)

    assert called.value == 12


def test_another_programs_process_is_closed_to_others_and_finds_nothing_left(
    candidates: Candidates,
) -> None:
    look = """
import ctypes, os
def dumpable():
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
def left():
    return sorted(os.listdir(".."))
"""
    with candidates.start() as program:
        program.call("leave_file", timeout_s=5.0)
    with candidates.start(look) as program:
        dumpable = program.call("dumpable", timeout_s=5.0)
        left = program.call("left", timeout_s=5.0)

    assert dumpable.value == 0
    assert left.value == ["work"]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit", "SystemExit"),
    ],
)
def test_a_program_that_cannot_be_loaded_says_why_at_every_call(
    candidates: Candidates, source: str, error: str
) -> None:
    with candidates.start(source) as program:
        called = program.call("add", [1, 2], timeout_s=5.0)
        kind = program.kind_of("add")

    assert (called.status, called.error_type) == ("raised", error)
    assert kind == ""


def test_what_a_name_stands_for_is_told(candidates: Candidates) -> None:
    with candidates.start() as program:
        kinds = [program.kind_of(name) for name in ("add", "Box", "__name__", "missing")]

    assert kinds == ["function", "class", "value", ""]


def test_a_whole_run_has_its_streams_arguments_and_exit_code(control: socket.socket) -> None:
    source = (
        "import sys\nprint(input()[::-1], sys.argv[1:])\nprint('x', file=sys.stderr)\nsys.exit(3)"
    )

    ran = Candidates(control, draft=source).run("abc\n", ["-v"], timeout_s=10.0)

    assert (ran.status, ran.code) == ("ended", 3)
    assert (ran.stdout, ran.stderr) == (b"cba ['-v']\n", b"x\n")


def test_a_whole_run_that_hangs_is_ended_and_one_that_floods_is_cut(control: socket.socket) -> None:
    hung = Candidates(control, draft="while True: pass").run("", [], timeout_s=0.3)
    flood = Candidates(control, draft="while True: print('x' * 99999)").run("", [], timeout_s=20.0)

    assert hung.status == "timeout"
    assert flood.code == 1
    assert len(flood.stdout) <= 16 << 20


def test_without_a_host_nothing_can_be_started() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()

    with ours, pytest.raises(LostHostError):
        Candidates(ours, draft="").start()


def test_answers_that_nobody_asked_for_end_the_program(control: socket.socket) -> None:
    forging = """
import json, os, struct
def add(a, b):
    content = json.dumps({"id": 99, "returned": 5}).encode()
    for descriptor in range(3, 32):
        try:
            os.write(descriptor, struct.pack(">I", len(content)) + content)
        except OSError:
            pass
    return a - b
"""
    with Candidates(control, draft=forging).start() as program:
        called = program.call("add", [2, 3], timeout_s=5.0)

    assert called.status == "crashed"
    assert os.getpid() > 0
