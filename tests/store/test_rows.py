"""Traces as they are stored."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store import RunState
from critique_loop.store.encoding import encode
from critique_loop.store.rows import Hashes, carry, mark, no_bytes, opened_source, references
from critique_loop.testing.stored_runs import store_at
from tests.store.kept_runs import BODIES, PNG, label, run
from tests.store.test_checking import change


def test_a_text_that_looks_like_a_reference_is_none() -> None:
    text = '{"$bytes":"' + "0" * 64 + '"}'

    assert references(encode({"a": text}).text) == []
    assert references(encode({"a": {"$bytes": "0" * 64}}).text) == []
    assert references(text) == [("bytes", "0" * 64)]


def test_everything_a_run_names_is_carried_inner_things_first() -> None:
    encoded = encode(BODIES[0][1])
    carried: list[str] = []

    carry(
        encoded.text,
        encoded.blobs.__getitem__,
        is_new=lambda sha256: sha256 not in carried,
        put=lambda sha256, _: carried.append(sha256),
    )

    assert set(carried) == set(encoded.blobs)
    assert carried[-1] == references(encoded.text)[0].sha256


def test_hashes_count_how_often_each_is_named() -> None:
    with closing(Hashes()) as hashes:
        hashes.hold("a", 3)
        new = [hashes.add("a"), hashes.add("a"), hashes.add("b")]

        assert new == [True, False, True]
        assert (hashes.holds("a"), hashes.holds("b")) == (True, False)
        assert hashes.ask("SELECT * FROM hashes ORDER BY 1") == [("a", 2, 3), ("b", 1, None)]


def test_the_first_missing_bytes_are_named_and_the_rest_counted() -> None:
    text = encode([PNG, b"x"]).text
    held = hashlib.sha256(b"x").hexdigest()
    with closing(Hashes()) as hashes:
        hashes.hold(held, 1)

        assert mark(text, no_bytes, hashes) == hashlib.sha256(PNG).hexdigest()


def test_no_bytes_are_only_those_of_a_hash() -> None:
    assert no_bytes("0" * 64) == b""
    with pytest.raises(ValueError, match="no SHA-256"):
        no_bytes("../x")


def test_a_store_gives_rows_labels_and_states(tmp_path: Path) -> None:
    kept = store_at(tmp_path / "t.db", run("r2"), run("r1", steps=3), labels=[label("r2")])
    with opened_source(kept) as source:
        assert list(source.run_ids()) == ["r2", "r1"]
        assert [row.kind for row in source.rows("r1")] == ["started", "called", "drafted"]
        assert [each.id for each in source.labels()] == ["l1"]
        assert (source.state("r1"), source.state("r2")) == (RunState.RUNNING, RunState.ENDED)

    change(kept, "UPDATE processes SET process = 'other-boot 1 2 3'")
    with opened_source(kept) as source:
        assert source.state("r1") is RunState.KILLED


def test_where_there_is_no_store_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(CallError), opened_source(tmp_path / "none.db"):
        pass

    assert list(tmp_path.iterdir()) == []
