"""Runs from elsewhere: sealed folders and JSON lines brought into a store."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store import SqliteStore
from critique_loop.store.checking import check
from critique_loop.store.importing import import_runs
from critique_loop.store.sealing import SealedForm, seal
from critique_loop.store.writing import Fate
from critique_loop.testing.stored_runs import kept_events, store_at
from tests.store.kept_runs import label, other, run

FORMS = tuple(SealedForm)
Lines = list[dict[str, Any]]

TASK: dict[str, object] = {"goal": "x", "rubric": {"name": "r", "dimensions": []}}
TABLE: dict[str, object] = {
    "path": "/x",
    "name": "../x",
    "size_bytes": 1,
    "sha256": "",
    "rows": 1,
    "columns": [],
}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return store_at(tmp_path / "kept" / "traces.db", run("r1"), run("r2"), labels=[label("r1")])


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here" / "traces.db"


@pytest.fixture
def sealed(kept: Path, tmp_path: Path) -> Path:
    return seal(kept, tmp_path / "sealed", form=SealedForm.JSONL).folder


@pytest.fixture
def changed(sealed: Path) -> Callable[[Callable[[Lines], object]], Path]:
    """Return a function that changes the lines of a trace, which then has no manifest."""

    def change(how: Callable[[Lines], object]) -> Path:
        (sealed / "manifest.json").unlink()
        file = sealed / "events.jsonl"
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        how(lines)
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        file.write_text(text, encoding="utf-8")
        return file

    return change


def as_they_are(lines: Lines) -> None:
    assert lines


@pytest.mark.parametrize("form", FORMS)
def test_what_was_sealed_comes_back_as_it_was(
    kept: Path, here: Path, tmp_path: Path, form: SealedForm
) -> None:
    seal(kept, tmp_path / "sealed", form=form)

    done = import_runs(tmp_path / "sealed", here)

    assert done.fates == {"r1": Fate.ADDED, "r2": Fate.ADDED}
    assert kept_events(here, "r1") == kept_events(kept, "r1") == run("r1")
    assert anyio.run(SqliteStore(here).labels) == [label("r1")]
    assert anyio.run(SqliteStore(here).runs) == anyio.run(SqliteStore(kept).runs)
    assert check(here).is_ok


@pytest.mark.parametrize("form", FORMS)
def test_the_same_once_more_changes_nothing(
    kept: Path, here: Path, tmp_path: Path, form: SealedForm
) -> None:
    seal(kept, tmp_path / "sealed", form=form)
    import_runs(tmp_path / "sealed", here)

    done = import_runs(tmp_path / "sealed", here)

    assert done.of(Fate.SAME) == ["r1", "r2"]
    assert done.labels == 0
    assert check(here).events == 2 * len(run("r1"))


def test_a_trace_in_another_json_style_is_the_same_trace(
    changed: Callable[[Callable[[Lines], object]], Path], here: Path
) -> None:
    file = changed(as_they_are)  # json.dumps writes blanks and escapes
    import_runs(file, here)

    done = import_runs(file, here)

    assert done.of(Fate.SAME) == ["r1", "r2"]
    assert kept_events(here, "r1") == run("r1")


def test_an_id_that_is_taken_is_refused_by_name_and_nothing_written(
    sealed: Path, here: Path
) -> None:
    store_at(here, other("r2"))

    with pytest.raises(CallError, match="other runs of the same id: r2"):
        import_runs(sealed, here)

    assert kept_events(here, "r1") == []
    assert kept_events(here, "r2") == other("r2")


def test_with_rename_it_gets_an_id_of_its_own_and_the_same_one_each_time(
    sealed: Path, here: Path
) -> None:
    store_at(here, other("r2"))

    first = import_runs(sealed, here, rename=True)
    second = import_runs(sealed, here, rename=True)

    new = first.renamed["r2"]
    assert new.startswith("r2-")
    assert first.renamed == second.renamed
    assert second.fates == {"r1": Fate.SAME, "r2": Fate.SAME}
    assert [event.body for event in kept_events(here, new)] == [event.body for event in run("r2")]
    assert kept_events(here, "r2") == other("r2")


def test_a_run_that_goes_on_is_carried_on(sealed: Path, here: Path) -> None:
    store_at(here, run("r1", steps=3))

    done = import_runs(sealed, here)

    assert done.fates["r1"] is Fate.EXTENDED
    assert kept_events(here, "r1") == run("r1")


def missing(file: Path) -> None:
    assert not file.exists()


def _zip(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../events.jsonl", "{}")


def _pickle(file: Path) -> None:
    file.write_bytes(pickle.dumps({"run": "r1"}))


def _gzip(file: Path) -> None:
    file.write_bytes(gzip.compress(b"{}"))


def _sqlite(file: Path) -> None:
    store_at(file, run("r1"))


def _deep(file: Path) -> None:
    file.write_text("[" * 100_000)


def _fifo(file: Path) -> None:
    os.mkfifo(file)


FOREIGN: list[tuple[Callable[[Path], object], str]] = [
    (_zip, "is a zip archive"),
    (_pickle, "is a pickle, which is a program"),
    (_gzip, "is compressed with gzip"),
    (_sqlite, "is a trace store, or another SQLite file"),
    (_fifo, "it is no plain file"),
    (lambda file: file.symlink_to("/etc/passwd"), "can't be read"),
    (lambda file: file.write_text("hello\n"), "line 1 is no event"),
    (lambda file: file.write_text(""), "there are no runs in it"),
    (missing, "can't be read .No such file"),
    (lambda file: file.mkdir(), "manifest.json: can't be read"),
    (_deep, "line 1 is no event"),
]


@pytest.mark.parametrize(("make", "said"), FOREIGN)
def test_what_is_no_trace_is_refused(
    make: Callable[[Path], object], said: str, tmp_path: Path, here: Path
) -> None:
    file = tmp_path / "trace.jsonl"
    make(file)

    with pytest.raises(CallError, match=said):
        import_runs(file, here)

    assert not here.exists()


def _set(number: int, *path: str | int, to: object) -> Callable[[Lines], object]:
    def change(lines: Lines) -> None:
        place: Any = lines[number]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


HOSTILE: list[tuple[Callable[[Lines], object], str]] = [
    (_set(0, "run", to="../r1"), "can't be the id of a run"),
    (_set(1, "run", to="r9"), "step 0: step 1 is in its place"),
    (_set(2, "seq", to=7), "step 7 is in its place"),
    (_set(2, "kind", to="pickled"), "can't be of the kind 'pickled'"),
    (_set(2, "kind", to="executed"), "r1, step 2: a stored Execution"),
    (_set(2, "at", to=None), "is no event"),
    (_set(2, "round", to=-1), "there is no round -1"),
    (_set(2, "body", to=[]), "r1, step 2: a stored Draft"),
    (_set(3, "body", "files", 0, "name", to="../../x"), "'../../x' is no name of a file"),
    (_set(3, "body", "files", 0, "name", to="/etc/x"), "'/etc/x' is no name of a file"),
    (_set(3, "body", "files", 0, "media_type", to="<b>"), "'<b>' is no media type"),
    (_set(3, "body", "files", 0, "data", to={"$bytes": "0" * 64}), "are missing"),
    (_set(3, "body", "files", 0, "data", to={"$bytes": "../../etc/passwd"}), "step 3"),
    (_set(3, "body", "stdout", to={"$text": "../../../etc/passwd"}), "is no SHA-256"),
    (_set(0, "body", "task", to={"$pooled": "../etc/passwd"}), "names bytes by '../etc/pass"),
    (_set(0, "body", "task", to=TASK | {"tables": [TABLE]}), "no plain name of a table"),
    (
        _set(0, "body", "task", to=TASK | {"code": {"module": "../../x"}}),
        "'../../x' is no name of a module",
    ),
    (lambda lines: lines.pop(0), "can't be of the kind 'called'|is in its place"),
    (lambda lines: lines.insert(0, lines.pop()), "in its place"),
    (lambda lines: lines.append(lines[1]), "run r1 was over before that"),
]


@pytest.mark.parametrize(("change", "said"), HOSTILE)
def test_a_hostile_trace_is_refused_before_anything_is_written(
    change: Callable[[Lines], object],
    said: str,
    changed: Callable[[Callable[[Lines], object]], Path],
    here: Path,
) -> None:
    file = changed(change)

    with pytest.raises(CallError, match=said):
        import_runs(file, here)

    assert not here.exists()


def test_a_file_that_is_not_as_its_manifest_says_is_refused(sealed: Path, here: Path) -> None:
    with (sealed / "events.jsonl").open("ab") as file:
        file.truncate(1000)

    with pytest.raises(CallError, match="not as the manifest says"):
        import_runs(sealed, here)


def test_a_manifest_that_names_files_elsewhere_is_refused(sealed: Path, here: Path) -> None:
    path = sealed / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"]["../../etc/passwd"] = {"bytes": 1, "sha256": "0" * 64}
    path.write_text(json.dumps(manifest), encoding="utf-8")

    with pytest.raises(CallError, match="no file of sealed traces"):
        import_runs(sealed, here)


def test_a_manifest_of_a_newer_version_is_refused(sealed: Path, here: Path) -> None:
    path = sealed / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"version": 99}
    path.write_text(json.dumps(manifest), encoding="utf-8")

    with pytest.raises(CallError, match="written by a newer version"):
        import_runs(sealed, here)


def test_damaged_bytes_are_refused(sealed: Path, here: Path) -> None:
    blob = next(file for file in (sealed / "blobs").rglob("*") if file.is_file())
    blob.write_bytes(b"other")

    with pytest.raises(CallError, match="are damaged"):
        import_runs(sealed, here)


def test_a_link_among_the_bytes_is_refused(sealed: Path, here: Path) -> None:
    blob = next(file for file in (sealed / "blobs").rglob("*") if file.is_file())
    blob.unlink()
    blob.symlink_to("/etc/passwd")

    with pytest.raises(CallError, match="can't be read"):
        import_runs(sealed, here)


def test_a_label_that_says_two_things_is_refused(
    changed: Callable[[Callable[[Lines], object]], Path], here: Path
) -> None:
    file = changed(as_they_are)
    labels = file.with_name("labels.jsonl")
    labels.write_text(labels.read_text(encoding="utf-8").replace('"run":"r1"', '"run":"r2"'))

    with pytest.raises(CallError, match="says two things"):
        import_runs(file, here)


@pytest.mark.parametrize("name", ["events.parquet", "blobs.parquet"])
def test_a_parquet_file_that_is_none_is_refused(
    kept: Path, here: Path, tmp_path: Path, name: str
) -> None:
    folder = seal(kept, tmp_path / "sealed").folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = {}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / name).write_bytes(b"PAR1 but no more")

    with pytest.raises(CallError, match="it is no Parquet file"):
        import_runs(folder, here)


def test_a_store_that_cannot_be_written_is_an_error(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError):
        import_runs(sealed, tmp_path / "file" / "traces.db")
