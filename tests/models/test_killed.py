"""kill -9 while a model is asked: what it had answered is not paid for again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import ask_and_die
import pytest

from critique_loop.models.caching import CachedModel, request_key
from critique_loop.models.openai import OpenAIModel
from critique_loop.store import SqliteStore
from critique_loop.testing import FaultServer
from critique_loop.testing.fault_server_acts import Say, Silence, always, in_turn

pytestmark = pytest.mark.slow

RUN = "killed"
QUESTIONS = [f"program {number + 1}" for number in range(ask_and_die.ROUNDS)]


def answer(body: Any, index: int) -> str:  # noqa: ANN401 - the server's own type
    del index
    return f"print('{body.text}')"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(answer=answer, latency_s=0.02) as entered:
        yield entered


@dataclass
class Asker:
    """Starts the loop in a process of its own, again and again."""

    server: FaultServer
    store: Path
    model: str

    def start(self, *death: str) -> subprocess.Popen[str]:
        command = [sys.executable, ask_and_die.__file__, str(self.store), self.server.base_url]
        return subprocess.Popen(
            [*command, self.model, RUN, *death],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, *death: str) -> tuple[int, str]:
        with self.start(*death) as process:
            told, complaint = process.communicate(timeout=60)
        assert "Traceback" not in complaint
        return process.returncode, told.strip()

    @property
    def asked(self) -> Counter[str]:
        return Counter(received.body.text for received in self.server.requests(self.model))

    def kept(self) -> set[str]:
        """Return the questions whose answers are in the file."""

        async def main() -> set[str]:
            model = OpenAIModel(self.model, base_url=self.server.base_url)
            identity = CachedModel(model, store).identity
            found: set[str] = set()
            for number, text in enumerate(QUESTIONS, 1):
                key = request_key(identity, ask_and_die.question(number), 0)
                if await store.reply(key) is not None:
                    found.add(text)
            return found

        with SqliteStore(self.store) as store:
            return anyio.run(main)


def test_only_the_question_that_was_open_is_asked_again(
    server: FaultServer, tmp_path: Path
) -> None:
    plan = in_turn(Say(), Say(), Silence())
    asker = Asker(server, tmp_path / "traces.db", server.play(plan))
    with asker.start() as process:
        eventually(lambda: len(server.requests()) == 3)
        process.send_signal(signal.SIGKILL)

    ended = asker.finish()

    assert ended == (0, "rounds")
    assert asker.asked == {text: 1 + (text == "program 3") for text in QUESTIONS}


@pytest.mark.parametrize(("when", "asked"), [("before", 2), ("after", 1)])
def test_an_answer_that_is_kept_is_never_asked_for_again(
    server: FaultServer, tmp_path: Path, when: str, asked: int
) -> None:
    asker = Asker(server, tmp_path / "traces.db", server.play(always(Say())))
    killed = asker.finish("2", when)

    ended = asker.finish()

    assert killed == (-signal.SIGKILL, "")
    assert ended == (0, "rounds")
    assert asker.asked == {text: asked if text == "program 2" else 1 for text in QUESTIONS}


def test_kills_at_any_time_never_make_a_kept_answer_be_paid_again(
    server: FaultServer, tmp_path: Path
) -> None:
    asker = Asker(server, tmp_path / "traces.db", server.play(always(Say())))
    drawn = random.Random(9)  # noqa: S311 - moments, no secrets
    acknowledged: Counter[str] = Counter()
    kills = 0
    while kills < 5 and len(acknowledged) < ask_and_die.ROUNDS:
        before = len(server.requests())
        with asker.start() as process:
            eventually(lambda before=before: len(server.requests()) > before)
            time.sleep(drawn.uniform(0.0, 0.04))
            process.send_signal(signal.SIGKILL)
        kills += 1
        asked = asker.asked
        acknowledged.update({text: asked[text] for text in asker.kept() - acknowledged.keys()})

    ended = asker.finish()

    assert ended == (0, "rounds")
    assert kills >= 2
    assert {text: asker.asked[text] for text in acknowledged} == acknowledged
    assert asker.kept() == set(QUESTIONS)
    assert asker.asked.total() <= ask_and_die.ROUNDS + kills


def eventually(condition: Any) -> None:  # noqa: ANN401 - a callable of nothing
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.002)
    assert condition()
