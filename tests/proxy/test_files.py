"""Questions and answers as files."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import MachineError
from critique_loop.proxy import with_timeout
from critique_loop.proxy.asks import first_answer
from critique_loop.proxy.files import FolderAsk
from critique_loop.proxy.once import ask_once
from critique_loop.values import Answer, Question

pytestmark = pytest.mark.anyio
POLL_S = 0.01


async def appeared(folder: Path, pattern: str) -> Path:
    with anyio.fail_after(5):
        while not (found := sorted(folder.glob(pattern))):  # noqa: ASYNC110 - files
            await anyio.sleep(POLL_S)
    return found[0]


def answer_file(question_file: Path) -> Path:
    return question_file.with_name(question_file.name.replace(".question.", ".answer."))


async def asked(
    folder: Path, question: Question, documents: list[bytes], told: list[str]
) -> Answer:
    """Ask, and write the documents one after the other, the next when the last was refused."""
    answers: list[Answer] = []
    ask = FolderAsk(folder, poll_s=POLL_S, on_notice=told.append)

    async def wait() -> None:
        answers.append(await ask(question))

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        file = await appeared(folder, "*.question.json")
        assert json.loads(file.read_bytes())["id"] == question.id
        for number, document in enumerate(documents):
            answer_file(file).write_bytes(document)
            if number < len(documents) - 1:
                await appeared(folder, "*.problem.txt")
    return answers[0]


async def test_an_answer_is_taken_and_only_it_is_left(tmp_path: Path, question: Question) -> None:
    folder = tmp_path / "new" / "questions"
    told: list[str] = []

    answer = await asked(folder, question, [b'{"id": "stuck-2", "choice": "accept"}'], told)

    assert answer == Answer("accept")
    (left,) = folder.iterdir()
    assert left.name.endswith(".answer.json")
    assert str(folder) in told[0]


async def test_an_answer_that_was_not_stored_is_there_when_the_question_is_asked_again(
    tmp_path: Path, question: Question
) -> None:
    await asked(tmp_path, question, [b'{"id": "stuck-2", "choice": "stop", "text": "long"}'], [])
    folder = with_timeout(FolderAsk(tmp_path, poll_s=POLL_S), 5)
    ask = first_answer(Answer("accept"), then=folder)

    first = await ask_once(ask, replace(question, id="stuck-1"))
    second = await ask_once(ask, question)

    assert (first.choice, second) == ("accept", Answer("stop", text="long"))
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".taken.json")


async def test_an_answer_that_came_too_late_is_not_marked_as_taken(
    tmp_path: Path, question: Question
) -> None:
    ask = with_timeout(FolderAsk(tmp_path, poll_s=60), 0.3)

    async with anyio.create_task_group() as group:
        group.start_soon(ask_once, ask, question)
        file = await appeared(tmp_path, "*.question.json")
        answer_file(file).write_bytes(b'{"id": "stuck-2", "choice": "accept"}')

    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".answer.json")


async def test_what_is_wrong_with_an_answer_is_said_and_it_can_be_mended(
    tmp_path: Path, question: Question
) -> None:
    seen: list[str] = []
    answer: Answer | None = None

    async def look() -> None:
        seen.append((await appeared(tmp_path, "*.problem.txt")).read_text())

    async with anyio.create_task_group() as group:
        group.start_soon(look)
        documents = [b'{"id": "stuck-2", "choice": "yes"}', b'{"id": "stuck-2", "choice": "stop"}']
        answer = await asked(tmp_path, question, documents, [])

    assert answer is not None
    assert answer.choice == "stop"
    assert "'yes' is no answer" in seen[0]
    assert not list(tmp_path.glob("*.problem.txt"))


async def test_an_answer_that_was_given_during_a_pause_is_found(
    tmp_path: Path, question: Question
) -> None:
    ask = FolderAsk(tmp_path, poll_s=POLL_S)
    with anyio.move_on_after(0.1):
        await ask(question)
    file = await appeared(tmp_path, "*.question.json")
    answer_file(file).write_bytes(b'{"id": "stuck-2", "choice": "accept"}')

    answer = await with_timeout(ask, 5)(question)

    assert answer.choice == "accept"


async def test_an_answer_about_another_program_is_never_taken(
    tmp_path: Path, question: Question
) -> None:
    ask = with_timeout(FolderAsk(tmp_path, poll_s=POLL_S), 0.2)
    other = replace(question, context={**question.context, "code": "import os"})
    with anyio.move_on_after(0.1):
        await FolderAsk(tmp_path, poll_s=POLL_S)(other)
    file = await appeared(tmp_path, "*.question.json")
    answer_file(file).write_bytes(b'{"id": "stuck-2", "choice": "accept"}')

    answer = await ask(question)

    assert answer.by == "default"


async def test_a_question_that_was_given_up_is_withdrawn(
    tmp_path: Path, question: Question
) -> None:
    answer = await with_timeout(FolderAsk(tmp_path, poll_s=POLL_S), 0.05)(question)

    assert answer == Answer("refine", by="default")
    assert list(tmp_path.iterdir()) == []


async def test_something_that_is_no_file_is_no_answer(tmp_path: Path, question: Question) -> None:
    ask = FolderAsk(tmp_path, poll_s=POLL_S)
    with anyio.move_on_after(0.1):
        await ask(question)
    os.mkfifo(answer_file(await appeared(tmp_path, "*.question.json")))

    answer = await with_timeout(ask, 0.1)(question)

    assert answer.by == "default"


async def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path, question: Question) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(MachineError, match=r"file/questions.*Not a directory"):
        await FolderAsk(tmp_path / "file" / "questions")(question)


async def test_the_picture_lies_beside_its_question(tmp_path: Path, question: Question) -> None:
    seen: list[bytes] = []

    async def look() -> None:
        seen.append((await appeared(tmp_path, "*.png")).read_bytes())

    async with anyio.create_task_group() as group:
        group.start_soon(look)
        document = b'{"id": "stuck-2", "choice": "stop"}'
        await asked(tmp_path, replace(question, picture=b"png"), [document], [])

    assert seen == [b"png"]
    assert not list(tmp_path.glob("*.png"))


async def test_odd_ids_stay_inside_the_folder(tmp_path: Path, question: Question) -> None:
    folder = tmp_path / "inside"

    with anyio.move_on_after(0.1):
        await FolderAsk(folder, poll_s=POLL_S)(replace(question, id="../../outside"))

    assert [path.name for path in tmp_path.iterdir()] == ["inside"]
    assert len(list(folder.iterdir())) == 1
