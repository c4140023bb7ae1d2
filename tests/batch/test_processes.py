"""Workers in processes of their own."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import anyio
import pytest

from critique_loop.batch.processes import Processes, is_orphan, worker_command

pytestmark = pytest.mark.anyio

# Does nothing until SIGINT, then ends as a worker does that has finished its rounds.
WAITS = "import signal, os\nsignal.signal(2, lambda *_: os._exit(130))\nsignal.pause()"
STUBBORN = "import signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(60)"


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-S", "-c", code, *map(str, arguments)]


class Deaths:
    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> None:
        self.number += 1


async def test_they_run_to_their_end(tmp_path: Path) -> None:
    code = "import os, sys, pathlib; pathlib.Path(sys.argv[1], str(os.getpid())).touch()"
    deaths = Deaths()
    workers = Processes(python(code, tmp_path), 3, on_death=deaths)

    await workers.run(bool)

    assert len(list(tmp_path.iterdir())) == 3
    assert (workers.failure, deaths.number, workers.pids) == (None, 0, [])


async def test_one_that_is_killed_gets_a_successor(tmp_path: Path) -> None:
    first = tmp_path / "first"
    code = (
        "import os, sys, pathlib, signal\n"
        "try: pathlib.Path(sys.argv[1]).touch(exist_ok=False)\n"
        "except FileExistsError: sys.exit(0)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    deaths = Deaths()
    workers = Processes(python(code, first), 1, on_death=deaths)

    await workers.run(bool)

    assert deaths.number == 1


async def test_one_that_is_killed_again_and_again_is_given_up() -> None:
    deaths = Deaths()
    workers = Processes(python("import os; os.kill(os.getpid(), 9)"), 1, on_death=deaths)

    await workers.run(bool)

    assert deaths.number == 4
    assert workers.failure is not None


async def test_what_a_failing_one_said_last_is_told() -> None:
    workers = Processes(python("import sys; sys.exit('no disk')"), 1, on_death=Deaths())

    await workers.run(bool)

    assert workers.failure is not None
    assert "no disk" in workers.failure.problem


async def test_a_stop_reaches_each_of_them_once() -> None:
    workers = Processes(python(WAITS), 2, on_death=Deaths())
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    with anyio.fail_after(20):
        await workers.run(stop)

    assert workers.failure is None


async def test_a_cancelled_command_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("critique_loop.batch.processes._PATIENCE_S", 0.3)
    workers = Processes(python(STUBBORN), 2, on_death=Deaths())
    pids: list[int] = []

    async def cancel(scope: anyio.CancelScope) -> None:
        await anyio.sleep(0.3)
        pids.extend(workers.pids)
        scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(cancel, group.cancel_scope)
        await workers.run(bool)

    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_the_command_of_a_worker_names_batch_and_store() -> None:
    command = worker_command("python3", "b1", Path("/a/t.db"), ["--total-calls", "3"])

    assert command[1:4] == ["-m", "critique_loop", "worker"]
    assert command[4:7] == ["b1", "--store", "/a/t.db"]
    assert command[7:] == ["--parent", str(os.getpid()), "--total-calls", "3"]


def test_a_process_is_an_orphan_once_it_has_another_parent() -> None:
    assert not is_orphan(None)
    assert not is_orphan(os.getppid())
    assert is_orphan(os.getpid())
