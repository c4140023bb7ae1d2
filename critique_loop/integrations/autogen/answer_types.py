"""Answers that AutoGen wants as a pydantic model, by the JSON Schema that servers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import BaseModel, ValidationError

from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.values import AnswerSchema

_KEPT = ("type", "description", "enum", "const")
_DEEPEST = 20


def answer_schema(kind: type[BaseModel]) -> AnswerSchema:
    """Return the schema of ``kind``, without what not all servers take.

    What is left out (limits, patterns, formats) is checked by ``validated``.

    Raises:
        CallError: its types contain themselves.
    """
    schema: Mapping[str, object] = kind.model_json_schema()
    definitions = cast("Mapping[str, object]", schema.get("$defs", {}))
    name = "".join(c if c.isalnum() else "_" for c in kind.__name__)
    return AnswerSchema(name, _plain(schema, definitions, 0))


def validated(kind: type[BaseModel], data: object) -> str:
    """Return ``data`` as the JSON of a valid ``kind``.

    Raises:
        ModelError: it is none (kind "bad_json").
    """
    try:
        return kind.model_validate(data).model_dump_json()
    except ValidationError as error:
        problem = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3]
        )
        raise ModelError(ModelErrorKind.BAD_JSON, f"no {kind.__name__}: {problem}") from error


def _plain(schema: object, definitions: Mapping[str, object], depth: int) -> dict[str, object]:
    if depth > _DEEPEST:
        raise CallError("an answer type that contains itself can't be asked for")
    node = cast("Mapping[str, object]", schema)
    while "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        node = cast("Mapping[str, object]", definitions[name])
    plain = {key: node[key] for key in _KEPT if key in node}
    for key in ("anyOf", "oneOf"):
        if key in node:
            options = cast("list[object]", node[key])
            plain["anyOf"] = [_plain(option, definitions, depth + 1) for option in options]
    if "items" in node:
        plain["items"] = _plain(node["items"], definitions, depth + 1)
    if "properties" in node:
        properties = cast("Mapping[str, object]", node["properties"])
        plain["properties"] = {
            name: _plain(inner, definitions, depth + 1) for name, inner in properties.items()
        }
        plain["required"] = list(properties)
        plain["additionalProperties"] = False
    return plain
