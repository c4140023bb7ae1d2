"""What is said to a model and what comes back, free of any provider's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

MOST_TOKENS: Final = 10**9
"""More than any request takes: a count above it is no count."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a message; ``media_type`` is its MIME type."""

    data: bytes = field(repr=False)
    media_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; pictures come after the text."""

    role: Literal["system", "user", "assistant"]
    text: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON object that is wanted as the answer.

    ``schema`` is a JSON Schema in the subset that servers share: type object, all properties
    required, nothing additional, enums of strings or integers, no minimum, maximum or pattern.
    ``name`` is letters, digits, ``_`` and ``-``.
    """

    name: str
    schema: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Signals:
    """What the asker knows of the run, for a cascade to decide by: never sent to a server.

    ``score`` is the weighted mean of the best draft so far, ``spread`` how far critics or samples
    are apart (both 0 to 10, None: not known), ``stuck`` whether the loop asked for a bigger model.
    """

    score: float | None = None
    spread: float | None = None
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model; None leaves a setting to the server.

    ``n`` answers are wanted, and they are the samples ``sample``, ``sample + 1``, ... of this
    request: equal requests with different sample numbers are different draws. ``logprobs`` asks for
    the probabilities of the answer's tokens. ``deadline_s`` is for everything, waiting and retries
    included. ``role`` ("writer", "critic", ...) says on whose account the cost goes.
    """

    messages: tuple[Message, ...]
    schema: AnswerSchema | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    sample: int = 0
    logprobs: bool = False
    deadline_s: float | None = None
    role: str = ""
    signals: Signals = Signals()


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an answer: its text, natural-log probability, and the likeliest others."""

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer.

    ``reasoning`` is what the server kept apart from it (never part of ``text``). ``data`` is the
    validated object where a schema was asked for. ``tokens`` is None where the server told no
    probabilities.
    """

    text: str
    reasoning: str = ""
    finish_reason: str = "stop"
    tokens: tuple[Token, ...] | None = None
    data: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them, None where it told nothing.

    ``cached_input_tokens`` are part of the input, ``reasoning_tokens`` part of the output.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total(self) -> int | None:
        """Input and output together, None where one is not known."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        """Return the sum; what is unknown in one is unknown in it."""
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            self.cached_input_tokens + other.cached_input_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


@dataclass(frozen=True, slots=True)
class Escalation:
    """One step up in a cascade: from which model to which, why, and what the bigger one cost.

    ``confidence`` is that of the answer that was not good enough, None where there was none.
    """

    from_model: str
    to_model: str
    reason: str
    confidence: float | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered: ``n`` choices, and what they took.

    ``model`` is who answered, as the server names it. ``requests`` counts HTTP requests, failed
    ones too. ``cost_usd`` is None where price or usage is unknown. From the cache, a reply costs
    nothing, and ``usage`` is what it took when it was asked for. ``notes`` say what the server
    would not do and what was done instead ("seed dropped: the server refuses it").
    """

    choices: tuple[Choice, ...]
    model: str
    usage: Usage = Usage()
    cost_usd: float | None = None
    requests: int = 1
    seconds: float = 0.0
    from_cache: bool = False
    notes: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()

    @property
    def text(self) -> str:
        """The text of the first choice."""
        return self.choices[0].text

    @property
    def data(self) -> Mapping[str, object] | None:
        """The validated object of the first choice."""
        return self.choices[0].data


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; cached input costs as much as other input unless given."""

    input: float
    output: float
    cached_input: float | None = None

    def cost(self, usage: Usage) -> float | None:
        """Return the dollars that ``usage`` costs, None where the tokens are not known.

        Numbers that no request can take are not known, either.
        """
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        if not 0 <= usage.input_tokens <= MOST_TOKENS >= usage.output_tokens >= 0:
            return None
        cached = min(usage.cached_input_tokens, usage.input_tokens)
        cached_price = self.input if self.cached_input is None else self.cached_input
        fresh = usage.input_tokens - cached
        return (
            fresh * self.input + cached * cached_price + usage.output_tokens * self.output
        ) / 1e6


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model, as the trace keeps it: who asked whom, why, what was said and taken.

    ``key`` is the SHA-256 of the request (the cache's key, "" where it has none). ``error`` is the
    kind of its ModelError, "" where it was answered. ``reason`` says why this model: "" for the
    first choice, "escalated: ..." or "fallback: ..." else. A call from the cache costs nothing now;
    ``cost_usd`` is then 0. ``requests`` counts HTTP requests. ``charged_tokens`` and
    ``charged_usd`` are what budgets count: the most it can have taken where the server told
    nothing; None: what ``usage`` and ``cost_usd`` say. ``messages`` and ``answers`` are what was
    said, without the tokens' probabilities; none where that is not known.
    """

    role: str
    model: str
    usage: Usage = Usage()
    cost_usd: float | None = None
    seconds: float = 0.0
    requests: int = 1
    from_cache: bool = False
    error: str = ""
    reason: str = ""
    key: str = ""
    notes: tuple[str, ...] = ()
    charged_tokens: int | None = None
    charged_usd: float | None = None
    messages: tuple[Message, ...] = ()
    answers: tuple[Choice, ...] = ()
