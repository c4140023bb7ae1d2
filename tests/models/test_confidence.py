from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import pytest

from critique_loop.models import confidence, schemas
from critique_loop.models.confidence import FieldConfidence
from critique_loop.values import Choice, Message, Reply, Request, Token

TEN = list(range(11))
SCHEMA = schemas.scores("critique", {"bugs": "Does it run?", "type": "Does it fit?"}, TEN)
ASKED = Request((Message("user", "Judge."),), schema=SCHEMA)
PATH = ("bugs", "score")

Spelled = str | tuple[str, float] | tuple[str, float, dict[str, float]]


def token(spelled: Spelled) -> Token:
    if isinstance(spelled, str):
        return Token(spelled, 0.0)
    others = spelled[2] if len(spelled) > 2 else {}
    listed = tuple((text, math.log(share)) for text, share in others.items())
    return Token(spelled[0], math.log(spelled[1]), listed)


def choice(data: Mapping[str, object] | None, tokens: Sequence[Spelled]) -> Choice:
    spelled = tuple(token(each) for each in tokens)
    said = "".join(each.text for each in spelled)
    return Choice(said, tokens=spelled, data=data)


def bugs(score: int, *middle: Spelled, begin: str = '{"bugs": {"score":') -> Choice:
    return choice({"bugs": {"score": score}}, [begin, *middle, "}}"])


def critique(score: int, type_score: int) -> Choice:
    data = {
        "bugs": {"evidence": "", "advice": "", "score": score},
        "type": {"evidence": "", "advice": "", "score": type_score},
    }
    return Choice(json.dumps(data), data=data)


def found(said: Choice, levels: Sequence[int | str] = TEN) -> FieldConfidence:
    field = confidence.of_field(said, PATH, levels)
    assert field is not None
    return field


def shares(field: FieldConfidence) -> dict[int | str, float]:
    return {level: round(share, 6) for level, share in field.probabilities.items() if share}


@pytest.mark.parametrize(
    "said",
    [
        bugs(8, " ", ("8", 0.6, {"8": 0.6, "7": 0.3, "3": 0.1})),
        bugs(8, (" 8", 0.6, {" 7": 0.3, " 3": 0.1})),
        bugs(8, ("8", 0.6, {" 7": 0.3, "3": 0.1})),
        bugs(8, ("8}", 0.6, {"7}": 0.3, "3": 0.1}), begin='{"bugs": {"score": '),
        bugs(8, ("8,\n", 0.6, {"7,\n": 0.3, "3\n": 0.1})),
        bugs(8, (': "8', 0.6, {': "7': 0.3, ': "3': 0.1}), '"', begin='{"bugs": {"score"'),
    ],
    ids=["alone", "with a space", "spaces differ", "closed", "with a comma", "in quotes"],
)
def test_alternatives_of_the_value_are_read_however_the_tokens_are_cut(said: Choice) -> None:
    field = found(said)

    assert shares(field) == {8: 0.6, 7: 0.3, 3: 0.1}
    assert field.probability == pytest.approx(0.6)


def test_the_expected_score_is_the_mean_of_the_options() -> None:
    field = found(bugs(8, ("8", 0.5, {"4": 0.25})))

    assert field.expected == pytest.approx((0.5 * 8 + 0.25 * 4) / 0.75)
    assert field.spread == pytest.approx(math.sqrt(4**2 * (2 / 3) * (1 / 3)))
    assert field.entropy == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(4))


def test_a_value_of_several_tokens_has_the_probability_of_its_path() -> None:
    said = bugs(10, ("1", 0.7, {"8": 0.3}), ("0", 0.6, {"}": 0.3, ",": 0.1}))

    field = found(said)

    assert shares(field) == {10: 0.42, 1: 0.28, 8: 0.3}


def test_a_first_digit_that_was_not_chosen_counts_for_all_it_may_begin() -> None:
    field = found(bugs(8, ("8", 0.6, {"1": 0.4})))

    assert shares(field) == {8: 0.6, 1: 0.2, 10: 0.2}


def test_a_first_digit_that_begins_one_option_only_counts_for_it() -> None:
    field = found(bugs(10, ("1", 0.7, {"5": 0.3}), ("0", 0.9)), [0, 5, 10])

    assert shares(field) == {10: 0.7, 5: 0.3}


def test_a_short_value_shares_with_the_longer_one_it_might_have_become() -> None:
    field = found(bugs(1, ("1", 0.8, {"2": 0.2}), ("}", 0.75, {"0": 0.25})))

    assert shares(field) == {1: 0.6, 10: 0.2, 2: 0.2}


def test_what_is_no_option_counts_for_none() -> None:
    others = {"8.5": 0.1, "high": 0.1, "80": 0.1, '"': 0.1, "null": 0.1}
    field = found(bugs(8, ("8", 0.5, others)))

    assert shares(field) == {8: 0.5}


def test_texts_have_probabilities_too_but_no_mean() -> None:
    said = choice(
        {"bugs": {"score": "accept"}},
        ['{"bugs": {"score": "', ("acc", 0.9, {"ref": 0.06, "rev": 0.04}), "ept", '"}}'],
    )

    field = found(said, ["accept", "refine", "revise"])

    assert shares(field) == {"accept": 0.9, "refine": 0.06, "revise": 0.04}
    assert field.expected is None


def test_the_right_one_of_equal_numbers_is_read() -> None:
    said = choice(
        {"type": {"score": 8}, "bugs": {"score": 8}},
        ['{"type": {"score": ', ("8", 0.9), '}, "bugs": {"score": ', ("8", 0.4), "}}"],
    )

    assert found(said).probability == pytest.approx(0.4)


def test_characters_that_were_cut_into_bytes_do_not_shift_the_value() -> None:
    data = {"evidence": "\U0001f600", "bugs": {"score": 8}}
    spelled: list[Spelled] = ['{"evidence": "', "\ufffd", "\ufffd", '", "bugs": {"score": ']
    said = choice(data, [*spelled, ("8", 0.6, {"7": 0.4}), "}}"])

    assert shares(found(said)) == {8: 0.6, 7: 0.4}


def test_an_answer_in_prose_or_wrapped_is_found() -> None:
    said = choice(
        {"bugs": {"score": 8}},
        [
            'Not {"bugs": {"score": 3}} but ```{"critique": {"bugs": {"score": ',
            ("8", 0.6),
            "}}}```",
        ],
    )

    assert found(said).probability == pytest.approx(0.6)


@pytest.mark.parametrize(
    "said",
    [
        Choice('{"bugs": {"score": 8}}', data={"bugs": {"score": 8}}),
        Choice("", tokens=(), data={"bugs": {"score": 8}}),
        choice({"bugs": {"score": 8}}, ["something else was said"]),
        choice({"bugs": {"score": 8}}, ['{"bugs": {"score": 7}}']),
        choice({"bugs": {"score": 99}}, ['{"bugs": {"score": ', "99", "}}"]),
        choice({"bugs": {}}, ['{"bugs": {}}']),
        choice(None, ['{"bugs": {"score": 8}}']),
    ],
)
def test_without_tokens_that_spell_the_value_nothing_is_known(said: Choice) -> None:
    assert confidence.of_field(said, PATH, TEN) is None


@pytest.mark.parametrize("odd", [math.nan, -math.inf, 3.0])
def test_odd_log_probabilities_stay_probabilities(odd: float) -> None:
    said = Choice(
        "",
        data={"bugs": {"score": 8}},
        tokens=(Token('{"bugs": {"score": ', 0.0), Token("8", odd), Token("}}", 0.0)),
    )

    assert 0 <= found(said).probability <= 1


def test_a_reply_with_tokens_is_as_sure_as_its_fields_in_the_mean() -> None:
    data = critique(8, 10).data
    said = choice(
        data,
        [
            '{"bugs": {"evidence": "", "advice": "", "score": ',
            ("8", 0.5, {"6": 0.5}),
            '}, "type": {"evidence": "", "advice": "", "score": ',
            ("10", 0.9, {"9": 0.1}),
            "}}",
        ],
    )

    sure = confidence.of_reply(ASKED, Reply((said,), "m"))

    assert (sure.how, sure.value) == ("tokens", pytest.approx(0.7))
    assert sure.expected == pytest.approx({"bugs.score": 7.0, "type.score": 9.9})
    assert sure.spread == pytest.approx(1.0)


def test_without_tokens_samples_are_compared() -> None:
    samples = (critique(8, 10), critique(8, 10), critique(8, 2), critique(4, 10))

    sure = confidence.of_reply(ASKED, Reply(samples, "m"))

    assert (sure.how, sure.value) == ("agreement", 0.75)
    assert sure.expected == {"bugs.score": 7.0, "type.score": 8.0}
    assert sure.spread == pytest.approx(math.sqrt(12))


def test_samples_with_tokens_are_averaged() -> None:
    schema = schemas.AnswerSchema(
        "one", schemas.structure({"bugs": schemas.structure({"score": schemas.one_of(TEN)})})
    )
    samples = (bugs(8, ("8", 0.9, {"6": 0.1})), bugs(6, ("6", 0.5, {"8": 0.5})))

    sure = confidence.of_reply(Request((), schema=schema), Reply(samples, "m"))

    assert (sure.how, sure.value) == ("tokens", pytest.approx(0.7))
    assert sure.expected["bugs.score"] == pytest.approx(8 * 0.7 + 6 * 0.3)


def test_one_sample_without_tokens_says_nothing() -> None:
    assert confidence.of_reply(ASKED, Reply((critique(8, 8),), "m")) == confidence.Confidence()


def test_free_text_says_nothing() -> None:
    reply = Reply((Choice("a"), Choice("a")), "m")

    assert confidence.of_reply(Request(()), reply).value is None
