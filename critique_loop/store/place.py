"""Where a store lies, and files that only their owner can read."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Generator, Mapping
from pathlib import Path

from critique_loop.errors import StoreError

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def default_path(environment: Mapping[str, str] | None = None) -> Path:
    """Return where traces are kept unless said otherwise.

    ``$CRITIQUE_LOOP_STORE``, else ``critique-loop/traces.db`` in ``$XDG_DATA_HOME``, else in
    ``~/.local/share``. A relative ``XDG_DATA_HOME`` is ignored, as the XDG base directory
    specification asks.

    Raises:
        StoreError: none of these is set, and there is no home folder.
    """
    variables = os.environ if environment is None else environment
    named = variables.get("CRITIQUE_LOOP_STORE", "")
    data_home = variables.get("XDG_DATA_HOME", "")
    try:
        if named:
            return Path(named).expanduser()
        if Path(data_home).is_absolute():
            return Path(data_home, "critique-loop", "traces.db")
        return Path.home() / ".local" / "share" / "critique-loop" / "traces.db"
    except RuntimeError as error:
        raise StoreError(
            "there is no home folder to keep traces in",
            remedy="Name a file with CRITIQUE_LOOP_STORE.",
        ) from error


def make_folder(folder: Path) -> None:
    """Create ``folder`` for its owner alone, and its parents, where they are missing."""
    if not folder.is_dir():
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


@contextlib.contextmanager
def new_folders(folder: Path) -> Generator[None]:
    """Create ``folder`` as ``make_folder`` does; those that are empty afterwards go again."""
    inner_first = (folder, *folder.parents)
    made = list(itertools.takewhile(lambda each: not each.exists(), inner_first))
    try:
        make_folder(folder)
        yield
    finally:
        for each in made:
            with contextlib.suppress(OSError):  # it is not empty, or somebody was faster
                each.rmdir()


def create_file(path: Path) -> int:
    """Create an empty file for its owner alone and return its descriptor, open for writing.

    Raises:
        FileExistsError: it exists; it is not touched.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)


def scratch_name(path: Path) -> Path:
    """Return a name beside ``path`` that no other process or call uses."""
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
