"""Read agent files: TOML front matter between two +++ lines, then the prompt."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

from critique_loop.definitions.definition import Definition, Sharing
from critique_loop.definitions.files import AgentFile, read, split
from critique_loop.errors import DefinitionError

_FIRST_LINE = 2  # of the front matter, in the file
_TOML_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)|\s*\(at end of document\)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ROLES = ("writer", "critic", "suggester", "explainer", "tester")
_MOST_ANSWERS = 16
_LEAST_BUDGET = 500
_ONLY_FOR = {
    "candidates": "writer",
    "samples": "critic",
    "dimensions": "critic",
    "canary": "critic",
}
_KEYS = frozenset(f.name for f in fields(Definition)) - {"prompt", "sha256"}
_SHARING_KEYS = frozenset(f.name for f in fields(Sharing))


def load(source: str | Path) -> Definition:
    """Return the agent in the file ``source`` (ending in .md), or the shipped one of that name.

    Raises:
        DefinitionError: no such file, not UTF-8, no TOML, an unknown key, a wrong type or value, no
            prompt. The message names file, line and key.
    """
    path, text = read(source)
    file = split(path, text)
    table = _parsed(path, file)
    try:
        return _Reader(path, file.front).definition(table, file)
    except (ValueError, RecursionError) as error:  # a wrong value that can't even be shown
        raise DefinitionError(path, f"a value is too long or too deep: {error}") from error


def _parsed(path: Path, file: AgentFile) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.front)
    except (ValueError, RecursionError) as error:  # also numbers too long, lists too deep
        problem = str(error)
        place = _TOML_PLACE.search(problem)
        if place is None:
            raise DefinitionError(path, f"no valid TOML: {problem}") from error
        inside = place.group(1)
        line = int(inside) if inside else file.front.count("\n") + 1
        said = _TOML_PLACE.sub("", problem)
        raise DefinitionError(
            path, f"line {line + _FIRST_LINE - 1}: no valid TOML: {said}"
        ) from error


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks parsed front matter key by key."""

    path: Path
    front: str

    def definition(self, table: Mapping[str, object], file: AgentFile) -> Definition:
        self._known(table, _KEYS)
        role = self._role(table)
        for key, its_role in _ONLY_FOR.items():
            if key in table and role != its_role:
                raise self._wrong(key, f"only a {its_role} has it")
        return Definition(
            name=self._name(table),
            role=role,
            prompt=file.body,
            sha256=hashlib.sha256(file.text.encode()).hexdigest(),
            description=self._text(table, "description"),
            temperature=self._number(table, "temperature", 0, 2),
            top_p=self._number(table, "top_p", 0, 1),
            max_tokens=self._whole(table, "max_tokens", 1, 10_000_000),
            seed=self._whole(table, "seed", 0, 2**31 - 1),
            token_budget=self._count(table, "token_budget", _LEAST_BUDGET, 10_000_000),
            candidates=self._count(table, "candidates", 1, _MOST_ANSWERS),
            samples=self._count(table, "samples", 1, _MOST_ANSWERS),
            dimensions=self._dimensions(table),
            canary=self._switch(table, "canary"),
            sharing=self._sharing(table),
        )

    def _name(self, table: Mapping[str, object]) -> str:
        name = self._text(table, "name", required=True)
        if not _NAME.fullmatch(name):
            raise self._wrong("name", f"expected letters, digits, _ and -, found {name!r}")
        return name

    def _role(self, table: Mapping[str, object]) -> str:
        role = self._text(table, "role", required=True)
        if role not in _ROLES:
            raise self._wrong("role", f"expected {' or '.join(_ROLES)}, found {role!r}")
        return role

    def _dimensions(self, table: Mapping[str, object]) -> tuple[str, ...]:
        value = table.get("dimensions", [])
        names = cast("list[object]", value) if isinstance(value, list) else [None]
        if not all(isinstance(name, str) and name.strip() for name in names):
            raise self._wrong("dimensions", "expected a list of names of dimensions")
        if len(set(names)) < len(names):
            raise self._wrong("dimensions", "a name is there twice")
        return tuple(str(name) for name in names)

    def _sharing(self, table: Mapping[str, object]) -> Sharing:
        value = table.get("sharing", {})
        if not isinstance(value, dict):
            raise self._wrong("sharing", f"expected a table, found {value!r}")
        parts = cast("dict[str, object]", value)
        self._known(parts, _SHARING_KEYS, "sharing.")
        shared: dict[str, bool] = {}
        for key, allowed in parts.items():
            if not isinstance(allowed, bool):
                raise self._wrong(f"sharing.{key}", f"expected true or false, found {allowed!r}")
            shared[key] = allowed
        return Sharing(**shared)

    def _switch(self, table: Mapping[str, object], key: str) -> bool:
        value = table.get(key, True)
        if not isinstance(value, bool):
            raise self._wrong(key, f"expected true or false, found {value!r}")
        return value

    def _text(self, table: Mapping[str, object], key: str, *, required: bool = False) -> str:
        if required and key not in table:
            raise self._wrong(key, "is missing")
        value = table.get(key, "")
        if not isinstance(value, str) or (required and not value.strip()):
            raise self._wrong(key, f"expected a text, found {value!r}")
        return value.strip()

    def _number(
        self, table: Mapping[str, object], key: str, least: float, most: float
    ) -> float | None:
        value = table.get(key)
        if value is None:
            return None
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and least <= value <= most
        ):
            return float(value)
        raise self._wrong(key, f"expected a number from {least:g} to {most:g}, found {value!r}")

    def _whole(self, table: Mapping[str, object], key: str, least: int, most: int) -> int | None:
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise self._wrong(key, f"expected a whole number from {least} to {most}, found {value!r}")

    def _count(self, table: Mapping[str, object], key: str, least: int, most: int) -> int:
        """Return a whole number, or the definition's own default."""
        found = self._whole(table, key, least, most)
        default = {f.name: cast("int", f.default) for f in fields(Definition)}[key]
        return default if found is None else found

    def _known(self, table: Mapping[str, object], known: frozenset[str], prefix: str = "") -> None:
        for key in table:
            if key not in known:
                names = ", ".join(sorted(known))
                raise self._wrong(f"{prefix}{key}", "unknown key", remedy=f"Known keys: {names}.")

    def _wrong(self, key: str, problem: str, *, remedy: str = "") -> DefinitionError:
        return DefinitionError(
            self.path, f"line {_line_of(self.front, key)}: {key}: {problem}", remedy=remedy
        )


def _line_of(front: str, key: str) -> int:
    """Return the line of the file on which ``key`` is set, or which opens its table; else 1."""
    table, _, leaf = key.rpartition(".")
    lines = front.split("\n")
    inside, opened = "", 0
    for number, line in enumerate(lines, _FIRST_LINE):
        header = re.match(r"\s*\[+\s*(.+?)\s*\]+", line)
        if header is not None:
            inside = header.group(1).strip("\"' ")
            opened = number if inside in (key, table) and inside else opened
        elif table and re.match(rf"\s*[\"']?{re.escape(table)}[\"']?\s*[.=]", line):
            if re.search(rf"\b{re.escape(leaf)}\b", line):
                return number
            opened = opened or number
        elif inside == table and re.match(rf"\s*[\"']?{re.escape(leaf)}[\"']?\s*[.=]", line):
            return number
    return opened or 1
