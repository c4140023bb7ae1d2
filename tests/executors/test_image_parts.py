from __future__ import annotations

import io
import os
import signal
import sys
import tarfile
from pathlib import Path

import pytest

from critique_loop.errors import MachineError
from critique_loop.executors import image_parts

INTEL = image_parts.Platform("3.11", "x86_64")
PINS = (Path(__file__).parents[2] / "sandbox" / "requirements.txt").read_text(encoding="utf-8")


def _pin(package: str) -> str:
    """The lines of one package: its version and its hashes."""
    start = PINS.index(f"{package}==")
    lines = PINS[start:].splitlines()
    count = next(n for n, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: count + 1]) + "\n"


def test_packages_are_unpacked_without_their_tests(tmp_path: Path) -> None:
    requirements, target = tmp_path / "requirements.txt", tmp_path / "packages"
    requirements.write_text(_pin("contourpy"), encoding="utf-8")

    image_parts.fetch_packages(
        requirements, target, image_parts.Platform("3.12", "aarch64"), on_line=print
    )

    extensions = [path.name for path in target.rglob("*.so")]
    assert extensions
    assert all("cpython-312-aarch64" in name for name in extensions)
    assert [path for path in target.rglob("*") if path.suffix == ".pyi"] == []


def test_a_package_with_another_hash_is_refused(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"cycler==0.12.1 --hash=sha256:{'0' * 64}\n", encoding="utf-8")

    with pytest.raises(MachineError, match="sha256:0000"):
        image_parts.fetch_packages(requirements, tmp_path / "packages", INTEL, on_line=print)


def test_without_uv_and_pip_the_error_says_what_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(MachineError) as caught:
        image_parts.fetch_packages(tmp_path / "r.txt", tmp_path, INTEL, on_line=print)

    assert "uv" in caught.value.remedy


def test_only_root_puts_together_a_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    obstacle = image_parts.debian_obstacle("amd64")

    assert obstacle is not None
    assert "root" in obstacle.problem


def test_a_missing_tool_comes_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))

    obstacle = image_parts.debian_obstacle("amd64")

    assert obstacle is not None
    assert "apt-get install --yes --no-install-recommends mmdebstrap" in obstacle.remedy


def test_an_archive_is_everybodys_to_read_and_keeps_the_sticky_bit(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "tmp").mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "secretive.py").write_text("x = 1\n", encoding="utf-8")
    (root / "secretive.py").chmod(0o600)

    archive = b"".join(image_parts.archive_of(root))

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        entries = {entry.name: entry for entry in tar}
    assert entries["./secretive.py"].mode == 0o644
    assert entries["./tmp"].mode == 0o1777
    assert {entry.uid for entry in entries.values()} == {0}


def test_an_archive_of_nothing_is_an_error_not_a_short_archive(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="tar ended with"):
        list(image_parts.archive_of(tmp_path / "missing"))


def test_a_failing_command_is_named_with_its_last_words() -> None:
    heard: list[str] = []

    with pytest.raises(MachineError, match="sh ended with 3:\nno luck"):
        image_parts.run_to_end(["sh", "-c", "echo no luck; exit 3"], on_line=heard.append)

    assert heard == ["no luck"]


def test_a_command_that_is_not_there_is_an_error_of_the_machine() -> None:
    with pytest.raises(MachineError, match="no-such-command"):
        image_parts.run_to_end(["no-such-command"], on_line=print)


def test_an_interrupt_ends_the_command_and_waits_for_it(tmp_path: Path) -> None:
    script = f"trap 'touch {tmp_path}/tidied; exit 1' TERM; echo $$; while :; do sleep 0.05; done"
    heard: list[int] = []

    def interrupt(line: str) -> None:
        heard.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        image_parts.run_to_end(["sh", "-c", script], on_line=interrupt)

    assert (tmp_path / "tidied").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(heard[0], signal.SIG_DFL)


def test_stubs_stay_where_a_type_checker_reads_the_library_from_them(tmp_path: Path) -> None:
    requirements, target = tmp_path / "requirements.txt", tmp_path / "packages"
    requirements.write_text(_pin("mypy"), encoding="utf-8")

    image_parts.fetch_packages(
        requirements, target, image_parts.Platform("3.11", "x86_64"), on_line=print
    )

    assert (target / "mypy" / "typeshed" / "stdlib" / "builtins.pyi").is_file()
