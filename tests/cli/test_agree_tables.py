"""How agreement reads: nothing in a name does anything to a terminal."""

from __future__ import annotations

import json

import pytest

from critique_loop.agreement.comparing import compare
from critique_loop.agreement.estimates import Estimate
from critique_loop.agreement.pairwise import Ranking, Standing
from critique_loop.agreement.ratings import Place, Rating
from critique_loop.agreement.references import Reference, Truth
from critique_loop.cli.agree_tables import (
    Among,
    Compared,
    Preferred,
    compared_record,
    preferred_record,
    print_compared,
    print_preferred,
)

HOSTILE = "\x1b[31mred\u202e [bold]x[/bold]"
ESCAPED = r"\x1b[31mred\u202e"


def compared() -> Compared:
    """Compare a rater with an odd name on ten drafts, two of which it left unscored."""
    places = [Place(f"r{n}", 1, HOSTILE) for n in range(10)]
    marks = [None, None, *range(8)]
    reference = Reference("scores.csv", {p: Truth((9.0 - n,)) for n, p in enumerate(places)})
    rows = compare([Rating(p, HOSTILE, m, 5.0) for p, m in zip(places, marks, strict=True)],
                   reference)  # fmt: skip
    return Compared(
        "scores.csv", False, tuple(rows), (Among(HOSTILE, Estimate(None, 0)),), (HOSTILE,)
    )


def test_names_are_shown_with_their_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    print_compared(compared())

    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.count(ESCAPED) == 4
    assert "n = 8: the interval is wide, and rough; 2 more were left unscored" in shown


def test_the_record_is_json_with_every_number_and_its_reason() -> None:
    record = json.loads(json.dumps(compared_record(compared()), allow_nan=False))

    (row,) = record["rows"]
    assert (row["rater"], row["n"], row["unscored"]) == (HOSTILE, 8, 2)
    assert row["brier"]["undefined"] == "no confidence was stated"
    assert row["confusion"]["precision"]["n"] == row["confusion"]["tp"] + row["confusion"]["fp"]
    assert record["among_persons"][0]["alpha"]["value"] is None


def test_what_was_never_compared_is_said_below_the_ranking(
    capsys: pytest.CaptureFixture[str],
) -> None:
    score = Estimate(None, 2, undefined="they fall into groups that were never compared")
    standings = tuple(Standing(name, 1, 0, 0, score) for name in ("a", HOSTILE))
    ranking = Ranking("tone", 2, standings, (("a",), (HOSTILE,)))
    preferred = Preferred(2, "writers", (ranking,), ())

    print_preferred(preferred)

    shown = capsys.readouterr().out
    assert "tone · writers by 2 preferences" in shown
    assert "they fall into groups" in shown
    assert f"never compared: a | {ESCAPED}" in shown
    assert "\x1b" not in shown
    assert json.loads(json.dumps(preferred_record(preferred)))["n"] == 2
