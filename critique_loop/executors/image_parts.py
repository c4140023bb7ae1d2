"""What the sandbox image is made of: unpacked wheels, and a small Debian where no registry is."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from critique_loop.errors import MachineError


class Platform(NamedTuple):
    """What an image runs on, in the words of wheels: "3.11", "x86_64"."""

    python: str
    machine: str

    def for_uv(self) -> list[str]:
        """Return the options that make uv look for this platform's wheels."""
        platform = f"{self.machine}-manylinux_2_28"
        return ["--python-version", self.python, "--python-platform", platform]

    def for_pip(self) -> list[str]:
        """Return the options that make pip look for this platform's wheels."""
        options = ["--python-version", self.python, "--implementation", "cp"]
        for tag in ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"):
            options += ["--platform", f"{tag}_{self.machine}"]
        return options


type_of_machine: Mapping[str, str] = {"amd64": "x86_64", "arm64": "aarch64"}
"""Docker's and Debian's name of an architecture -> that of wheels."""

DEBIAN_SUITE = "bookworm"
DEBIAN_PYTHON = "3.11"
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DEBIAN_PACKAGES = (
    "python3",
    "libc-bin",
    "libc6",
    "libstdc++6",
    "libgcc-s1",
    "dash",
    "coreutils",
    "base-files",
    "base-passwd",
)
MMDEBSTRAP_REMEDY = (
    "run: apt-get install --yes --no-install-recommends mmdebstrap debian-archive-keyring"
)

_UNUSED_SUFFIXES = frozenset({".a", ".c", ".h", ".pxd", ".pyi", ".pyx"})
_UNUSED_DEBIAN = ("doc", "info", "locale", "man")
_USERS = """\
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin
"""
_GROUPS = """\
root:x:0:
nogroup:x:65534:
"""
_CHUNK_BYTES = 1 << 20


def debian_obstacle(architecture: str) -> MachineError | None:
    """Return why a Debian for ``architecture`` (Docker's name) can't be put together here."""
    if os.geteuid() != 0:
        return MachineError(
            "Only root can put together the sandbox image without a registry.",
            remedy="run as root: critique-loop sandbox build",
        )
    if shutil.which("mmdebstrap") is None or not DEBIAN_KEYRING.exists():
        return MachineError("mmdebstrap is not installed.", remedy=MMDEBSTRAP_REMEDY)
    if type_of_machine.get(architecture) != platform.machine():
        return MachineError(
            f"The Docker engine runs {architecture}, this machine is {platform.machine()}.",
            remedy="build the image on the engine's own machine",
        )
    return None


def fetch_packages(
    requirements: Path,
    target: Path,
    platform: Platform,
    *,
    wheels: Path | None = None,
    on_line: Callable[[str], None],
) -> None:
    """Unpack the wheels that ``requirements`` pins and hashes into ``target``.

    They are the image's ``platform``'s, not this interpreter's, and come from the folder ``wheels``
    where there is one. Tests and sources that no draft can use are left out; shared libraries stay
    as they are, because wheels patch their paths and a stripped one no longer loads.

    Raises:
        MachineError: neither uv nor pip is here, or it failed.
    """
    places = ["--target", str(target), "-r", str(requirements)]
    origin = [] if wheels is None else only_from(wheels)
    run_to_end([*_installer(platform), *origin, *places], on_line=on_line)
    for path in [path for path in target.rglob("*") if path.is_file()]:
        inside = path.relative_to(target)
        if path.suffix in _UNUSED_SUFFIXES - _kept_suffixes(inside) or _is_test(inside):
            path.unlink()


def _kept_suffixes(path: Path) -> frozenset[str]:
    """Return those that are used after all: mypy reads what it knows of the library from stubs."""
    return frozenset({".pyi"}) if path.parts[0] == "mypy" else frozenset()


def _is_test(path: Path) -> bool:
    """Return whether it is a module of tests; beside them lie some that packages import."""
    return "tests" in path.parts and path.match("test_*.py")


def only_from(wheels: Path) -> list[str]:
    """Return the options that make uv and pip take wheels from a folder and nowhere else."""
    return ["--no-index", "--find-links", str(wheels)]


def find_uv() -> str | None:
    """Return where uv is: on the PATH, or beside this interpreter."""
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def _installer(platform: Platform) -> list[str]:
    common = ["install", "--quiet", "--no-deps", "--require-hashes"]
    uv = find_uv()
    if uv:
        common += ["--only-binary", ":all:", "--link-mode", "copy", "--python", sys.executable]
        return [uv, "pip", *common, *platform.for_uv()]
    if find_spec("pip"):
        common += ["--only-binary=:all:", "--no-compile", *platform.for_pip()]
        return [sys.executable, "-m", "pip", *common]
    raise MachineError(
        "The sandbox's packages can't be fetched: there is neither uv nor pip.",
        remedy="put uv on the PATH (docs.astral.sh/uv), then try again",
    )


def make_debian(root: Path, *, on_line: Callable[[str], None]) -> None:
    """Unpack a Debian with Python, and nothing that only an administrator needs, into ``root``.

    mmdebstrap writes an archive of its own temporary folder, so that what is removed here later
    never had anything of this machine mounted in it.

    Raises:
        MachineError: mmdebstrap failed.
    """
    archive = root.with_suffix(".tar")
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=extract"]
    command += [f"--include={','.join(DEBIAN_PACKAGES)}", DEBIAN_SUITE, str(archive)]
    run_to_end(command + _debian_sources(), on_line=on_line)
    root.mkdir()
    run_to_end(["tar", "-C", str(root), "--exclude=./dev", "-xf", str(archive)], on_line=on_line)
    archive.unlink()
    for name in _UNUSED_DEBIAN:
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)  # not every one exists
    for name in ("resolv.conf", "hostname"):
        (root / "etc" / name).unlink(missing_ok=True)
    (root / "etc/passwd").write_text(_USERS, encoding="ascii")
    (root / "etc/group").write_text(_GROUPS, encoding="ascii")


def _debian_sources() -> list[str]:
    """Return this machine's own mirrors of the suite, none when it has none (default ones then)."""
    form = "$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    try:
        answer = subprocess.run(  # noqa: S603 - a list of ours
            command, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return []
    sources: list[str] = []
    for line in answer.stdout.splitlines():
        origin, release, component, uri = line.split("|", 3)
        if origin == "Debian" and component == "main" and release.startswith(DEBIAN_SUITE):
            sources.append(f"deb [signed-by={DEBIAN_KEYRING}] {uri} {release} {component}")
    return sources


def finish(root: Path, script: str, *, on_line: Callable[[str], None]) -> None:
    """Run ``script`` inside the Debian in ``root``: byte code, font cache, rights."""
    place = root / "opt" / "finish.sh"
    place.write_text(script, encoding="utf-8")
    run_to_end(["chroot", str(root), "/bin/sh", "/opt/finish.sh"], on_line=on_line)


def archive_of(root: Path) -> Iterator[bytes]:
    """Yield ``root`` as one tar, readable by every user, in pieces.

    Raises:
        MachineError: tar failed; the reader of the pieces then has no complete archive.
    """
    command = ["tar", "-C", str(root), "--sort=name", "--mtime=@0", "--owner=0", "--group=0"]
    command += ["--numeric-owner", "--mode=a+rX", "-c", "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - a list of ours
        try:
            while process.stdout and (piece := process.stdout.read(_CHUNK_BYTES)):
                yield piece
        except BaseException:
            process.terminate()
            raise
        if process.wait():
            raise MachineError(f"tar ended with {process.returncode} on {root}.")


def run_to_end(command: Sequence[str], *, on_line: Callable[[str], None]) -> None:
    """Run ``command``, passing on what it prints line by line.

    It gets its own session: on Ctrl-C it is told to end, and awaited, so that it can tidy up.

    Raises:
        MachineError: it could not be started or failed; the message has its last lines.
    """
    last: list[str] = []
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(  # noqa: S603 - lists built in this module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"LC_ALL": "C.UTF-8", "UV_PYTHON_DOWNLOADS": "never"},
            start_new_session=True,
        )
    except FileNotFoundError as missing:
        raise MachineError(f"{name} is not installed.", remedy=f"install {name}") from missing
    with process:
        try:
            for line in process.stdout or ():
                last = [*last[-4:], line.rstrip()]
                on_line(line.rstrip())
        except BaseException:
            process.terminate()
            process.communicate()  # reads on, so that a last word can't block it
            raise
    if process.returncode:
        raise MachineError(f"{name} ended with {process.returncode}:\n" + "\n".join(last))
