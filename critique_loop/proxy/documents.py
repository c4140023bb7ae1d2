"""Questions and answers as JSON documents, for people and programs that see files only.

A question (format 1) is an object with ``format``, ``id``, ``kind``, ``prompt``, ``choices``,
``default``, ``findings`` (each with ``code``, ``severity``, ``message``, ``advice``, ``place``,
``dimension``, ``confidence`` and ``numbers``) and ``context``: ``goal``, ``round``, ``code`` (the
program) and, once it has run, ``status``, ``stderr`` (its end), ``overall``, ``target``, ``scores``
and ``apply`` (the codes of the findings that are applied unless somebody says no).

An answer is an object with ``id`` (of the question) and ``choice``, and as that needs: ``text``
(what to change), ``code`` (the whole program, for "edit"), ``scores`` (dimension to mark, for
"rescore"), ``apply`` and ``skip`` (codes of findings). ``by`` is "person", unless it says "policy".
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Literal, cast

import msgspec

from critique_loop.errors import CallError
from critique_loop.proxy.answers import check
from critique_loop.values import Answer, Question

FORMAT = 1


class AnswerDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer as it is written down."""

    id: str
    choice: str
    text: str = ""
    code: str = ""
    scores: dict[str, float] = msgspec.field(default_factory=dict[str, float])
    apply: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    by: Literal["person", "policy"] = "person"


def write_question(question: Question) -> bytes:
    """Return the question without its picture; the same question is always the same bytes."""
    fields = cast("dict[str, object]", _plain(dataclasses.replace(question, picture=None)))
    del fields["picture"]
    document = {"format": FORMAT, **fields}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def read_answer(document: bytes, question: Question) -> Answer:
    """Return the answer in ``document``.

    Raises:
        CallError: it is no JSON, has a field too many or of the wrong type, is about another
            question, or does not fit this one. The message says which.
    """
    try:
        found = msgspec.json.decode(document, type=AnswerDocument)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CallError(
            f"this is no answer: {error}",
            remedy='An answer is a JSON object such as {"id": "'
            f'{question.id}", "choice": "{question.default}"}}.',
        ) from error
    if found.id != question.id:
        raise CallError(f"this answers question {found.id!r}, not {question.id!r}")
    answer = Answer(
        choice=found.choice,
        text=found.text,
        code=found.code,
        scores=found.scores,
        applied=found.apply,
        skipped=found.skip,
        by=found.by,
    )
    check(question, answer)
    return answer


def _plain(value: object) -> object:  # noqa: PLR0911 - one line per kind
    """Return ``value`` as JSON types; what UTF-8 can't hold becomes its escape."""
    if isinstance(value, str):
        return str(value).encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        return {_plain(str(key)): _plain(item) for key, item in entries.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[object]", value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return _plain(str(value))
