"""Recipes run as they are shipped, and make what the README shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.docker, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "example"
MOST_MEAN_DIFFERENCE = 2.0  # of 255: another release of the font renderer, not another chart


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the recipe once for all tests of this file."""
    place = tmp_path_factory.mktemp("recipe")
    done = subprocess.run(
        [sys.executable, str(ROOT / "recipes" / "chart.py"), "--out", str(place / "out")],
        env={**os.environ, "CRITIQUE_LOOP_STORE": str(place / "traces.db")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "round 1: overall" in done.stdout
    assert "\naccepted: " in done.stdout
    return place / "out"


def scores_in_words(critique: dict[str, Any]) -> str:
    marks = {"overall": critique["overall"]}
    marks |= {score["dimension"]: score["value"] for score in critique["scores"]}
    return ", ".join(f"{name} {value:g}" for name, value in marks.items())


def test_the_recipe_shows_a_refinement(made: Path) -> None:
    record = json.loads((made / "outcome.json").read_text())
    first = json.loads((made / "rounds" / "1" / "critique.json").read_text())

    assert record["accepted"]
    assert record["best"]["round"] > 1
    assert record["best"]["overall"] > first["overall"]
    assert first["findings"]


@pytest.mark.parametrize("picture", ["chart.png", "rounds/1/chart.png"])
def test_the_pictures_of_the_readme_are_what_the_recipe_makes(made: Path, picture: str) -> None:
    shown = np.asarray(Image.open(EXAMPLE / picture).convert("RGB"), dtype=float)
    drawn = np.asarray(Image.open(made / picture).convert("RGB"), dtype=float)

    assert shown.shape == drawn.shape
    assert abs(shown - drawn).mean() <= MOST_MEAN_DIFFERENCE


def test_the_scores_of_the_readme_are_those_of_its_pictures(made: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    critiques = [
        json.loads((made / "rounds" / "1" / "critique.json").read_text()),
        json.loads((made / "outcome.json").read_text())["best"],
    ]

    row = "| " + " | ".join(map(scores_in_words, critiques)) + " |"

    assert row in readme
