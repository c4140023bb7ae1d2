"""What the host says: once when the server starts, and before each run."""

from __future__ import annotations

from typing import Literal, TypedDict

FirstRun = Literal["main", "module", "compile"]


class Settings(TypedDict):
    """What holds for all runs of this server. Sizes in bytes.

    ``process_one``: this server is the first process of a PID namespace of its own, and ends
    everything else in it after each run; otherwise only its own descendants. ``processes``: the
    most processes of this user, 0 where the container counts them. ``address_space``: what one
    process may map beyond what the server itself has. ``places``: the folders that are emptied
    after each run; ``work`` lies in the first, ``data`` holds the untouched tables.
    """

    process_one: bool
    network: bool
    work: str
    data: str
    places: list[str]
    wall_s: float
    judge_wall_s: float
    cpu_s: int
    address_space: int
    processes: int
    stdout_bytes: int
    stderr_bytes: int
    facts_bytes: int
    answer_bytes: int
    file_bytes: int
    total_bytes: int
    files: int
    depth: int


class Orders(TypedDict):
    """What is said before one run: the tables it may read, and whether it is judged.

    ``first``: whether the program runs as ``__main__``, as the module ``module`` that tests import,
    or is compiled only, because it waits for input that tests have. ``tested``: the judge may start
    it again, as often as it has tests. ``judge_wall_s`` is the time of this run's judge.
    """

    tables: list[str]
    judged: bool
    first: FirstRun
    module: str
    tested: bool
    judge_wall_s: float
