"""Run one program the way ``python3 draft.py`` would, inside a fork of the warm server."""

from __future__ import annotations

import atexit
import functools
import io
import linecache
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import spawn
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

FILE_NAME = "draft.py"
INTERRUPTED = 130
_KEEP_LAST = 0xFF


def run(
    source: bytes,
    *,
    finish: Callable[[], None],
    arguments: Sequence[str] = (),
    module: str = "__main__",
    execute: bool = True,
) -> int:
    """Run ``source`` as ``module`` and return the exit code Python would give.

    ``finish`` is called when the program and its threads have ended, however they did. Without
    ``execute`` it is compiled only.
    """
    _renew_streams()
    code = _ended_with(lambda: _run_as(module, source, arguments, execute=execute))
    code = _ended_with(threading._shutdown) or code  # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType] - as the interpreter ends
    finished = _ended_with(finish)
    code = code or finished
    # os._exit, which ends a fork, doesn't call them.
    atexit._run_exitfuncs()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as the interpreter ends
    for stream in (sys.stdout, sys.stderr):
        _ended_with(stream.flush)
    return code


def _renew_streams() -> None:
    """Open the standard streams anew, flushed per line: what a dying program printed arrives."""
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115 - the program's own
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        binary = open(descriptor, "wb", closefd=False)  # noqa: SIM115 - lives as long as we do
        text = io.TextIOWrapper(
            binary, encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)


def _run_as(module: str, source: bytes, arguments: Sequence[str], *, execute: bool) -> None:
    lines = source.decode("utf-8", "replace").splitlines(keepends=True)
    # No time stamp (None): linecache then never looks for a file of this name.
    linecache.cache[FILE_NAME] = (len(source), None, lines, FILE_NAME)
    main = ModuleType(module)
    main.__dict__.update(__file__=FILE_NAME, __builtins__=__builtins__)
    sys.modules[module] = main
    sys.argv = [FILE_NAME, *arguments]
    sys.path.insert(0, "")
    spawn.get_preparation_data = functools.partial(_for_a_new_interpreter, source)
    code = compile(source, FILE_NAME, "exec", dont_inherit=True)
    if execute:
        exec(code, main.__dict__)


def _for_a_new_interpreter(source: bytes, name: str) -> dict[str, Any]:
    """Tell an interpreter that multiprocessing starts where the program is: in no file so far."""
    path = Path(tempfile.mkdtemp(), FILE_NAME)
    path.write_bytes(source)
    return {**_preparation_data(name), "init_main_from_path": str(path)}


_preparation_data = spawn.get_preparation_data


def _ended_with(step: Callable[[], object]) -> int:
    """Take a step and return the exit code Python gives to how it ended."""
    try:
        step()
    except SystemExit as stop:
        return _exit_code(stop)
    except KeyboardInterrupt:
        _print_traceback()
        return INTERRUPTED
    except BaseException:  # noqa: BLE001 - the interpreter too prints whatever a program raises
        _print_traceback()
        return 1
    return 0


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & _KEEP_LAST
    sys.stderr.write(f"{stop.code}\n")
    return 1


def _print_traceback() -> None:
    """Print the exception as the interpreter does, from the program's first frame on."""
    kind, error, trace = sys.exc_info()
    try:
        traceback.print_exception(kind, error, _without_ours(trace))
    except Exception as second:  # noqa: BLE001 - an exception whose own text raises is still told
        sys.stderr.write(f"{kind}: it can't be shown ({type(second).__name__})\n")


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_globals.get("__name__") == __name__:
        trace = trace.tb_next
    return trace
