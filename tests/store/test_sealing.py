"""Finished runs sealed into a folder."""

from __future__ import annotations

import hashlib
import importlib
import json
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store.redaction import Redaction
from critique_loop.store.sealing import SealedForm, finished_runs, seal
from critique_loop.store.sharing import redacted_store
from critique_loop.testing.stored_runs import store_at
from tests.store.kept_runs import BODIES, PNG, label, run
from tests.store.test_checking import change

FORMS = tuple(SealedForm)
pandas: Any = importlib.import_module("pandas")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    runs = (run("r1"), run("r2"), run("r3", steps=3))
    return store_at(tmp_path / "kept" / "traces.db", *runs, labels=[label("r1"), label("r3", "l2")])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "sealed"


def test_a_row_of_parquet_is_an_event_with_columns_for_what_is_asked_most(
    kept: Path, out: Path
) -> None:
    seal(kept, out)

    table = pandas.read_parquet(out / "events.parquet")
    assert len(table) == 2 * len(BODIES)
    assert table.run_id.unique().tolist() == ["r1", "r2"]
    called = table[table.kind == "called"].iloc[0]
    assert (called.model, called.role, called.cost_usd) == ("big", "writer", 0.5)
    assert (called.input_tokens, called.output_tokens) == (100, 20)
    assert table[table.kind == "executed"].status.tolist() == ["ok", "ok"]
    assert table[table.kind == "critiqued"].overall.tolist() == [9.0, 9.0]
    assert table[table.kind == "ended"].stopped_because.tolist() == ["accepted", "accepted"]
    assert str(table.time.dtype).endswith("UTC]")
    assert json.loads(table.body[2])["writer"] == "model"


def test_blobs_are_there_once_each_with_their_hashes(kept: Path, out: Path) -> None:
    seal(kept, out)

    blobs = pandas.read_parquet(out / "blobs.parquet")
    assert blobs.sha256.is_unique
    assert [hashlib.sha256(data).hexdigest() for data in blobs.data] == blobs.sha256.tolist()
    assert PNG in set(blobs.data)


def test_json_lines_have_one_event_each_and_files_for_blobs(kept: Path, out: Path) -> None:
    seal(kept, out, form=SealedForm.JSONL)

    text = (out / "events.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    picture = hashlib.sha256(PNG).hexdigest()
    assert [(line["run"], line["seq"]) for line in lines[:2]] == [("r1", 0), ("r1", 1)]
    assert lines[3]["body"]["files"][0]["data"] == {"$bytes": picture}
    assert (out / "blobs" / picture[:2] / picture[2:]).read_bytes() == PNG


@pytest.mark.parametrize("form", FORMS)
def test_the_manifest_says_what_is_in_it(kept: Path, out: Path, form: SealedForm) -> None:
    sealed = seal(kept, out, form=form)

    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["runs"], manifest["events"], manifest["labels"]) == (2, 2 * len(BODIES), 1)
    assert manifest["form"] == form.value
    assert manifest["redacted"] == []
    for name, noted in manifest["files"].items():
        data = (out / name).read_bytes()
        assert noted == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert sealed.manifest.blobs == manifest["blobs"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o700


def test_only_runs_that_have_ended_are_sealed_unless_named(kept: Path, out: Path) -> None:
    change(kept, "UPDATE processes SET process = 'other-boot 1 2 3' WHERE run_id = 'r3'")

    ended = finished_runs(kept)
    sealed = seal(kept, out, runs=("r3",), form=SealedForm.JSONL)

    assert ended == ["r1", "r2"]
    assert sealed.manifest.runs == 1


def test_a_run_that_goes_on_is_refused(kept: Path, out: Path) -> None:
    with pytest.raises(CallError, match="run r3 is still going on"):
        seal(kept, out, runs=("r3",))


def test_no_run_that_has_ended_is_an_error(tmp_path: Path, out: Path) -> None:
    kept = store_at(tmp_path / "k" / "traces.db", run("r1", steps=2))

    with pytest.raises(CallError, match="no run has ended"):
        seal(kept, out)


def test_a_folder_that_holds_something_is_left_as_it_is(kept: Path, out: Path) -> None:
    out.mkdir(parents=True)
    (out / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(CallError, match="is there already"):
        seal(kept, out)

    assert [file.name for file in out.parent.rglob("*")] == ["sealed", "mine.txt"]


@pytest.mark.parametrize("form", FORMS)
def test_a_store_that_turns_out_to_be_damaged_leaves_no_folder(
    kept: Path, out: Path, form: SealedForm
) -> None:
    change(kept.with_name("traces.blobs.db"), "UPDATE blobs SET data = x'00'")

    with pytest.raises(StoreError, match="damaged"):
        seal(kept, out, form=form)

    assert list(out.parent.iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_error(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError, match="can't be written"):
        seal(kept, tmp_path / "file" / "sealed")


@pytest.mark.slow
def test_ctrl_c_leaves_no_folder(tmp_path: Path) -> None:
    kept = store_at(tmp_path / "k" / "traces.db", *(run(f"r{number:03}") for number in range(150)))
    out = tmp_path / "out" / "sealed"
    command = [sys.executable, "-m", "critique_loop", "store", "seal", "--all-finished"]
    arguments = ["--store", str(kept), "--out", str(out), "--redact", "values"]
    with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE) as process:
        while process.poll() is None and not (out.parent.exists() and any(out.parent.iterdir())):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert process.returncode == 130
    assert not list(tmp_path.glob("out/*"))


def test_what_was_redacted_is_in_the_manifest(kept: Path, out: Path) -> None:
    out.parent.mkdir()
    redaction = Redaction(paths=True, columns=("name",))

    with redacted_store(kept, redaction, beside=out, runs=("r1",)) as shared:
        sealed = seal(shared, out)

    text = (out / "events.parquet").read_bytes() + (out / "blobs.parquet").read_bytes()
    assert sealed.manifest.redacted == ("paths", "column=name")
    assert b"Lovelace" not in text
    assert "Lovelace" not in str(pandas.read_parquet(out / "events.parquet").to_dict())
    assert [file.name for file in out.parent.iterdir()] == ["sealed"]
