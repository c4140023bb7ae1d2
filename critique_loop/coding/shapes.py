"""The shapes of well-known data sets of programming tasks, told apart by their keys."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from critique_loop.coding.rows import Row
from critique_loop.coding.signatures import Function, read_signature
from critique_loop.coding.sources import Source
from critique_loop.errors import CallError
from critique_loop.values import CodeSpec, Suite, SuiteKind

_EXAMPLES = "examples of the signature"
_TESTS = "tests of the data set"
_MANY_INPUTS_S = 30.0  # one test that runs all inputs of a task


@dataclass(frozen=True, slots=True)
class Asked:
    """One task of a data set.

    ``stem`` is what a completion goes on from, "" where only whole programs are known.
    """

    id: str
    spec: CodeSpec
    stem: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rows of one data set are read, and what is done with their tests."""

    name: str
    keys: tuple[str, ...]
    read: Callable[[Row], Asked]
    told: str


def shape_of(row: Row) -> Shape:
    """Return the shape that the keys of a row have.

    Raises:
        DataError: it has none of them.
    """
    for shape in SHAPES:
        if all(key in row.value for key in shape.keys):
            return shape
    there = ", ".join(sorted(row.value)) or "none"
    known = "; ".join(f"{shape.name}: {', '.join(shape.keys)}" for shape in SHAPES)
    raise row.error(f"no known shape of a data set; keys: {there}. Known: {known}")


def _evalplus(row: Row) -> Asked:
    """Read HumanEval+ and MBPP+ as EvalPlus releases them (Liu et al. 2023, arXiv:2305.01210)."""
    asked = _stubbed(row)
    inputs = [*row.items("base_input"), *row.items("plus_input")]
    if not inputs or not all(isinstance(one, list) for one in inputs):
        raise row.error("base_input, plus_input: expected lists of lists of arguments")
    atol = row.value.get("atol", 0)
    if isinstance(atol, bool) or not isinstance(atol, int | float) or not atol >= 0:
        raise row.error(f"atol: expected a number, 0 or more, found {atol!r}")
    reference = _python(row, "canonical_solution", asked.stem + row.text("canonical_solution"))
    _defined(row, "canonical_solution", reference, asked.spec.entry_point)
    source = _COMPARED.format(
        inputs=json.dumps(json.dumps(inputs)),
        reference=json.dumps(reference),
        name=json.dumps(asked.spec.entry_point),
        atol=float(atol),
    )
    return _with_hidden(asked, SuiteKind.CHECK, source, timeout_s=_MANY_INPUTS_S)


def _human_eval(row: Row) -> Asked:
    """Read HumanEval (Chen et al. 2021, arXiv:2107.03374)."""
    tests = _python(row, "test", row.text("test"))
    _defined(row, "test", tests, "check")
    asked = _stubbed(row)
    # Some checks call what the prompt defines besides the function that is wanted.
    source = f"{asked.stem.rstrip()}\n    ...\n\n\n{tests}" if _has_more(asked) else tests
    return _with_hidden(asked, SuiteKind.CHECK, _python(row, "test", source))


def _has_more(asked: Asked) -> bool:
    try:
        names = read_signature(Source(asked.stem, asked.id)).names
    except CallError:  # a text, where HumanEval has a stub
        return False
    return any(name != asked.spec.entry_point for name in names)


def _stubbed(row: Row) -> Asked:
    """Read what HumanEval and EvalPlus have in common: a stub that a completion goes on from."""
    prompt, entry_point = row.text("prompt"), _name(row, "entry_point")
    try:
        signature = read_signature(Source(prompt, str(row.path)))
        examples = signature.examples
    except CallError:  # MBPP+ has a text where HumanEval has a stub
        _python(row, "prompt", prompt)
        examples = ""
    suites = (Suite(SuiteKind.DOCTEST, examples, name=_EXAMPLES),) if examples else ()
    spec = CodeSpec(entry_point=entry_point, signature=prompt, suites=suites)
    return Asked(_id(row), spec, stem=prompt)


def _mbpp(row: Row) -> Asked:
    """Read MBPP, as it was and sanitized (Austin et al. 2021, arXiv:2108.07732)."""
    text = row.text("text") if "text" in row.value else row.text("prompt")
    tests = [*row.texts("test_list"), *row.texts("challenge_test_list")]
    if not tests:
        raise row.error("test_list: there is no test in it")
    code = _python(row, "code", row.text("code"))
    before = [row.text("test_setup_code", default=""), *row.texts("test_imports")]
    source = _python(row, "test_list", "\n".join([*filter(None, before), *tests, ""]))
    shown = tests[0].strip()
    quoted = f"{text.strip()}\n{shown}".replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    spec = CodeSpec(
        entry_point=_tested(row, tests[0], code),
        signature=f'"""\n{quoted}\n"""\n',
    )
    return _with_hidden(Asked(_id(row), spec), SuiteKind.ASSERTS, source)


def _big_code_bench(row: Row) -> Asked:
    """Read BigCodeBench (Zhuo et al. 2024, arXiv:2406.15877)."""
    prompt, entry_point = row.text("complete_prompt"), _name(row, "entry_point")
    tests = _python(row, "test", row.text("test"))
    spec = CodeSpec(entry_point=entry_point, signature=prompt)
    source = f"from {spec.module} import *\nfrom {spec.module} import {entry_point}\n{tests}\n"
    asked = Asked(_id(row), spec, stem=prompt)
    return _with_hidden(asked, SuiteKind.PYTEST, source, timeout_s=_MANY_INPUTS_S)


def _with_hidden(asked: Asked, kind: SuiteKind, source: str, *, timeout_s: float = 5.0) -> Asked:
    hidden = Suite(kind, source, name=_TESTS, hidden=True, timeout_s=timeout_s)
    return replace(asked, spec=replace(asked.spec, suites=(*asked.spec.suites, hidden)))


def _id(row: Row) -> str:
    value = row.value.get("task_id")
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise row.error(f"task_id: expected a name or a number, found {value!r}")
    return str(value)


def _name(row: Row, key: str) -> str:
    name = row.text(key)
    if not name.isidentifier():
        raise row.error(f"{key}: {name[:60]!r} is no name that a function could have")
    return name


def _python(row: Row, key: str, text: str) -> str:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise row.error(f"{key}: no valid Python ({error})") from error
    return text


def _defined(row: Row, key: str, text: str, name: str) -> None:
    nodes = ast.parse(text).body
    if name not in [node.name for node in nodes if isinstance(node, Function)]:
        raise row.error(f"{key}: defines no function {name}")


def _tested(row: Row, test: str, code: str) -> str:
    """Return the function of the right program that a test calls."""
    own = [node.name for node in ast.parse(code).body if isinstance(node, Function | ast.ClassDef)]
    names: Sequence[str] = [n.id for n in ast.walk(ast.parse(test)) if isinstance(n, ast.Name)]
    found = next((name for name in own if name in names), "")
    if not found:
        raise row.error("test_list: the first test calls no function of code")
    return found


# EvalPlus gives inputs without outputs: what is right is what the canonical solution returns. An
# input that it does not take is no test. Floats are compared as EvalPlus does (1e-6 at least).
_COMPARED = """\
import copy
import json
import math

INPUTS = json.loads({inputs})
REFERENCE = {reference}
TOLERANCE = {atol!r}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(got, wanted):
    near = TOLERANCE or (1e-6 if isinstance(wanted, float) else 0.0)
    if near and is_number(wanted) and is_number(got):
        both_nan = got != got and wanted != wanted
        return both_nan or got == wanted or math.isclose(got, wanted, rel_tol=1e-7, abs_tol=near)
    if isinstance(wanted, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(got) == len(wanted) and all(map(same, got, wanted))
    if isinstance(wanted, dict) and isinstance(got, dict):
        return got.keys() == wanted.keys() and all(same(got[key], wanted[key]) for key in wanted)
    return got == wanted


def check(candidate):
    space = {{"__name__": "reference"}}
    exec(REFERENCE, space)
    right = space[{name}]
    compared = 0
    for arguments in INPUTS:
        try:
            wanted = right(*copy.deepcopy(arguments))
        except Exception:
            continue
        compared += 1
        assert same(candidate(*copy.deepcopy(arguments)), wanted)
    assert compared
"""

SHAPES = (
    Shape(
        "EvalPlus",
        ("prompt", "canonical_solution", "entry_point", "base_input", "plus_input"),
        _evalplus,
        "visible: the examples in the docstring; hidden: all inputs, compared with the canonical "
        "solution",
    ),
    Shape(
        "BigCodeBench",
        ("complete_prompt", "instruct_prompt", "test", "entry_point"),
        _big_code_bench,
        "visible: no test (the docstring's examples are illustrations); hidden: the test class",
    ),
    Shape(
        "HumanEval",
        ("prompt", "canonical_solution", "test", "entry_point"),
        _human_eval,
        "visible: the examples in the docstring; hidden: check(candidate)",
    ),
    Shape(
        "MBPP",
        ("text", "code", "test_list"),
        _mbpp,
        "visible: the first assert, without which nobody knows the name; hidden: all asserts",
    ),
    Shape(
        "MBPP (sanitized)",
        ("prompt", "code", "test_list"),
        _mbpp,
        "visible: the first assert, without which nobody knows the name; hidden: all asserts",
    ),
)
