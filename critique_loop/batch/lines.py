"""The lines of a task file: what may stand in them, and what is wrong with one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from critique_loop.values import TaskKind

ENDINGS = (".py", ".pyi", ".json", ".jsonl", ".txt", ".md")
MOST_PATH = 4096
_LONGEST = 40

_Text = Annotated[str, Meta(min_length=1)]
OneOrMore = _Text | list[_Text]
_Whole = Annotated[int, Meta(ge=0)]
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_ID_IN_WORDS = "1 to 100 of A-Z, a-z, 0-9, '_', '.' and '-', and neither '.' nor '-' first"
_Id = Annotated[
    str,
    Meta(
        description="Names the task in results; without one it is named by its content.",
        extra_json_schema={"pattern": f"^{_ID.pattern}$"},
    ),
]


class TaskLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """One task: a chart from a table and a goal, or a program for a goal and tests.

    Tests, signature, reference and solutions are paths of files or the texts themselves; paths are
    relative to the folder of the task file.
    """

    id: _Id | UnsetType = UNSET
    kind: (
        Annotated[
            Literal["chart", "code"], Meta(description="Without one: code where there are tests.")
        ]
        | UnsetType
    ) = UNSET
    goal: str = ""
    data: (
        Annotated[OneOrMore, Meta(description="The table of a chart; tables a program may read.")]
        | UnsetType
    ) = UNSET
    rubric: (
        Annotated[_Text, Meta(description="A .toml file, or the name of a shipped rubric.")]
        | UnsetType
    ) = UNSET
    units: Annotated[dict[str, str], Meta(description="Units of a chart's columns.")] = {}
    signature: _Text | UnsetType = UNSET
    tests: OneOrMore | UnsetType = UNSET
    hidden_tests: OneOrMore | UnsetType = UNSET
    reference: _Text | UnsetType = UNSET
    solution: (
        Annotated[
            OneOrMore, Meta(description="Programs that are judged before anybody writes one.")
        ]
        | UnsetType
    ) = UNSET
    entry_point: str = ""
    module: str = ""
    test_timeout_s: Annotated[float, Meta(gt=0, le=600)] | UnsetType = UNSET
    max_rounds: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    max_time_s: Annotated[float, Meta(gt=0)] | UnsetType = UNSET
    max_calls: _Whole | UnsetType = UNSET
    max_tokens: _Whole | UnsetType = UNSET
    max_cost_usd: Annotated[float, Meta(ge=0)] | UnsetType = UNSET

    @property
    def task_kind(self) -> TaskKind:
        """What is asked for: as said, else a program where there are tests or a signature."""
        if isinstance(self.kind, str):
            return TaskKind(self.kind)
        return TaskKind.CODE if any(self.given(name) for name in OF_CODE) else TaskKind.CHART

    def given(self, name: str) -> bool:
        """Whether the line says something of that name."""
        value: object = getattr(self, name)
        return value is not UNSET and bool(value)

    def limits(self) -> dict[str, float]:
        """Return the limits of this loop that differ from those of the batch."""
        found = {name: getattr(self, name) for name in LIMITS}
        return {name: value for name, value in found.items() if value is not UNSET}


LIMITS = ("max_rounds", "max_time_s", "max_calls", "max_tokens", "max_cost_usd")
TEXTS = ("signature", "tests", "hidden_tests", "reference", "solution")
OF_CODE = (*TEXTS, "entry_point", "module", "test_timeout_s")


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of one line."""
    found = msgspec.json.schema(TaskLine)
    (inner,) = found["$defs"].values()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **inner}


def parse(text: bytes | str) -> TaskLine:
    """Return what one line says.

    Raises:
        ValueError: it is not as it should be; the message says what, and of which key.
    """
    try:
        line = msgspec.json.decode(text, type=TaskLine)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    if isinstance(line.id, str) and not _ID.fullmatch(line.id):
        raise ValueError(f"{line.id[:_LONGEST]!r} is no id - at `$.id`: it takes {_ID_IN_WORDS}")
    return line


def several(value: object) -> tuple[str, ...]:
    """Return what is one text, several or none as several."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, list) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - decoded as texts


def located(line: TaskLine, folder: Path) -> TaskLine:
    """Return the line with paths that lead to its files from anywhere."""
    changed: dict[str, object] = {}
    if line.given("data"):
        changed["data"] = [str(folder / path) for path in several(line.data)]
    if line.given("rubric") and str(line.rubric).endswith(".toml"):
        changed["rubric"] = str(folder / str(line.rubric))
    for name in TEXTS:
        value: object = getattr(line, name)
        if isinstance(value, str):
            changed[name] = _located(value, folder)
        elif isinstance(value, list):
            changed[name] = [_located(each, folder) for each in several(value)]  # pyright: ignore[reportUnknownArgumentType] - decoded as texts
    return msgspec.structs.replace(line, **changed) if changed else line


def _located(text: str, folder: Path) -> str:
    return str(folder / text) if is_path(text, folder) else text


def is_path(text: str, folder: Path = Path()) -> bool:
    """Whether a text is taken for a path: one line that ends as such files do, or a file's name."""
    if "\n" in text or "\0" in text or len(text) > MOST_PATH:
        return False
    try:
        return text.endswith(ENDINGS) or (folder / text).is_file()
    except OSError:  # too long for a name
        return False


def problem_with(line: TaskLine) -> str:
    """Return what can't be so of a line whose paths are located, "" for nothing."""
    if line.task_kind is TaskKind.CHART:
        named = [name for name in OF_CODE if line.given(name)]
        if named:
            return f"{named[0]} goes with code, not with a chart"
        if not line.goal.strip():
            return "a chart needs a goal"
        if len(several(line.data)) != 1:
            return "a chart needs data: the path of one table"
    elif line.units:
        return "units go with a chart, not with code"
    elif not any(line.given(name) for name in ("tests", "hidden_tests", "signature")):
        return "code needs tests, hidden_tests or a signature with examples"
    return _missing(line)


def _missing(line: TaskLine) -> str:
    for path in several(line.data):
        if not Path(path).is_file():
            return f"no such data file: {path}"
    for name in TEXTS:
        for text in several(getattr(line, name)):
            if is_path(text) and not Path(text).is_file():
                return f"no such file of {name}: {text}"
    return ""
