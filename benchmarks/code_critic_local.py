"""The sandbox's judge of programs in forks of this process: for programs of our own, and fast.

What judges is the same as in a sandbox; nothing is around it. The program is not run by itself
before it is judged.

What mypy knows of the standard library can be kept in a folder, which makes it three times as fast
and changes nothing of what it says.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))

import candidate_host
import check_code_types
import code_judge

from critique_loop.executors.limits import Limits
from critique_loop.executors.requests import Question, question_of
from critique_loop.values import (
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Severity,
    Task,
)

check_types = check_code_types.check
# What each fork would import anew.
IMPORTED_ONCE = ("mypy.build", "mypy.main", "check_code_static", "check_code_behaviour")


class LocalExecutor:
    """Judges programs in forks of this process."""

    name = "local"

    def __init__(self, types_cache: Path | None = None) -> None:
        """Import what each fork needs; ``types_cache`` is where mypy keeps what it knows."""
        for name in IMPORTED_ONCE:
            importlib.import_module(name)
        if types_cache is not None:
            types_cache.mkdir(exist_ok=True)
            check_code_types.check = partial(check_types, cache=types_cache)

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[LocalSession]:
        """Open a session; it holds nothing."""
        yield LocalSession(question_of(task, Limits()))


class LocalSession:
    """Judges programs of one task, none beside an earlier one."""

    def __init__(self, question: Question) -> None:
        self._question = question

    async def run(self, draft: Draft) -> Execution:
        """Judge a program; ``cpu_s`` is the processor time of the judge and all it started."""
        judged = _in_fork(self._question.about(draft, ""))
        return Execution(
            ExecutionStatus.OK if judged.answer else ExecutionStatus.SANDBOX_LOST,
            cpu_s=judged.cpu_s,
            sandbox=LocalExecutor.name,
            evidence=_evidence(json.loads(judged.answer)) if judged.answer else None,
        )


class _Judged(NamedTuple):
    """What the judge wrote, nothing if it did not survive."""

    answer: bytes
    cpu_s: float


def _in_fork(request: Mapping[str, object]) -> _Judged:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _judge(request, write)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        answer = stream.read()
    _, _, usage = os.wait4(child, 0)
    return _Judged(answer, usage.ru_utime + usage.ru_stime)


def _judge(request: Mapping[str, object], write: int) -> None:
    ours, theirs = socket.socketpair()
    try:
        with tempfile.TemporaryDirectory() as folder:
            host = _start_host(ours, theirs, folder)
            answer = code_judge.judge(request, b"", {}, folder, control=ours)
            ours.close()
            os.waitpid(host, 0)
        with os.fdopen(write, "wb") as stream:
            stream.write(json.dumps(answer).encode())
    finally:
        os._exit(0)


def _start_host(ours: socket.socket, theirs: socket.socket, folder: str) -> int:
    host = os.fork()
    if host == 0:
        try:
            ours.close()
            candidate_host.serve(
                theirs, candidate_host.Place(f"{folder}/work", folder, (), (folder,))
            )
        finally:
            os._exit(0)
    theirs.close()
    return host


def _evidence(answer: Mapping[str, Any]) -> Evidence:
    found = cast("list[dict[str, Any]]", answer["findings"])
    severities = [Severity(finding.pop("severity")) for finding in found]
    findings = [
        Finding(severity=severity, **finding)
        for severity, finding in zip(severities, found, strict=True)
    ]
    return Evidence(tuple(findings), tuple(answer["checks"]), answer["facts"])
