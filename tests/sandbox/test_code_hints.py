from __future__ import annotations

import ast
import random

import pytest
from code_hints import may_be_none, parameters, shape_of


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [
        ("int", {int}),
        ("float", {float}),
        ("str", {str}),
        ("bool", {bool}),
        ("list[int]", {list}),
        ("List[str]", {list}),
        ("'list[int]'", {list}),
        ("typing.Sequence[float]", {list}),
        ("set[int]", {set}),
        ("tuple[int, str]", {tuple}),
        ("tuple[int, ...]", {tuple}),
        ("dict[str, int]", {dict}),
        ("Optional[int]", {int}),
        ("int | str", {int, str}),
        ("Literal['a', 3]", {str, int}),
    ],
)
def test_an_annotation_of_plain_data_gives_such_values(annotation: str, kinds: set[type]) -> None:
    shape = shape_of(ast.parse(annotation, mode="eval").body)
    rng = random.Random(2)  # noqa: S311 - the same values each time

    assert shape is not None
    assert {type(shape.make(rng)) for _ in range(60)} == kinds


@pytest.mark.parametrize(
    "annotation", ["Callable[[int], int]", "Node", "list[Node]", "dict[str, Any]", "'('", "T"]
)
def test_any_other_annotation_gives_none(annotation: str) -> None:
    assert shape_of(ast.parse(annotation, mode="eval").body) is None


def test_parameters_without_a_default_must_be_given() -> None:
    stub = "def f(a: int, b: str = '', *, c=1): ...\n"

    assert [one.arg for one in parameters(stub, "f")] == ["a"]
    assert [one.arg for one in parameters(stub, "f", optional=True)] == ["a", "b"]
    assert parameters("def f(", "f") == ()


@pytest.mark.parametrize(
    ("annotation", "allowed"),
    [("int | None", True), ("Optional[str]", True), ("list[int]", False), ("Any", False)],
)
def test_whether_none_is_allowed_is_read_from_the_annotation(
    annotation: str, allowed: bool
) -> None:
    assert may_be_none(ast.parse(annotation, mode="eval").body) is allowed
