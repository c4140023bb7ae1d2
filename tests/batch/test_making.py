"""Tasks and loops made of lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.batch.configuration import Config
from critique_loop.batch.keys import Contents
from critique_loop.batch.lines import TaskLine, located, parse
from critique_loop.batch.making import Actors, Workshop
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError
from critique_loop.testing import ScriptedExecutor
from critique_loop.values import SuiteKind, Task, TaskKind

pytestmark = pytest.mark.anyio


@pytest.fixture
def workshop() -> Workshop:
    config = Config.of(LoopSettings(), Contents(), rubric="", parts={})
    return Workshop(config, Actors(executor=ScriptedExecutor()), None)


async def made(workshop: Workshop, line: TaskLine) -> Task:
    return await workshop.task(line, workshop.contents.key(line))


async def test_a_chart_has_its_table_goal_units_and_rubric(workshop: Workshop, table: Path) -> None:
    line = parse(
        f'{{"data": "{table}", "goal": "x", "units": {{"revenue": "EUR"}}, "rubric": "safety"}}'
    )

    task = await made(workshop, line)

    assert (task.kind, task.goal, task.units) == (TaskKind.CHART, "x", {"revenue": "EUR"})
    assert task.rubric.name == "safety"
    assert [column.name for column in task.tables[0].columns] == ["region", "revenue"]


async def test_a_table_is_read_once_for_all_its_goals(workshop: Workshop, table: Path) -> None:
    one = await made(workshop, parse(f'{{"data": "{table}", "goal": "x"}}'))
    other = await made(workshop, parse(f'{{"data": "{table}", "goal": "y"}}'))

    assert one.tables[0] is other.tables[0]
    assert one.rubric.name == "charts"


async def test_code_has_its_tests_be_they_files_or_texts(
    workshop: Workshop, tmp_path: Path, table: Path
) -> None:
    (tmp_path / "test_it.py").write_text(
        "from mine import double\ndef test_two():\n    assert double(2) == 4\n".replace(
            "\\\n", "\n"
        ),
        encoding="utf-8",
    )
    line = parse(
        '{"goal": "double", "tests": "test_it.py", "hidden_tests": "assert double(3) == 6",'
        ' "entry_point": "double", "data": "sales.csv", "test_timeout_s": 2}'
    )

    task = await made(workshop, located(line, tmp_path))

    assert task.code is not None
    assert task.kind is TaskKind.CODE
    assert [suite.kind for suite in task.code.suites] == [SuiteKind.PYTEST, SuiteKind.ASSERTS]
    assert [suite.hidden for suite in task.code.suites] == [False, True]
    assert {suite.timeout_s for suite in task.code.suites} == {2.0}
    assert (task.code.module, task.tables[0].name) == ("mine", table.name)


async def test_a_unit_of_no_column_is_refused(workshop: Workshop, table: Path) -> None:
    line = parse(f'{{"data": "{table}", "goal": "x", "units": {{"weight": "kg"}}}}')

    with pytest.raises(CallError, match="no column"):
        await made(workshop, line)


async def test_a_file_that_has_changed_since_is_refused(workshop: Workshop, table: Path) -> None:
    line = parse(f'{{"data": "{table}", "goal": "x"}}')
    item = workshop.contents.key(line)
    table.write_text("region,revenue\nwest,1\n".replace("\\\n", "\n"), encoding="utf-8")

    with pytest.raises(CallError, match="has changed"):
        await workshop.task(line, item)


def test_lines_with_the_same_limits_share_a_loop(workshop: Workshop, table: Path) -> None:
    one, same, other = (
        parse(f'{{"data": "{table}", "goal": "{goal}"{more}}}')
        for goal, more in (("x", ""), ("y", ""), ("x", ', "max_rounds": 2'))
    )

    loops = [workshop.loop(line) for line in (one, same, other)]

    assert loops[0] is loops[1]
    assert loops[2] is not loops[0]
    assert workshop.settings(other).max_rounds == 2


def test_programs_that_are_given_are_judged_first(workshop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def double(x): return 2 * x", encoding="utf-8")
    as_file = parse(f'{{"tests": "assert double(1) == 2", "solution": "{path}"}}')
    as_text = parse('{"tests": "assert f(1)", "solution": "def f(x): return x"}')

    assert workshop.settings(as_file).programs == (str(path),)
    assert workshop.loop(as_file).writer.name == "given"
    assert workshop.loop(as_text).writer.name == "given"
    assert workshop.check(as_text) == ""


def test_what_no_loop_can_be_built_for_is_told(workshop: Workshop) -> None:
    assert "no model is named" in workshop.check(parse('{"goal": "x", "tests": "assert f(1)"}'))
    assert "nonesuch" in workshop.check(parse('{"goal": "x", "rubric": "nonesuch"}'))
