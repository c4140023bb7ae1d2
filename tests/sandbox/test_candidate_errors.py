from __future__ import annotations

import json
from typing import Any

import pytest
from candidate_errors import Classes, RaisedError, describe
from candidate_values import NotPlainError, decode


def read(data: Any) -> Any:  # noqa: ANN401 - any value
    def refuse(tagged: dict[str, Any]) -> object:
        raise NotPlainError(str(tagged))

    return decode(data, refuse)


class BrokenRuleError(ValueError):
    def __init__(self, rule: str, count: int) -> None:
        super().__init__(f"{rule} broken {count} times")
        self.count = count


class WorseError(BrokenRuleError):
    pass


def rebuilt(error: BaseException, classes: Classes | None = None) -> BaseException:
    described = json.loads(json.dumps(describe(error)))
    return (classes or Classes()).rebuild(described, read)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        KeyError("a"),
        ZeroDivisionError(),
        AssertionError((1, 2)),
        SystemExit(3),
        StopIteration(4),
        FileNotFoundError(2, "none", "a.csv"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ],
    ids=repr,
)
def test_pythons_own_come_as_themselves(error: BaseException) -> None:
    found = rebuilt(error)

    assert type(found) is type(error) or type(error) in type(found).__mro__
    assert str(found) == str(error)


def test_a_class_of_the_drafts_own_is_one_class_over_pythons() -> None:
    classes = Classes()

    first, second = rebuilt(WorseError("a", 2), classes), rebuilt(BrokenRuleError("b", 3), classes)

    assert isinstance(first, type(second))
    assert isinstance(first, ValueError)
    assert type(first).__name__ == "WorseError"
    assert (str(first), first.__dict__["count"]) == ("a broken 2 times", 2)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), BaseException("x")])
def test_what_would_stop_the_judge_comes_as_an_ordinary_exception(error: BaseException) -> None:
    assert isinstance(rebuilt(error), RaisedError)


def test_a_text_that_cannot_be_had_is_said_to_be_so() -> None:
    class Mute(Exception):  # noqa: N818 - as a draft may call it
        def __str__(self) -> str:
            raise SystemExit

    assert "can't be had" in str(rebuilt(Mute()))


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        {},
        {"own": 5, "builtin": 7, "text": None, "args": {"t": "x"}, "state": [1]},
        {"own": ["__class__"], "builtin": "eval", "state": {"__class__": 1, "a b": 2, "_x": 3}},
        {"own": [], "builtin": "UnicodeDecodeError", "args": [], "text": "x"},
    ],
)
def test_whatever_is_described_becomes_an_exception(hostile: object) -> None:
    found = Classes().rebuild(hostile, read)

    assert isinstance(found, Exception)
    assert set(vars(found)) <= {"a b"}
