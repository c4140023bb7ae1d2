"""What docs/training.md says to type: it is typed, with a tiny model, the CPU and one step."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from critique_loop.cli import cli

TEXT = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^critique-loop (export .*)$", TEXT, re.MULTILINE)
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
NAMES = [re.findall(r"(\w+)Trainer\(MODEL", block)[0] for block in BLOCKS]


@pytest.fixture(scope="module")
def folder(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Type the commands at the top in a new folder, and return it."""
    place = tmp_path_factory.mktemp("typed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("CRITIQUE_LOOP_STORE", str(traces))
        for command in COMMANDS:
            done = CliRunner().invoke(cli, shlex.split(command), catch_exceptions=False)
            assert done.exit_code == 0, done.output
    return place


@pytest.mark.parametrize("block", BLOCKS, ids=NAMES)
def test_the_python_of_the_document_trains(
    block: str, folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = folder / "typed.py"
    tiny = re.sub(r"^MODEL = .*$", f"MODEL = {str(model)!r}", block, flags=re.MULTILINE)
    here = tiny.replace("max_steps=200", "max_steps=1, use_cpu=True, bf16=False")
    short = here.replace("max_completion_length=512", "max_completion_length=16")
    script.write_text(short, encoding="utf-8")
    monkeypatch.chdir(folder)

    ran = runpy.run_path(str(script))

    assert ran["trainer"].state.global_step == 1


def test_every_trainer_that_is_tested_is_in_the_document() -> None:
    assert set(NAMES) == {"SFT", "DPO", "KTO", "Reward", "GRPO", "SDFT", "SDPO"}
