"""The snippets of docs/autogen.md run, and print what stands there."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from critique_loop.integrations import autogen
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Say, always

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "autogen.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PRINTS = re.compile(r"# prints -> (.*)")
ADDRESS = "http://localhost:8000/v1"
DOORS = re.findall(r"^## \d\. (.*)$", PAGE, re.MULTILINE)


@pytest.fixture
def base_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the page's model, in a folder with the page's table."""
    shutil.copyfile(ROOT / "tests" / "data" / "cars.csv", tmp_path / "cars.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRITIQUE_LOOP_STORE", str(tmp_path / "traces.db"))
    with FaultServer({"qwen3": always(Say())}) as server:
        yield server.base_url


async def printed(block: str, names: dict[str, object]) -> list[str]:
    """Run a block as a notebook would, and return the lines that it prints."""
    code = compile(block, "docs/autogen.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        running: object = eval(code, names)  # noqa: S307 - a page of ours; exec can't await
        if inspect.isawaitable(running):
            await running
    return output.getvalue().split("\n")


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.anyio
async def test_the_snippets_run_one_after_the_other_and_print_what_they_say(base_url: str) -> None:
    names: dict[str, object] = {}

    said = [await printed(block.replace(ADDRESS, base_url), names) for block in BLOCKS]

    expected = [PRINTS.findall(block) for block in BLOCKS]
    assert [[line for line in lines if line] for lines in said] == expected


def test_each_door_has_a_snippet() -> None:
    sections = re.split(r"^## \d\. ", PAGE, flags=re.MULTILINE)[1:]

    assert len(DOORS) == 8
    assert all("```python" in section and "# prints -> " in section for section in sections)


def test_every_name_of_the_package_is_on_the_page() -> None:
    missing = [name for name in autogen.__all__ if name not in PAGE]

    assert missing == []
