"""Say which JSON object is wanted, and check that an answer is one.

Only what all servers share is used (see ``AnswerSchema``). The check is our own, not the
``jsonschema`` library's: that one brings four more packages, one of them compiled, for twelve
keywords; and it only says yes or no, where "8" for 8 is to be mended and told.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from critique_loop.errors import CallError
from critique_loop.values import AnswerSchema

MAX_PROBLEMS: Final = 8
"""More of them tell a model nothing more."""

Schema = Mapping[str, object]

_STRUCTURE = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref"}
_KNOWN = _STRUCTURE | {"enum", "const", "$defs", "title", "description", "default"}
_SHORT = 40
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DEFS = "#/$defs/"


def text(description: str = "") -> Schema:
    """Return the schema of a text."""
    return {"type": "string", **({"description": description} if description else {})}


def one_of(values: Sequence[str] | Sequence[int], description: str = "") -> Schema:
    """Return the schema of one of ``values``, all texts or all integers."""
    kind = "string" if isinstance(values[0], str) else "integer"
    told = {"description": description} if description else {}
    return {"type": kind, "enum": list(values), **told}


def listed(items: Schema, description: str = "") -> Schema:
    """Return the schema of a list of ``items``."""
    return {
        "type": "array",
        "items": items,
        **({"description": description} if description else {}),
    }


def structure(properties: Mapping[str, Schema], description: str = "") -> Schema:
    """Return the schema of an object with exactly these properties, in this order."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
        **({"description": description} if description else {}),
    }


def scores(name: str, questions: Mapping[str, str], levels: Sequence[int]) -> AnswerSchema:
    """Return the schema of a critique: for each dimension evidence, advice, then the score.

    ``questions`` has each dimension's question. The score comes last, so that it follows from what
    was said before it; its ``levels`` are an enum, which more servers enforce than a range.

    Raises:
        CallError: a name that servers refuse.
    """
    for word in (name, *questions):
        if not _NAME.fullmatch(word):
            raise CallError(
                f"{word!r} can't be a name in an answer",
                remedy="Use 1 to 64 letters, digits, _ and -.",
            )
    properties = {
        dimension: structure(
            {
                "evidence": text("What was seen that speaks for or against it."),
                "advice": text("What to change; empty where nothing is to be changed."),
                "score": one_of(levels, "How well it is met."),
            },
            question,
        )
        for dimension, question in questions.items()
    }
    return AnswerSchema(name, structure(properties))


def in_words(schema: AnswerSchema) -> str:
    """Return what to tell a model whose server can't be given the schema."""
    written = json.dumps(schema.schema, ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else: no introduction, no code fence. It must fit"
        f" this JSON Schema (write the values, not the schema):\n{written}"
    )


def check(schema: Schema) -> None:
    """Refuse a schema that local validation does not know.

    Raises:
        CallError: the top is no object, a keyword or type is outside the common subset, or a
        reference leads nowhere.
    """
    if schema.get("type") != "object" and "$ref" not in schema:
        raise CallError("the schema of an answer must be of type object")
    defined = {f"{_DEFS}{name}" for name in cast("Schema", schema.get("$defs") or {})}
    for part in _parts(schema):
        kinds = part.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else cast("Sequence[str]", kinds)
        unknown = sorted(set(part) - _KNOWN) + [kind for kind in kinds if kind not in _IS]
        if part.get("$ref", _DEFS) not in {_DEFS, *defined}:
            unknown.append(f"the reference {part['$ref']}")
        if unknown:
            raise CallError(
                f"the schema of an answer uses {', '.join(unknown)}",
                remedy="Servers do not share it: say it in a description, and check it yourself.",
            )


def _parts(schema: Schema) -> Generator[Schema]:
    yield schema
    below: list[object] = [schema.get("items")]
    for key in ("properties", "$defs"):
        below += list(cast("Mapping[str, object]", schema.get(key) or {}).values())
    below += cast("Sequence[object]", schema.get("anyOf") or ())
    for part in below:
        if isinstance(part, Mapping):
            yield from _parts(cast("Schema", part))


@dataclass(frozen=True, slots=True)
class Conformed:
    """An answer beside its schema.

    ``problems`` say where and why it does not fit (none: it fits); ``data`` is the answer with what
    was ``mended``: each entry says what was read as what.
    """

    data: Mapping[str, object]
    problems: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()


def conform(data: Mapping[str, object], schema: Schema) -> Conformed:
    """Return ``data`` as ``schema`` wants it, mending only what can be read in one way.

    Mended are "8" and 8.0 for 8, "true" for true, "Good " for the only option "good"; what was not
    asked for is left out.
    """
    checker = _Checker(cast("Schema", schema.get("$defs") or {}))
    value = checker.value(data, schema, "")
    return Conformed(
        cast("Mapping[str, object]", value) if isinstance(value, Mapping) else data,
        tuple(checker.problems[:MAX_PROBLEMS]),
        tuple(checker.mended),
    )


class _Checker:
    """Walks an answer along its schema."""

    def __init__(self, definitions: Schema) -> None:
        self.problems: list[str] = []
        self.mended: list[str] = []
        self._definitions = definitions

    def value(self, value: object, schema: Schema, at: str) -> object:
        """Return ``value`` as ``schema`` wants it; what does not fit becomes a problem."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = self._definitions.get(reference.removeprefix(_DEFS))
            return self.value(value, cast("Schema", target or {}), at)
        options = schema.get("anyOf")
        if options is not None:
            return self._any(value, cast("Sequence[Schema]", options), at)
        if "type" in schema:
            value = self._typed(value, schema, at)
        allowed = [schema["const"]] if "const" in schema else schema.get("enum")
        return value if allowed is None else self._allowed(value, cast("list[object]", allowed), at)

    def _any(self, value: object, options: Sequence[Schema], at: str) -> object:
        tries: list[_Checker] = []
        for option in options:
            tried = _Checker(self._definitions)
            result = tried.value(value, option, at)
            if not tried.problems:
                self.mended += tried.mended
                return result
            tries.append(tried)
        self.problems += min(tries, key=lambda tried: len(tried.problems)).problems
        return value

    def _typed(self, value: object, schema: Schema, at: str) -> object:
        declared = schema["type"]
        kinds = [declared] if isinstance(declared, str) else cast("list[str]", declared)
        kind = next((kind for kind in kinds if _IS[kind](value)), None)
        if kind == "object":
            return self._object(cast("Mapping[str, object]", value), schema, at)
        if kind == "array":
            items = cast("Schema", schema.get("items") or {})
            entries = enumerate(cast("list[object]", value))
            return [self.value(item, items, f"{at}[{index}]") for index, item in entries]
        if kind is None:
            return self._read_as(value, kinds, at)
        if kind == "integer" and isinstance(value, float):
            self._note(at, value, int(value))
            return int(value)
        return value

    def _object(self, value: Mapping[str, object], schema: Schema, at: str) -> dict[str, object]:
        properties = cast("Mapping[str, Schema]", schema.get("properties") or {})
        required = cast("Iterable[str]", schema.get("required") or ())
        result: dict[str, object] = {}
        for key, part in properties.items():
            if key in value:
                result[key] = self.value(value[key], part, _at(at, key))
        self.problems += [f"{_at(at, key)}: is missing" for key in required if key not in value]
        for key in [key for key in value if key not in properties]:
            if schema.get("additionalProperties", True) is False:
                self.mended.append(f"{_at(at, _short(key))}: left out, nobody asked for it")
            else:
                result[key] = value[key]
        return result

    def _read_as(self, value: object, kinds: Sequence[str], at: str) -> object:
        """Return the text ``value`` as one of ``kinds``, where it can only mean that."""
        if isinstance(value, str):
            for kind in kinds:
                read = _read(value.strip(), kind)
                if read is not None:
                    self._note(at, value, read)
                    return read
        wanted = " or ".join(kinds)
        self.problems.append(f"{at or 'the answer'}: expected {wanted}, found {_told(value)}")
        return value

    def _allowed(self, value: object, allowed: list[object], at: str) -> object:
        if any(type(value) is type(option) and value == option for option in allowed):
            return value
        if isinstance(value, str):
            like = [o for o in allowed if isinstance(o, str) and _folded(o) == _folded(value)]
            if len(like) == 1:
                self._note(at, value, like[0])
                return like[0]
        options = json.dumps(allowed, ensure_ascii=False)
        problem = f"{at or 'the answer'}: expected one of {options}, found {_told(value)}"
        if not self.problems or not self.problems[-1].startswith(f"{at}: expected"):
            self.problems.append(problem)
        return value

    def _note(self, at: str, found: object, read: object) -> None:
        self.mended.append(f"{at}: {_told(found)} read as {_told(read)}")


def _is_number(value: object) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _is_integer(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


_IS: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": _is_integer,
}
_INTEGER = re.compile(r"[+-]?\d{1,15}(?:\.0{1,6})?")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")


def _read(value: str, kind: str) -> object:
    if kind == "integer" and _INTEGER.fullmatch(value):
        return int(float(value))
    if kind == "number" and _NUMBER.fullmatch(value):
        return float(value)
    if kind == "boolean" and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    return None


def _folded(value: str) -> str:
    return value.strip().casefold()


def _at(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _short(value: str) -> str:
    shown = value if len(value) <= _SHORT else f"{value[: _SHORT - 1]}…"
    return "".join(character if character.isprintable() else " " for character in shown)


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return json.dumps(_short(value) if isinstance(value, str) else value, ensure_ascii=False)
