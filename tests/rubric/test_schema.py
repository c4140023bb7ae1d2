"""The shipped JSON Schema accepts what the reader accepts, and nothing else that it can tell."""

from __future__ import annotations

import json
import math
import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from critique_loop import rubric as rubrics
from critique_loop.rubric import keys
from critique_loop.rubric.keys import OF_DIMENSION, OF_FILE
from critique_loop.rubric.reading import folded

FOLDER = Path(__file__).parents[2] / "agents" / "rubrics"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "rubric.schema.json").read_text(encoding="utf-8"))
VALIDATOR: Any = Draft202012Validator(SCHEMA)

Value = object
Choose = Callable[[Sequence[Value]], Value]

NAN = math.nan
BADS: Sequence[Value] = (0, True, "", [], {}, NAN, math.inf, "x", 3, ["a", "a"], [1])
TEXTS: Sequence[Value] = ("ok", "a\nb\tc", " a ", "ünï", "a\u200db", "q" * 4000)
BAD_TEXTS: Sequence[Value] = (
    *("", " \n", "a\u0007", "a\u202eb", "\u200b", "\u007f", "a\u0085", "q" * 4001, "\ufeffa"),
)
NAMES: Sequence[Value] = ("n", "Ünï", "a b", "__proto__", "n" * 100, "a\u200cb", "#'\"]")
BAD_NAMES: Sequence[Value] = (
    *("", " a", "a ", "a\n", "a\nb", "\ta", "a\u00ad", "\u200d", "n" * 101, "\u3000a"),
)
CODES: Mapping[str, Value] = {f"c{number}": 1 for number in range(200)}
POOLS: Mapping[str, tuple[Sequence[Value], Sequence[Value]]] = {
    "name": (NAMES, BAD_NAMES),
    "question": (TEXTS, BAD_TEXTS),
    "description": ((*TEXTS, ""), BAD_TEXTS[2:]),
    "target": ((0, 10, 7.5, -0.0), (-0.1, 10.1, "7", 10**30)),
    "pass_mark": ((0, 10, 7.5), (-1, 10.0001, "high", [7])),
    "weight": ((0.001, 1000, 1), (0, -1, 0.0009, 1000.5)),
    "gate": ((True, False), (0, 1, "true")),
    "draft": ((False,), (True, 0, "no")),
    "levels": (
        ({}, {"0": "a", "10": "b"}, {"7": "x"}),
        ({"11": "a"}, {"01": "a"}, {"1\n": "a"}, {"-1": "a"}, {"5": ""}, {"5": 5}, {"\u0663": "a"}),
    ),
    "checks": (
        ({}, {"run_error": 10}, {"a.b-c": 0, "z" * 100: 2.5}, CODES),
        (
            {"a b": 1},
            {"a\n": 1},
            {"_a": 1},
            {"": 1},
            {"a": 11},
            {"a": True},
            {"z" * 101: 1},
            {**CODES, "more": 1},
        ),
    ),
    "applies_to": ((["chart"], ["code", "chart"]), ("chart", ["Chart"], ["code", "code"])),
    "scored_by": (
        (["measured"], ["model"], ["person", "model"], ["measured", "person"]),
        ("model", ["human"], ["model", "model"]),
    ),
    "extends": (("charts",), (" charts", "a\nb")),
    "without": ((["type"], ["type", "bugs"]), (["type", "type"], ["a\n"], "type")),
}


class Generated:
    """A random rubric file, mostly right: the fewer of its values are wrong, the more it tells."""

    def __init__(self, seed: int, *, extends: bool) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, no secret
        self._wrong = self._random.choice([0.0, 0.02, 0.1])
        self.table: dict[str, Value] = self._keys(["description", "target", "draft"], 0.3)
        self._set(self.table, "name", 0.97)
        self._set(self.table, "extends", 1.0 if extends else 0.0)
        self._set(self.table, "without", 0.4 if extends else 0.02)
        if self._random.random() < 0.97:
            number = self._random.choice([0, 1, 1, 2, 3])
            entries = [self._dimension(at) for at in range(number)]
            self.table["dimensions"] = self._random.choice(BADS) if self._bad() else entries

    def _bad(self) -> bool:
        return self._random.random() < self._wrong

    def _keys(self, keys: Sequence[str], share: float) -> dict[str, Value]:
        table: dict[str, Value] = {}
        for key in keys:
            self._set(table, key, share)
        if self._bad():
            table["colour"] = 1
        return table

    def _set(self, table: dict[str, Value], key: str, share: float) -> None:
        if self._random.random() >= share:
            return
        good, bad = POOLS[key]
        table[key] = self._random.choice([*bad, *BADS] if self._bad() else good)

    def _dimension(self, at: int) -> Value:
        if self._bad():
            return self._random.choice(BADS)
        keys = ["weight", "pass_mark", "gate", "levels", "checks", "applies_to", "scored_by"]
        entry = self._keys(keys, 0.4)
        self._set(entry, "question", 0.98)
        self._set(entry, "name", 0.98)
        if isinstance(entry.get("name"), str) and self._random.random() < 0.95:
            entry["name"] = f"{at}{entry['name']}"
        return entry


def toml_of(table: Mapping[str, Value]) -> str:
    return "".join(f"{json.dumps(key)} = {literal(value)}\n" for key, value in table.items())


def literal(value: Value) -> str:
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Value]", value).items()
        return "{ " + ", ".join(f"{json.dumps(key)} = {literal(v)}" for key, v in pairs) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, cast("list[Value]", value))) + "]"
    if isinstance(value, str):
        return json.dumps(value).replace("\u007f", "\\u007f")
    return {"True": "true", "False": "false"}.get(str(value), str(value))


def beyond_a_schema(table: Mapping[str, Value]) -> bool:
    """Whether something is wrong that no schema can say."""
    entries = table.get("dimensions")
    listed = cast("list[Value]", entries) if isinstance(entries, list) else []
    tables = [cast("dict[str, Value]", entry) for entry in listed if isinstance(entry, dict)]
    names = [folded(entry["name"]) for entry in tables if isinstance(entry.get("name"), str)]  # pyright: ignore[reportArgumentType] -- str is checked
    return len(set(names)) < len(names) or "nan" in toml_of(table).replace("nan_", "")


def verdicts(table: Mapping[str, Value], path: Path) -> tuple[bool, bool]:
    """Return whether the reader accepts a file, and whether the schema does."""
    text = toml_of(table)
    path.write_text(text, encoding="utf-8")
    report = rubrics.check(path)
    assert all("no valid TOML" not in error.text for error in report.errors)
    return not report.errors, VALIDATOR.is_valid(tomllib.loads(text))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_rubric_fits_the_schema(path: Path) -> None:
    VALIDATOR.validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_the_schema_knows_every_key_and_no_other() -> None:
    properties = SCHEMA["$defs"]["dimension"]["properties"]

    assert set(SCHEMA["properties"]) == {*OF_FILE, "dimensions"}
    assert set(properties) == set(OF_DIMENSION)


def test_reader_and_schema_accept_the_same_files(tmp_path: Path) -> None:
    accepted: list[bool] = []

    for seed in range(600):
        table = Generated(seed, extends=False).table
        by_reader, by_schema = verdicts(table, tmp_path / "mine.toml")
        if beyond_a_schema(table):
            assert not by_reader
            continue
        assert by_reader is by_schema, toml_of(table)
        accepted.append(by_reader)

    assert 100 < sum(accepted) < len(accepted) - 100


def test_the_reader_accepts_no_extending_file_that_the_schema_refuses(tmp_path: Path) -> None:
    accepted: list[bool] = []

    for seed in range(250):
        table = Generated(seed, extends=True).table
        by_reader, by_schema = verdicts(table, tmp_path / "mine.toml")
        assert by_schema or not by_reader, toml_of(table)
        accepted.append(by_reader)

    assert 50 < sum(accepted) < len(accepted) - 50


@pytest.mark.parametrize(("definition", "parse"), [("name", keys.name), ("text", keys.text)])
def test_the_same_characters_are_refused(definition: str, parse: keys.Parse) -> None:
    pattern = re.compile(SCHEMA["$defs"][definition]["not"]["pattern"])

    for number in range(0x1_1000):
        told: list[str] = []
        parse(f"a{chr(number)}b", lambda problem, *_at, told=told: told.append(problem))

        assert bool(told) is bool(pattern.search(f"a{chr(number)}b")), hex(number)


@pytest.mark.parametrize("key", sorted(POOLS.keys() - {"extends", "without", "scored_by"}))
def test_each_value_alone_is_judged_alike(key: str, tmp_path: Path) -> None:
    good, bad = POOLS[key]
    for value in (*good, *bad, *BADS):
        entry: dict[str, Value] = {"name": "n", "question": "q"}
        table: dict[str, Value] = {"name": "r", "dimensions": [entry]}
        (entry if key in OF_DIMENSION else table)[key] = value

        by_reader, by_schema = verdicts(table, tmp_path / "mine.toml")

        assert by_reader is by_schema or value is NAN, repr(value)
        assert by_reader or not any(value is each for each in good)
