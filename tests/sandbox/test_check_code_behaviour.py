from __future__ import annotations

import re

import pytest
from check_code_behaviour import check
from findings import Checked, Finding

from tests.sandbox.local_candidates import local_candidates

SIGNATURE = "def f(numbers: list[int]) -> int:\n    ...\n"
TESTS = "assert f([3, 1, 2]) == 3\nassert f([5, 9]) == 9\nassert f([4, 4, 8, 1]) == 8\n"
RIGHT = "def f(numbers):\n    return max(numbers)\n"
CODES = ["crash_on_input", "argument_mutated", "differs_from_reference"]


def judged(code: str, **request: object) -> Checked:
    asked: dict[str, object] = {
        "code": code,
        "entry_point": "f",
        "signature": SIGNATURE,
        "suites": [{"kind": "asserts", "source": TESTS, "hidden": False}],
        "checks": CODES,
        "wall_s": 30.0,
    }
    with local_candidates(code) as candidates:
        return check(asked | request, candidates)


def only(result: Checked, code: str) -> Finding:
    (finding,) = [one for one in result.findings if one.code == code]
    return finding


@pytest.mark.parametrize(
    "code",
    [
        RIGHT,
        "def f(numbers):\n    return sorted(numbers)[-1]\n",
        "def f(numbers):\n    best = numbers[0]\n    for n in numbers:\n"
        "        if n > best:\n            best = n\n    return best\n",
        "import functools\ndef f(numbers):\n    return functools.reduce(max, numbers)\n",
        "def f(numbers):\n    if not numbers:\n        raise ValueError('empty')\n"
        "    return float(max(numbers))\n",
    ],
)
def test_a_right_program_passes_in_silence(code: str) -> None:
    result = judged(code, reference=RIGHT)

    assert result.findings == ()
    assert set(result.codes) == set(CODES)


def test_the_smallest_input_that_brings_it_down_is_told() -> None:
    result = judged("def f(numbers):\n    return sorted(numbers)[2]\n")

    finding = only(result, "crash_on_input")
    assert finding.severity == "warning"
    assert "raises IndexError" in finding.message
    assert len(str(finding.numbers["input"])) <= len("([5, 9],)")


@pytest.mark.parametrize(
    "code",
    [
        "def f(numbers):\n    return [][0] if not numbers else max(numbers)\n",
        "def f(numbers):\n    if len(numbers) == 2:\n        raise KeyError('two')\n    return 1\n",
        "def f(numbers):\n    if len(numbers) == 2:\n        raise ValueError(2)\n    return 1\n",
        "def f(numbers):\n    assert len(numbers) > 2, 'too few'\n    return 1\n",
        "def no(n):\n    raise KeyError(n)\ndef f(numbers):\n    return numbers[2:] or no(2)\n",
    ],
    ids=["only when empty", "raised on purpose", "refused", "asserted", "by another function"],
)
def test_a_refusal_is_no_crash(code: str) -> None:
    assert not [f for f in judged(code).findings if f.code == "crash_on_input"]


def test_a_refusal_that_is_never_run_excuses_no_crash() -> None:
    code = "def f(numbers):\n    if numbers is None:\n        raise IndexError\n"
    result = judged(code + "    return sorted(numbers)[2]\n")

    assert "raises IndexError" in only(result, "crash_on_input").message


def test_a_crash_that_the_reference_shares_is_none() -> None:
    code = "def f(numbers):\n    return sorted(numbers)[2]\n"

    assert judged(code, reference=code).findings == ()


def test_an_input_that_ends_the_process_is_a_crash() -> None:
    code = (
        "import os\ndef f(numbers):\n    if len(numbers) == 2:\n        os._exit(0)\n    return 1\n"
    )

    assert "ends the process" in only(judged(code), "crash_on_input").message


def test_the_smallest_difference_from_the_reference_is_told_with_both_results() -> None:
    result = judged("def f(numbers):\n    return numbers[-1]\n", reference=RIGHT)

    finding = only(result, "differs_from_reference")
    assert finding.severity == "error"
    assert re.fullmatch(r"f\(\[9, (\d)\]\) returns \1, a right program returns 9", finding.message)
    assert "max(" not in finding.message + finding.advice


def test_a_difference_that_only_an_edge_shows_is_a_note() -> None:
    code = "def f(numbers):\n    return max(numbers, default=0)\n"
    right = "def f(numbers):\n    return max(numbers, default=-1)\n"

    assert only(judged(code, reference=right), "differs_from_reference").severity == "note"
    told = "The result for an empty list is -1."
    assert only(judged(code, reference=right, goal=told), "differs_from_reference").severity == (
        "error"
    )


def test_a_draft_may_refuse_what_nobody_said_is_allowed() -> None:
    right = "def f(numbers):\n    return max(numbers, default=-1)\n"

    assert judged(RIGHT, reference=right).findings == ()


def test_an_exception_counts_where_the_task_announces_it() -> None:
    right = (
        "def f(numbers):\n    if not numbers:\n        raise ValueError\n    return max(numbers)\n"
    )
    code = "def f(numbers):\n    return max(numbers, default=0)\n"
    silent, announced = (
        judged(code, reference=right, goal=goal) for goal in ("", "Raise ValueError where empty.")
    )

    assert silent.findings == ()
    assert "raises ValueError" in only(announced, "differs_from_reference").message


def test_floats_may_differ_in_their_last_bits() -> None:
    code = "def f(numbers):\n    return sum(n / 3 for n in numbers)\n"
    right = "def f(numbers):\n    return sum(numbers) / 3\n"

    assert judged(code, reference=right).findings == ()


@pytest.mark.parametrize(
    "reference",
    [
        "import random\ndef f(numbers):\n    return random.random()\n",
        "import os\ndef f(numbers):\n    return os.getpid()\n",
        "def f(numbers):\n    return undefined\n",
    ],
)
def test_a_reference_that_does_not_know_its_own_answer_judges_nothing(reference: str) -> None:
    result = judged(RIGHT, reference=reference)

    assert [f for f in result.findings if f.severity == "error"] == []


def test_a_changed_argument_is_told() -> None:
    result = judged("def f(numbers):\n    numbers.sort()\n    return numbers[-1]\n")

    finding = only(result, "argument_mutated")
    assert finding.severity == "warning"
    assert finding.numbers["argument"] == 1


def test_a_change_within_an_argument_is_told() -> None:
    code = "def f(rows):\n    rows[0].append(1)\n    return len(rows)\n"
    suite = {"kind": "asserts", "source": "assert f([[1], [2]]) == 2\nassert f([[3]]) == 1"}

    assert only(judged(code, suites=[suite | {"hidden": False}]), "argument_mutated")


@pytest.mark.parametrize(
    ("code", "request_"),
    [
        ("def f(numbers):\n    numbers.sort()\n", {}),
        (
            "def f(numbers):\n    numbers.sort()\n    return numbers[0]\n",
            {"goal": "Sort in place."},
        ),
        (
            "def f(numbers):\n    numbers.sort()\n    return numbers[-1]\n",
            {"reference": "def f(numbers):\n    numbers.sort()\n    return numbers[-1]\n"},
        ),
        ("def f(numbers):\n    numbers = sorted(numbers)\n    return numbers[-1]\n", {}),
    ],
    ids=["returns nothing", "in place", "as the reference", "a copy"],
)
def test_a_change_that_is_meant_is_none(code: str, request_: dict[str, object]) -> None:
    assert not [f for f in judged(code, **request_).findings if f.code == "argument_mutated"]


def test_what_changed_since_the_best_earlier_program_is_a_note() -> None:
    result = judged("def f(numbers):\n    return numbers[0]\n", previous=RIGHT)

    finding = only(result, "differs_from_previous")
    assert finding.severity == "note"


def test_a_draft_that_cannot_be_loaded_is_not_judged() -> None:
    result = judged("raise RuntimeError\n")

    assert result.codes == ()
    assert len(result.failed) == 3


def test_a_draft_without_the_function_is_not_judged() -> None:
    assert judged("def g(numbers):\n    return 1\n").codes == ()


def test_a_draft_that_hangs_costs_no_more_than_its_share() -> None:
    result = judged("def f(numbers):\n    while True:\n        pass\n", wall_s=5.0)

    assert "left out for want of time" in result.reading
    assert result.codes == ("differs_from_reference",)


def test_a_draft_that_hangs_is_not_taken_for_one_that_agrees() -> None:
    code = "def f(numbers):\n    while True:\n        pass\n"

    result = judged(code, reference=RIGHT, suites=[], wall_s=5.0)

    assert not {"crash_on_input", "argument_mutated"} & set(result.codes)
    assert "differs_from_reference" not in result.codes or result.findings


def test_an_answer_that_is_no_plain_value_differs() -> None:
    code = "class A:\n    def __eq__(self, other):\n        return True\ndef f(numbers):\n"

    finding = only(judged(code + "    return A()\n", reference=RIGHT), "differs_from_reference")

    assert finding.severity == "error"
    assert "returns a" in finding.message


def test_a_draft_that_hangs_where_the_reference_answers_differs_from_it() -> None:
    code = "import time\ndef f(numbers):\n    while len(numbers) > 2:\n        time.sleep(9)\n"
    result = judged(code + "    return max(numbers)\n", reference=RIGHT)

    finding = only(result, "differs_from_reference")
    assert finding.severity == "error"
    assert "does not answer within 3 s, a right program returns" in finding.message


def test_a_draft_that_needs_longer_than_others_once_is_no_other_program() -> None:
    code = "import time\ndef f(numbers):\n    if numbers == [5, 9]:\n        time.sleep(1.2)\n"

    result = judged(code + "    return max(numbers)\n", reference=RIGHT)

    assert result.findings == ()
    assert "differs_from_reference" in result.codes


def test_a_reference_that_answers_to_next_to_nothing_judges_nothing() -> None:
    signature = "def f(text: str) -> int:\n    ...\n"
    right = "def f(text):\n    return sum({'I': 1, 'V': 5}[c] for c in text)\n"

    result = judged("def f(text):\n    return 0\n", reference=right, signature=signature, suites=[])

    assert not {"differs_from_reference", "tests_failed"} & set(result.codes)
    assert any(why.startswith("differs_from_reference: only") for why in result.failed)


def test_a_draft_that_sometimes_hangs_is_still_compared() -> None:
    code = "def f(numbers):\n    while numbers == [5, 9]:\n        pass\n    return min(numbers)\n"

    assert only(judged(code, reference=RIGHT), "differs_from_reference").severity == "error"


def test_where_no_function_is_asked_for_there_is_nothing_to_call() -> None:
    result = judged("print(1)\n", entry_point="", suites=[])

    assert set(result.codes) == set(CODES)


def test_where_nothing_can_be_called_tests_judge_and_a_note_tells_that_nothing_was_compared() -> (
    None
):
    hidden = [{"kind": "asserts", "source": "assert f('Zurich Main, 7') == 1", "hidden": True}]
    results = [
        judged(RIGHT, entry_point="", reference=RIGHT),
        judged(RIGHT, signature="def f(place): ...", suites=hidden, reference=RIGHT),
    ]

    for result in results:
        assert [found.code for found in result.findings] == ["not_compared"]
        assert {"differs_from_reference", "argument_mutated"} <= set(result.codes)


def test_a_reference_that_stands_alone_and_is_not_compared_with_judges_nothing() -> None:
    result = judged(RIGHT, entry_point="", suites=[], reference=RIGHT)

    assert "differs_from_reference" not in result.codes
    assert result.failed


def test_where_nothing_says_what_input_is_allowed_crashes_are_not_judged() -> None:
    result = judged(RIGHT, signature="def f(numbers): ...", suites=[])

    assert "crash_on_input" not in result.codes
    assert "no example" in result.failed[0]


def test_without_tests_the_comparison_with_a_reference_stands_in_for_them() -> None:
    result = judged(RIGHT, reference=RIGHT, suites=[])

    assert "tests_failed" in result.codes
    assert "tests_failed" not in judged(RIGHT, suites=[]).codes


def test_annotations_alone_make_no_crash_of_some_odd_inputs() -> None:
    code = "def f(numbers):\n    return numbers[3 % len(numbers)] // numbers[0]\n"

    assert judged(code, suites=[]).findings == ()


def test_nothing_of_hidden_tests_or_of_the_reference_is_told() -> None:
    tests = "assert f(['swordfish', 'marmalade']) == 1\nassert f(['swordfish']) == 0\n"
    right = "SECRET = 'sesame'\ndef f(words):\n    return len(words) - 1\n"
    suite = {"kind": "asserts", "source": tests, "hidden": True}
    code = "def f(words):\n    return 1 // (len(words) - 1)\n"

    result = judged(code, reference=right, suites=[suite], signature="def f(words): ...")

    told = repr(result)
    assert result.findings
    assert not any(word in told for word in ("swordfish", "marmalade", "sesame", "SECRET"))


def test_only_what_the_rubric_asks_for_is_run() -> None:
    assert judged(RIGHT, checks=["lint_error"]) == Checked()
