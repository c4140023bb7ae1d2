"""What importing the package does: nothing, and it needs nothing that may be missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NEW_MODULES = """
import sys
before = set(sys.modules)
import critique_loop
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""

ALL_MODULES = """
import pkgutil, sys
import critique_loop
for module in pkgutil.walk_packages(critique_loop.__path__, "critique_loop."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
"""

WITHOUT_AUTOGEN = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"autogen", "autogen_agentchat", "autogen_core", "pyautogen"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


def _run(program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(cwd / "home"), "XDG_STATE_HOME": str(cwd / "state")}
    command = [sys.executable, "-B", "-W", "error", "-c", program]
    return subprocess.run(
        command, cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )


def test_importing_the_package_imports_nothing_third_party(tmp_path: Path) -> None:
    imported = set(_run(NEW_MODULES, tmp_path).stdout.split())

    assert "critique_loop" in imported
    assert imported - sys.stdlib_module_names == {"critique_loop"}


@pytest.mark.slow
def test_importing_every_module_prints_nothing_and_writes_nothing(tmp_path: Path) -> None:
    program = "import os; before = dict(os.environ)\n" + ALL_MODULES
    program += "assert dict(os.environ) == before, 'the environment changed'\n"

    result = _run(program, tmp_path)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_everything_loads_where_autogen_is_absent(tmp_path: Path) -> None:
    doors = "critique_loop.integrations.autogen"
    others = ALL_MODULES.replace('endswith("__main__")', f'startswith("{doors}")')
    program = WITHOUT_AUTOGEN + others + "from critique_loop.cli import cli; cli(['--help'])"

    result = _run(program, tmp_path)

    assert result.stderr == ""
    assert "chart" in result.stdout
