"""What an item is: a hash of what is asked and of the files that it is asked about."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path

import msgspec

from critique_loop import rubric as rubrics
from critique_loop.batch.lines import TEXTS, TaskLine, is_path, several
from critique_loop.definitions.files import is_file, read
from critique_loop.errors import CallError
from critique_loop.values import Rubric

_MOST_KEPT = 4096
_KEY = 16


class Contents:
    """Digests of files, and rubrics, each read once as long as it does not change."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._digests: OrderedDict[tuple[str, int, int], str] = OrderedDict()
        self._rubrics: dict[str, Rubric] = {}

    def digest(self, path: str) -> str:
        """Return the SHA-256 of a file.

        Raises:
            CallError: it can't be read.
        """
        try:
            status = Path(path).stat()
            known = (path, status.st_size, status.st_mtime_ns)
            found = self._digests.get(known)
            if found is None:
                with Path(path).open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CallError(f"{path}: can't be read ({error.strerror})") from error
        self._digests[known] = found
        self._digests.move_to_end(known)
        if len(self._digests) > _MOST_KEPT:
            self._digests.popitem(last=False)
        return found

    def agent(self, name: str) -> str:
        """Return the SHA-256 of an agent: the path of a file, or a shipped name.

        Raises:
            CallError: a file can't be read.
            DefinitionError: there is no such agent.
        """
        if is_file(name):
            return self.digest(name)
        return hashlib.sha256(read(name)[1].encode()).hexdigest()

    def rubric(self, name: str) -> Rubric:
        """Return the rubric of that name or file, as it was when it was first asked for.

        Raises:
            DefinitionError: it is wrong.
        """
        if name not in self._rubrics:
            self._rubrics[name] = rubrics.load(name)
        return self._rubrics[name]

    def key(self, line: TaskLine) -> str:
        """Return the item key of a task: it says the same, of the same content, with the same id.

        Raises:
            CallError: a file can't be read.
            DefinitionError: its rubric is wrong.
        """
        said: dict[str, object] = msgspec.to_builtins(line)
        said["data"] = [self.digest(path) for path in several(line.data)]
        if line.given("rubric"):
            said["rubric"] = digest_of(self.rubric(str(line.rubric)))
        for name in TEXTS:
            texts = several(getattr(line, name))
            said[name] = [self.digest(text) if is_path(text) else text for text in texts]
        text = msgspec.json.encode(said, order="deterministic")
        return hashlib.sha256(text).hexdigest()[:_KEY]


def digest_of(rubric: Rubric) -> str:
    """Return a hash of all that a rubric says."""
    return hashlib.sha256(msgspec.json.encode(rubric)).hexdigest()
