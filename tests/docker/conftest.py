"""Real containers of the real image; under coverage, the code inside them is measured too."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import coverage
import pytest

from critique_loop.executors.docker import DockerExecutor, DockerOptions
from critique_loop.executors.executor import Reuse, ServerCode, bundled_library
from critique_loop.executors.limits import Limits
from critique_loop.executors.session import SandboxSession
from critique_loop.values import Rubric, Table, Task

_ROOT = Path(__file__).parents[2]
_CARS = _ROOT / "tests" / "data" / "cars.csv"

ExecutorMaker = Callable[..., DockerExecutor]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def executor_with(tmp_path_factory: pytest.TempPathFactory) -> ExecutorMaker:
    """Make executors, with other limits or other modules in the sandbox."""

    def make(
        *, limits: Limits | None = None, reuse: Reuse | None = None, **modules: str
    ) -> DockerExecutor:
        library = {**bundled_library(), **modules}
        measured = coverage.Coverage.current()
        if measured is not None:
            library["fork_trace"] = (Path(__file__).parent / "fork_trace.py").read_text("utf-8")
        return DockerExecutor(
            docker=DockerOptions(data_root=tmp_path_factory.mktemp("exposed")),
            limits=limits,
            reuse=reuse,
            code=ServerCode(
                library, None if measured is None else lambda trace: _merge(measured, trace)
            ),
        )

    return make


@pytest.fixture(scope="session")
def cars_task() -> Task:
    table = Table(_CARS, "cars.csv", _CARS.stat().st_size, sha256="", rows=406, columns=())
    return Task("Mean Horsepower by Origin", Rubric("charts", ()), tables=(table,))


@pytest.fixture(scope="module")
async def session(executor_with: ExecutorMaker, cars_task: Task) -> AsyncGenerator[SandboxSession]:
    """One container for all tests of a file: each also shows that the earlier ones left nothing."""
    async with executor_with(limits=Limits(wall_s=20.0)).session(cars_task) as opened:
        yield opened


def _merge(measured: coverage.Coverage, trace: bytes) -> None:
    """Add what was recorded; a draft that writes to every descriptor spoils what its fork did."""
    arcs: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for line in trace.splitlines():
        try:
            recorded = {name: {(a, b) for a, b in arcs} for name, arcs in json.loads(line).items()}
        except (ValueError, TypeError, AttributeError):
            continue
        for name, pairs in recorded.items():
            arcs[str(_ROOT / name.lstrip("/"))] |= pairs
    measured.get_data().add_arcs(arcs)
