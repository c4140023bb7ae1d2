"""Whether a file lies where SQLite's locks and shared memory can be trusted."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
# https://sqlite.org/wal.html: all processes must be on the same machine; what FUSE does with locks
# is up to each program behind it.
_ELSEWHERE = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|afs|ceph|lustre|beegfs|gpfs|glusterfs|ncpfs|fuse|fuse\..+"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


class NetworkFileSystem(UserWarning):
    """A store lies on a file system on which several processes can damage it."""


def warn_of_network(path: Path, *, stacklevel: int) -> None:
    """Warn where ``path`` lies on a network file system, once for each caller."""
    kind = network_file_system(path)
    if kind:
        warnings.warn(
            f"{path}: lies on a network file system ({kind}), where SQLite's locks don't hold: use"
            " it from one process at a time, or name a file on a local disk with"
            " CRITIQUE_LOOP_STORE",
            NetworkFileSystem,
            stacklevel=stacklevel + 1,
        )


def network_file_system(path: Path, mounts: Path = _MOUNTS) -> str:
    """Return the type of the network file system on which ``path`` lies or will lie.

    "" where it is a local one, and where the system doesn't tell. ``mounts`` is a list of mounts as
    proc(5) describes it.
    """
    try:
        place = path.absolute().resolve()
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except (OSError, RuntimeError):  # no such list; links in a circle
        return ""
    found, kind = Path(), ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(_ESCAPED.sub(_unescaped, before.split(" ")[4]))
        # What was mounted later at the same place hides what is there.
        if place.is_relative_to(point) and len(point.parts) >= len(found.parts):
            found, kind = point, after.split(" ")[0]
    return kind if _ELSEWHERE.fullmatch(kind) else ""


def _unescaped(code: re.Match[str]) -> str:
    return chr(int(code[1], 8))
