"""Containers that wait for tasks, wear out, and are started by many at once."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Generator
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import CallError
from critique_loop.executors.docker import DockerExecutor, DockerOptions
from critique_loop.executors.engine import Engine
from critique_loop.executors.executor import Reuse, SandboxExecutor
from critique_loop.executors.limits import Limits
from critique_loop.values import Draft, Execution, ExecutionStatus, Task

pytestmark = [pytest.mark.docker, pytest.mark.anyio, pytest.mark.slow]

Maker = Callable[..., DockerExecutor]


@pytest.fixture
def engine() -> Generator[Engine]:
    connected = Engine()
    yield connected
    connected.close()


async def test_a_waiting_container_gets_the_tables_of_its_task(
    executor_with: Maker, cars_task: Task, engine: Engine
) -> None:
    executor = executor_with(reuse=Reuse(warm=1))
    program = "print(open('cars.csv').readline()[:4])"

    async with executor, executor.session(cars_task) as session:
        first = await session.run(Draft(program, writer="test"))
        async with executor.session(cars_task) as another:
            second = await another.run(Draft(program, writer="test"))

    assert (first.stdout, second.stdout) == ("Name\n", "Name\n")
    assert first.container_id != second.container_id
    assert {first.container_id, second.container_id}.isdisjoint(engine.ours())


async def test_a_worn_container_is_replaced_between_two_runs(executor_with: Maker) -> None:
    executor = executor_with(reuse=Reuse(max_runs=2))

    executions = [each async for each in executor.run_programs(["print(1)"] * 5)]

    assert [each.stdout for each in executions] == ["1\n"] * 5
    ids = [each.container_id for each in executions]
    assert len(set(ids)) == 3
    assert ids[0] == ids[1]
    assert ids[2] == ids[3]


async def test_a_variable_is_passed_by_name_and_no_other_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "yes")
    monkeypatch.setenv("OTHER_SECRET", "no")
    options = DockerOptions(environment=("MINE",), data_root=tmp_path)
    program = "import os; print(os.environ.get('MINE'), os.environ.get('OTHER_SECRET'))"

    executor = DockerExecutor(docker=options)
    executions = [each async for each in executor.run_programs([program])]

    assert executions[0].stdout == "yes None\n"


async def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    options = DockerOptions(environment=("NEVER_SET",), data_root=tmp_path)

    with pytest.raises(CallError, match="NEVER_SET"):
        await anext(DockerExecutor(docker=options).run_programs(["print(1)"]))


async def test_folders_and_files_are_inputs_of_every_program(tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "layers").mkdir(parents=True)
    (model / "layers" / "1.bin").write_bytes(b"one")
    (model / "layers" / "1.bin").chmod(0o600)
    notes = tmp_path / "secret-name.txt"
    notes.write_text("text")
    program = """
print(open("model/layers/1.bin").read(), open("notes").read())
try:
    open("model/layers/2.bin", "w")
except OSError as error:
    print(error.strerror)
"""
    executor = DockerExecutor(
        docker=DockerOptions(data_root=tmp_path / "root"),
        inputs={"model": model, "notes": notes},
    )

    executions = [each async for each in executor.run_programs([program])]

    assert executions[0].stdout == "one text\nRead-only file system\n"
    assert (model / "layers" / "1.bin").stat().st_mode & 0o777 == 0o600


GOOD = "print(sum(range({n})))"
CHART = """
import matplotlib.pyplot as plt
plt.bar(["a", "b"], [1, {n}])
plt.savefig("chart.png")
"""
KINDS: dict[str, tuple[str, ExecutionStatus]] = {
    "print": (GOOD, ExecutionStatus.OK),
    "chart": (CHART, ExecutionStatus.OK),
    "error": ("1 / 0  # {n}", ExecutionStatus.ERROR),
    "crash": ("import os; os.kill(os.getpid(), 11)  # {n}", ExecutionStatus.KILLED),
    "exit": ("import os; os._exit(3)  # {n}", ExecutionStatus.ERROR),
    "loop": ("while True: pass  # {n}", ExecutionStatus.TIMEOUT),
    "daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nprint({n})",
        ExecutionStatus.OK,
    ),
    "bomb": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass  # {n}",
        ExecutionStatus.TIMEOUT,
    ),
    "hog": ("held = bytearray(300 << 20); print(len(held))  # {n}", ExecutionStatus.OUT_OF_MEMORY),
    "flood": (
        "import os\nfor _ in range(40): os.write(1, b'x' * (1 << 20))  # {n}",
        ExecutionStatus.OK,
    ),
    "litter": (
        "import os\nfor i in range(300): open(f'/tmp/{{i}}', 'w').close()\nprint({n})",
        ExecutionStatus.OK,
    ),
}
# Of each hundred runs so many are of a kind; loops and bombs take their whole time.
PORTIONS = {
    "print": 48,
    "chart": 12,
    "error": 12,
    "crash": 6,
    "exit": 6,
    "loop": 1,
    "daemon": 4,
    "bomb": 1,
    "hog": 2,
    "flood": 4,
    "litter": 4,
}


async def test_a_thousand_mixed_runs_over_eight_lanes_are_all_right_and_leave_nothing(
    tmp_path: Path, engine: Engine
) -> None:
    limits = Limits(wall_s=6.0, memory_mb=256, stdout_bytes=4096)
    executor = DockerExecutor(docker=DockerOptions(data_root=tmp_path), limits=limits)
    kinds = [kind for kind, share in PORTIONS.items() for _ in range(share)] * 10
    before = set(engine.ours())
    numbered = list(enumerate(kinds))
    lanes = [numbered[start::8] for start in range(8)]
    wrong: list[tuple[int, str, Execution]] = []
    resident: list[int] = []

    async def lane(jobs: list[tuple[int, str]]) -> None:
        programs = [KINDS[kind][0].format(n=n) for n, kind in jobs]
        at = 0
        async for execution in executor.run_programs(programs):
            n, kind = jobs[at]
            at += 1
            if not _right(kind, n, execution):
                wrong.append((n, kind, execution))
            resident.append(_resident_bytes())

    descriptors = _descriptors()
    async with anyio.create_task_group() as group:
        for jobs in lanes:
            group.start_soon(lane, jobs)

    assert len(resident) == 1000
    assert wrong == []
    assert set(engine.ours()) <= before
    assert [*tmp_path.iterdir()] == []
    gc.collect()
    assert _descriptors() <= descriptors + 8
    settled = resident[len(resident) // 5]
    assert resident[-1] - settled < 24 << 20


def _right(kind: str, n: int, execution: Execution) -> bool:
    if execution.status is not KINDS[kind][1]:
        return False
    if kind == "print":
        return execution.stdout == f"{sum(range(n))}\n"
    if kind == "chart":
        return [file.name for file in execution.pictures] == ["chart.png"]
    if kind == "flood":
        return execution.truncated == ("stdout",) and len(execution.stdout) < 5000
    if kind == "daemon":
        return execution.leftovers_killed == 1
    return True


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def test_the_pool_hands_out_containers_faster_than_they_start(
    executor_with: Maker, cars_task: Task
) -> None:
    executor = executor_with(reuse=Reuse(warm=1))
    cold_s = await _opening_s(executor, cars_task)

    async with executor:
        await anyio.sleep(2 * cold_s + 1)
        warm_s = await _opening_s(executor, cars_task)

    assert warm_s < cold_s / 4


async def _opening_s(executor: SandboxExecutor, task: Task) -> float:
    started = time.monotonic()
    async with executor.session(task):
        return time.monotonic() - started
