"""What a run from elsewhere must be like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from critique_loop.errors import CallError
from critique_loop.store.encoding import Source, encode
from critique_loop.store.rows import LabelRow, Row, no_bytes
from critique_loop.store.validating import RunCheck, check_label_row
from critique_loop.values import Resumed
from tests.store.kept_runs import label, run


def rows() -> tuple[list[Row], Mapping[str, bytes]]:
    """Return the rows of a run, and what they name."""
    found: list[Row] = []
    blobs: dict[str, bytes] = {}
    for event in run("r1"):
        encoded = encode(event.body)
        blobs |= encoded.blobs
        found.append(
            Row(event.seq, event.kind.value, event.round, event.at, event.seconds, encoded.text)
        )
    return found, blobs


def checked(found: list[Row], blobs: Mapping[str, bytes], name: str = "r1") -> str:
    check = RunCheck(name, Source(blobs.__getitem__, data=no_bytes))
    for row in found:
        check.add(row)
    return check.finish()


def test_a_run_is_fine_and_its_hash_tells_it_from_others() -> None:
    found, blobs = rows()

    whole, shorter = checked(found, blobs), checked(found[:4], blobs)

    assert whole == checked(found, blobs)
    assert len({whole, shorter}) == 2


@pytest.mark.parametrize("name", ["", ".x", "a/b", "a b", "x" * 129, "é", "-x"])
def test_an_id_that_could_be_a_path_or_an_option_is_refused(name: str) -> None:
    with pytest.raises(CallError, match="can't be the id of a run"):
        checked([], {}, name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at": float("nan")}, "nan is no time from 1970 to 9999"),
        ({"at": 1e308}, r"1e\+308 is no time from 1970 to 9999"),
        ({"at": -1e18}, r"-1e\+18 is no time from 1970 to 9999"),
        ({"seconds": float("inf")}, "can't have taken inf seconds"),
        ({"seconds": -5.0}, "can't have taken -5 seconds"),
        ({"round": 2**31}, "there is no round"),
        ({"kind": "started"}, "can't be of the kind 'started'"),
        ({"body": "{"}, "a stored Draft can't be read back"),
        ({"body": '{"a":' * 5000}, "a stored Draft can't be read back"),
    ],
)
def test_a_step_that_cannot_be_is_refused_by_number(change: dict[str, object], said: str) -> None:
    found, blobs = rows()
    found[2] = Row._make((found[2]._asdict() | change).values())

    with pytest.raises(CallError, match=f"run r1, step 2: .*{said}"):
        checked(found, blobs)


def test_nothing_comes_after_the_end_but_that_a_run_goes_on() -> None:
    found, blobs = rows()
    again = found[-1]._replace(seq=len(found))
    resumed = Row(len(found), "resumed", 0, again.at, 0.0, encode(Resumed("0")).text)

    assert checked([*found, resumed, again._replace(seq=len(found) + 1)], blobs)
    with pytest.raises(CallError, match="step 7: it is ended after the run's end"):
        checked([*found, again], blobs)


@pytest.mark.parametrize(
    ("step", "was", "is_now", "said"),
    [
        (4, '"value":9.0', '"value":1e9', r"Score.value can't be 1e\+09"),
        (6, '"best_round":1', '"best_round":99', "best round is 99, which the run has not"),
        (6, '"cost_usd":0.5', '"cost_usd":1e308', r"Spend.cost_usd can't be 1e\+308"),
    ],
)
def test_what_no_run_can_say_is_refused(step: int, was: str, is_now: str, said: str) -> None:
    found, blobs = rows()
    assert was in found[step].body
    found[step] = found[step]._replace(body=found[step].body.replace(was, is_now))

    with pytest.raises(CallError, match=f"run r1, step {step}: .*{said}"):
        checked(found, blobs)


def row_of_a_label(**changes: object) -> LabelRow:
    given = label("r1")
    fields = {
        "id": given.id,
        "kind": "absolute",
        "run_id": "r1",
        "round": 1,
        "dimension": given.dimension,
        "labeller": given.by,
        "at": given.at,
        "body": encode(given).text,
    }
    return LabelRow._make((fields | changes).values())


def test_a_label_is_fine() -> None:
    check_label_row(row_of_a_label())

    assert row_of_a_label().id == "l1"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "other"},
        {"body": "{}"},
        {"run_id": "r2"},
        {"round": 2},
        {"body": encode(label("r1")).text.replace("7.0", "70.0")},
        {"body": encode(replace(label("r1"), at=1e300)).text},
        {"body": '{"id":{"$text":"' + "0" * 64 + '"}}'},
    ],
)
def test_a_label_that_is_none_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CallError):
        check_label_row(row_of_a_label(**changes))
