"""Faults 1 to 5, 12, 18 to 20: the server says that it won't, in the words of real servers."""

from __future__ import annotations

from critique_loop.errors import ModelErrorKind
from critique_loop.testing.fault_server_acts import Respond, Say, TooMany, always, in_turn
from critique_loop.testing.fault_server_answers import Completion
from critique_loop.testing.faults_rows import ANSWER, SEVERAL, Fault, Wanted


def error(
    message: str, kind: str = "invalid_request_error", code: str | int | None = None
) -> dict[str, object]:
    """Return an error as OpenAI words it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _only(kind: ModelErrorKind) -> frozenset[str]:
    return frozenset({kind})


_ANSWERED = frozenset({ANSWER})
_PAGE = "<html><head><title>500</title></head><body><h1>Internal Server Error</h1></body></html>"
_OVERLOADED = error("The server is currently overloaded with other requests.", "server_error")
_NO_QUOTA = error(
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota",
    "insufficient_quota",
)
_BLIND = error("Invalid parameter: 'image_url' is not supported by this model.", "server_error")
_LOADING = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
_ANTHROPIC = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}

_SLOWER = error("Rate limit reached", "requests", "rate_limit_exceeded")

_WAITS = (
    Fault(1, "seconds", in_turn(TooMany(1)), _ANSWERED, (2, 2), not_before_s=1.0, within_s=4.0),
    Fault(
        1,
        "milliseconds",
        in_turn(TooMany(0.3, "ms")),
        _ANSWERED,
        (2, 2),
        not_before_s=0.3,
        within_s=3.0,
    ),
    Fault(
        1, "date", in_turn(TooMany(3, "date")), _ANSWERED, (2, 2), not_before_s=1.5, within_s=6.0
    ),
    Fault(1, "not said", in_turn(Respond(429, _SLOWER)), _ANSWERED, (2, 2)),
    Fault(
        1,
        "said in vain",
        in_turn(Respond(429, _SLOWER, headers={"Retry-After": "soon"})),
        _ANSWERED,
        (2, 2),
    ),
    Fault(
        1,
        "503",
        in_turn(Respond(503, _OVERLOADED, headers={"Retry-After": "1"})),
        _ANSWERED,
        (2, 2),
        not_before_s=1.0,
        within_s=4.0,
    ),
    Fault(1, "twice", in_turn(TooMany(0.2, "ms"), TooMany(0.2, "ms")), _ANSWERED, (3, 3)),
    Fault(2, "too long", always(TooMany(3600)), _only(ModelErrorKind.RATE_LIMIT), within_s=1.0),
    Fault(
        2,
        "503",
        always(Respond(503, _OVERLOADED, headers={"Retry-After": "3600"})),
        _only(ModelErrorKind.OVERLOADED),
        within_s=1.0,
    ),
    Fault(3, "429", always(Respond(429, _NO_QUOTA)), _only(ModelErrorKind.QUOTA), within_s=1.0),
    Fault(
        3,
        "402",
        always(Respond(402, error("Insufficient Balance", "unknown_error"))),
        _only(ModelErrorKind.QUOTA),
        within_s=1.0,
    ),
)

_BROKEN = (
    Fault(4, "503", always(Respond(503, _OVERLOADED)), _only(ModelErrorKind.OVERLOADED), SEVERAL),
    Fault(4, "503, loading", in_turn(Respond(503, _LOADING)), _ANSWERED, (2, 2)),
    Fault(4, "529", always(Respond(529, _ANTHROPIC)), _only(ModelErrorKind.OVERLOADED), SEVERAL),
    Fault(
        5,
        "HTML",
        always(Respond(500, _PAGE, "text/html")),
        _only(ModelErrorKind.SERVER),
        (1, SEVERAL[1]),
    ),
    Fault(
        5,
        "names a parameter",
        always(Respond(500, _BLIND)),
        _only(ModelErrorKind.UNSUPPORTED),
        (1, 2),
        Wanted.PICTURE,
    ),
)


def _as_answer(
    variant: str, code: str | int, kind: ModelErrorKind, requests: tuple[int, int] = (1, 1)
) -> Fault:
    told = always(Respond(200, error("The request could not be completed.", "error", code)))
    return Fault(12, variant, told, _only(kind), requests)


def _with_null_error(answer: Completion) -> None:
    answer["error"] = None


_ERRORS_WITH_200 = (
    Fault(12, "null", always(Say(_with_null_error)), _ANSWERED),
    _as_answer("quota", "insufficient_quota", ModelErrorKind.QUOTA),
    _as_answer("401", 401, ModelErrorKind.AUTH),
    _as_answer("503", 503, ModelErrorKind.OVERLOADED, SEVERAL),
    _as_answer("no model", "model_not_found", ModelErrorKind.NO_MODEL),
    _as_answer("too long", "context_length_exceeded", ModelErrorKind.CONTEXT_OVERFLOW),
    Fault(
        12,
        "rate limit, once",
        in_turn(Respond(200, error("Slow down", "requests", "rate_limit_exceeded"))),
        _ANSWERED,
        (2, 2),
    ),
)


def _overflow(server: str, status: int, content: dict[str, object]) -> Fault:
    refused = always(Respond(status, content))
    return Fault(18, server, refused, _only(ModelErrorKind.CONTEXT_OVERFLOW), within_s=1.0)


_OVERFLOWS = (
    _overflow(
        "OpenAI",
        400,
        error(
            "This model's maximum context length is 8192 tokens. However, your messages resulted "
            "in 9000 tokens. Please reduce the length of the messages.",
            code="context_length_exceeded",
        ),
    ),
    _overflow(
        "vLLM",
        400,
        error(
            "This model's maximum context length is 2048 tokens. However, you requested 2100 "
            "output tokens and your prompt contains at least 1 input tokens, for a total of at "
            "least 2101 tokens. Please reduce the length of the input prompt or the number of "
            "requested output tokens.",
            "BadRequestError",
            400,
        ),
    ),
    _overflow(
        "llama.cpp",
        400,
        {
            "error": {
                "code": 400,
                "message": "request (2100 tokens) exceeds the available context size "
                "(2048 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 2100,
                "n_ctx": 2048,
            }
        },
    ),
    _overflow(
        "llama.cpp, 500",
        500,
        {
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size. try increasing the "
                "context size or enable context shift",
                "type": "server_error",
            }
        },
    ),
    _overflow("Anthropic", 400, error("prompt is too long: 210000 tokens > 200000 maximum")),
)


def _no_model(server: str, status: int, content: dict[str, object]) -> Fault:
    refused = always(Respond(status, content))
    return Fault(19, server, refused, _only(ModelErrorKind.NO_MODEL), within_s=1.0)


_MODELS = (
    _no_model(
        "OpenAI",
        404,
        error(
            "The model `{model}` does not exist or you do not have access to it.",
            code="model_not_found",
        ),
    ),
    _no_model("vLLM", 404, error("The model `{model}` does not exist.", "NotFoundError", 404)),
    _no_model("Ollama", 404, {"error": 'model "{model}" not found, try pulling it first'}),
    _no_model(
        "litellm",
        400,
        error(
            "/chat/completions: Invalid model name passed in model={model}. Call `/v1/models` to "
            "view available models for your key.",
            code="400",
        ),
    ),
)

_KEYS = (
    Fault(
        20,
        "401",
        always(Respond(401, error("Incorrect API key provided: {key}.", code="invalid_api_key"))),
        _only(ModelErrorKind.AUTH),
        within_s=1.0,
    ),
    Fault(
        20,
        "403",
        always(Respond(403, error("The key {key} may not use {model}.", "permission_error"))),
        _only(ModelErrorKind.PERMISSION),
        within_s=1.0,
    ),
)

REFUSALS = (*_WAITS, *_BROKEN, *_ERRORS_WITH_200, *_OVERFLOWS, *_MODELS, *_KEYS)
