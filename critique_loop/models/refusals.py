"""What a server's error says: which kind it is, and how long to wait."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite

import msgspec

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.completions import UNREADABLE
from critique_loop.models.redaction import Redactor

Kind = ModelErrorKind

_KEPT = 4000  # characters of what a server said
_READ = 100_000  # bytes of it that are read; far more, so that no key is cut in two
_HTML = 8000
_TAGS = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_PLACE = re.compile(r'"loc": ?\["body", ?"(\w+)"')  # where pydantic found something wrong
_GATEWAY_TIMEOUTS = (504, 524)  # something may have answered behind the gateway

_BY_CODE: Mapping[Kind, str] = {
    Kind.QUOTA: r"insufficient_quota|billing|payment|credit|quota_exceeded|exceeded_quota",
    Kind.CONTEXT_OVERFLOW: r"context_length|context_window|exceed_context|string_above_max_length",
    Kind.CONTENT_FILTER: r"content_filter|content_policy|responsibleai|moderation|safety",
    Kind.AUTH: r"invalid_api_key|authentication|unauthorized|invalid_auth",
    Kind.PERMISSION: r"permission|forbidden|access_denied",
    Kind.NO_MODEL: r"model_not_found|no_such_model|not_found",
    Kind.RATE_LIMIT: r"rate_limit|too_many_requests|tokens_per_min|requests_per_min",
    Kind.OVERLOADED: r"overloaded|unavailable|engine_overload|slow_down",
    Kind.UNSUPPORTED: r"unsupported|unknown_parameter",
}
_BY_TEXT: Mapping[Kind, str] = {
    Kind.QUOTA: r"exceeded your current quota|credit balance|insufficient (credits|balance|funds)"
    r"|billing (hard )?limit|payment required",
    Kind.CONTEXT_OVERFLOW: r"(maximum |max )?context (length|window|size)|prompt is too long"
    r"|input (is )?too long|too many (input )?tokens|max_(completion_)?tokens'?.{0,30} too large"
    r"|at most \d+ completion tokens|exceeds? the (model's )?(maximum|max)[^.]{0,30} tokens",
    Kind.CONTENT_FILTER: r"content (management|filter|policy)",
    Kind.AUTH: r"(invalid|incorrect|missing|not valid).{0,20} api key"
    r"|api key.{0,20}(not valid|invalid)",
    Kind.NO_MODEL: r"model\b.{0,120}(does not exist|not found|is not available|not supported by)"
    r"|unknown model|no such model|invalid model",
    Kind.RATE_LIMIT: r"rate.?limit|too many requests",
    Kind.OVERLOADED: r"overloaded|at capacity|loading model",
    Kind.UNSUPPORTED: r"(unsupported|unknown|invalid|unexpected|unrecognized) (request )?"
    r"(parameter|argument|field|keyword)|(parameter|argument|field)s?\b.{0,60}not supported"
    r"|does(n't| not) support (the )?(parameter|image|picture|vision|tool|function)"
    r"|(image|vision|multimodal)\b.{0,40}not supported",
}
_BY_STATUS: Mapping[int, Kind] = {
    401: Kind.AUTH,
    402: Kind.QUOTA,
    403: Kind.PERMISSION,
    404: Kind.NO_MODEL,
    408: Kind.SERVER,
    409: Kind.SERVER,
    413: Kind.CONTEXT_OVERFLOW,
    425: Kind.SERVER,
    429: Kind.RATE_LIMIT,
    503: Kind.OVERLOADED,
    529: Kind.OVERLOADED,
}
_TELLING = (Kind.QUOTA, Kind.CONTEXT_OVERFLOW, Kind.CONTENT_FILTER)  # whatever the status
_REMEDY: Mapping[Kind, str] = {
    Kind.AUTH: "Check the API key for this host.",
    Kind.PERMISSION: "Check what this API key may use.",
    Kind.QUOTA: "Pay for more at the provider, then resume the run.",
    Kind.NO_MODEL: "Check the model's name and the base URL (often it ends in /v1).",
    Kind.RATE_LIMIT: "Wait, then resume the run; or allow fewer connections.",
    Kind.OVERLOADED: "Try again later, or name a fallback model.",
    Kind.SERVER: "Try again later, or name a fallback model.",
    Kind.CONTEXT_OVERFLOW: "Use a model with a larger context, or smaller data.",
    Kind.CONTENT_FILTER: "Say the goal in other words.",
    Kind.PROTOCOL: "Give the address that the server itself has as the base URL.",
}


class RefusedError(ModelError):
    """The server answered with an error; ``text`` is what it said, without keys.

    ``parameters`` are those that it names as the culprits in a field of their own, ``is_free``
    whether surely nothing was charged.
    """

    text: str = ""
    parameters: tuple[str, ...] = ()
    is_free: bool = True


class _Told(msgspec.Struct):
    message: str = ""
    codes: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


def refused(
    status: int, headers: Mapping[str, str], data: bytes, redactor: Redactor
) -> RefusedError:
    """Return the error that a server's answer stands for; 200 with an error in it too."""
    told = _told(data)
    shown_status = _status_in(told.codes, status)
    text = redactor.clean(told.message)[:_KEPT]
    kind = _kind(shown_status, " ".join(told.codes).lower(), text.lower())
    code = redactor.snippet(next(iter(told.codes), ""), 60)
    problem = _PROBLEM.get(kind, "the server refuses the request")
    shown = redactor.snippet(text) or "it says nothing more"
    error = RefusedError(
        kind,
        f"{problem} (HTTP {status}): {shown}",
        remedy=_REMEDY.get(kind, ""),
        status=status,
        code=code,
    )
    error.text = text
    error.parameters = tuple(redactor.snippet(name, 60) for name in told.parameters)
    error.is_free = shown_status not in _GATEWAY_TIMEOUTS
    error.retry_after_s = retry_after_s(headers)
    return error


_PROBLEM: Mapping[Kind, str] = {
    Kind.AUTH: "the server does not accept the API key",
    Kind.PERMISSION: "the API key may not do this",
    Kind.QUOTA: "the quota or the credit is used up",
    Kind.NO_MODEL: "the server has no such model or address",
    Kind.RATE_LIMIT: "too many requests",
    Kind.OVERLOADED: "the server is overloaded",
    Kind.SERVER: "the server failed",
    Kind.CONTEXT_OVERFLOW: "the conversation is longer than the model can take",
    Kind.CONTENT_FILTER: "the server's content filter refuses the request",
    Kind.PROTOCOL: "the server sends the request elsewhere",
}


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the server asks to wait, None where it does not say so readably."""
    found = {name.lower(): value.strip() for name, value in headers.items()}
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        seconds = _number(found.get(name, ""))
        if seconds is not None:
            return max(0.0, seconds / unit)
    until = _date(found.get("retry-after", ""))
    if until is None:
        return None
    now = _date(found.get("date", ""))  # the server's clock, where it shows it
    return max(0.0, until - (time.time() if now is None else now))


def _kind(status: int, codes: str, text: str) -> Kind:
    for kind in _TELLING:
        if re.search(_BY_CODE[kind], codes) or re.search(_BY_TEXT[kind], text):
            return kind
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Kind.PROTOCOL
    for patterns, found in ((_BY_CODE, codes), (_BY_TEXT, text)):
        for kind, pattern in patterns.items():
            if re.search(pattern, found):
                return kind
    is_own_fault = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return Kind.UNSUPPORTED if is_own_fault else Kind.SERVER


def _status_in(codes: tuple[str, ...], status: int) -> int:
    """Return the HTTP status that is meant: an error in a good answer may hold it as its code."""
    if status != HTTPStatus.OK:
        return status
    numbers = (int(code) for code in codes if re.fullmatch(r"[3-5]\d\d", code))
    return next(numbers, status)


def _told(data: bytes) -> _Told:
    text = data[:_READ].decode(errors="replace")
    try:
        whole = msgspec.json.decode(data)
    except UNREADABLE:
        return _Told(_TAGS.sub(" ", text[:_HTML]) + text[_HTML:])
    outer = _fields(whole)
    inner = outer.get("error") or outer.get("detail") or outer
    told = _fields(_first(inner))
    message = next(iter(_texts(told, "message", "msg", "error", "detail")), "")
    return _Told(
        message or (inner if isinstance(inner, str) else text),
        _texts(told, "code", "type", "status") or _texts(outer, "code", "type"),
        _parameters(told, text),
    )


def _fields(value: object) -> dict[str, object]:
    return msgspec.convert(value, dict[str, object]) if isinstance(value, dict) else {}


def _first(value: object) -> object:
    items = msgspec.convert(value, list[object]) if isinstance(value, list) else [value]
    return next(iter(items), None)


def _parameters(told: Mapping[str, object], text: str) -> tuple[str, ...]:
    named = [name for name in _texts(told, "param") if name.lower() not in ("none", "null")]
    return tuple(dict.fromkeys((*named, *_PLACE.findall(text))))


def _texts(fields: Mapping[str, object], *names: str) -> tuple[str, ...]:
    values = (fields.get(name) for name in names)
    return tuple(str(value) for value in values if isinstance(value, str | int) and value)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
