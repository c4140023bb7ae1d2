"""The proof that nothing is left."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.errors import StoreError
from critique_loop.store.known_values import KnownValues, known_values
from critique_loop.store.leaks import refuse_leaks
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import opened_source
from critique_loop.store.sharing import copy_redacted
from critique_loop.testing.stored_runs import store_at
from critique_loop.values import Draft, Event, Execution, ExecutionStatus
from tests.store.kept_runs import label, run
from tests.store.test_checking import change

WHAT = Redaction(columns=("name",), paths=True, secrets=True)
Knowing = Callable[[Redaction], KnownValues]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return store_at(tmp_path / "kept" / "traces.db", run("r1", steps=6), labels=[label("r1")])


@pytest.fixture
def known(kept: Path) -> Knowing:
    def make(redaction: Redaction) -> KnownValues:
        with opened_source(kept) as source:
            return known_values(source, ("r1",), redaction)

    return make


@pytest.fixture
def copied(kept: Path, tmp_path: Path) -> Path:
    """Return a copy in which nothing is left."""
    into = tmp_path / "copied" / "traces.db"
    copy_redacted(kept, into, WHAT)
    return into


def drafted(code: str) -> Event:
    event = run("r1", steps=3)[2]
    return replace(event, seq=6, body=Draft(code, "model"))


def test_a_redacted_copy_passes(copied: Path, known: Knowing) -> None:
    refuse_leaks(copied, WHAT, known(WHAT))

    assert copied.exists()


@pytest.mark.parametrize(
    "redaction",
    [
        Redaction(columns=("name",)),
        Redaction(paths=True),
        Redaction(secrets=True),
        Redaction(pictures=True),
        Redaction(values=True),
        Redaction(texts=("grace",)),
    ],
)
def test_the_original_fails_whatever_is_to_go(
    kept: Path, known: Knowing, redaction: Redaction
) -> None:
    with pytest.raises(StoreError, match=r"step \d of run r1 still holds"):
        refuse_leaks(kept, redaction, known(redaction))


@pytest.mark.parametrize(
    "code",
    [
        "x = 'ADA LOVELACE'",
        f"x = '{base64.b64encode(b'Ada Lovelace').decode()}'",
        f"x = '{base64.b64encode(b'..Ada Lovelace..').decode()}'",
        f"x = '{b'Ada Lovelace'.hex()}'",
        "x = '/home/grace/x.csv'",
        "password = 'correct-horse-battery'",
        "x = 'Ada\\x20Lovelace'",
        "x = 'Ada&nbsp;Lovelace'",
        "ada_lovelace = 1",
        "x" * 40_000 + " Ada Lovelace",
    ],
)
def test_a_step_with_what_was_to_go_fails(copied: Path, known: Knowing, code: str) -> None:
    store_at(copied, [drafted(code)])

    with pytest.raises(StoreError, match="step 6 of run r1 still holds"):
        refuse_leaks(copied, WHAT, known(WHAT))


def test_a_field_that_is_never_redacted_is_read_all_the_same(copied: Path, known: Knowing) -> None:
    event = run("r1", steps=4)[3]
    execution = Execution(ExecutionStatus.OK, container_id="of Ada Lovelace")
    store_at(copied, [replace(event, seq=6, body=execution)])

    with pytest.raises(StoreError, match="step 6 of run r1 still holds"):
        refuse_leaks(copied, WHAT, known(WHAT))


def test_the_line_of_a_run_in_lists_is_read(copied: Path, known: Knowing) -> None:
    change(copied, """UPDATE runs SET head = '{"goal":"of Ada Lovelace","tables":[]}'""")

    with pytest.raises(StoreError, match="the line of run r1 in lists"):
        refuse_leaks(copied, WHAT, known(WHAT))


def test_bytes_that_no_step_names_fail(copied: Path, known: Knowing) -> None:
    orphan = copied.with_name("traces.blobs") / "ab" / ("c" * 62)
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"Ada Lovelace")

    with pytest.raises(StoreError, match="what no step names"):
        refuse_leaks(copied, WHAT, known(WHAT))


def test_what_is_left_is_not_told(kept: Path, known: Knowing) -> None:
    with pytest.raises(StoreError) as raised:
        refuse_leaks(kept, WHAT, known(WHAT))

    assert "Lovelace" not in str(raised.value)
    assert "sk-proj" not in str(raised.value)
