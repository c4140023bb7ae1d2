"""Faults 13 to 17, 23 and 24: a whole answer with status 200 that is not what was asked for."""

from __future__ import annotations

from critique_loop.errors import ModelErrorKind
from critique_loop.testing.fault_server_acts import Respond, Say, always, in_turn
from critique_loop.testing.fault_server_answers import Completion, tool_call
from critique_loop.testing.faults_rows import ANSWER, SEVERAL, Fault, Wanted

TOOL_ARGUMENTS = """{"code": "print('chart of a tool')"}"""
_ANSWERED = frozenset({ANSWER})


def _only(kind: ModelErrorKind) -> frozenset[str]:
    return frozenset({kind})


def _choices(value: object) -> Say:
    def edit(answer: Completion) -> None:
        answer["choices"] = value

    return Say(edit)


def _message(reason: str, **fields: object) -> Say:
    def edit(answer: Completion) -> None:
        for choice in answer["choices"]:
            choice["message"].update(fields)
            choice["finish_reason"] = reason

    return Say(edit)


def _shortened(answer: Completion) -> None:
    for choice in answer["choices"]:
        text: str = choice["message"]["content"]
        choice["message"]["content"] = text[: len(text) // 2]
        choice["finish_reason"] = "length"


def _calling_a_tool(answer: Completion) -> None:
    for choice in answer["choices"]:
        calls = [tool_call("submit", TOOL_ARGUMENTS)]
        choice["message"].update({"content": None, "tool_calls": calls})
        choice["finish_reason"] = "tool_calls"


def _prose(answer: Completion) -> None:
    for choice in answer["choices"]:
        choice["message"].update({"content": "I like this chart a lot.", "tool_calls": None})


def _empty(variant: str, act: Say) -> Fault:
    return Fault(13, variant, always(act), _only(ModelErrorKind.EMPTY), SEVERAL)


_EMPTY = (
    _empty("no choices", _choices([])),
    _empty("choices null", _choices(None)),
    _empty("content null", _message("stop", content=None)),
    _empty("content empty", _message("stop", content="")),
    _empty("content blank", _message("stop", content=" \n\t\n ")),
    _empty("choice without a message", _choices([{"index": 0, "finish_reason": "stop"}])),
    Fault(
        13,
        "stream",
        always(_message("stop", content="")),
        _only(ModelErrorKind.EMPTY),
        SEVERAL,
        Wanted.STREAM,
    ),
    Fault(13, "once", in_turn(_message("stop", content="")), _ANSWERED, (2, 2)),
)

_SHORT = (
    Fault(
        14, "always", always(Say(_shortened)), _only(ModelErrorKind.TRUNCATED), (2, 2), partial=True
    ),
    Fault(
        14,
        "stream",
        always(Say(_shortened)),
        _only(ModelErrorKind.TRUNCATED),
        (2, 2),
        Wanted.STREAM,
        partial=True,
    ),
    Fault(14, "once", in_turn(Say(_shortened)), _ANSWERED, (2, 2)),
)

_REFUSED = (
    Fault(
        15,
        "refusal",
        always(_message("stop", content=None, refusal="I'm sorry, I can't assist with that.")),
        _only(ModelErrorKind.REFUSAL),
    ),
    Fault(
        15,
        "refusal in a stream",
        always(_message("stop", content=None, refusal="I'm sorry, I can't assist with that.")),
        _only(ModelErrorKind.REFUSAL),
        wanted=Wanted.STREAM,
    ),
    Fault(
        15,
        "refusal of JSON",
        always(_message("stop", content=None, refusal="I'm sorry, I can't assist with that.")),
        _only(ModelErrorKind.REFUSAL),
        wanted=Wanted.JSON,
    ),
    Fault(
        16,
        "answer",
        always(_message("content_filter", content="")),
        _only(ModelErrorKind.CONTENT_FILTER),
    ),
    Fault(
        16,
        "stream",
        always(_message("content_filter", content="```python\nprint(")),
        _only(ModelErrorKind.CONTENT_FILTER),
        wanted=Wanted.STREAM,
    ),
    Fault(
        16,
        "prompt",
        always(
            Respond(
                400,
                {
                    "error": {
                        "message": "The response was filtered due to the prompt triggering Azure "
                        "OpenAI's content management policy.",
                        "type": None,
                        "param": "prompt",
                        "code": "content_filter",
                        "status": 400,
                    }
                },
            )
        ),
        _only(ModelErrorKind.CONTENT_FILTER),
    ),
)

_TOOLS = (
    Fault(17, "text", always(Say(_calling_a_tool)), _ANSWERED),
    Fault(17, "stream", always(Say(_calling_a_tool)), _ANSWERED, wanted=Wanted.STREAM),
)


def _ignoring(what: str) -> Say:
    return Say(ignoring=frozenset({what}))


_UNFIT = (
    Fault(23, "prose", always(Say(_prose)), _only(ModelErrorKind.BAD_JSON), SEVERAL, Wanted.JSON),
    Fault(
        23,
        "another object",
        always(_message("stop", content='{"marks": "all fine"}', tool_calls=None)),
        _only(ModelErrorKind.BAD_JSON),
        SEVERAL,
        Wanted.JSON,
    ),
    Fault(24, "image", always(_ignoring("image")), _ANSWERED, wanted=Wanted.PICTURE),
    Fault(24, "n", always(_ignoring("n")), _ANSWERED, (3, 3), Wanted.CHOICES),
    Fault(24, "logprobs", always(_ignoring("logprobs")), _ANSWERED, wanted=Wanted.PROBABILITIES),
    Fault(24, "schema", in_turn(_ignoring("schema")), _ANSWERED, SEVERAL, Wanted.JSON),
)

ANSWERS: tuple[Fault, ...] = (*_EMPTY, *_SHORT, *_REFUSED, *_TOOLS, *_UNFIT)
