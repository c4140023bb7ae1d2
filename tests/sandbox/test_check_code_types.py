from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import check_code_types
import pytest
from code_request import MOST_CHARACTERS, read_code_request
from findings import Checked

STUB = "def f(x: int) -> str:\n    ...\n"
WRONG = "def f(x: int) -> str:\n    return x\n"
RIGHT = "def f(x: int) -> str:\n    return str(x)\n"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy knows of the standard library, written as the image's is."""
    folder = tmp_path_factory.mktemp("mypy")
    command = [sys.executable, "-m", "mypy", *check_code_types.OPTIONS]
    subprocess.run(
        [*command, "--cache-dir", str(folder), "-c", "import collections, re, typing"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
    )
    return folder


def checked(code: str, cache: Path, signature: str = STUB) -> Checked:
    asked = read_code_request({"code": code, "signature": signature, "entry_point": "f"})
    return check_code_types.check(asked, cache)


def rules(code: str, cache: Path, signature: str = STUB) -> list[object]:
    findings = checked(code, cache, signature).findings
    return [f.numbers.get("rule", "missing") for f in findings if f.severity != "note"]


def test_a_result_of_another_type_is_found_with_its_line(cache: Path) -> None:
    (finding,) = checked(WRONG, cache).findings

    assert finding.code == "type_error"
    assert finding.severity == "warning"
    assert finding.numbers == {"rule": "return-value", "line": 2, "found": 1}


@pytest.mark.parametrize(
    "code",
    [
        RIGHT,
        "import numpy as np\ndef f(x: int) -> str:\n    return str(np.sqrt(x))\n",
        "import re\ndef f(x: int) -> str:\n    return re.match('.', str(x)).group()\n",
        "from typing import Any\ndef f(x: int) -> str:\n    y: Any = x\n    return y\n",
        "def f(x: int) -> str:\n    counts = {}\n    y = x\n    y = str(y)\n    return y\n",
        "def f(x: int) -> str:\n    t = {1: 2}\n    return str(max(t, key=t.get))\n",
        "import math\ndef f(x: int) -> str:\n    best = None\n    for n in range(x):\n"
        "        if best is None or n > best:\n            best = n\n    return str(best + 1)\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import re\n" + RIGHT,
    ],
)
def test_right_code_passes_in_silence(code: str, cache: Path) -> None:
    assert rules(code, cache) == []


@pytest.mark.parametrize(
    "code",
    [
        WRONG.replace("return x", "return x  % type: ignore"),
        WRONG.replace("return x", "return x  % type: ignore[return-value]"),
        "% mypy: ignore-errors\n" + WRONG,
        '"""\n% mypy: ignore-errors\n"""\n' + WRONG,
        "% type: ignore\n" + WRONG,
        "% x % type:ignore\n" + WRONG.replace("return x", "return x  % x % type:ignore"),
        "%mypy: disable-error-code=return-value\n" + WRONG,
    ],
)
def test_a_draft_does_not_switch_its_type_checker_off(code: str, cache: Path) -> None:
    assert rules(code.replace("%", "#"), cache) == ["return-value"]


@pytest.mark.parametrize(
    "code",
    [
        "from typing import no_type_check\n@no_type_check\n" + WRONG,
        "import typing as t\n@t.no_type_check\n" + WRONG,
        "import typing\nif typing.TYPE_CHECKING:\n    def f(x: int) -> str: ...\nelse:\n"
        "    def f(x):\n        return x\n",
        "from typing import TYPE_CHECKING as T\nif not T:\n    def f(x): return x\n",
        "MYPY = False\nif not MYPY:\n    x: int = ''\n",
    ],
)
def test_what_is_kept_from_type_checkers_leaves_the_draft_unjudged(code: str, cache: Path) -> None:
    result = checked(code, cache)

    assert result.codes == ()
    assert "keeps parts of itself" in result.failed[0]


def test_annotations_that_were_asked_for_and_are_missing_are_named(cache: Path) -> None:
    (finding,) = checked("def f(x):\n    return str(x)\n", cache).findings

    assert finding.severity == "warning"
    assert finding.numbers == {"missing": ["x", "return"]}


def test_any_in_place_of_what_was_asked_for_counts_as_missing(cache: Path) -> None:
    code = "from typing import Any\ndef f(x: Any) -> str:\n    return x\n"

    assert rules(code, cache) == ["missing"]


def test_where_no_annotations_were_asked_for_a_note_says_that_little_was_judged(
    cache: Path,
) -> None:
    (finding,) = checked("def f(x):\n    return x\n", cache, "def f(x): ...\n").findings

    assert finding.severity == "note"
    assert "no function is annotated" in finding.message


def test_without_annotations_a_guessed_type_is_no_error_but_a_wrong_call_is(cache: Path) -> None:
    guessed = "def f(x):\n    y = [1]\n    y.append(x / 2)\n    y.append('a')\n    return y\n"
    called = "def g(x):\n    return x\ndef f(x):\n    return g(x, 1)\n"

    assert rules(guessed, cache, "") == []
    assert rules(called, cache, "") == ["call-arg"]


@pytest.mark.parametrize(
    "code",
    ["def f(:", "\0", "x = " + "-" * 100_000 + "1", "x = 1\n" * MOST_CHARACTERS],
    ids=["syntax", "null", "deep", "huge"],
)
def test_what_cannot_be_judged_says_why(code: str, cache: Path) -> None:
    result = checked(code, cache)

    assert result.codes == ()
    assert result.failed


def test_a_draft_that_keeps_the_type_checker_busy_is_given_up(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work_for_ever(text: str, cache: Path) -> None:
        while text and cache:
            pass

    monkeypatch.setattr(check_code_types, "_CPU_S", 1)
    monkeypatch.setattr(check_code_types, "_said", work_for_ever)
    started = time.monotonic()

    result = checked(RIGHT, cache)

    assert result.failed == ("type_error: mypy did not come to an end",)
    assert time.monotonic() - started < 10


def test_nothing_is_written_beside_the_draft_or_left_running(cache: Path) -> None:
    before = sorted(Path("/").iterdir())

    checked(RIGHT, cache)

    assert sorted(Path("/").iterdir()) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_check_takes_well_under_half_a_second_of_processor_time(cache: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    checked(RIGHT, cache)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_the_image_keeps_what_mypy_knows_under_the_same_options() -> None:
    script = Path(check_code_types.__file__).with_name("finish.sh").read_text(encoding="utf-8")
    command = " ".join(script.replace("\\\n", " ").split())

    assert (
        f"-m mypy {' '.join(check_code_types.OPTIONS)} --cache-dir {check_code_types.CACHE}"
        in command
    )
