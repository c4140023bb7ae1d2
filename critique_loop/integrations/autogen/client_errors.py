"""What a ChatCompletionClient raises, as a ModelError.

AutoGen has no errors of its own for this: each client lets through what its SDK raises. They are
told apart by what the SDKs have in common (the server's answer, the names of their classes), so
that none of them has to be installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import anyio

from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.models.redaction import Redactor
from critique_loop.models.refusals import RefusedError, refused

_REDACTOR = Redactor()  # the client has the key; only what looks like one can be found here
_KEY_REFUSED = (ModelErrorKind.AUTH, ModelErrorKind.PERMISSION)

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
    ("ValueError", ModelErrorKind.UNSUPPORTED),
    ("NotImplementedError", ModelErrorKind.UNSUPPORTED),
    ("OSError", ModelErrorKind.CONNECTION),
)


def model_error(error: Exception, client: str) -> ModelError:
    """Return the ModelError that ``error``, raised by the client of this name, stands for.

    Where a server refused, it is a ``RefusedError``. The server's words are kept, but for what
    looks like a key; where a key was refused they are left out.
    """
    status: object = getattr(error, "status_code", None)
    if isinstance(status, int) and status:
        return _refused(error, status, client)
    words = _REDACTOR.snippet(str(error))
    return ModelError(_kind(error), f"{client}: {type(error).__name__}: {words}")


def cause_of(problem: ModelError, error: Exception) -> Exception | None:
    """Return what to raise ``problem`` from: the SDK's text may show a part of a refused key."""
    return None if problem.kind in _KEY_REFUSED else error


def _refused(error: Exception, status: int, client: str) -> RefusedError:
    """Read the server's answer, which the SDKs keep beside their error."""
    response: object = getattr(error, "response", None)
    headers: object = getattr(response, "headers", None)
    known: Mapping[str, str] = {}
    if isinstance(headers, Mapping):
        known = cast("Mapping[str, str]", headers)
    content: object = getattr(response, "content", None)
    if not isinstance(content, bytes):
        told = {"message": str(error), "code": getattr(error, "code", None)}
        content = json.dumps({"error": told}, default=str).encode()
    problem = refused(status, known, content, _REDACTOR)
    if problem.kind not in _KEY_REFUSED:
        return problem
    return RefusedError(
        problem.kind,
        f"{client}: the server does not accept its API key (HTTP {status})",
        remedy=problem.remedy,
        status=status,
    )


def _kind(error: Exception) -> ModelErrorKind:
    if isinstance(error, TypeError):  # of the call, or within a client that stumbled
        is_call = "argument" in str(error)
        return ModelErrorKind.UNSUPPORTED if is_call else ModelErrorKind.PROTOCOL
    names = [parent.__name__ for parent in type(error).__mro__]
    if type(error) is RuntimeError:  # a team's, which begins with the class of what was raised
        names.append(str(error).partition(":")[0])
    for part, kind in _BY_CLASS:
        if any(part in name for name in names):
            return kind
    return ModelErrorKind.PROTOCOL


def word_for(error: BaseException) -> str:
    """Return what the trace calls the way in which a call failed."""
    if isinstance(error, ModelError):
        return error.kind.value
    if isinstance(error, BudgetEnded):
        return f"budget: {error.reason.value}"
    cancelled = isinstance(error, anyio.get_cancelled_exc_class())
    return "cancelled" if cancelled else type(error).__name__
