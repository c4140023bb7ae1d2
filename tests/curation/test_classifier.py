"""The classifier, beside scikit-learn's on the same texts."""

from __future__ import annotations

import importlib
import random
import re
from typing import Any

import pytest

from critique_loop.curation.classifier import Classifier, Labelled
from critique_loop.curation.quality import area_under_curve

GOOD = ["layout='constrained'", "set_title(title)", "set_ylabel(unit)", "set_ylim(0)", "despine()"]
BAD = ["plt.show()", "figsize=(40, 2)", "rainbow", "explode=0.1", "rotation=90"]
BOTH = [
    "import pandas as pd",
    "data = read(csv)",
    "ax.bar(x, y)",
    "ax.plot(x, y)",
    "fig.savefig(f)",
]


def programs(number: int, seed: int) -> list[Labelled]:
    """Programs of statements; each sign of quality holds in four of five cases."""
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    found: list[Labelled] = []
    for _ in range(number):
        good = dice.random() < 0.4
        own, other = (GOOD, BAD) if good else (BAD, GOOD)
        lines = [*dice.sample(BOTH, 3), dice.choice(own if dice.random() < 0.8 else other)]
        found.append(Labelled("\n".join(lines), good))
    return found


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    trained = Classifier(programs(200, 1))
    trained.calibrate(programs(100, 2))
    return trained


@pytest.mark.slow  # importing scikit-learn takes that long
def test_it_ranks_as_well_as_that_of_scikit_learn(classifier: Classifier) -> None:
    text: Any = importlib.import_module("sklearn.feature_extraction.text")
    linear: Any = importlib.import_module("sklearn.linear_model")
    shown, asked = programs(200, 1), programs(300, 3)
    vectors = text.TfidfVectorizer(
        tokenizer=re.compile(r"\w+|[^\w\s]").findall,
        token_pattern=None,
        ngram_range=(1, 2),
        sublinear_tf=True,
        lowercase=False,
    )
    model = linear.LogisticRegression(C=10, class_weight="balanced")
    model.fit(vectors.fit_transform([s.text for s in shown]), [s.good for s in shown])
    theirs = model.predict_proba(vectors.transform([a.text for a in asked]))[:, 1]

    ours = [classifier.probability(each.text) for each in asked]

    good = [each.good for each in asked]
    area = area_under_curve(list(zip(map(float, theirs), good, strict=True)))
    assert area_under_curve(list(zip(ours, good, strict=True))) == pytest.approx(area, abs=0.03)
    assert area > 0.7


def test_probabilities_mean_what_they_say(classifier: Classifier) -> None:
    asked = programs(400, 4)
    told = [(classifier.probability(each.text), each.good) for each in asked]

    for low, high in ((0.0, 0.35), (0.35, 1.0)):
        part = [(probability, good) for probability, good in told if low <= probability < high]
        mean = sum(probability for probability, _ in part) / len(part)
        share = sum(good for _, good in part) / len(part)
        assert share == pytest.approx(mean, abs=0.1)


def test_the_same_seed_learns_the_same() -> None:
    shown = programs(40, 5)

    first, again = (Classifier(shown, seed=3).probability("plt.show()") for _ in range(2))

    assert first == again


@pytest.mark.parametrize("text", ["", "größe = '数据' \udc80", "def broken(:", "x " * 20_000])
def test_every_text_has_a_probability(classifier: Classifier, text: str) -> None:
    assert 0 < classifier.probability(text) < 1
