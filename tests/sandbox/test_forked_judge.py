from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from datetime import UTC, datetime

import numpy as np
import pytest
from forked_judge import Inputs, answer_of, files_of, plain
from sweep import Manifest

MANIFEST: Manifest = {
    "files": [{"name": "a", "size": 1}, {"name": "b/c", "size": 3}],
    "skipped": 0,
    "capped": False,
}


@pytest.fixture
def inputs() -> Generator[Inputs]:
    request, blob = os.memfd_create("request"), os.memfd_create("blob")
    os.write(request, b'{"goal": "a chart"}')
    os.write(blob, b"1234")
    yield Inputs(request, b"facts", MANIFEST, blob, "/data")
    os.close(request)
    os.close(blob)


def test_the_judge_gets_request_facts_files_and_folder(inputs: Inputs) -> None:
    def judge(
        request: dict[str, object], facts: bytes, files: Mapping[str, bytes], data_folder: str
    ) -> dict[str, object]:
        sizes = {name: len(content) for name, content in files.items()}
        return {"all": [request, facts.decode(), sizes, data_folder]}

    answer = json.loads(answer_of(judge, inputs, cap=1000))

    assert answer == {
        "evidence": {"all": [{"goal": "a chart"}, "facts", {"a": 1, "b/c": 3}, "/data"]}
    }


def test_a_judge_that_raises_or_says_too_much_says_why(inputs: Inputs) -> None:
    def raises(*_: object) -> dict[str, object]:
        raise ValueError("no \N{SNOWMAN} idea" + "x" * 5000)

    def too_much(*_: object) -> dict[str, object]:
        return {"much": "x" * 1000}

    raised = answer_of(raises, inputs, cap=2000)
    long = answer_of(too_much, inputs, cap=500)

    assert len(raised) <= 2000
    assert json.loads(raised)["failed"].endswith("xxx\n")
    assert "500 are allowed" in json.loads(long)["failed"]


def test_the_blob_is_cut_as_the_manifest_says(inputs: Inputs) -> None:
    assert files_of(MANIFEST, inputs.blob) == {"a": b"1", "b/c": b"234"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(1.5), 1.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.float64("nan"), "nan"),
        (float("inf"), "inf"),
        ((1, {2}), [1, [2]]),
        ({1: None, "b": True}, {"1": None, "b": True}),
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02 00:00:00+00:00"),
    ],
)
def test_answers_become_plain_json(value: object, expected: object) -> None:
    assert plain(value) == expected
