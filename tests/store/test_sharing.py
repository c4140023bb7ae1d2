"""Copies without what is not to be shared."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop._version import __version__
from critique_loop.errors import CallError, StoreError
from critique_loop.store import SqliteStore
from critique_loop.store.checking import check
from critique_loop.store.redaction import NO_PICTURE, Redaction
from critique_loop.store.sharing import copy_redacted, redacted_store
from critique_loop.testing.stored_runs import kept_events, store_at
from critique_loop.values import (
    Call,
    Choice,
    Column,
    ColumnKind,
    Critique,
    Draft,
    Event,
    Execution,
    OutputFile,
    Started,
    Vote,
)
from tests.store.kept_runs import KEY, PNG, label, run


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return store_at(tmp_path / "kept" / "traces.db", run("r1"), labels=[label("r1")])


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "shared" / "traces.db"


def everything(path: Path) -> str:
    """Return all bytes of a store, and what lies in its databases, as one text."""
    texts = [
        file.read_bytes().decode("latin-1") for file in path.parent.rglob("*") if file.is_file()
    ]
    for name in ("traces.db", "traces.blobs.db"):
        connection = sqlite3.connect(path.with_name(name))
        texts += connection.iterdump()
        connection.close()
    return "\n".join(texts)


def bodies(path: Path, run_id: str = "r1") -> dict[type, object]:
    return {type(event.body): event.body for event in kept_events(path, run_id)}


def test_the_values_of_a_column_are_nowhere_in_the_copy(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(columns=("name",)))

    left = everything(into)
    for name in ("lovelace", "hopper", "zoë", "zo\\\\u00eb", "Zo\\u00eb", "Zo\\xc3\\xab"):
        assert name not in left.lower(), name
    assert not re.search(r"\bM\b", str(bodies(into)))


def test_the_same_value_has_the_same_placeholder_everywhere(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(columns=("name",)))

    found = bodies(into)
    started, draft, execution = found[Started], found[Draft], found[Execution]
    assert isinstance(started, Started)
    assert isinstance(draft, Draft)
    assert isinstance(execution, Execution)
    assert started.task.goal == "salary of redacted_name_1"
    assert 'people.name == "redacted_name_1"' in draft.code
    assert execution.stdout.startswith("redacted_name_1  31500\n")
    assert execution.evidence is not None
    assert execution.evidence.facts == {"ticks": ["redacted_name_3", "redacted_name_4"]}


def test_numbers_of_a_column_are_masked_where_they_could_stand(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(columns=("salary",)))

    left = everything(into)
    assert "98765" not in left
    assert "31500" not in left
    draft = bodies(into)[Draft]
    assert isinstance(draft, Draft)
    assert "figsize=(8, 5)" in draft.code
    assert "Ada Lovelace" in draft.code


def test_all_values_of_all_tables_go(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(values=True))

    left = everything(into)
    assert "lovelace" not in left.lower()
    assert "98765" not in left
    started = bodies(into)[Started]
    assert isinstance(started, Started)
    column = started.task.tables[0].columns[1]
    assert (column.values, column.minimum, column.maximum) == ((), None, None)


def test_paths_go_with_blanks_in_them_and_the_name_of_the_table_stays(
    kept: Path, into: Path
) -> None:
    copy_redacted(kept, into, Redaction(paths=True))

    left = everything(into)
    assert "/home" not in left
    assert "my data" not in left
    assert "people.csv" in left
    assert "Ada Lovelace" in left


def test_secrets_go_and_pictures_stay(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(secrets=True))

    assert KEY not in everything(into)
    execution = bodies(into)[Execution]
    assert isinstance(execution, Execution)
    assert execution.files[0].data == PNG


def test_pictures_go_where_asked_for_and_where_values_go(kept: Path, tmp_path: Path) -> None:
    for number, redaction in enumerate((Redaction(pictures=True), Redaction(texts=("Ada",)))):
        into = tmp_path / str(number) / "traces.db"
        copy_redacted(kept, into, redaction)

        found = bodies(into)
        execution, call = found[Execution], found[Call]
        assert isinstance(execution, Execution)
        assert isinstance(call, Call)
        assert [file.data for file in execution.pictures] == [NO_PICTURE, NO_PICTURE]
        assert call.messages[0].pictures[0].data == NO_PICTURE
        assert execution.picture == NO_PICTURE


def test_a_literal_text_goes_and_is_not_told_of(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(texts=("Ada Lovelace",)))

    assert "lovelace" not in everything(into).lower()
    started = bodies(into)[Started]
    assert isinstance(started, Started)
    assert started.settings["redacted"] == {
        "what": ["1 literal texts"],
        "rewritten_rounds": [1],
        "version": __version__,
    }


def test_files_that_cannot_be_read_as_text_lose_their_bytes(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(columns=("name",)))

    execution = bodies(into)[Execution]
    assert isinstance(execution, Execution)
    files = {file.name: file.data for file in execution.files}
    assert files["out.bin"] == b""
    assert files["out.csv"] == b"name,salary\nredacted_name_1,31500\n"


def test_the_copy_is_whole_and_shows_and_the_original_is_as_it_was(kept: Path, into: Path) -> None:
    before = kept_events(kept, "r1")

    copy_redacted(kept, into, Redaction(paths=True, values=True, secrets=True))

    checked = check(into)
    outcome = anyio.run(SqliteStore(into).outcome, "r1")
    assert checked.is_ok
    assert checked.orphans == 0
    assert outcome.accepted
    assert outcome.best is not None
    assert kept_events(kept, "r1") == before


def test_labels_go_along_without_the_name_of_who_gave_them(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(paths=True))

    (given,) = anyio.run(SqliteStore(into).labels)
    assert given.by == "person 1"
    assert given.id == "l1"


def test_hashes_that_would_tell_are_replaced(kept: Path, into: Path) -> None:
    copy_redacted(kept, into, Redaction(columns=("name",)))

    found = bodies(into)
    call, started = found[Call], found[Started]
    assert isinstance(call, Call)
    assert isinstance(started, Started)
    assert call.key == ""
    assert started.task.tables[0].sha256 != "0" * 64


def test_a_column_that_no_table_has_is_an_error_and_nothing_is_written(
    kept: Path, into: Path
) -> None:
    with pytest.raises(CallError, match="no table of these runs has a column 'nam'"):
        copy_redacted(kept, into, Redaction(columns=("nam",)))

    assert not into.parent.exists() or list(into.parent.iterdir()) == []


def telling(column: Column) -> list[Event]:
    """Return a run of which every free text tells of a table with this column."""
    tell = "Bob Miller (83127)"
    events = run("r1")
    for at, event in enumerate(events):
        body = event.body
        if isinstance(body, Started):
            table = replace(body.task.tables[0], columns=(column,))
            body = replace(body, task=replace(body.task, goal="a goal", tables=(table,)))
        elif isinstance(body, Call):
            body = replace(body, answers=(Choice("x", data={"top": 83127, "who": tell}),))
        elif isinstance(body, Draft):
            code = "Bob_Miller = df.Bob_Miller_83127\nprint('Bob Miller', 83127, 230000)\n"
            body = replace(body, code=code)
        elif isinstance(body, Execution):
            assert body.evidence is not None
            files = (OutputFile(f"{tell}.png", "image/png", PNG),)
            evidence = replace(body.evidence, picture=f"{tell}.png")
            body = replace(body, files=files, evidence=evidence)
        elif isinstance(body, Critique):
            votes = (Vote("m", 5.0, record=tell),)
            score = replace(body.scores[0], evidence=(f"'{tell}' is cut off",), votes=votes)
            body = replace(body, scores=(score,))
        events[at] = replace(event, body=body)
    return events


@pytest.mark.parametrize(
    ("column", "gone"),
    [
        (Column("who", ColumnKind.TEXT, distinct=900, values_complete=False), ("miller", "83127")),
        (Column("pay", ColumnKind.NUMBER, minimum=12_000.0, maximum=83_127.0), ("83127", "230000")),
    ],
)
def test_all_that_is_said_freely_goes_where_values_cannot_be_listed(
    tmp_path: Path, into: Path, column: Column, gone: tuple[str, ...]
) -> None:
    kept = store_at(tmp_path / "kept" / "traces.db", telling(column))

    copy_redacted(kept, into, Redaction(columns=(column.name,)))

    left = everything(into).lower()
    for text in gone:
        assert text not in left, text
    execution = bodies(into)[Execution]
    assert isinstance(execution, Execution)
    assert execution.files[0].name == "redacted_file_1.png"
    assert execution.picture == NO_PICTURE


def test_a_copy_can_be_redacted_again(kept: Path, into: Path, tmp_path: Path) -> None:
    copy_redacted(kept, into, Redaction(values=True, paths=True))

    again = tmp_path / "again" / "traces.db"
    copy_redacted(into, again, Redaction(values=True, paths=True))

    assert bodies(again)[Draft] == bodies(into)[Draft]
    assert bodies(again)[Execution] == bodies(into)[Execution]


def test_a_value_in_base64_is_found_and_the_copy_removed(tmp_path: Path, into: Path) -> None:
    events = run("r1")
    hidden = Draft("blob = 'eHh4QWRhIExvdmVsYWNleHh4'\n", "grammar")  # xxxAda Lovelacexxx
    events[2] = type(events[2])("r1", 2, events[2].kind, 1, 1_700_000_002.0, 0.5, hidden)
    kept = store_at(tmp_path / "kept" / "traces.db", events)

    with pytest.raises(StoreError, match="step 2 of run r1 still holds something"):
        copy_redacted(kept, into, Redaction(columns=("name",)))

    assert not into.parent.exists()


def test_a_redacted_store_for_sealing_is_removed_afterwards(kept: Path, tmp_path: Path) -> None:
    beside = tmp_path / "out" / "sealed"
    beside.parent.mkdir()

    with redacted_store(kept, Redaction(paths=True), beside=beside) as shared:
        assert check(shared).is_ok

    assert list(beside.parent.iterdir()) == []
