from __future__ import annotations

import ctypes
from pathlib import Path

import isolation
import pytest


@pytest.mark.parametrize(
    "files",
    [
        {"memory.events": "low 0\noom 5\noom_kill 3\n", "pids.events": "max 7\n"},
        {
            "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
            "pids/pids.events": "max 7\n",
        },
    ],
    ids=["cgroup v2", "cgroup v1"],
)
def test_counters_are_read_from_either_version_of_cgroup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(isolation, "_CGROUP", tmp_path)

    counters = isolation.counters()

    assert counters == isolation.Counters(out_of_memory=3, processes_refused=7)


def test_a_system_that_does_not_count_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_CGROUP", tmp_path)
    (tmp_path / "memory.events").write_text("low 0\n")

    assert isolation.counters() == isolation.Counters(0, 0)


def test_a_refusal_of_the_kernel_is_an_error() -> None:
    ctypes.set_errno(0)

    with pytest.raises(OSError, match=r"prctl\(4, 99\): Invalid argument"):
        isolation.prctl(isolation.DUMPABLE, 99)


def test_only_the_first_process_of_a_namespace_may_kill_all_others() -> None:
    with pytest.raises(RuntimeError, match="process 1"):
        isolation.require_process_one()
