from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from memory_document import MemoryDocument


@pytest.fixture
def memory() -> Generator[int]:
    made = os.memfd_create("facts")
    yield made
    os.close(made)


def test_there_is_no_document_before_the_first(memory: int) -> None:
    assert MemoryDocument(memory, 100).read() == b""


@pytest.mark.parametrize(
    "documents",
    [
        [b"one"],
        [b"one", b"another one", b"x"],
        [b"a" * 90, b"b" * 90, b"c" * 90, b"d" * 10, b"e" * 90],
        [b"something", b""],
    ],
)
def test_the_last_document_counts(memory: int, documents: list[bytes]) -> None:
    writer = MemoryDocument(memory, 100)

    for document in documents:
        writer.replace(document)

    assert MemoryDocument(memory, 100).read() == documents[-1]


def test_many_documents_take_the_room_of_about_two(memory: int) -> None:
    writer = MemoryDocument(memory, 100)

    for number in range(1000):
        writer.replace(bytes([number % 256]) * (50 + number % 50))

    assert os.fstat(memory).st_size <= 16 + 3 * 100
    assert writer.read() == bytes([999 % 256]) * (50 + 999 % 50)


def test_the_old_document_is_whole_until_the_new_one_is(
    memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = MemoryDocument(memory, 1000)
    writer.replace(b"old")
    write = os.pwrite
    seen: list[bytes] = []

    def watched(descriptor: int, content: bytes, offset: int) -> int:
        seen.append(MemoryDocument(memory, 1000).read())
        return write(descriptor, content[:10] if offset else content, offset)

    monkeypatch.setattr(os, "pwrite", watched)
    writer.replace(b"new" * 10)

    assert set(seen) == {b"old"}
    assert len(seen) == 4
    assert writer.read() == b"new" * 10


def test_a_document_that_exceeds_the_cap_leaves_none(memory: int) -> None:
    writer = MemoryDocument(memory, 10)
    writer.replace(b"short")

    writer.replace(b"x" * 11)

    assert writer.read() == b""


def test_a_place_that_cannot_be_leaves_none(memory: int) -> None:
    os.write(memory, b"\xff" * 16)

    assert MemoryDocument(memory, 100).read() == b""
