"""The sandbox image: named after what it is made of, built from a registry or without one."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import docker
from docker import DockerClient
from docker.errors import DockerException, ImageNotFound

from critique_loop import _bundled
from critique_loop.errors import MachineError
from critique_loop.executors import image_parts
from critique_loop.executors.engine import explained

Way = Literal["registry", "debian"]

CONTEXT = ("Dockerfile", "finish.sh", "requirements.txt")
"""Everything of sandbox/ that goes into the image; the other files travel at container start."""

RECIPE = "1"
"""Raised when this module would build something else from the same files."""

REPOSITORY = "critique-loop-sandbox"
TIMEOUT_S = 600

_SAME_IN_BOTH_WAYS = ("ENV ", "USER ")
_LABEL = "critique-loop.image"


class ParentImage(NamedTuple):
    """An image to build over, and the version of the Python in it."""

    name: str
    python: str


REGISTRY_PARENT = ParentImage("python:3.12-slim", "3.12")


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image as the engine knows it."""

    tag: str
    image_id: str
    size_bytes: int
    way: str
    """How it was built: "registry" or "debian"."""


def image_tag() -> str:
    """Return the name of the image that belongs to this version of the package."""
    return tag_of({name: _bundled.text("sandbox", name) for name in CONTEXT})


def tag_of(context: Mapping[str, str]) -> str:
    """Return the name of the image made of these files, by a digest over names and contents."""
    digest = hashlib.sha256(f"recipe {RECIPE}\n".encode())
    for name, text in sorted(context.items()):
        content = text.encode()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}"


def exists() -> bool:
    """Return whether the engine has the image of this version.

    Raises:
        SandboxUnavailable: no Docker engine answers.
    """
    return inspect() is not None


def inspect() -> BuiltImage | None:
    """Return the image of this version, None where it was not built yet.

    Raises:
        SandboxUnavailable: no Docker engine answers.
    """
    with _engine() as client:
        return _look_up(client, image_tag())


def build(
    *, on_line: Callable[[str], None], way: Way | None = None, tag: str | None = None
) -> BuiltImage:
    """Build the image of this version; ``on_line`` gets what happens, line by line.

    Without ``way``: from the registry's Python image where one can be had, else from a Debian that
    mmdebstrap puts together here. Without ``tag``: under the name where executors look for it.
    Interrupted, it leaves neither an image nor a folder.

    Raises:
        SandboxUnavailable: no Docker engine answers.
        MachineError: neither way works here; the message says what each lacks.
    """
    started = time.monotonic()
    tag = tag or image_tag()
    with _engine() as client, tempfile.TemporaryDirectory(prefix="critique-loop-image-") as folder:
        before = _look_up(client, tag)
        chosen = way or _choose(client, on_line)
        on_line(f"building {tag} ({chosen})")
        if chosen == "registry":
            build_over(client, REGISTRY_PARENT, tag=tag, folder=Path(folder), on_line=on_line)
        else:
            _build_from_debian(client, tag, folder=Path(folder), on_line=on_line)
        built = _look_up(client, tag)
        if before and built and before.image_id != built.image_id:
            _remove_nameless(client, before.image_id, on_line)
    if built is None:
        raise MachineError(f"The engine did not keep {tag}.", remedy="look at the engine's log")
    spent_s = time.monotonic() - started
    on_line(f"built {tag}: {built.size_bytes / 1e6:.0f} MB in {spent_s:.0f} s")
    return built


def _choose(client: DockerClient, on_line: Callable[[str], None]) -> Way:
    try:
        client.images.get(REGISTRY_PARENT.name)
    except ImageNotFound:
        on_line(f"asking the registry for {REGISTRY_PARENT.name}")
        try:
            client.images.pull(REGISTRY_PARENT.name)
        except DockerException as refusal:
            on_line(f"no registry: {_reason(refusal)}")
            obstacle = image_parts.debian_obstacle(_architecture(client))
            if obstacle:
                raise MachineError(
                    f"The sandbox image can't be built: the engine has no {REGISTRY_PARENT.name} "
                    f"and can't get it, and without a registry: {obstacle.problem}",
                    remedy=obstacle.remedy,
                ) from refusal
            return "debian"
    return "registry"


def build_over(
    client: DockerClient,
    parent: ParentImage,
    *,
    tag: str,
    folder: Path,
    on_line: Callable[[str], None],
) -> None:
    """Run the Dockerfile over ``parent``, with ``folder`` as an empty place for its context.

    The wheels are fetched here, not in a step of the build: the engine's builds may have no
    network, and ours are refused one.

    Raises:
        MachineError: a step of the build failed.
    """
    _fill_context(client, parent, folder=folder, on_line=on_line)
    on_line(f"docker build over {parent.name}")
    lines = client.api.build(
        path=str(folder),
        tag=tag,
        buildargs={"BASE": parent.name},
        labels={_LABEL: "registry"},
        network_mode="none",
        rm=True,
        forcerm=True,
        decode=True,
    )
    for line in lines:
        if "error" in line:
            raise MachineError(f"docker build failed: {line['error']}")
        on_line(str(line.get("stream", "")).rstrip())


def _fill_context(
    client: DockerClient, parent: ParentImage, *, folder: Path, on_line: Callable[[str], None]
) -> None:
    for name in CONTEXT:
        (folder / name).write_text(_bundled.text("sandbox", name), encoding="utf-8")
    on_line("fetching the packages")
    image_parts.fetch_packages(
        folder / "requirements.txt",
        folder / "packages",
        python=parent.python,
        machine=image_parts.type_of_machine[_architecture(client)],
        on_line=on_line,
    )


def _build_from_debian(
    client: DockerClient, tag: str, *, folder: Path, on_line: Callable[[str], None]
) -> None:
    architecture = _architecture(client)
    obstacle = image_parts.debian_obstacle(architecture)
    if obstacle:
        raise obstacle
    root, requirements = folder / "root", folder / "requirements.txt"
    requirements.write_text(_bundled.text("sandbox", "requirements.txt"), encoding="utf-8")
    on_line(f"unpacking Debian {image_parts.DEBIAN_SUITE}")
    image_parts.make_debian(root, on_line=on_line)
    on_line("fetching the packages")
    image_parts.fetch_packages(
        requirements,
        root / "opt" / "packages",
        python=image_parts.DEBIAN_PYTHON,
        machine=image_parts.type_of_machine[architecture],
        on_line=on_line,
    )
    on_line("compiling them, and listing the fonts")
    image_parts.finish(root, _bundled.text("sandbox", "finish.sh"), on_line=on_line)
    on_line("handing the image to the engine")
    repository, version = tag.split(":")
    answer = client.api.import_image_from_stream(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - the stubs leave it untyped
        image_parts.archive_of(root),
        repository=repository,
        tag=version,
        changes=_instructions(_bundled.text("sandbox", "Dockerfile")),
    )
    if '"error"' in answer:
        raise MachineError(f"docker import failed: {answer}")


def _instructions(dockerfile: str) -> list[str]:
    """Return what `docker import` must be told besides the files, read from the Dockerfile."""
    told = [line for line in dockerfile.splitlines() if line.startswith(_SAME_IN_BOTH_WAYS)]
    return [*told, f"LABEL {_LABEL}=debian"]


def engine() -> str:
    """Return in one line which engine answers, and where.

    Raises:
        SandboxUnavailable: no Docker engine answers.
    """
    with _engine() as found:
        facts: Any = found.info()
        where = str(found.api.base_url).replace("http+docker://localhost", "local socket")
        version, cores = facts["ServerVersion"], facts["NCPU"]
        cgroups = facts.get("CgroupVersion", "1")
        return f"Docker {version} at {where}, {cores} cores, cgroup v{cgroups}"


def _look_up(client: DockerClient, tag: str) -> BuiltImage | None:
    try:
        facts: Any = client.images.get(tag).attrs
    except ImageNotFound:
        return None
    labels: Any = facts["Config"].get("Labels") or {}
    return BuiltImage(tag, str(facts["Id"]), int(facts["Size"]), str(labels.get(_LABEL, "")))


def _remove_nameless(client: DockerClient, image_id: str, on_line: Callable[[str], None]) -> None:
    """Remove the image whose name went to a newer one; a container may still need it."""
    try:
        client.images.remove(image_id)
    except DockerException as refusal:
        on_line(f"the image before it stays: {refusal}")


def _reason(failure: DockerException) -> str:
    """Return what the engine said, without the address it was asked at."""
    return str(getattr(failure, "explanation", None) or failure)


def _architecture(client: DockerClient) -> str:
    return str(client.version()["Arch"])


@contextmanager
def _engine() -> Generator[DockerClient]:
    """Connect to the engine that the environment names; its errors become ours."""
    try:
        client = docker.from_env(timeout=TIMEOUT_S)
    except DockerException as failure:
        raise explained(failure) from failure
    try:
        yield client
    except DockerException as failure:
        raise MachineError(f"The Docker engine refused: {_reason(failure)}") from failure
    finally:
        client.close()
