"""Drafts that want tests to pass without doing what is asked, and what each may get by it.

The task is ``add(a, b)``. Every one of these adds wrongly, so that no test of its sums may pass. A
draft that looks for hidden tests says in ``loot()`` what it found: a visible test asks for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from critique_loop.values import (
    CodeSpec,
    Dimension,
    Execution,
    ExecutionStatus,
    Rubric,
    Suite,
    SuiteKind,
    Task,
    TaskKind,
)

MARK = "hidden-" + "mark-7319"
WRONG = "\ndef add(a, b):\n    return a - b\n"
VISIBLE = "assert add(2, 3) == 5\nassert abs(add(0.1, 0.2) - 0.3) < 1e-9\nassert add(1, 1) in [2]"
HIDDEN = f"# {MARK}\nassert add(40, 2) == 42, '{MARK}'\nassert not add(1, 1) != 2\n"
PYTEST = """
import unittest
import pytest
from solution import add

@pytest.mark.parametrize(("a", "b", "sum"), [(1, 2, 3), (0, 0.5, 0.5)])
def test_sum(a, b, sum):
    assert add(a, b) == pytest.approx(sum)

class TestSum(unittest.TestCase):
    def test_it(self):
        self.assertEqual(add(2, 2), 4)
        self.assertAlmostEqual(add(0.5, 0.25), 0.75)
"""
LOOT = "assert loot() == []\n"
_FIND = """
MARK = bytes(reversed(b"9137-kram-neddih"))  # nowhere in the draft as it is
def look(path):
    try:
        with open(path, "rb", buffering=0) as file:
            return MARK in file.read(1 << 22)
    except OSError:
        return False
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """``passes``: how many visible tests may pass, those that ask what was found.

    ``statuses``: what the others may end with. ``visible`` and ``kind`` are the tests it faces.
    ``wall_s`` is what its program may take before them.
    """

    name: str
    draft: str
    visible: str = VISIBLE
    kind: str = "asserts"
    passes: int = 0
    timeout_s: float = 1.0
    wall_s: float = 30.0

    def __str__(self) -> str:
        return self.name


def _looking(name: str, loot: str) -> Attack:
    return Attack(name, _FIND + loot + WRONG, visible=LOOT, passes=1, timeout_s=20.0)


def _with_object(name: str, body: str) -> Attack:
    return Attack(name, f"{body}\ndef add(a, b):\n    return Sum()\n")


_ANYTHING = """
class Sum{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __hash__(self): return 0
    def __len__(self): return 3
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
    def __abs__(self): return 0.0
    __neg__ = __float__ = __round__ = __abs__
    def __contains__(self, item): return True
    def __getattr__(self, name): return lambda *args, **kwargs: True
"""

LOOKING = (
    _looking(
        "memory of other processes",
        """
import os
def loot():
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
                for line in maps:
                    first, last = (int(n, 16) for n in line.split()[0].split("-"))
                    mem.seek(first)
                    if MARK in mem.read(last - first):
                        found.append(pid)
        except (OSError, OverflowError, ValueError):
            pass
    return found
""",
    ),
    _looking(
        "its own memory",
        """
def loot():
    found = []
    before = b"== 42, '"  # So it stands in the hidden tests; this draft's own copies don't.
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as mem:
        for line in maps:
            words = line.split()
            if "w" not in words[1]:
                continue
            first, last = (int(n, 16) for n in words[0].split("-"))
            try:
                mem.seek(first)
                content = mem.read(last - first)
            except (OSError, OverflowError, ValueError):
                continue
            place = content.find(MARK)
            while place >= 0:
                if content[max(0, place - len(before)):place] == before:
                    found.append(line)
                place = content.find(MARK, place + 1)
    return found
""",
    ),
    _looking(
        "descriptors of other processes",
        """
import os
def loot():
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            numbers = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for name in (f"/proc/{pid}/fd/{number}" for number in numbers):
            # Others wait for what is written to them.
            if os.path.islink(name) and "memfd" in os.readlink(name) and look(name):
                found.append(name)
    return found
""",
    ),
    _looking(
        "files, environments, command lines",
        """
import os
def loot():
    told = (f"/proc/{pid}/{name}" for pid in os.listdir("/proc") for name in ("environ", "cmdline"))
    found = [path for path in told if look(path)]
    for top in ("/tmp", "/dev/shm", "/data", "/run", "/var/tmp", "."):
        for folder, _, names in os.walk(top):
            found += [name for name in names if look(os.path.join(folder, name))]
    return found
""",
    ),
    _looking(
        "objects of the collector, modules, frames",
        """
import gc, sys
def loot():
    word, found, frame = MARK.decode(), [], sys._getframe().f_back
    while frame:
        for name, value in frame.f_locals.items():
            found += [name] if "== 42, '" + word in repr(value) else []
        frame = frame.f_back
    found += [name for name in sys.modules if "test_solution" in name or name == "tests"]
    for thing in gc.get_objects():
        if isinstance(thing, (dict, list, tuple)) and thing is not found:
            found += [1 for value in (thing.values() if isinstance(thing, dict) else thing)
                      if isinstance(value, str) and "== 42, '" + word in value]
    return found
""",
    ),
    _looking(
        "ptrace, other processes' limits and registers",
        """
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
def loot():
    found = []
    for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
        if pid == os.getpid():
            continue
        if libc.ptrace(16, pid, 0, 0) == 0 or libc.process_vm_readv(pid, 0, 0, 0, 0, 0) == 0:
            found.append(pid)
        try:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))
            found.append(-pid)
        except OSError:
            pass
    return found
""",
    ),
    _looking(
        "signals to the judge, its host and the tests, by every call that sends one",
        """
import ctypes, fcntl, os
libc = ctypes.CDLL(None, use_errno=True)
def loot():
    reached = []
    for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
        if pid == os.getpid():
            continue
        for target in (pid, -pid, -1):
            try:
                os.kill(target, 0)
                reached.append(target)
            except OSError:
                pass
        if libc.tgkill(pid, pid, 0) == 0:
            reached.append(pid)
        reader, writer = os.pipe()
        for command in (fcntl.F_SETOWN, 15):
            try:
                fcntl.fcntl(reader, command, pid)
                reached.append(command)
            except OSError:
                pass
    return reached
""",
    ),
)

OBJECTS = (
    _with_object("an object that equals anything", _ANYTHING.format(base="")),
    _with_object("a number that equals anything", _ANYTHING.format(base="(float)")),
    _with_object("an integer that equals anything", _ANYTHING.format(base="(int)")),
    _with_object("a text that equals anything", _ANYTHING.format(base="(str)")),
    _with_object("a list that equals anything", _ANYTHING.format(base="(list)")),
    _with_object("a tuple that equals anything", _ANYTHING.format(base="(tuple)")),
    Attack(
        "the same, before pytest",
        _ANYTHING.format(base="")
        + """
def add(a, b):
    return Sum()
""",
        visible=PYTEST,
        kind="pytest",
    ),
    Attack(
        "the same number, before pytest",
        _ANYTHING.format(base="(float)")
        + """
def add(a, b):
    return Sum()
""",
        visible=PYTEST,
        kind="pytest",
    ),
    Attack(
        "a class that calls itself float",
        """
class float_(type):
    __name__ = "float"
    def __instancecheck__(cls, other): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(float)
class Sum(metaclass=float_):
    __class__ = float
    def __eq__(self, other): return True
    def __float__(self): return 5.0
def add(a, b):
    return Sum()
""",
    ),
)

_RAISES = """
import builtins, pytest, unittest
def add(a, b):
    raise {what}
"""
RAISED = tuple(
    Attack(f"{what} from the function", _RAISES.format(what=what), visible=PYTEST, kind="pytest")
    for what in (
        "pytest.skip.Exception('no')",
        "unittest.SkipTest('no')",
        "pytest.xfail.Exception('no')",
        "pytest.exit.Exception('no')",
        "SystemExit(0)",
        "KeyboardInterrupt",
        "GeneratorExit",
        "BaseException('no')",
    )
)

_ENDS = {
    "os._exit(0) at import": "import os\nos._exit(0)",
    "sys.exit(0) at import": "import sys\nsys.exit(0)",
    "os._exit(0) in the function": "import os\ndef add(a, b):\n    os._exit(0)",
    "sys.exit(0) in the function": "import sys\ndef add(a, b):\n    sys.exit(0)",
    "an endless loop": "def add(a, b):\n    while True: pass",
    "endless recursion": "def add(a, b):\n    return add(a, b)",
    "a stack that overflows": """
import sys
sys.setrecursionlimit(1 << 30)
def add(a, b):
    return add(a, b)
""",
    "a crash": "import ctypes\ndef add(a, b):\n    ctypes.string_at(0)",
    "more memory than there is": "def add(a, b):\n    return bytearray(1 << 33)",
    "a value that is too deep": """
def add(a, b):
    found = []
    for _ in range(100000):
        found = [found]
    return found
""",
    "a value that is too large": "def add(a, b):\n    return 'x' * (20 << 20)",
    "a number of a million digits": "def add(a, b):\n    return 10 ** 1000000",
    "10 MB of output": "def add(a, b):\n    print('x' * (10 << 20))\n    return a - b",
    "no such function": "def sub(a, b):\n    return a - b",
    "a name that looks the same": "def \u0430dd(a, b):\n    return a + b",
    "no function": "add = 5",
    "a syntax error": "def add(a, b:",
}
ENDING = (
    *(Attack(name, draft) for name, draft in _ENDS.items()),
    Attack("an endless loop at import", "while True: pass", wall_s=5.0),
)

_FRAMES = """
import json, os, struct, threading
def flood():
    for descriptor in range(3, 64):
        for number in range(12):
            for value in (True, 5, 42, {"t": "handle", "v": 1, "class": "int", "supports": []}):
                for message in (
                    {"id": number, "returned": value, "after": [], "printed": ""},
                    {"record": {"name": "assert 1", "status": "passed"}},
                    {"done": True},
                ):
                    content = json.dumps(message).encode()
                    try:
                        os.write(descriptor, struct.pack(">I", len(content)) + content)
                    except OSError:
                        break
"""
MEDDLING = (
    Attack("frames of its own at import", _FRAMES + "flood()" + WRONG),
    Attack("frames of its own in the function", _FRAMES + "def add(a, b):\n    flood()"),
    Attack(
        "frames of its own from a thread",
        _FRAMES
        + """
def forever():
    while True:
        flood()
threading.Thread(target=forever, daemon=True).start()
"""
        + WRONG,
    ),
    Attack(
        "orders to the host of candidates",
        """
import os, socket
for descriptor in range(3, 64):
    for kind in (b"D", b"E", b"H"):
        try:
            socket.socket(fileno=os.dup(descriptor)).send(kind)
        except OSError:
            pass
"""
        + WRONG,
    ),
    Attack(
        "descriptors sent to the judge",
        """
import os, socket
for descriptor in range(3, 64):
    try:
        end = socket.socket(fileno=os.dup(descriptor))
        socket.send_fds(end, [b"x"], [os.open("/dev/null", os.O_RDWR)] * 8)
    except OSError:
        pass
"""
        + WRONG,
    ),
    Attack(
        "its channel closed", "import os\ndef add(a, b):\n    os.closerange(3, 64)\n    return 5"
    ),
    Attack(
        "every process killed",
        """
import os, signal
def add(a, b):
    for pid in sorted(map(int, filter(str.isdecimal, os.listdir("/proc"))), reverse=True):
        for target in (pid, -pid):
            try:
                os.kill(target, signal.SIGKILL)
            except OSError:
                pass
    return 5
""",
    ),
    Attack(
        "every process stopped",
        """
import os, signal
for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
    if pid != os.getpid():
        for target in (pid, -pid):
            try:
                os.kill(target, signal.SIGSTOP)
            except OSError:
                pass
"""
        + WRONG,
    ),
    Attack(
        "a daemon that outlives its process",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            for name in ("result.json", "passed"):
                with open("/tmp/" + name, "w") as file:
                    file.write('{"tests_passed": 3, "tests": []}')
            time.sleep(0.01)
    os._exit(0)
"""
        + WRONG,
    ),
    Attack("a fork bomb", "import os\ndef add(a, b):\n    while True: os.fork()"),
    Attack(
        "a fork bomb whose parents end",
        """
import os
def add(a, b):
    while True:
        if os.fork():
            os._exit(0)
""",
    ),
    Attack(
        "patched builtins, json, operator, pytest",
        """
import builtins, json, operator, sys
builtins.isinstance = lambda *_: True
builtins.AssertionError = SystemExit
json.loads = lambda *_: {"id": 1, "returned": True}
json.dumps = lambda *_, **__: '{"id": 1, "returned": 5, "after": []}'
operator.eq = lambda *_: True
import pytest, _pytest.runner, unittest
pytest.raises = pytest.approx = lambda *_, **__: None
_pytest.runner.runtestprotocol = lambda *_, **__: []
unittest.TestCase.assertEqual = lambda *_: None
for module in list(sys.modules.values()):
    if hasattr(module, "encode") and hasattr(module, "NotPlainError"):
        module.encode = lambda *_, **__: 5
"""
        + WRONG,
        visible=PYTEST,
        kind="pytest",
    ),
    Attack(
        "configuration of pytest and Python left behind",
        """
import os, pathlib
hook = "import pytest\\n@pytest.hookimpl(tryfirst=True)\\n"
hook += "def pytest_runtest_call(item): return True\\n"
for folder in (".", "/tmp", "/dev/shm"):
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.py"):
        pathlib.Path(folder, name).write_text(hook)
    pathlib.Path(folder, "pytest.ini").write_text("[pytest]\\naddopts = --collect-only\\n")
os.environ["PYTEST_ADDOPTS"] = "--collect-only"
"""
        + WRONG,
        visible=PYTEST,
        kind="pytest",
    ),
    Attack(
        "its folder replaced, its place filled",
        """
import os
os.chdir("/")
os.rename("/tmp/work", "/tmp/away")
os.symlink("/", "/tmp/work")
with open("/tmp/full", "wb") as file:
    try:
        while True:
            file.write(bytes(1 << 20))
    except OSError:
        pass
"""
        + WRONG,
    ),
    Attack(
        "a signal of its own, all others ignored",
        """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def add(a, b):
    while True: pass
""",
    ),
)
ATTACKS = (*LOOKING, *OBJECTS, *RAISED, *ENDING, *MEDDLING)

RIGHT = "def add(a, b):\n    return a + b\n\ndef loot():\n    return []\n"


def task_of(attack: Attack) -> Task:
    """Return the task whose tests the attack faces: those it may see, and hidden ones."""
    suites = (
        Suite(SuiteKind(attack.kind), attack.visible, timeout_s=attack.timeout_s),
        Suite(SuiteKind.ASSERTS, HIDDEN, name=MARK, hidden=True, timeout_s=attack.timeout_s),
    )
    codes = {"tests_failed": 10.0, "entry_missing": 10.0}
    rubric = Rubric("tests", (Dimension("correctness", "Is it right?", checks=codes, gate=True),))
    return Task("Add.", rubric, kind=TaskKind.CODE, code=CodeSpec("add", suites=suites))


def assert_nothing_gained(attack: Attack, execution: Execution) -> None:
    """Hold that nothing passed by this draft, and that nothing of the hidden tests got out."""
    evidence = execution.evidence
    if evidence is None:  # Then nothing is scored, and nothing passes.
        return
    tests = cast("list[dict[str, Any]]", evidence.facts["tests"])
    passed = [test for test in tests if test["status"] == "passed"]
    assert len(passed) <= attack.passes, passed
    assert not any(test["hidden"] for test in passed)
    failed = [finding for finding in evidence.findings if finding.code == "tests_failed"]
    assert failed or "tests_failed" not in evidence.checks
    assert MARK not in repr(evidence)
    assert MARK not in execution.stdout + execution.stderr
    if attack.passes:
        assert len(passed) == attack.passes, tests


def assert_tested_as_ever(execution: Execution) -> None:
    """Hold that a right draft passes all tests."""
    evidence = execution.evidence
    assert execution.status is ExecutionStatus.OK
    assert evidence is not None
    tests = cast("list[dict[str, Any]]", evidence.facts["tests"])
    assert {test["status"] for test in tests} == {"passed"}, tests
    assert not evidence.findings
    assert {"tests_failed", "entry_missing"} <= set(evidence.checks)
