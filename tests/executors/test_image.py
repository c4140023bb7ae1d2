from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import docker
import pytest
from docker import DockerClient
from docker.errors import ImageNotFound

from critique_loop.errors import MachineError, SandboxUnavailable
from critique_loop.executors import image

SANDBOX = Path(__file__).parents[2] / "sandbox"
SCRATCH = "critique-loop-sandbox-test"


@pytest.fixture
def engine() -> Iterator[DockerClient]:
    client = docker.from_env(timeout=600)
    yield client
    client.close()


@pytest.fixture
def scratch_tag(engine: DockerClient) -> Iterator[str]:
    tag = f"{SCRATCH}:{os.getpid()}-{time.monotonic_ns()}"
    yield tag
    try:
        engine.images.remove(tag, force=True)
    except ImageNotFound:
        return


def _python(client: DockerClient, tag: str, program: str) -> str:
    """Run a program as the server runs: as nobody known, with nothing to write but /tmp."""
    output = client.containers.run(
        tag,
        ["python3", "-I", "-B", "-c", program],
        user="345678:345678",
        network_mode="none",
        read_only=True,
        tmpfs={"/tmp": "rw,size=64m"},
        remove=True,
    )
    return output.decode()


def test_without_an_engine_the_error_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    with pytest.raises(SandboxUnavailable) as caught:
        image.inspect()

    assert "unset DOCKER_HOST" in caught.value.remedy


@pytest.mark.docker
def test_the_built_image_is_the_one_the_engine_knows(engine: DockerClient) -> None:
    known = image.inspect()

    assert known is not None
    assert image.exists()
    assert known.tag == image.image_tag()
    assert known.image_id == engine.images.get(known.tag).id
    assert known.way in {"debian", "registry"}
    assert known.size_bytes <= 380_000_000


@pytest.mark.docker
def test_an_image_that_was_not_built_is_not_there(engine: DockerClient) -> None:
    with pytest.raises(ImageNotFound):
        engine.images.get(f"{image.REPOSITORY}:{'0' * 16}")


@pytest.mark.docker
def test_the_image_holds_exactly_the_pinned_packages(engine: DockerClient) -> None:
    pins = (SANDBOX / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split()[0] for line in pins if "==" in line}

    listing = _python(
        engine,
        image.image_tag(),
        "from importlib.metadata import distributions\n"
        "for d in distributions(path=['/opt/packages']):\n"
        "    print(f\"{d.name.lower().replace('_', '-')}=={d.version}\")",
    )

    assert set(listing.split()) == pinned


@pytest.mark.docker
@pytest.mark.slow
def test_an_unknown_user_draws_with_the_baked_font_cache(engine: DockerClient) -> None:
    drawn = _python(engine, image.image_tag(), _DRAWING)

    assert drawn.split() == ["ready-made", "drawn"]


# What has no byte code, or is not readable for all, or may be written by others than root.
_UNCOMPILED = """
import importlib.util, os
for top in (os.path.dirname(os.__file__), "/opt"):
    for folder, _, names in os.walk(top, onerror=print):
        for name in names:
            path = os.path.join(folder, name)
            compiled = importlib.util.cache_from_source(path) if name.endswith(".py") else path
            if not os.path.exists(compiled) and "lib2to3" not in path:
                print("no byte code", path)
            if os.stat(path).st_mode & 0o022 or not os.access(path, os.R_OK):
                print("rights", path)
"""
_DRAWING = """
import os, shutil, zoneinfo
shutil.copytree("/opt/mplconfig", "/tmp/mpl")
os.environ["MPLCONFIGDIR"] = "/tmp/mpl"
before = {e.name: e.stat().st_mtime_ns for e in os.scandir("/tmp/mpl")}
import numpy.testing, pandas, matplotlib.testing, matplotlib.pyplot as plt
plt.plot(pandas.Series([1, 2, 3])); plt.savefig("/tmp/chart.png")
zoneinfo.ZoneInfo("Europe/Berlin")
after = {e.name: e.stat().st_mtime_ns for e in os.scandir("/tmp/mpl")}
print("ready-made" if before == after else "rebuilt")
print("drawn" if open("/tmp/chart.png", "rb").read(4) == b"\\x89PNG" else "nothing")
"""


@pytest.fixture
def bare_parent(engine: DockerClient, scratch_tag: str) -> Iterator[str]:
    """A parent as a registry gives it: Python, and nothing of ours."""
    name = f"{scratch_tag}-parent"
    container = engine.containers.create(image.image_tag(), ["true"])
    try:
        with tempfile.TemporaryFile() as archive:
            exported: Any = container.export()  # pieces, whatever the stubs say
            _without_ours(exported, archive)
            archive.seek(0)
            repository, version = name.split(":")
            engine.api.import_image_from_stream(  # pyright: ignore[reportUnknownMemberType] - untyped there
                iter(lambda: archive.read(1 << 20), b""), repository=repository, tag=version
            )
    finally:
        container.remove()
    yield name
    engine.images.remove(name, force=True)


def _without_ours(exported: Iterable[bytes], archive: IO[bytes]) -> None:
    with tempfile.TemporaryFile() as whole:
        for piece in exported:
            whole.write(piece)
        whole.seek(0)
        with (
            tarfile.open(fileobj=whole) as before,
            tarfile.open(fileobj=archive, mode="w") as after,
        ):
            for entry in before:
                if not {"opt", "__pycache__", "critique_loop.pth"} & set(Path(entry.name).parts):
                    after.addfile(entry, before.extractfile(entry) if entry.isreg() else None)


@pytest.mark.docker
@pytest.mark.slow
def test_the_dockerfile_builds_over_a_bare_parent_image(
    engine: DockerClient, scratch_tag: str, bare_parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = image.ParentImage(bare_parent, _python_of(engine))
    monkeypatch.setattr(image, "REGISTRY_PARENT", parent)

    built = image.build_base(scratch_tag, way="registry", on_line=print)

    assert (built.way, built.python) == ("registry", parent.python)
    assert _python(engine, scratch_tag, _DRAWING).split() == ["ready-made", "drawn"]
    assert _python(engine, scratch_tag, _UNCOMPILED) == ""
    assert built.size_bytes <= 380_000_000


def _python_of(client: DockerClient) -> str:
    version = "import sys; print(*sys.version_info[:2], sep='.')"
    return _python(client, image.image_tag(), version).strip()


@pytest.mark.docker
@pytest.mark.slow
def test_the_debian_way_builds_what_the_executors_use(
    engine: DockerClient, scratch_tag: str
) -> None:
    lines: list[str] = []

    built = image.build_base(scratch_tag, way="debian", on_line=lines.append)

    assert built.way == "debian"
    assert built.size_bytes <= 380_000_000
    assert _python(engine, scratch_tag, _DRAWING).split() == ["ready-made", "drawn"]
    assert lines[0] == f"building {scratch_tag} (debian)"
    assert lines[-1].startswith(f"built {scratch_tag}")


@pytest.mark.docker
def test_a_build_that_is_broken_off_leaves_no_folder_and_no_image(
    engine: DockerClient,
    scratch_tag: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupt(line: str) -> None:
        if line.startswith("unpacking"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        image.build_base(scratch_tag, way="debian", on_line=interrupt)

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ImageNotFound):
        engine.images.get(scratch_tag)


@pytest.mark.docker
@pytest.mark.slow
def test_ctrl_c_while_a_tool_works_ends_the_tool_and_removes_its_folder(tmp_path: Path) -> None:
    program = (
        "import signal, sys; from critique_loop.executors import image\n"
        # Whoever runs the tests in the background has left Ctrl-C ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "image.build_base(sys.argv[1], way='debian', on_line=lambda line: print(line, flush=True))"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", program, f"{SCRATCH}:never"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        for line in process.stdout or ():
            if line.startswith("unpacking"):
                time.sleep(1)  # mmdebstrap is fetching now
                process.send_signal(signal.SIGINT)

        assert process.wait(timeout=60) == -signal.SIGINT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.docker
def test_where_neither_way_works_the_error_says_what_each_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parent = image.ParentImage("no-such-registry.invalid/python:3", "3.12")
    monkeypatch.setattr(image, "REGISTRY_PARENT", parent)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(MachineError) as caught:
        image.build_base(f"{SCRATCH}:never", on_line=print)

    assert parent.name in caught.value.problem
    assert "root" in caught.value.problem
    assert "critique-loop sandbox build" in caught.value.remedy
