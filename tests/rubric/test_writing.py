"""Rubrics as text, and back."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.rubric.writing import comment, entry, literal, toml_of
from critique_loop.values import Dimension, Rubric, Scorer, TaskKind

HOSTILE = [
    '"\n[[dimensions]]\nname = "x',
    "'''",
    '"""',
    "\\",
    'a\\"',
    "#",
    "a\r\nb",
    "\x00\x1b[31m\x7f",
    "\u202e\u2028\ufeff",
    "ünï 可读性 👩\u200d🔬 \u0645\u06cc\u200c\u062e",
    "\U000e0041",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    assert tomllib.loads(f"a = {literal(text)}\nb = 1") == {"a": text, "b": 1}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_stays_one(text: str) -> None:
    assert tomllib.loads(f"{comment(text)}\nb = 1") == {"b": 1}


def test_half_a_character_is_replaced() -> None:
    assert tomllib.loads("a = " + literal("x\ud800")) == {"a": "x\ufffd"}
    assert comment("\ud800") == "# \\ufffd"


@pytest.mark.parametrize("name", rubrics.shipped())
def test_a_shipped_rubric_survives_being_written(name: str, tmp_path: Path) -> None:
    rubric = rubrics.load(name)
    path = tmp_path / "copy.toml"

    path.write_text(toml_of(rubric), encoding="utf-8")

    assert rubrics.load(path) == rubric


def test_every_field_is_written(tmp_path: Path) -> None:
    full = Dimension(
        'a "b"',
        "one\ntwo",
        weight=0.1,
        pass_mark=6.5,
        gate=True,
        levels={10: "good", 0: "bad"},
        checks={"a.b": 2.5, "c": 1e-05},
        applies_to=(TaskKind.CODE,),
        scored_by=(Scorer.MEASURED, Scorer.PERSON),
    )
    rubric = Rubric("x", (full, replace(full, name="c")), target=7.25, description="d\te")
    path = tmp_path / "copy.toml"

    path.write_text(toml_of(rubric), encoding="utf-8")

    assert rubrics.load(path) == rubric


def test_comments_stand_before_the_dimension() -> None:
    text = entry(Dimension("a", "?"), ["one\ntwo"])

    assert text.startswith("# one\\ntwo\n[[dimensions]]\n")
