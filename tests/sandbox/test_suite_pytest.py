"""pytest files against drafts in plain forks."""

from __future__ import annotations

import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.sandbox.tested import host, only, outcomes, try_suite

DRAFT = """
import os, time
from collections import namedtuple
from enum import Enum

class Color(Enum):
    RED = 1
    BLUE = 2

class Broken(ValueError):
    pass

class Worse(Broken):
    pass

class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self):
        if not self.items:
            raise IndexError("empty")
        return self.items.pop()
    def __len__(self): return len(self.items)
    def __contains__(self, item): return item in self.items

class Bag(list):
    def double(self): self.extend(self[:])

class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __mul__(self, k): return Vector(self.x * k, self.y * k)
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
    def __repr__(self): return f"Vector({self.x}, {self.y})"
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): return kind is ValueError

LIMIT = 42
def add(a, b): return a + b
def broken(n): raise Worse("bad", n)
def hang():
    while True: pass
def count(n):
    yield from range(n)
def reverse(items): items.reverse()
def each(function, items): return [function(item) for item in items]
def point(): return namedtuple("Point", "x y")(1, 2)
async def later(n): return n + 1
def say(): print("hi")
def fill(grid):
    for row in grid:
        row[0] = 9
"""

SUITE = """
import asyncio, unittest
import pytest
import solution
from solution import *
from solution import LIMIT, Color, Stack, Vector, add

@pytest.fixture(scope="module")
def stack():
    return Stack()

@pytest.mark.parametrize(("a", "b", "sum"), [(1, 2, 3), (0.1, 0.2, 0.3), ([1], [2], [1, 2])])
def test_sums(a, b, sum):
    assert add(a, b) == (pytest.approx(sum) if isinstance(sum, float) else sum)

def test_objects_live_on_between_tests(stack):
    stack.push(1)
    assert len(stack) == 1 and 1 in stack and 2 not in stack

def test_objects_lived_on(stack):
    assert stack.pop() == 1
    with pytest.raises(IndexError, match="empty"):
        stack.pop()

def test_exceptions_of_the_draft():
    with pytest.raises(solution.Broken) as caught:
        broken(3)
    assert caught.value.args == ("bad", 3)
    with pytest.raises(ValueError):
        broken(3)

def test_classes_and_operators():
    v = Vector(1, 2) + Vector(3, 4)
    assert v == Vector(4, 6) and v != Vector(0, 0) and v * 2 == Vector(8, 12)
    assert (v.x, repr(v)) == (4, "Vector(4, 6)")
    assert isinstance(v, Vector) and not isinstance(3, Vector)
    v.x = 10
    assert v.x == 10

def test_contexts():
    with Vector(0, 0):
        raise ValueError("swallowed")
    with pytest.raises(KeyError):
        with Vector(0, 0):
            raise KeyError("not swallowed")

def test_enumerations():
    assert Color.RED is Color.RED and Color.RED != Color.BLUE
    assert Color.RED.value == 1 and Color(1) == Color.RED
    assert [color.name for color in Color] == ["RED", "BLUE"]

def test_values_and_generators():
    assert LIMIT == 42
    assert list(count(3)) == [0, 1, 2]
    assert next(iter(count(1))) == 0

def test_arguments_changed_in_place():
    items, row = [1, 2, 3], [0, 0]
    assert reverse(items) is None
    solution.fill([row])
    assert (items, row) == ([3, 2, 1], [9, 0])

def test_callbacks():
    seen = []
    assert each(lambda item: seen.append(item) or item * 2, [1, 2]) == [2, 4]
    assert (seen, each(str, [1])) == ([1, 2], ["1"])
    with pytest.raises(ZeroDivisionError):
        each(lambda item: 1 / 0, [1])

def test_classes_over_plain_ones():
    p, bag = solution.point(), solution.Bag([1, 2])
    assert p == (1, 2) and p.x == 1 and isinstance(p, tuple)
    bag.double()
    assert bag == [1, 2, 1, 2] and len(bag) == 4 and bag[3] == 2

def test_coroutines():
    assert asyncio.run(solution.later(1)) == 2

def test_output(capsys):
    solution.say()
    assert capsys.readouterr().out == "hi\\n"

def test_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(solution, "LIMIT", 7)
    assert solution.LIMIT == 7 and tmp_path.is_dir()

class TestInClass(unittest.TestCase):
    def setUp(self):
        self.four = 4
    def test_it(self):
        self.assertEqual(add(2, 2), self.four)
        with self.assertRaises(ValueError):
            broken(1)
"""


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Generator[socket.socket]:
    with host(tmp_path_factory.mktemp("host")) as opened:
        yield opened


def test_what_test_files_use_works_as_in_one_process(control: socket.socket) -> None:
    run = try_suite(control, "pytest", DRAFT, SUITE, timeout_s=10.0)

    assert {name: end for name, end in outcomes(run).items() if end != "passed"} == {}
    assert len(run.planned) == len(run.records) == 17


def test_a_failed_assert_tells_its_values(control: socket.socket) -> None:
    suite = "from solution import add\ndef test_it():\n    assert add(1, 2) == 4\n"

    run = try_suite(control, "pytest", DRAFT, suite)

    assert only(run).startswith("failed: assert 3 == 4\n +  where 3 = add(1, 2)")


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ("solution.hang()", "timeout: it did not end in time"),
        ("while True: pass", "timeout: it did not end in time"),
        ("try:\n        solution.hang()\n    except BaseException:\n        pass", "timeout"),
        ("import sys; sys.exit(0)", "failed: SystemExit: 0"),
        ("import os; os._exit(0)", "error: the tests ended the process that runs them"),
        ("raise KeyError('x')", "failed: KeyError: 'x'"),
        ("print('x' * (10 << 20))", "passed"),
        ("import no_such_network_library", "failed: ModuleNotFoundError"),
        ("solution.missing()", "failed: AttributeError: module 'solution' has no attribute"),
        ("solution.add(object(), 1)", "not_run: this test can't be run here: an object of type"),
        ("import pytest; pytest.skip('later')", "not_run: it was skipped"),
        ("import pytest; pytest.exit('now')", "not_run"),
        ("import pytest; pytest.xfail('no')", "not_run"),
        ("with __import__('pytest').raises(ValueError): solution.add(1, 1)", "failed: Failed: DID"),
    ],
)
def test_however_a_test_ends_it_is_told_and_passes_only_at_its_end(
    control: socket.socket, body: str, end: str
) -> None:
    run = try_suite(control, "pytest", DRAFT, f"import solution\ndef test_it():\n    {body}\n")

    assert only(run).startswith(end)


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("def f(:", "not_run: File"),
        ("import no_such_library", "not_run: ModuleNotFoundError"),
        ("import sys\nsys.exit(0)", "not_run: SystemExit"),
        ("import os\nos._exit(0)", "not_run: the tests ended the process"),
        ("raise ValueError('x')", "not_run: ValueError: x"),
        ("import pytest\npytest.exit('x')", "not_run"),
        ("from solution import missing\ndef test_it(): pass", "error: ImportError"),
        ("import solution\nsolution.hang()\ndef test_it(): pass", "error"),
    ],
)
def test_tests_that_cannot_be_loaded_say_why_and_whether_the_draft_is(
    control: socket.socket, source: str, end: str
) -> None:
    run = try_suite(control, "pytest", DRAFT.replace("while True: pass", "os._exit(0)"), source)

    assert only(run).startswith(end)


def test_a_file_without_tests_has_no_record(control: socket.socket) -> None:
    run = try_suite(control, "pytest", DRAFT, "x = 1\n")

    assert run.all_records() == []
    assert run.broken == ""


def test_marked_tests_are_left_out_and_a_condition_is_no_pass(control: socket.socket) -> None:
    suite = """
import pytest, solution
@pytest.mark.skip
def test_never(): assert False
@pytest.mark.xfail
def test_wrong(): assert False
@pytest.mark.skipif(hasattr(solution, "LIMIT"), reason="the draft's doing")
def test_perhaps(): assert False
def test_it(): assert solution.add(1, 1) == 2
"""
    run = try_suite(control, "pytest", DRAFT, suite)

    assert outcomes(run) == {"test_perhaps": "not_run", "test_it": "passed"}


def test_a_fixture_that_fails_is_an_error_and_so_is_its_end(control: socket.socket) -> None:
    suite = """
import pytest, solution
@pytest.fixture
def first(): raise ValueError
@pytest.fixture
def last():
    yield
    raise ValueError
def test_first(first): pass
def test_last(last): pass
"""
    run = try_suite(control, "pytest", DRAFT, suite)

    assert outcomes(run) == {"test_first": "error", "test_last": "error"}


def test_after_three_tests_that_hang_the_others_are_left_out(control: socket.socket) -> None:
    suite = "import solution\n" + "".join(
        f"def test_{n}():\n    solution.hang()\n" for n in range(5)
    )

    run = try_suite(control, "pytest", DRAFT, suite, timeout_s=0.2)

    assert [*outcomes(run).values()] == [*["timeout"] * 3, *["not_run"] * 2]


def test_a_draft_cannot_be_asked_for_the_verdict(control: socket.socket) -> None:
    draft = """
class Any:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __sub__
    def __lt__(self, other): return True
    def __contains__(self, item): return True
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __iter__(self): return iter(())
    def __getattr__(self, name): return lambda *_: True
class Half(float, Any):
    __eq__ = Any.__eq__
    __sub__ = __rsub__ = Any.__sub__
    __hash__ = None
def any(): return Any()
def half(): return Half(0.5)
"""
    checks = """
        any() == 3; any() in [1, 2]; [1] == any(); 3 in any(); any() < 3; 3 > any(); not any() != 3
        abs(any() - 3) < 1e-6; any() - 3 == 0; not (any() - 3); any().startswith("x")
        any() == pytest.approx(0.5); math.isclose(any(), 3.0); np.isclose(any(), 1.0)
        np.array_equal(any(), [1.0]); sorted([any(), 1]) == [1, 1]; max(any(), 5) == 5
        half() == 3; abs(half() - 3) < 1e-6; half() == pytest.approx(3); half() in [1, 2]
        isinstance(any(), float); any().__class__ is float; copy.deepcopy(any()) == 3
    """
    asserts = [check.strip() for line in checks.splitlines() for check in line.split(";")]
    suite = "import copy, math\nimport numpy as np\nimport pytest\nfrom solution import any, half\n"
    for number, check in enumerate(filter(None, asserts)):
        suite += f"def test_{number}():\n    assert {check}\n"
    suite += "def test_right():\n    assert half() == 0.5 and abs(half() - 0.5) < 1e-9\n"

    run = try_suite(control, "pytest", draft, suite, timeout_s=5.0)

    ends = outcomes(run)
    assert ends.pop("test_right") == "passed"
    assert set(ends.values()) == {"failed"}, ends


@pytest.mark.parametrize(
    ("draft", "source"),
    [
        (
            "class Fake:\n    def equals(self, other): return True\ndef table(): return Fake()",
            "from solution import table\ndef test_it():\n    assert table().equals([1])\n",
        ),
        (
            "class Timer:\n    value = 0\n    def __enter__(self): return self\n"
            "    def __exit__(self, *error): return True",
            "from solution import Timer\ndef test_it():\n"
            "    with Timer() as timer:\n        assert timer.value == 5\n",
        ),
    ],
)
def test_no_object_decides_a_test_or_takes_its_verdict_back(
    control: socket.socket, draft: str, source: str
) -> None:
    assert [*outcomes(try_suite(control, "pytest", draft, source)).values()] == ["failed"]


def test_what_a_suite_left_in_files_is_gone_at_the_next_and_stays_within_it(
    tmp_path: Path,
) -> None:
    draft = f"""
import os
from pathlib import Path
SEEN = Path({str(tmp_path / "places" / "pytest-of-seen")!r})
def seen(): return SEEN.exists()
def see(): SEEN.write_text("x")
def leave(): os._exit(0)
"""
    source = "assert not seen()\nassert see() is None\nassert leave()\nassert seen()\n"

    with host(tmp_path) as opened:
        runs = [try_suite(opened, "asserts", draft, source) for _ in range(2)]

    ends = ["passed", "passed", "crashed", "passed"]
    assert [[*outcomes(run).values()] for run in runs] == [ends, ends]
