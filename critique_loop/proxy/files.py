"""Questions and answers as files in a folder, for whoever has no terminal here."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Generator
from pathlib import Path

import anyio
from anyio import to_thread

from critique_loop.errors import CallError, MachineError
from critique_loop.proxy.documents import read_answer, write_question
from critique_loop.values import Answer, Question

_LARGEST = 4 * 1024 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_DIGITS = 12


class FolderAsk:
    """Writes each question into a folder and waits for a file that answers it.

    The question is NAME.question.json, with the picture it is about in NAME.png; its answer is
    expected in NAME.answer.json (the shapes of both: ``critique_loop.proxy.documents``). NAME is
    the question's id and the beginning of its SHA-256, so an answer to what looks the same but is
    not is never taken. What is wrong with an answer stands in NAME.problem.txt until it is mended.
    With its answer the question goes. The answer stays, for a run that is cut off here to find it
    again, until ``acknowledge`` says that it is stored: then it is renamed to NAME.taken.json. It
    waits for ever: see ``with_timeout``.
    """

    def __init__(
        self, folder: Path, *, poll_s: float = 0.5, on_notice: Callable[[str], None] | None = None
    ) -> None:
        """Keep the folder, which is made with the first question, and who is told of it."""
        self._folder = folder
        self._poll_s = poll_s
        self._on_notice = on_notice
        self._read: set[Path] = set()  # answers that were returned, but are not stored yet

    async def __call__(self, question: Question) -> Answer:
        """Return the answer, as soon as there is a file with one.

        Raises:
            MachineError: the folder can't be used.
        """
        files = _Files.of(self._folder, question)
        await to_thread.run_sync(files.ask, question)
        if self._on_notice is not None:
            where = f"{files.question}; its answer goes to {files.answer.name}"
            self._on_notice(f"a question waits in {where}")
        before: bytes | None = None
        while True:
            document = await to_thread.run_sync(files.read)
            if document is not None:
                try:
                    answer = read_answer(document, question)
                except CallError as error:
                    if document == before:  # not just half of a file that is being written
                        await to_thread.run_sync(files.complain, str(error))
                else:
                    await to_thread.run_sync(files.remove)
                    self._read.add(files.answer)
                    return answer
            before = document
            await anyio.sleep(self._poll_s)

    async def acknowledge(self, question: Question) -> None:
        """Mark the answer as taken, now that it is stored; one that was not read stays.

        Raises:
            MachineError: the folder can't be used.
        """
        files = _Files.of(self._folder, question)
        if files.answer in self._read:
            self._read.remove(files.answer)
            await to_thread.run_sync(files.take)

    async def withdraw(self, question: Question) -> None:
        """Take back a question that has been decided without an answer."""
        await to_thread.run_sync(_Files.of(self._folder, question).remove)


class _Files:
    """The files of one question."""

    def __init__(self, folder: Path, name: str) -> None:
        """Name the files, which all begin with ``name``."""
        self._folder = folder
        self.question = folder / f"{name}.question.json"
        self.answer = folder / f"{name}.answer.json"
        self._picture = folder / f"{name}.png"
        self._problem = folder / f"{name}.problem.txt"
        self._taken = folder / f"{name}.taken.json"

    @classmethod
    def of(cls, folder: Path, question: Question) -> _Files:
        digest = hashlib.sha256(write_question(question)).hexdigest()[:_DIGITS]
        return cls(folder, f"{_UNSAFE.sub('_', question.id)}-{digest}")

    def ask(self, question: Question) -> None:
        """Write the question, whole or not at all."""
        with _usable(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            if question.picture is not None:
                self._picture.write_bytes(question.picture)
            unfinished = self.question.with_suffix(".part")
            unfinished.write_bytes(write_question(question))
            unfinished.replace(self.question)

    def read(self) -> bytes | None:
        """Return what the answer's file holds, None where there is none that can be read."""
        if not self.answer.is_file():
            return None
        with _usable(self._folder), self.answer.open("rb") as file:
            return file.read(_LARGEST)

    def complain(self, problem: str) -> None:
        with _usable(self._folder):
            self._problem.write_text(f"{problem}\n", encoding="utf-8", errors="backslashreplace")

    def take(self) -> None:
        with _usable(self._folder), contextlib.suppress(FileNotFoundError):  # somebody tidied up
            self.answer.replace(self._taken)

    def remove(self) -> None:
        with _usable(self._folder):
            self.question.unlink(missing_ok=True)
            self._problem.unlink(missing_ok=True)
            self._picture.unlink(missing_ok=True)


@contextlib.contextmanager
def _usable(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"{folder}: no questions can be asked there ({error.strerror})",
            remedy="Give a folder that can be written.",
        ) from error
