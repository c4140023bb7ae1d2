"""Runs redacted as they are read."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.store.encoding import decode
from critique_loop.store.redacting import RedactedSource
from critique_loop.store.redaction import NO_PICTURE, Redaction, RedactionNote
from critique_loop.store.rows import carry, opened_source
from critique_loop.testing.stored_runs import numbered, store_at
from critique_loop.values import (
    CodeSpec,
    Draft,
    Event,
    Label,
    OutputFile,
    Shown,
    Started,
    Suite,
    SuiteKind,
)
from tests.store.kept_runs import PNG, label, run


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return store_at(
        tmp_path / "traces.db", run("r1"), run("r2"), labels=[label("r1"), label("r2", "x")]
    )


def test_the_grey_pixel_is_a_picture() -> None:
    chunks: dict[bytes, bytes] = {}
    place = 8
    while place < len(NO_PICTURE):
        length, name = struct.unpack(">I4s", NO_PICTURE[place : place + 8])
        data = NO_PICTURE[place + 8 : place + 8 + length]
        (crc,) = struct.unpack(">I", NO_PICTURE[place + 8 + length : place + 12 + length])
        assert crc == zlib.crc32(name + data)
        chunks[name] = data
        place += 12 + length

    assert NO_PICTURE.startswith(b"\x89PNG\r\n\x1a\n")
    assert chunks[b"IHDR"][:8] == struct.pack(">II", 1, 1)
    assert len(zlib.decompress(chunks[b"IDAT"])) == 2


def test_only_the_chosen_runs_and_their_labels_are_given(kept: Path) -> None:
    with opened_source(kept) as source:
        redacted = RedactedSource(source, ("r2",), Redaction(paths=True))

        assert list(redacted.run_ids()) == ["r2"]
        assert [row.id for row in redacted.labels()] == ["x"]


def test_the_bytes_of_a_row_have_the_hashes_by_which_it_names_them(kept: Path) -> None:
    with opened_source(kept) as source:
        redacted = RedactedSource(source, ("r1",), Redaction(values=True))
        seen: dict[str, bytes] = {}
        for row in redacted.rows("r1"):
            carry(row.body, redacted.blob, is_new=lambda _: True, put=seen.__setitem__)

    assert len(seen) > 1
    assert all(hashlib.sha256(data).hexdigest() == sha256 for sha256, data in seen.items())


def test_a_label_is_still_of_the_program_that_it_was_of(tmp_path: Path) -> None:
    draft = run("r1")[2].body
    assert isinstance(draft, Draft)
    shown = Shown("r1", 1, hashlib.sha256(draft.code.encode()).hexdigest())
    kept = store_at(
        tmp_path / "t.db", run("r1"), labels=[Label("l1", shown, "bugs", 5.0, "ada", 1.0)]
    )
    with opened_source(kept) as source:
        redacted = RedactedSource(source, ("r1",), Redaction(columns=("name",)))
        rows = list(redacted.rows("r1"))
        (row,) = redacted.labels()

    program = decode(rows[2].body, Draft, redacted.blob)
    kept_label = decode(row.body, Label, redacted.blob)
    assert kept_label.shown.code == hashlib.sha256(program.code.encode()).hexdigest()
    assert (row.labeller, kept_label.by) == ("person 1", "person 1")


def _note(path: Path, redaction: Redaction, run_id: str = "r1") -> RedactionNote | None:
    with opened_source(path) as source:
        redacted = RedactedSource(source, (run_id,), redaction)
        started = next(decode(row.body, Started, redacted.blob) for row in redacted.rows(run_id))
    return RedactionNote.of(started.settings)


def _drafted(
    run_id: str, *programs: str, settings: Mapping[str, object] | None = None
) -> list[Event]:
    started = run(run_id)[0].body
    assert isinstance(started, Started)
    started = replace(started, settings=settings or {})
    drafts = [(number, Draft(code, "model")) for number, code in enumerate(programs, 1)]
    return list(numbered(run_id, [(0, started), *drafts], at=1.0, seconds=0.0))


def test_a_run_says_which_rounds_have_another_program(tmp_path: Path) -> None:
    programs = ("x = 1  # 98765\n", 'x = "Ada Lovelace"\n', "x = 5\n", "x = 98765\n")
    kept = store_at(tmp_path / "t.db", _drafted("r1", *programs))

    texts = _note(kept, Redaction(columns=("name",)))
    numbers = _note(kept, Redaction(columns=("salary",)))

    assert texts == RedactionNote(("column=name",), frozenset({2}))
    assert numbers == RedactionNote(("column=salary",), frozenset({4}))


def test_a_chart_without_a_value_is_not_rewritten_where_numbers_go(tmp_path: Path) -> None:
    code = (
        "fig, ax = plt.subplots()\nax.bar(x, y, color='#0072B2')\nfig.savefig('a.png', dpi=150)\n"
    )
    kept = store_at(tmp_path / "t.db", _drafted("r1", code))

    note = _note(kept, Redaction(columns=("salary",)))

    assert note is not None
    assert note.rewritten == frozenset()


@pytest.mark.parametrize(
    ("before", "rewritten"),
    [({"what": ["paths"], "rewritten_rounds": [3]}, {2, 3}), ({"what": ["paths"]}, {1, 2, 3})],
)
def test_what_was_rewritten_before_still_is(
    tmp_path: Path, before: Mapping[str, object], rewritten: set[int]
) -> None:
    drafts = _drafted("r1", "x = 1\n", 'x = "Ada Lovelace"\n', "x\n", settings={"redacted": before})
    kept = store_at(tmp_path / "t.db", drafts)

    note = _note(kept, Redaction(columns=("name",)))

    assert note is not None
    assert note.rewritten == rewritten


def test_where_the_tests_of_a_task_are_rewritten_every_round_is(tmp_path: Path) -> None:
    steps = _drafted("r1", "x = 1\n", "x = 2\n")
    started = steps[0].body
    assert isinstance(started, Started)
    suite = Suite(SuiteKind.ASSERTS, "assert x == 'Ada Lovelace'")
    task = replace(started.task, code=CodeSpec(suites=(suite,)))
    steps[0] = replace(steps[0], body=replace(started, task=task))
    kept = store_at(tmp_path / "t.db", steps)

    note = _note(kept, Redaction(texts=("Ada Lovelace",)))

    assert note is not None
    assert note.rewritten == {1, 2}


@pytest.mark.parametrize(
    ("file", "left"),
    [
        (OutputFile("a.png", "image/png", PNG), PNG),
        (OutputFile("a.png", "image/png", PNG + b" /home/ada/x.csv "), NO_PICTURE),
        (OutputFile("a.txt", "text/plain", b"at /home/ada/x.csv"), b"at redacted_path_3.csv"),
        (OutputFile("a.bin", "application/x", b"\xff /home/ada/x.csv "), b""),
        (OutputFile("b.bin", "application/x", b"\xff\xfe"), b"\xff\xfe"),
    ],
)
def test_files_are_looked_into_as_far_as_they_can_be(
    kept: Path, file: OutputFile, left: bytes
) -> None:
    with opened_source(kept) as source:
        redactor = RedactedSource(source, ("r1",), Redaction(paths=True)).redactor

    assert redactor.file(file).data == left
