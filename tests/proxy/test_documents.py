"""Questions and answers as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from critique_loop.errors import CallError
from critique_loop.proxy.documents import read_answer, write_question
from critique_loop.values import Answer, Question


def answer(**fields: object) -> bytes:
    return json.dumps({"id": "stuck-2", "choice": "stop", **fields}).encode()


def test_a_question_is_one_json_object_with_all_that_is_needed(question: Question) -> None:
    document = json.loads(write_question(question))

    assert {"format", "id", "kind", "prompt", "choices", "default"} < set(document)
    assert (document["format"], document["kind"], document["default"]) == (1, "stuck", "refine")
    assert document["findings"][0] == {
        "code": "wrong",
        "severity": "error",
        "message": "m",
        "advice": "make it right",
        "place": "",
        "numbers": {},
        "dimension": "",
        "confidence": 1.0,
    }
    assert document["context"]["code"] == "print('hello')"
    assert document["context"]["apply"] == ["wrong"]


def test_what_json_can_not_hold_is_written_all_the_same(question: Question) -> None:
    odd = {"code": "'\ud800'", "nan": float("nan"), "raw": b"x", 1: (2,)}
    odd_question = replace(question, context=odd)  # pyright: ignore[reportArgumentType] - odd

    document = json.loads(write_question(odd_question))

    assert document["context"] == {"code": "'\\ud800'", "nan": None, "raw": "b'x'", "1": [2]}


def test_an_answer_is_read_back(question: Question) -> None:
    document = answer(choice="refine", text="bigger", apply=["plain"], skip=["wrong"])

    assert read_answer(document, question) == Answer(
        "refine", "bigger", applied=("plain",), skipped=("wrong",)
    )


def test_marks_and_whoever_gave_them_are_read(question: Question) -> None:
    document = answer(choice="rescore", scores={"right": 9}, by="policy")

    assert read_answer(document, question) == Answer("rescore", scores={"right": 9.0}, by="policy")


WRONG = {
    "no JSON": (b"stop", "this is no answer"),
    "half of it": (b'{"id": "stuck-2", "cho', "truncated"),
    "no object": (b"[]", "Expected `object`"),
    "no UTF-8": (b'{"id": "stuck-2", "choice": "\xff"}', "this is no answer"),
    "nothing": (b"", "truncated"),
    "a field too many": (answer(chioce="stop"), "chioce"),
    "a field too few": (b'{"id": "stuck-2"}', "choice"),
    "a wrong type": (answer(choice=3), r"Expected `str`.*choice"),
    "a mark as a text": (answer(choice="rescore", scores={"right": "9"}), r"scores"),
    "nested too deep": (b'{"a":' * 100_000, "this is no answer"),
    "another question": (answer(id="stuck-1"), "'stuck-1', not 'stuck-2'"),
    "no such choice": (answer(choice="run"), "'run' is no answer"),
    "somebody else": (answer(by="default"), "by"),
}


@pytest.mark.parametrize(("document", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_answer_is_refused_and_named(
    question: Question, document: bytes, said: str
) -> None:
    with pytest.raises(CallError, match=said):
        read_answer(document, question)
