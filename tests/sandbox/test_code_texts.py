from __future__ import annotations

import random
from dataclasses import replace

import pytest
from code_texts import learn_texts


def made(*values: str, visible: bool = True) -> set[str]:
    texts = learn_texts(values, values if visible else ())
    rng = random.Random(5)  # noqa: S311 - the same values each time
    return {texts.make(rng) for _ in range(100)}


def test_plain_words_are_made_up_of_like_letters_and_lengths() -> None:
    words = made("apple", "pear", "fig") - {"apple", "pear", "fig"}

    assert len(words) > 10
    assert all(word.islower() and len(word) in {3, 4, 5} for word in words)


def test_sentences_of_different_words_are_made_up() -> None:
    assert len(made("the quick fox", "every dog sleeps", "rain falls now")) > 10


@pytest.mark.parametrize(
    "values",
    [
        ("2024-01-31", "2023-05-06"),
        ("in", "out", "in", "out", "in"),
        ("three one five",),
        ("three one five", "one three", "five five one"),
        ("add 3; pop", "add 4; add 5", "pop; pop", "pop"),
    ],
    ids=["a form", "a vocabulary", "one sentence", "few words", "a language"],
)
def test_what_has_rules_of_its_own_is_only_repeated(values: tuple[str, ...]) -> None:
    assert made(*values) == set(values)


def test_text_of_many_forms_is_imitated_by_kind_of_letter() -> None:
    texts = made("a1b", "Hello, you 22!", "x-y", "(p)", "9 to 5")

    assert len(texts) > 20
    assert all(text.count("-") == 1 for text in texts if "-" in text)


def test_hidden_text_of_one_form_can_not_be_made() -> None:
    with pytest.raises(LookupError):
        made("2024-01-31", "2023-05-06", visible=False)


def test_many_texts_can_be_joined_to_a_long_one() -> None:
    texts = replace(learn_texts(["a-b"], ["a-b"]), joined=3)

    assert texts.make(random.Random(1)) == "a-b a-b a-b"  # noqa: S311 - nothing is left to chance
