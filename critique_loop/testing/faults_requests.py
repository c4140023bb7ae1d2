"""Fault 21: the server refuses a field of the request, in the words of real servers."""

from __future__ import annotations

from collections.abc import Mapping

from critique_loop.testing.fault_server_acts import Act, Plan, Respond, Say, refusing
from critique_loop.testing.fault_server_http import Received
from critique_loop.testing.faults_rows import ANSWER, Fault, Wanted


def _told(message: str, param: str, code: str) -> Mapping[str, object]:
    fields = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": fields}


_RENAME = Respond(
    400,
    _told(
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        "max_tokens",
        "unsupported_parameter",
    ),
)
_TEMPERATURE = Respond(
    400,
    _told(
        "Unsupported value: 'temperature' does not support 0.5 with this model. "
        "Only the default (1) value is supported.",
        "temperature",
        "unsupported_value",
    ),
)
_EXTRA = Respond(
    422,
    {
        "object": "error",
        "message": {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "seed"],
                    "msg": "Extra inputs are not permitted",
                    "input": 7,
                }
            ]
        },
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    },
)
_UNEXPECTED = Respond(
    500, "Internal Server Error: generate() got an unexpected keyword argument 'seed'", "text/plain"
)
_LITELLM = Respond(
    400,
    _told(
        "litellm.UnsupportedParamsError: openai does not support parameters: ['seed'], for "
        "model={model}. To drop these, set `litellm.drop_params=True`",
        "None",
        "400",
    ),
)
_ONE_CHOICE = Respond(400, _told("Only one completion choice is allowed", "n", "invalid_value"))
_FORMAT = Respond(
    400,
    _told(
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this "
        "model.",
        "response_format",
        "invalid_value",
    ),
)
_TOOLS = Respond(
    400,
    _told(
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "tools",
        "BadRequestError",
    ),
)
_LOGPROBS = Respond(
    400, _told("Unrecognized request argument supplied: logprobs", "logprobs", "unknown_parameter")
)


def _one_choice(received: Received) -> Act:
    return _ONE_CHOICE if (received.body.n or 1) > 1 else Say()


def _all_it_does_not_know(received: Received) -> Act:
    """Name all that is refused at once, as transformers' server does."""
    unknown = sorted({"seed", "temperature"} & received.body.fields)
    named = ", ".join(f"'{name}'" for name in unknown)
    told = Respond(422, {"detail": f"Unsupported fields in the request: {{{named}}}"})
    return told if unknown else Say()


def _refused(
    variant: str,
    plan: Plan | Mapping[str, Act],
    requests: tuple[int, int],
    wanted: Wanted = Wanted.TEXT,
    calls: int = 1,
) -> Fault:
    played = plan if callable(plan) else refusing(plan)
    return Fault(21, variant, played, frozenset({ANSWER}), requests, wanted, calls)


PARAMETERS = (
    _refused("renamed", {"max_tokens": _RENAME}, (2, 2)),
    _refused("400", {"temperature": _TEMPERATURE}, (2, 2)),
    _refused("422", {"seed": _EXTRA}, (2, 2)),
    _refused("500", {"seed": _UNEXPECTED}, (2, 2)),
    _refused("400, a list", {"seed": _LITELLM}, (2, 2)),
    _refused(
        "several, one by one",
        {"max_tokens": _RENAME, "temperature": _TEMPERATURE, "seed": _EXTRA},
        (4, 4),
    ),
    _refused("several at once", _all_it_does_not_know, (2, 3)),
    _refused("remembered", {"temperature": _TEMPERATURE}, (3, 3), calls=2),
    _refused("n", _one_choice, (4, 4), Wanted.CHOICES),
    _refused("logprobs", {"logprobs": _LOGPROBS}, (2, 2), Wanted.PROBABILITIES),
    _refused("schema", {"response_format": _FORMAT}, (2, 2), Wanted.JSON),
    _refused(
        "schema and tools", {"response_format": _FORMAT, "tools": _TOOLS}, (3, 4), Wanted.JSON
    ),
)
