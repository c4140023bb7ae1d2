"""Faults 6 to 11, 22 and 25: nothing comes, or half of it, or something else; or nobody waits."""

from __future__ import annotations

from critique_loop.errors import ModelErrorKind
from critique_loop.testing.fault_server_acts import (
    Act,
    Break,
    Flood,
    Plan,
    Respond,
    Say,
    Silence,
    TooMany,
    Trickle,
    Vanish,
    always,
    in_turn,
)
from critique_loop.testing.fault_server_http import Received
from critique_loop.testing.faults_rows import ANSWER, CANCELLED, SEVERAL, Cancelled, Fault, Wanted

_ANSWERED = frozenset({ANSWER})
_ANY = (1, SEVERAL[1])
_PAGE = "<!doctype html><html><body>Please sign in to this network</body></html>"
_SSE = 'data: {"id": "1", "choices": [{"index": 0, "delta": {"content": "p"}}]}\n\n'


def _only(kind: ModelErrorKind) -> frozenset[str]:
    return frozenset({kind})


def _hanging_up_on_the_second_request(received: Received) -> Act:
    """Keep connections open, and be gone when one is used again."""
    return Vanish() if received.on_connection > 1 else Say()


def _late(variant: str, number: int, act: Act, wanted: Wanted = Wanted.TEXT) -> Fault:
    return Fault(
        number,
        variant,
        always(act),
        _only(ModelErrorKind.TIMEOUT),
        _ANY,
        wanted,
        deadline_s=1.0,
    )


def _endless(variant: str, wanted: Wanted) -> Fault:
    outcomes = frozenset({ModelErrorKind.TIMEOUT, ModelErrorKind.PROTOCOL})
    return Fault(7, variant, always(Flood()), outcomes, _ANY, wanted, deadline_s=2.0)


_CONNECTIONS = (
    _late("no answer", 6, Silence()),
    _late("no body", 6, Silence(begun=True)),
    _late("bytes", 7, Trickle()),
    _late("bytes of a stream", 7, Trickle(), Wanted.STREAM),
    _endless("endless", Wanted.TEXT),
    _endless("endless stream", Wanted.STREAM),
    Fault(8, "reset", in_turn(Vanish(reset=True)), _ANSWERED, (2, 2)),
    Fault(
        8,
        "always reset",
        always(Vanish(reset=True)),
        _only(ModelErrorKind.CONNECTION),
        SEVERAL,
    ),
    Fault(8, "stale", _hanging_up_on_the_second_request, _ANSWERED, (3, 3), calls=2),
    Fault(9, "cut", in_turn(Break("cut")), _ANSWERED, (2, 2)),
    Fault(9, "reset", in_turn(Break("reset")), _ANSWERED, (2, 2)),
)

_NOTHING = frozenset({ModelErrorKind.PROTOCOL, ModelErrorKind.EMPTY})
_NO_COMPLETION = (
    Fault(
        10,
        "always",
        always(Respond(200, '{"choices": [{"index": 0, "message": {"content": "pri')),
        _only(ModelErrorKind.PROTOCOL),
        SEVERAL,
    ),
    Fault(10, "no body", always(Respond(200, "")), _NOTHING, SEVERAL),
    Fault(10, "a list", always(Respond(200, "[]")), _only(ModelErrorKind.PROTOCOL), SEVERAL),
    Fault(10, "null", always(Respond(200, "null")), _NOTHING, SEVERAL),
    Fault(
        10,
        "said to be compressed",
        in_turn(Respond(200, "{}", headers={"Content-Encoding": "gzip"})),
        _ANSWERED,
        (2, 2),
    ),
    Fault(10, "once", in_turn(Respond(200, "{'choices': None}")), _ANSWERED, (2, 2)),
    Fault(
        11,
        "HTML",
        always(Respond(200, _PAGE, "text/html")),
        _only(ModelErrorKind.PROTOCOL),
        _ANY,
        says="<!doctype html>",
    ),
    Fault(
        11,
        "SSE",
        always(Respond(200, _SSE, "text/event-stream")),
        _only(ModelErrorKind.PROTOCOL),
        _ANY,
        says="data: ",
    ),
)

_LOST = frozenset({ModelErrorKind.CONNECTION, ModelErrorKind.PROTOCOL})
_SERVER_ERROR = {
    "error": {
        "message": "The server had an error while processing your request.",
        "type": "server_error",
        "code": "server_error",
    }
}


def _stream(variant: str, plan: Plan, outcomes: frozenset[str]) -> Fault:
    return Fault(22, variant, plan, outcomes, _ANY, Wanted.STREAM, partial=True)


_STREAMS = (
    _stream("cut", always(Break("cut")), _LOST),
    _stream("reset", always(Break("reset")), _LOST),
    _stream("end without a reason", always(Break("end")), _LOST),
    _stream("done without a reason", always(Break("done")), _LOST),
    _stream("error event", always(Break(_SERVER_ERROR)), _only(ModelErrorKind.SERVER)),
    _late("stall", 22, Break("stall"), Wanted.STREAM),
    _late("comments for ever", 22, Trickle(comments=True), Wanted.STREAM),
    *(
        Fault(22, variant, always(act), _ANSWERED, wanted=Wanted.STREAM)
        for variant, act in {
            "comments": Say(comments=True),
            "ragged": Say(ragged=True),
            "no [DONE]": Break("end", share=1.0),
            "JSON instead": Say(ignoring=frozenset({"stream"})),
        }.items()
    ),
    Fault(
        22,
        "error instead",
        always(Respond(200, _SERVER_ERROR)),
        _only(ModelErrorKind.SERVER),
        _ANY,
        Wanted.STREAM,
    ),
)


def _stopped(variant: str, act: Act, when: Cancelled) -> Fault:
    outcome = frozenset({CANCELLED})
    return Fault(25, variant, always(act), outcome, cancelled=when, deadline_s=60.0, within_s=2.0)


_CANCELLED = (
    _stopped("backoff", TooMany(30), Cancelled.BACKING_OFF),
    _stopped("gate", TooMany(30), Cancelled.AT_THE_GATE),
    _stopped("read", Silence(), Cancelled.READING),
    _stopped("read of a body", Trickle(), Cancelled.READING),
)

TRANSPORT = (*_CONNECTIONS, *_NO_COMPLETION, *_STREAMS, *_CANCELLED)
