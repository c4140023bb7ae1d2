"""What a ChatCompletionClient raises, as a ModelError.

AutoGen has no errors of its own for this: each client lets through what its SDK raises. They are
told apart by what the SDKs have in common (an HTTP status, a code, the names of their classes), so
that none of them has to be installed.
"""

from __future__ import annotations

import anyio

from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.models.redaction import Redactor

_REDACTOR = Redactor()  # the client has the key; only what looks like one can be found here
_BY_STATUS = {
    401: ModelErrorKind.AUTH,
    402: ModelErrorKind.QUOTA,
    403: ModelErrorKind.PERMISSION,
    404: ModelErrorKind.NO_MODEL,
    408: ModelErrorKind.TIMEOUT,
    413: ModelErrorKind.CONTEXT_OVERFLOW,
    429: ModelErrorKind.RATE_LIMIT,
    503: ModelErrorKind.OVERLOADED,
    529: ModelErrorKind.OVERLOADED,
}
_BY_CODE = {
    "insufficient_quota": ModelErrorKind.QUOTA,
    "context_length_exceeded": ModelErrorKind.CONTEXT_OVERFLOW,
    "content_filter": ModelErrorKind.CONTENT_FILTER,
    "content_policy_violation": ModelErrorKind.CONTENT_FILTER,
    "model_not_found": ModelErrorKind.NO_MODEL,
    "invalid_api_key": ModelErrorKind.AUTH,
}
_BY_CLASS = (
    ("LengthFinishReason", ModelErrorKind.TRUNCATED),
    ("RateLimit", ModelErrorKind.RATE_LIMIT),
    ("Authentication", ModelErrorKind.AUTH),
    ("PermissionDenied", ModelErrorKind.PERMISSION),
    ("NotFound", ModelErrorKind.NO_MODEL),
    ("InternalServer", ModelErrorKind.SERVER),
    ("BadRequest", ModelErrorKind.UNSUPPORTED),
    ("ContentFilter", ModelErrorKind.CONTENT_FILTER),
    ("Timeout", ModelErrorKind.TIMEOUT),
    ("Connect", ModelErrorKind.CONNECTION),
    ("JSONDecodeError", ModelErrorKind.PROTOCOL),
    ("ValidationError", ModelErrorKind.PROTOCOL),
    ("TypeError", ModelErrorKind.UNSUPPORTED),
    ("ValueError", ModelErrorKind.UNSUPPORTED),
    ("NotImplementedError", ModelErrorKind.UNSUPPORTED),
    ("OSError", ModelErrorKind.CONNECTION),
)
_FIRST_SERVER_ERROR = 500
_FIRST_CALL_ERROR = 400


def model_error(error: Exception, client: str) -> ModelError:
    """Return the ModelError that ``error``, raised by the client of this name, stands for.

    The server's words are kept, but for what looks like a key; where a key was refused they are
    left out.
    """
    status, code = _number(error, "status_code"), _text(error, "code")
    kind = _kind(error, status, code)
    words = _REDACTOR.snippet(str(error))
    if kind in (ModelErrorKind.AUTH, ModelErrorKind.PERMISSION):
        words = "the server does not accept its key"
    code = _REDACTOR.snippet(code)
    return ModelError(kind, f"{client}: {type(error).__name__}: {words}", status=status, code=code)


def _kind(error: Exception, status: int, code: str) -> ModelErrorKind:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _FIRST_SERVER_ERROR:
        return ModelErrorKind.SERVER
    if status >= _FIRST_CALL_ERROR:
        return ModelErrorKind.UNSUPPORTED
    names = [parent.__name__ for parent in type(error).__mro__]
    if type(error) is RuntimeError:  # a team's, which begins with the class of what was raised
        names.append(str(error).partition(":")[0])
    for part, kind in _BY_CLASS:
        if any(part in name for name in names):
            return kind
    return ModelErrorKind.PROTOCOL


def _number(error: Exception, name: str) -> int:
    value: object = getattr(error, name, 0)
    return value if isinstance(value, int) else 0


def _text(error: Exception, name: str) -> str:
    value: object = getattr(error, name, "")
    return value if isinstance(value, str) else ""


def word_for(error: BaseException) -> str:
    """Return what the trace calls the way in which a call failed."""
    if isinstance(error, ModelError):
        return error.kind.value
    if isinstance(error, BudgetEnded):
        return f"budget: {error.reason.value}"
    cancelled = isinstance(error, anyio.get_cancelled_exc_class())
    return "cancelled" if cancelled else type(error).__name__
