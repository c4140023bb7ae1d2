"""One answer as it comes, whole or in pieces, and the choice it makes, or why it makes none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

import msgspec

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.completions import UNREADABLE, Candidate, Function, Said
from critique_loop.models.modes import AnswerMode
from critique_loop.models.redaction import Redactor
from critique_loop.values import Choice, Token

_THOUGHTS = re.compile(r"\s*<(think|thinking)>(.*?)(?:</\1>|\Z)", re.DOTALL)
_END_OF_THOUGHTS = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*$", re.MULTILINE)
_FILTERED = ("content_filter", "safety", "recitation", "prohibited_content")
_CUT = ("length", "max_tokens", "model_length")
_FAILED = ("error", "abort", "aborted")
_LEAST_LOGPROB = -9999.0  # as vLLM writes minus infinity, which JSON has no number for


class _Likely(msgspec.Struct):
    token: str
    logprob: float | None = None


class _Piece(msgspec.Struct):
    token: str
    logprob: float | None = None
    top_logprobs: list[_Likely] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Piece] | None = None


class Thoughts(NamedTuple):
    """A text parted into what was thought and what was said."""

    reasoning: str
    text: str


@dataclass(slots=True)
class Answered:
    """What one candidate has said so far."""

    finish_reason: str | None = None
    texts: list[str] = field(default_factory=list[str])
    reasonings: list[str] = field(default_factory=list[str])
    refusals: list[str] = field(default_factory=list[str])
    calls: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    tokens: list[Token] | None = None

    @property
    def text(self) -> str:
        """The content so far."""
        return "".join(self.texts)

    @property
    def arguments(self) -> str:
        """The arguments of the first tool call so far."""
        return "".join(self.calls[min(self.calls)]) if self.calls else ""

    def add(self, candidate: Candidate) -> None:
        """Take in the whole answer, or the next piece of it."""
        self.finish_reason = candidate.finish_reason or self.finish_reason
        said = candidate.message or candidate.delta
        if said is not None:
            self.texts.append(said.text)
            self.reasonings.append(said.reasoning_content or said.reasoning or "")
            self.refusals.append(said.refusal or "")
            self._add_calls(said)
        tokens = _tokens(candidate.logprobs)
        if tokens is not None:
            self.tokens = self.tokens or []
            self.tokens += tokens

    def _add_calls(self, said: Said) -> None:
        for position, call in enumerate(said.tool_calls or []):
            index = position if call.index is None else call.index
            self._add_call(index, call.function)
        self._add_call(0, said.function_call)

    def _add_call(self, index: int, function: Function | None) -> None:
        if function is not None:
            self.calls.setdefault(index, []).append(function.text)


def choice_of(answered: Answered, mode: AnswerMode, redactor: Redactor) -> Choice:
    """Return the choice that a finished candidate makes.

    Raises:
        ModelError: it is cut off, filtered, refused, empty or broken.
    """
    thoughts = split_thoughts(answered.text)
    is_call = mode is AnswerMode.TOOL or not thoughts.text.strip()
    text = answered.arguments if is_call and answered.arguments else thoughts.text
    choice = Choice(
        text=redactor.clean(text),
        reasoning=redactor.clean("".join(answered.reasonings) or thoughts.reasoning),
        finish_reason=redactor.snippet(answered.finish_reason or "stop", 40),
    )
    error = _error_of(choice, redactor.snippet("".join(answered.refusals)))
    if error is not None:
        error.partial = choice.text
        raise error
    tokens = () if _spell(answered.tokens or (), redactor) else answered.tokens
    return replace(choice, tokens=_aligned(tokens, choice.text))


def without_key(choice: Choice, redactor: Redactor) -> Choice:
    """Return ``choice`` with data that don't hold the key, by whatever signs the text spelled it.

    Text and tokens are then no longer what the server sent.
    """
    data = cast("Mapping[str, object] | None", redactor.clean_data(choice.data))
    if data == choice.data:
        return choice
    return replace(choice, text=msgspec.json.encode(data).decode(), tokens=None, data=data)


def split_thoughts(text: str) -> Thoughts:
    """Part what a model thought aloud at the beginning from what it said then.

    Thoughts stand between tags; a template may have written the opening tag into the prompt, so
    that only the closing one is in the text, on a line of its own.
    """
    begun = _THOUGHTS.match(text)
    if begun is not None:
        return Thoughts(begun[2].strip(), text[begun.end() :].lstrip())
    end = _END_OF_THOUGHTS.search(text)
    if end is not None:
        return Thoughts(text[: end.start()].strip(), text[end.end() :].lstrip())
    return Thoughts("", text)


def _error_of(choice: Choice, refusal: str) -> ModelError | None:
    finish = choice.finish_reason.lower()
    if finish in _FILTERED:
        return ModelError(
            ModelErrorKind.CONTENT_FILTER,
            "the server's content filter held the answer back",
            remedy="Say the goal in other words.",
        )
    if refusal and not choice.text.strip():
        return ModelError(
            ModelErrorKind.REFUSAL,
            f"the model refuses: {refusal}",
            remedy="Say the goal in other words.",
        )
    if finish in _CUT:
        return ModelError(
            ModelErrorKind.TRUNCATED,
            "the answer was cut off: it needs more tokens than are allowed",
            remedy="Allow more with max_tokens.",
        )
    if finish in _FAILED:
        return ModelError(ModelErrorKind.SERVER, "the server broke off while answering")
    if not choice.text.strip():
        return ModelError(ModelErrorKind.EMPTY, "the model answered with nothing")
    return None


def _tokens(raw: msgspec.Raw) -> list[Token] | None:
    try:
        told = msgspec.json.decode(raw, type=_Logprobs | None)
    except UNREADABLE:  # another format (or none): as good as not told
        return None
    if told is None or told.content is None:
        return None
    return [
        Token(
            piece.token,
            _logprob(piece.logprob),
            tuple((other.token, _logprob(other.logprob)) for other in piece.top_logprobs or ()),
        )
        for piece in told.content
    ]


def _logprob(value: float | None) -> float:
    return _LEAST_LOGPROB if value is None else value


def _spell(tokens: Sequence[Token], redactor: Redactor) -> bool:
    """Whether the key is in the tokens, in one or across several, or in what is likely instead."""
    others = (text for token in tokens for text, _ in token.others)
    texts = ("".join(token.text for token in tokens), *others)
    return any(redactor.clean(text) != text for text in texts)


def _aligned(tokens: Sequence[Token] | None, text: str) -> tuple[Token, ...] | None:
    """Return the tokens that spell ``text``: those of its thoughts before it go."""
    if not tokens:
        return None
    said = "".join(token.text for token in tokens)
    skipped = said.rfind(text)
    if skipped <= 0:  # they spell it, or can't be matched to it (bytes of a character, an end sign)
        return tuple(tokens)
    for count, token in enumerate(tokens):
        if skipped <= 0:
            return tuple(tokens[count:])
        skipped -= len(token.text)
    return tuple(tokens)
