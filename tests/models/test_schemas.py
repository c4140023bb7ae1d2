from __future__ import annotations

import json
from typing import cast

import pytest

from critique_loop.errors import CallError
from critique_loop.models import schemas
from critique_loop.models.schemas import Schema

CRITIQUE = schemas.scores("critique", {"bugs": "Does it run?", "type": "Does it fit?"}, [0, 5, 10])
FULL: Schema = schemas.structure(
    {
        "verdict": schemas.one_of(["accept", "refine"]),
        "score": schemas.one_of([0, 5, 10]),
        "share": {"type": "number"},
        "sure": {"type": "boolean"},
        "why": {"type": ["string", "null"]},
        "tags": schemas.listed(schemas.text()),
    }
)
FITTING: dict[str, object] = {
    "verdict": "accept",
    "score": 5,
    "share": 0.5,
    "sure": True,
    "why": None,
    "tags": ["a"],
}


def test_a_critique_asks_for_evidence_and_advice_before_the_score() -> None:
    properties = cast("dict[str, dict[str, object]]", CRITIQUE.schema["properties"])

    assert list(properties) == ["bugs", "type"]
    assert properties["bugs"]["required"] == ["evidence", "advice", "score"]
    assert list(cast("Schema", properties["bugs"]["properties"])) == properties["bugs"]["required"]
    assert '"enum": [0, 5, 10]' in json.dumps(properties["bugs"])


def test_what_is_built_here_is_in_the_common_subset() -> None:
    schemas.check(CRITIQUE.schema)
    schemas.check(FULL)

    for word in ("minimum", "maximum", "pattern"):
        assert word not in json.dumps([CRITIQUE.schema, FULL])


def test_a_name_that_servers_refuse_is_refused_here() -> None:
    with pytest.raises(CallError, match="'is it good'"):
        schemas.scores("critique", {"is it good": "?"}, [0, 10])


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"type": "array"}, "type object"),
        (schemas.structure({"a": {"type": "integer", "minimum": 0}}), "minimum"),
        (schemas.structure({"a": schemas.listed({"type": "string", "pattern": "x"})}), "pattern"),
        (schemas.structure({"a": {"anyOf": [{"oneOf": ["x"]}]}}), "oneOf"),
        (schemas.structure({"a": {"type": "date"}}), "date"),
        (schemas.structure({"a": {"$ref": "#/$defs/gone"}}), "gone"),
    ],
)
def test_a_schema_outside_the_subset_is_refused_by_name(schema: Schema, names: str) -> None:
    with pytest.raises(CallError, match=names):
        schemas.check(schema)


def test_what_fits_is_left_as_it_is() -> None:
    conformed = schemas.conform(FITTING, FULL)

    assert conformed == schemas.Conformed(FITTING)


@pytest.mark.parametrize(
    ("key", "said", "meant"),
    [
        ("score", "5", 5),
        ("score", " 5.0 ", 5),
        ("score", 5.0, 5),
        ("share", "0.25", 0.25),
        ("sure", "True", True),
        ("verdict", "Accept ", "accept"),
    ],
)
def test_what_can_be_read_in_one_way_is_mended_and_told(
    key: str, said: object, meant: object
) -> None:
    conformed = schemas.conform({**FITTING, key: said}, FULL)

    assert conformed.problems == ()
    assert conformed.data[key] == meant
    assert type(conformed.data[key]) is type(meant)
    assert conformed.mended == (f"{key}: {json.dumps(said)} read as {json.dumps(meant)}",)


@pytest.mark.parametrize(
    ("key", "said", "problem"),
    [
        ("score", 7, "score: expected one of [0, 5, 10], found 7"),
        ("score", "5/10", 'score: expected integer, found "5/10"'),
        ("score", "five", 'score: expected integer, found "five"'),
        ("score", True, "score: expected integer, found true"),
        ("score", None, "score: expected integer, found null"),
        ("score", 5.5, "score: expected integer, found 5.5"),
        ("score", [5], "score: expected integer, found a list"),
        ("score", 10**400, "score: expected one of [0, 5, 10], found 1"),
        ("share", float("inf"), "share: expected number, found Infinity"),
        ("share", True, "share: expected number, found true"),
        ("sure", "yes", 'sure: expected boolean, found "yes"'),
        ("verdict", "reject", 'verdict: expected one of ["accept", "refine"], found "reject"'),
        ("why", 3, "why: expected string or null, found 3"),
        ("tags", "a", 'tags: expected array, found "a"'),
        ("tags", ["a", 1], "tags[1]: expected string, found 1"),
    ],
)
def test_what_does_not_fit_is_named_once_with_what_was_found(
    key: str, said: object, problem: str
) -> None:
    (found,) = schemas.conform({**FITTING, key: said}, FULL).problems

    assert found.startswith(problem)


def test_missing_keys_are_named_by_their_place() -> None:
    data = {"bugs": {"evidence": "e", "score": 5}}

    problems = schemas.conform(data, CRITIQUE.schema).problems

    assert problems == ("bugs.advice: is missing", "type: is missing")


def test_what_nobody_asked_for_is_left_out_and_told() -> None:
    conformed = schemas.conform({**FITTING, "mood\x1b[1m": "fine"}, FULL)

    assert conformed.data == FITTING
    assert conformed.mended == ("mood [1m: left out, nobody asked for it",)


def test_references_and_alternatives_are_followed() -> None:
    schema: Schema = {
        **schemas.structure({"a": {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}]}}),
        "$defs": {"Point": schemas.structure({"x": {"type": "integer"}})},
    }
    schemas.check(schema)

    assert schemas.conform({"a": None}, schema).problems == ()
    assert schemas.conform({"a": {"x": "3"}}, schema).data == {"a": {"x": 3}}
    assert schemas.conform({"a": {"x": "y"}}, schema).problems == (
        'a.x: expected integer, found "y"',
    )


def test_no_more_problems_are_told_than_help() -> None:
    schema = schemas.structure({f"k{index}": schemas.text() for index in range(50)})

    problems = schemas.conform({}, schema).problems

    assert len(problems) == schemas.MAX_PROBLEMS


def test_the_words_hold_the_whole_schema() -> None:
    words = schemas.in_words(CRITIQUE)

    assert "JSON" in words
    assert json.loads(words[words.index("{") :]) == CRITIQUE.schema
