"""The parts of sealed folders that both forms have."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store import sealed
from critique_loop.store.encoding import encode
from critique_loop.store.rows import LabelRow
from tests.store.kept_runs import BODIES, label

LABEL = LabelRow("l1", "absolute", "r1", 1, "bugs", "ada", 1.5, encode(label("r1")).text)


def test_labels_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_bytes(sealed.label_line(LABEL) + b"\n" + sealed.label_line(LABEL))

    assert list(sealed.read_labels(file)) == [LABEL, LABEL]
    assert list(sealed.read_labels(tmp_path / "none.jsonl")) == []


def test_a_line_that_is_no_label_is_named_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_bytes(sealed.label_line(LABEL) + b'{"id": 3}\n')

    with pytest.raises(CallError, match="line 2 is no label"):
        list(sealed.read_labels(file))


def test_what_a_store_writes_is_canonical_and_blanks_are_taken_out() -> None:
    for _, body in BODIES:
        text = encode(body).text
        assert sealed.canonical(text) == text

    assert sealed.canonical('{ "$bytes" : "\\u0030" }') == '{"$bytes":"0"}'


def test_a_line_longer_than_any_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "LONGEST_LINE", 2**20)

    with pytest.raises(CallError, match="line 2 is longer than 1 MB"):
        list(sealed.lines(Path("x"), io.BytesIO(b"{}\n" + b"x" * (2**20 + 2))))


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")

    for name in ("link", "pipe", "none", "."):
        with pytest.raises(CallError), sealed.opened(tmp_path / name):
            pass


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="can't be read"):
        sealed.read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "other", "version": 1, "form": "x"}'])
def test_a_manifest_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    with pytest.raises(CallError, match=r"no manifest|of the format"):
        sealed.read_manifest(tmp_path)
