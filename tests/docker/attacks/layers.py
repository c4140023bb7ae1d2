"""Every layer of the sandbox, and what the sandbox is without it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from critique_loop.executors.executor import bundled_library
from critique_loop.executors.hardening import HARDENED, Hardening
from tests.docker.attacks.values import Layer

_NO_FILTER = """
def program(machine, *, network):
    return b""
def install(program):
    pass
"""
_ONE_USER = "250001:250001"
_TMP = "rw,nosuid,nodev,noexec,size=64m,nr_inodes=4096"

CONTAINER: tuple[Layer, ...] = (
    Layer("ordinary user", {"user": "0:0"}),
    Layer("user of its own", {"user": _ONE_USER}, shared=True),
    Layer("no capabilities", {"cap_drop": ()}),
    Layer(
        "no new privileges",
        {"security_opt": ()},
        swaps=[("isolation", "    prctl(NO_NEW_PRIVILEGES, 1)\n    close_all", "    close_all")],
    ),
    Layer("the engine's filter", {"security_opt": ("no-new-privileges", "seccomp=unconfined")}),
    Layer("read-only root", {"read_only": False}),
    Layer("process limit", {"limits_processes": False}),
    Layer("memory limit", {"limits_memory": False}),
    Layer("no network", {"network_mode": "host"}),
    Layer("tmpfs not executable", {"tmp_options": _TMP.replace("noexec", "exec")}),
    Layer("tmpfs without set-user-id", {"tmp_options": _TMP.replace("nosuid", "suid")}),
    Layer("tmpfs size", {"tmp_options": _TMP.replace("64m", "200m")}),
    Layer("tmpfs inodes", {"tmp_options": _TMP.replace("4096", "40960")}),
    Layer("shared memory size", {"shm_size": "200m"}),
    Layer("no core dumps", {"core_bytes": None}),
    Layer(
        "being process 1",
        {"init": True},
        swaps=[
            ("isolation", "    if os.getpid() != 1:\n", "    if False:\n"),
            ("isolation", "        os.kill(-1, signal.SIGKILL)\n", "        end_children()\n"),
        ],
    ),
)
_ONLY_THE_PROGRAM = """while self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._reap(0)
        while False:
"""
_FOLDERS_ONLY = """with contextlib.suppress(OSError):
        empty("/tmp/work")
        os.rmdir("/tmp/work")
    for place in ():
"""
_READ = """os.write(run.source, (payload := wire.read(b"P", PAYLOAD_CAP)))"""
_IN_PROCESS = """with contextlib.redirect_stdout(io.StringIO()), suppress(BaseException):
            exec(os.pread(self.source, 1 << 20, 0), {"__name__": "__main__"})
        links = link_tables("""
_FOLLOWED = """one_name = stat.S_ISREG(entry.status.st_mode) or True
    return one_name"""
PROGRAM: tuple[Layer, ...] = (
    Layer(
        "default signals",
        swaps=[("server", "    signal.signal(signal.SIGINT, signal.SIG_DFL)\n", "")],
    ),
    Layer("not dumpable", swaps=[("isolation", "    prctl(DUMPABLE, 0)\n", "    pass\n")]),
    Layer(
        "end of all others",
        swaps=[
            ("watching", "while self._kill_all() and self._reap(0):\n", _ONLY_THE_PROGRAM),
            ("watching", "import os\n", "import contextlib\nimport os\n"),
        ],
    ),
    Layer(
        "sweep",
        swaps=[
            ("sweep", "for place in places:\n        if", _FOLDERS_ONLY + "        if"),
            ("sweep", "import os\n", "import contextlib\nimport os\n"),
        ],
    ),
    Layer(
        "dirty containers retired",
        swaps=[("runs", '"dirty": left', '"dirty": False and left')],
    ),
    Layer(
        "payload unread",
        swaps=[
            ("supervisor", "import gc\n", "import gc\nimport os\n"),
            ("supervisor", 'wire.read_into_memory(b"P", PAYLOAD_CAP, run.source)', _READ),
        ],
    ),
    Layer("filter of system calls", modules={"seccomp": _NO_FILTER}),
    Layer("wall time", swaps=[("watching", "if remaining_s <= 0:", "if remaining_s <= -60:")]),
    Layer(
        "SIGKILL at the end",
        swaps=[("isolation", "os.kill(-1, signal.SIGKILL)", "os.kill(-1, signal.SIGTERM)")],
    ),
    Layer(
        "CPU limit",
        swaps=[("isolation", "(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),", "")],
    ),
    Layer(
        "file size limit",
        swaps=[("isolation", "(resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),", "")],
    ),
    Layer(
        "address space limit",
        swaps=[
            (
                "isolation",
                "(resource.RLIMIT_AS, *2 * (_mapped_bytes() + limits.address_space,)),",
                "",
            )
        ],
    ),
    Layer(
        "open files limit",
        swaps=[
            ("isolation", "(resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),", ""),
            (
                "isolation",
                "    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))\n",
                "    pass\n",
            ),
        ],
    ),
    Layer("core limit", swaps=[("isolation", "(resource.RLIMIT_CORE, 0, 0),", "")]),
    Layer(
        "first to go without memory",
        swaps=[
            (
                "runs",
                "PROGRAM_OOM_SCORE, JUDGE_OOM_SCORE = 1000",
                "PROGRAM_OOM_SCORE, JUDGE_OOM_SCORE = 0",
            )
        ],
    ),
    Layer(
        "fresh random streams",
        swaps=[
            ("isolation", "    random.seed()\n", ""),
            ("isolation", "        numpy.random.seed()\n", "        pass\n"),
        ],
    ),
    Layer(
        "descriptors closed",
        swaps=[("isolation", "    close_all_but(keep | {0, 1, 2})\n", "")],
    ),
    Layer(
        "streams of its own",
        swaps=[
            (
                "runs",
                "watching.attach_standard_streams(self._stdout.writer, self._stderr.writer)",
                "pass",
            )
        ],
    ),
    Layer(
        "a fork for each program",
        swaps=[
            ("runs", "links = link_tables(", _IN_PROCESS),
            ("runs", "import json\n", "import contextlib\nimport io\nimport json\n"),
        ],
    ),
    Layer(
        "output caps",
        swaps=[("watching", "self._head_bytes = cap // 2", "self._head_bytes = 1 << 40")],
    ),
    Layer(
        "plain files only",
        swaps=[
            ("sweep", "one_name = stat.S_ISREG(entry.status.st_mode)", _FOLLOWED),
            ("sweep", "flags = os.O_RDONLY | os.O_NOFOLLOW", "flags = os.O_RDONLY"),
            ("sweep", "    os.chmod(entry.name, 0o600, dir_fd=entry.folder)\n", ""),
        ],
    ),
    Layer(
        "folder held from the start",
        swaps=[
            (
                "runs",
                "sweep.collect(work, ",
                'sweep.collect(os.open(settings["work"], os.O_RDONLY), ',
            ),
        ],
    ),
)
LAYERS: dict[str, Layer] = {layer.name: layer for layer in (*CONTAINER, *PROGRAM)}

# What only a chart needs is left out where a container is to start in half the time.
_SERVING = ("server", "supervisor")
_NO_WARM_UP = "def warm_up():\n    pass\ndef lend_font_cache():\n    pass\n"


def hardening_without(names: Sequence[str]) -> Hardening:
    """Return the flags of a container without these layers."""
    fields: dict[str, object] = {}
    for name in names:
        fields |= LAYERS[name].hardening
    tmp = [LAYERS[name].hardening.get("tmp_options") for name in names]
    if len([each for each in tmp if each]) > 1:
        fields["tmp_options"] = _merged([str(each) for each in tmp if each])
    if {"no new privileges", "the engine's filter"} <= set(names):
        fields["security_opt"] = ("seccomp=unconfined",)
    return replace(HARDENED, **fields)


def library_without(names: Sequence[str], *, light: bool) -> dict[str, str]:
    """Return the sources that run inside, without these layers.

    Raises:
        LookupError: a layer isn't where it was, and would not be switched off.
    """
    whole = bundled_library()
    library = _light(whole) if light else whole
    for layer in (LAYERS[name] for name in names):
        library |= layer.modules
        for module, text, instead in layer.swaps:
            library[module] = _swapped(library[module], module, text, instead)
    return library


def shared(names: Sequence[str]) -> tuple[str, ...]:
    """Return which of these the neighbour has to do without, too."""
    return tuple(name for name in names if LAYERS[name].shared)


def _light(whole: Mapping[str, str]) -> dict[str, str]:
    """Return the modules that the server itself imports."""
    library: dict[str, str] = {}
    waiting = [*_SERVING]
    while waiting:
        name = waiting.pop()
        if name in whole and name not in library:
            library[name] = _NO_WARM_UP if name == "warmup" else whole[name]
            waiting += re.findall(r"^ *(?:import|from) (\w+)", library[name], re.MULTILINE)
    return library


def _swapped(source: str, module: str, text: str, instead: str) -> str:
    if text not in source:
        raise LookupError(f"{module}.py holds no {text!r}")
    return source.replace(text, instead, 1)


def _merged(options: Sequence[str]) -> str:
    """Join mount options that each differ from the usual ones at one place."""
    usual = _TMP.split(",")
    parts: Mapping[int, str] = {
        place: part
        for each in options
        for place, part in enumerate(each.split(","))
        if part != usual[place]
    }
    return ",".join(parts.get(place, part) for place, part in enumerate(usual))
