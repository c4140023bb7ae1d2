from __future__ import annotations

import ast

import check_code_complexity
import pytest
from code_request import read_code_request
from findings import Checked


def checked(code: str) -> Checked:
    return check_code_complexity.check(read_code_request({"code": code}))


@pytest.mark.parametrize(
    ("paths", "body"),
    [
        (1, "return x"),
        (2, "return 1 if x else 2"),
        (3, "if x:\n  return 1\n elif x > 1:\n  return 2\n return 3"),
        (3, "return x > 1 and x < 3 or x"),
        (3, "return [y for y in x if y]"),
        (3, "while x:\n  try:\n   x()\n  except ValueError:\n   pass"),
        (3, "match x:\n  case 1:\n   pass\n  case 2:\n   pass\n  case _:\n   pass"),
        (1, "def g(y):\n  return 1 if y else 2\n return g(x)"),
    ],
)
def test_paths_are_counted_as_mccabe_does(paths: int, body: str) -> None:
    function = ast.parse(f"def f(x):\n {body}\n").body[0]

    counted = check_code_complexity.paths(function)

    assert counted == paths


def test_ten_paths_pass_and_eleven_do_not() -> None:
    ten = "def f(x):\n" + "    if x:\n        x -= 1\n" * 9 + "    return x\n"
    eleven = ten.replace("    return", "    if x:\n        x -= 1\n    return")

    assert checked(ten).findings == ()
    assert [f.numbers["paths"] for f in checked(eleven).findings] == [11]


def test_blocks_within_each_other_are_counted_and_elif_is_none() -> None:
    deep = "def f(x):\n" + "".join(f"{' ' * n}while x:\n" for n in range(1, 7)) + " " * 7 + "x()\n"
    chain = "def f(x):\n    if x == 0:\n        return 0\n" + "".join(
        f"    elif x == {n}:\n        return {n}\n" for n in range(1, 8)
    )

    assert [f.numbers["nested"] for f in checked(deep).findings] == [6]
    assert checked(chain).findings == ()


def test_a_docstring_is_no_line_of_code() -> None:
    lines = "    x += 1\n" * 49
    documented = 'def f(x):\n    """One.\n\n' + "    word\n" * 30 + f'    """\n{lines}'

    assert checked(documented).findings == ()
    assert [f.code for f in checked(documented + "    x += 1\n").findings] == ["too_long"]


def test_code_outside_functions_is_measured_too() -> None:
    code = "x = int(input())\n" + "if x:\n    x -= 1\n" * 11

    assert [f.place for f in checked(code).findings] == ["the program outside its functions"]


@pytest.mark.parametrize("code", ["def f(:\n", "\0", "x = " + "-" * 200_000 + "1", "(" * 900])
def test_what_cannot_be_parsed_is_not_judged(code: str) -> None:
    result = checked(code)

    assert result.codes == ()
    assert result.failed


def test_a_deep_tree_is_walked() -> None:
    result = checked("x = 1" + " + 1" * 800)

    assert result == Checked((), ("too_complex", "too_long"))
