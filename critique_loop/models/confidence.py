"""How sure a model was of the options it chose.

By tokens: the probabilities of a field's options, read off the alternatives of the tokens that
spell the value; their mean is the expected score of G-Eval (Liu et al. 2023, arXiv:2303.16634,
equation 1). Else by agreement: the share of samples that say the most frequent answer, as in
self-consistency (Wang et al. 2022, arXiv:2203.11171). Else nothing is known, and nothing is said.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from critique_loop.models import lenient
from critique_loop.models.lenient import Path
from critique_loop.values import Choice, Reply, Request, Token

Level = int | str


@dataclass(frozen=True, slots=True)
class FieldConfidence:
    """How sure one field is.

    ``probabilities`` are those of its options; they sum up to less than 1 where other words were
    possible or the server told only the likeliest. ``probability`` is that of ``chosen``.
    """

    chosen: Level
    probabilities: Mapping[Level, float]

    @property
    def probability(self) -> float:
        """The probability of what was chosen."""
        return self.probabilities.get(self.chosen, 0.0)

    @property
    def expected(self) -> float | None:
        """The mean of the options (sum of p x option / sum of p), None where they are texts."""
        return self._mean(float)

    @property
    def spread(self) -> float | None:
        """The standard deviation of the told options, None where they are texts."""
        mean = self.expected
        if mean is None:
            return None
        variance = self._mean(lambda level: (float(level) - mean) ** 2)
        return None if variance is None else math.sqrt(variance)

    @property
    def entropy(self) -> float:
        """Shannon's entropy of the options in nats; what is none of them is one more option."""
        known = list(self.probabilities.values())
        shares = [share for share in (*known, 1.0 - math.fsum(known)) if share > 0]
        return -math.fsum(share * math.log(share) for share in shares)

    def _mean(self, of: Callable[[int], float]) -> float | None:
        items = [(lv, share) for lv, share in self.probabilities.items() if isinstance(lv, int)]
        total = math.fsum(share for _, share in items)
        return math.fsum(share * of(level) for level, share in items) / total if total else None


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure a reply is.

    ``value`` (0 to 1) is the mean over the fields of the probability of what was chosen, that is
    the share of fields expected to come out the same again; None where nothing is known.
    ``expected`` has the expected score of each field ("bugs.score"), ``spread`` is the largest
    standard deviation of one, in score points.
    """

    value: float | None = None
    how: Literal["tokens", "agreement"] | None = None
    expected: Mapping[str, float] = field(default_factory=dict[str, float])
    spread: float | None = None
    fields: Mapping[str, FieldConfidence] = field(default_factory=dict[str, FieldConfidence])


def of_field(choice: Choice, path: Path, levels: Sequence[Level]) -> FieldConfidence | None:
    """Return how sure the value at ``path`` of ``choice.data`` is of being that of ``levels``.

    None where the server told no tokens, or they do not spell the value. Offsets are counted in the
    text that the tokens make up, so that it does not matter how the server cut characters. Where
    an alternative that was not chosen may begin several options ("1": 1 or 10), each gets an equal
    part of its probability.
    """
    chosen = _value(choice.data, path)
    if not choice.tokens or not isinstance(chosen, int | str) or chosen not in levels:
        return None
    tokens = [token for token in choice.tokens if token.text]
    span = _span("".join(token.text for token in tokens), path, str(chosen))
    if span is None:
        return None
    index, begin = 0, 0
    while begin + len(tokens[index].text) <= span[0]:
        begin += len(tokens[index].text)
        index += 1
    reader = _Reader(tokens, {str(level): level for level in levels})
    reader.read(index, span[0] - begin, "", 1.0)
    if chosen not in reader.shares:
        return None
    return FieldConfidence(chosen, reader.shares)


def of_reply(request: Request, reply: Reply) -> Confidence:
    """Return how sure ``reply`` is of the options in ``request.schema``.

    The fields are those with an enum of integers, or where there are none, an enum of texts.
    """
    fields = [] if request.schema is None else list(_options(request.schema.schema, ()))
    scores = [entry for entry in fields if isinstance(entry.levels[0], int)]
    fields = scores or fields
    if not fields or not reply.choices:
        return Confidence()
    by_tokens = [_by_tokens(reply.choices, entry) for entry in fields]
    if all(by_tokens):
        return _summed(fields, by_tokens, "tokens")
    if len(reply.choices) > 1:
        return _summed(fields, [_by_agreement(reply.choices, one) for one in fields], "agreement")
    return Confidence()


@dataclass(frozen=True, slots=True)
class _Options:
    path: Path
    levels: Sequence[Level]


def _options(schema: Mapping[str, object], path: Path) -> Generator[_Options]:
    levels = schema.get("enum")
    if path and isinstance(levels, list | tuple):
        known = [level for level in cast("Sequence[object]", levels) if _is_level(level)]
        if known:
            yield _Options(path, cast("list[Level]", known))
    for key, part in cast("Mapping[str, object]", schema.get("properties") or {}).items():
        if isinstance(part, Mapping):
            yield from _options(cast("Mapping[str, object]", part), (*path, key))


def _is_level(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _by_tokens(choices: Sequence[Choice], options: _Options) -> FieldConfidence | None:
    """Return the mean over all samples of the probabilities, None where one has none."""
    found = [of_field(choice, options.path, options.levels) for choice in choices]
    known = [each for each in found if each is not None]
    if len(known) < len(choices):
        return None
    shares = {
        level: math.fsum(each.probabilities.get(level, 0.0) for each in known) / len(known)
        for level in options.levels
    }
    return FieldConfidence(known[0].chosen, shares)


def _by_agreement(choices: Sequence[Choice], options: _Options) -> FieldConfidence | None:
    values = [_value(choice.data, options.path) for choice in choices]
    counts = Counter(cast("list[Level]", [value for value in values if _is_level(value)]))
    if not counts:
        return None
    shares = {level: count / len(choices) for level, count in counts.items()}
    return FieldConfidence(counts.most_common(1)[0][0], shares)


def _summed(
    options: Sequence[_Options],
    found: Sequence[FieldConfidence | None],
    how: Literal["tokens", "agreement"],
) -> Confidence:
    fields = {
        ".".join(map(str, entry.path)): each
        for entry, each in zip(options, found, strict=True)
        if each is not None
    }
    if not fields:
        return Confidence()
    expected = {name: each.expected for name, each in fields.items()}
    spreads = [each.spread for each in fields.values()]
    return Confidence(
        value=math.fsum(each.probability for each in fields.values()) / len(fields),
        how=how,
        expected={name: mean for name, mean in expected.items() if mean is not None},
        spread=max((spread for spread in spreads if spread is not None), default=None),
        fields=fields,
    )


def _value(data: object, path: Path) -> object:
    for key in path:
        if not isinstance(data, Mapping):
            return None
        data = cast("Mapping[str | int, object]", data).get(key)
    return data


def _span(text: str, path: Path, value: str) -> tuple[int, int] | None:
    """Return where ``value`` stands at ``path``; the object may be wrapped in another."""
    for found in reversed(lenient.extract(text).objects):
        for where, (begin, end) in lenient.spans(text, found).items():
            if where[-len(path) :] == path and text[begin:end].strip() == value:
                return begin, end
    return None


class _Reader:
    """Adds up what the tokens' alternatives say about each option."""

    def __init__(self, tokens: Sequence[Token], levels: Mapping[str, Level]) -> None:
        self.shares: dict[Level, float] = {}
        self._tokens = tokens
        self._levels = levels

    def read(self, index: int, skip: int, taken: str, weight: float) -> None:
        """Share ``weight`` out: ``taken`` is spelled, the token at ``index`` goes on after it.

        The first ``skip`` characters of that token come before the value.
        """
        token = self._tokens[index]
        before = token.text[:skip]
        for text, logprob in _alternatives(token):
            share = weight * _probability(logprob)
            rest = text[skip:] if text.startswith(before) else text
            # An alternative may begin with more or less of what stands before a value.
            spelled, ended = self._spell(taken, rest if taken else rest.lstrip(' \t\r\n":'))
            options = [level for level in self._levels if level.startswith(spelled)]
            if ended or not spelled:
                options = [spelled] if ended and spelled in self._levels else []
            goes_on = text == token.text and index + 1 < len(self._tokens)
            if len(options) > 1 and goes_on:
                self.read(index + 1, 0, spelled, share)
                continue
            for option in options:
                level = self._levels[option]
                self.shares[level] = self.shares.get(level, 0.0) + share / len(options)

    def _spell(self, taken: str, rest: str) -> tuple[str, bool]:
        """Return ``taken`` and what of ``rest`` spells on an option, and whether that ends it."""
        for letter in rest:
            if not any(level.startswith(taken + letter) for level in self._levels):
                # A letter, digit or point makes another word of it: "8.5" is not 8.
                goes_wrong = letter.isalnum() or letter in "._-/"
                return ("", True) if goes_wrong else (taken, bool(taken))
            taken += letter
        return taken, False


def _alternatives(token: Token) -> Generator[tuple[str, float]]:
    yield token.text, token.logprob
    seen = {token.text}
    for text, logprob in token.others:
        if text not in seen:
            seen.add(text)
            yield text, logprob


def _probability(logprob: float) -> float:
    return 0.0 if math.isnan(logprob) else math.exp(min(0.0, logprob))
