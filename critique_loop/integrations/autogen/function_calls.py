"""Function calls by a structured answer: any model of ours can make them, whatever its server can.

The model says in one JSON object whether it calls a function or answers. Its arguments travel as a
JSON text, because the subset of JSON Schema that servers share can't hold a choice between shapes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autogen_core import FunctionCall
from autogen_core.tools import Tool, ToolSchema

from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.models.lenient import extract
from critique_loop.values import AnswerSchema, Message, Request

ANSWER = "answer"
ToolChoice = Tool | Literal["auto", "required", "none"]


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions a model may call; ``must`` where it may not answer instead."""

    schemas: tuple[ToolSchema, ...]
    must: bool = False

    @classmethod
    def of(cls, tools: Sequence[Tool | ToolSchema], choice: ToolChoice) -> Functions:
        """Return what may be called, by AutoGen's two parameters.

        Raises:
            CallError: a function is called as our word for answering.
        """
        schemas = tuple(tool.schema if isinstance(tool, Tool) else tool for tool in tools)
        if isinstance(choice, Tool):
            schemas = tuple(s for s in schemas if s["name"] == choice.name) or (choice.schema,)
        if choice == "none":
            schemas = ()
        if any(schema["name"] == ANSWER for schema in schemas):
            raise CallError(f"a tool is called {ANSWER!r}", remedy="Give it another name.")
        return cls(schemas, must=isinstance(choice, Tool) or choice == "required")

    def asked(self, request: Request) -> Request:
        """Return ``request`` with the functions in its first message and in its schema."""
        names = [schema["name"] for schema in self.schemas]
        actions = names if self.must else [ANSWER, *names]
        text = {"type": "string"}
        schema: dict[str, object] = {
            "type": "object",
            "properties": {
                "action": {"type": "string", "enum": actions},
                "arguments": text,
                ANSWER: text,
            },
            "required": ["action", "arguments", ANSWER],
            "additionalProperties": False,
        }
        first, rest = request.messages[:1], request.messages[1:]
        if not first or first[0].role != "system":
            first, rest = (Message("system", ""),), request.messages
        told = f"{first[0].text}\n\n{self._in_words()}".strip()
        messages = (replace(first[0], text=told), *rest)
        return replace(request, messages=messages, schema=AnswerSchema("action", schema))

    def _in_words(self) -> str:
        lines = [
            "You can call functions. As action give the name of the function to call, with its "
            'arguments as a JSON object in a text, e.g. "{\\"city\\": \\"Rome\\"}".'
        ]
        if not self.must:
            lines.append(f'To answer without a call, give "{ANSWER}" as action.')
        for schema in self.schemas:
            parameters = json.dumps(schema.get("parameters", {}))
            lines.append(f"{schema['name']}: {schema.get('description', '')}\n{parameters}")
        return "\n".join(lines)

    def read(self, data: Mapping[str, object]) -> list[FunctionCall] | str:
        """Return the call, or the answer, that the model's object stands for.

        Raises:
            ModelError: it calls what is not there, or its arguments are none (kind "bad_json").
        """
        action = str(data.get("action", ""))
        if action == ANSWER and not self.must:
            return str(data.get(ANSWER, ""))
        schema = next((s for s in self.schemas if s["name"] == action), None)
        if schema is None:
            raise ModelError(ModelErrorKind.BAD_JSON, f"there is no function {action!r} to call")
        found = extract(str(data.get("arguments") or "{}"))
        if len(found.objects) != 1 or found.cut:
            problem = found.problem or "not one object"
            raise ModelError(ModelErrorKind.BAD_JSON, f"the arguments of {action}: {problem}")
        arguments = found.objects[0].value
        wanted = schema.get("parameters", {}).get("required", ())
        missing = [name for name in wanted if name not in arguments]
        if missing:
            raise ModelError(ModelErrorKind.BAD_JSON, f"{action} lacks {', '.join(missing)}")
        return [FunctionCall(uuid.uuid4().hex, json.dumps(dict(arguments)), action)]
