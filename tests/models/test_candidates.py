from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.candidates import Answered, choice_of, split_thoughts, without_key
from critique_loop.models.completions import Candidate
from critique_loop.models.modes import AnswerMode
from critique_loop.models.redaction import Redactor
from critique_loop.values import Choice

KEY = "sk-planted-0123456789"


def choice(candidate: dict[str, Any], mode: AnswerMode = AnswerMode.TEXT) -> Choice:
    answered = Answered()
    answered.add(msgspec.convert(candidate, Candidate))
    return choice_of(answered, mode, Redactor(KEY))


def said(content: object, finish: str | None = "stop", **more: object) -> dict[str, Any]:
    return {"message": {"content": content, **more}, "finish_reason": finish}


def call(arguments: object) -> dict[str, Any]:
    return {"function": {"name": "f", "arguments": arguments}}


def piece(token: str, logprob: float | None = -0.5) -> dict[str, Any]:
    return {"token": token, "logprob": logprob}


def with_tokens(content: str, *tokens: str) -> dict[str, Any]:
    told = msgspec.Raw(msgspec.json.encode({"content": [piece(token) for token in tokens]}))
    return {**said(content), "logprobs": told}


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("42", "", "42"),
        ("<think>\nHm.\n</think>\n\n42", "Hm.", "42"),
        ("\n<thinking>Hm.</thinking>42", "Hm.", "42"),
        ("Hm.\n</think>\n42", "Hm.", "42"),
        ("<think>never ends", "never ends", ""),
        ("x = '<think>a</think>'", "", "x = '<think>a</think>'"),
        ("print('</think>')", "", "print('</think>')"),
    ],
)
def test_thoughts_at_the_beginning_are_no_part_of_the_answer(
    text: str, reasoning: str, answer: str
) -> None:
    assert split_thoughts(text) == (reasoning, answer)


def test_an_endless_repetition_is_read_in_no_time() -> None:
    began = time.process_time()

    for sign in ("\n", " ", "<think>", "</think>", "<think>\n", "\n</think> x"):
        split_thoughts(sign * 20_000)

    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        (said(None), ModelErrorKind.EMPTY),
        (said(" \n"), ModelErrorKind.EMPTY),
        (said("<think>only thoughts</think>"), ModelErrorKind.EMPTY),
        ({"finish_reason": "stop"}, ModelErrorKind.EMPTY),
        (said("half", "length"), ModelErrorKind.TRUNCATED),
        (said("half", "MAX_TOKENS"), ModelErrorKind.TRUNCATED),
        (said("", "length"), ModelErrorKind.TRUNCATED),
        (said(None, refusal="I won't."), ModelErrorKind.REFUSAL),
        (said("half", "content_filter"), ModelErrorKind.CONTENT_FILTER),
        (said(None, "SAFETY"), ModelErrorKind.CONTENT_FILTER),
        (said("half", "error"), ModelErrorKind.SERVER),
        (said("half", "abort"), ModelErrorKind.SERVER),
    ],
)
def test_a_candidate_that_is_no_answer_says_why(
    candidate: dict[str, Any], kind: ModelErrorKind
) -> None:
    with pytest.raises(ModelError) as raised:
        choice(candidate)

    assert raised.value.kind is kind
    assert raised.value.partial in ("", " \n", "half")


@pytest.mark.parametrize("finish", ["stop", None, "eos", "tool_calls"])
def test_any_other_reason_to_stop_is_fine(finish: str | None) -> None:
    found = choice(said("42", finish))

    assert (found.text, found.finish_reason) == ("42", finish or "stop")


def test_a_content_in_parts_is_one_text() -> None:
    assert choice(said([{"type": "text", "text": "4"}, {"text": "2"}, {}])).text == "42"


@pytest.mark.parametrize("arguments", ['{"a":1}', {"a": 1}])
def test_the_arguments_of_a_tool_call_stand_for_a_text_that_is_missing(arguments: object) -> None:
    assert choice(said(None, "tool_calls", tool_calls=[call(arguments)])).text == '{"a":1}'


def test_the_arguments_of_a_function_call_of_old_do_too() -> None:
    assert choice(said(None, function_call=call('{"a":1}')["function"])).text == '{"a":1}'


def test_a_text_beside_a_tool_call_is_the_answer_where_a_text_was_wanted() -> None:
    both = said("text", tool_calls=[call("{}")])

    assert choice(both).text == "text"
    assert choice(both, AnswerMode.TOOL).text == "{}"


def test_a_text_in_the_place_of_a_tool_call_is_what_there_is() -> None:
    assert choice(said('{"a":1}'), AnswerMode.TOOL).text == '{"a":1}'


def test_of_several_tool_calls_the_first_one_counts() -> None:
    assert choice(said(None, tool_calls=[call('{"a":1}'), call('{"b":2}')])).text == '{"a":1}'


def test_the_key_stays_out_of_text_and_thoughts() -> None:
    found = choice(said(f"use {KEY}", reasoning=f"the key is {KEY}"))

    assert "planted" not in repr(found)


@pytest.mark.parametrize("tokens", [("use ", KEY), ("use ", KEY[:5], KEY[5:], ".")])
def test_tokens_that_spell_the_key_are_dropped(tokens: tuple[str, ...]) -> None:
    found = choice(with_tokens("".join(tokens), *tokens))

    assert found.text.startswith("use [key]")
    assert found.tokens is None


def test_tokens_beside_which_the_key_was_likely_are_dropped() -> None:
    likely = {**piece("42"), "top_logprobs": [piece("42"), piece(KEY)]}
    told = msgspec.Raw(msgspec.json.encode({"content": [likely]}))

    assert choice({**said("42"), "logprobs": told}).tokens is None


def test_the_key_stays_out_of_data_by_whatever_signs_it_was_spelled() -> None:
    read = Choice("{'say': 's' + ...}", data={"say": [KEY]})

    found = without_key(read, Redactor(KEY))

    assert (found.text, found.data) == ('{"say":["[key]"]}', {"say": ["[key]"]})


def test_tokens_begin_where_the_answer_does() -> None:
    found = choice(with_tokens("<think>a</think>\n42", "<think>", "a", "</think>", "\n", "4", "2"))

    assert [token.text for token in found.tokens or ()] == ["4", "2"]


@pytest.mark.parametrize("tokens", [(), ("\\xe2", "\\x82")])
def test_tokens_that_spell_something_else_are_kept_as_they_are(tokens: tuple[str, ...]) -> None:
    found = choice(with_tokens("€", *tokens))

    assert [token.text for token in found.tokens or ()] == list(tokens)


@pytest.mark.parametrize(
    "logprobs", [b"null", b'{"content":null}', b'{"tokens":["a"]}', b'{"content":"x"}', b"3"]
)
def test_probabilities_in_another_form_are_none(logprobs: bytes) -> None:
    assert choice({**said("42"), "logprobs": msgspec.Raw(logprobs)}).tokens is None


def test_a_missing_probability_is_as_small_as_can_be() -> None:
    told = msgspec.Raw(msgspec.json.encode({"content": [piece("42", None)]}))

    found = choice({**said("42"), "logprobs": told})

    assert found.tokens is not None
    assert found.tokens[0].logprob == -9999.0
