"""Who takes part in the overhead benchmark, and the environments that the others run in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Contender:
    """Who does exchanges, in which module, and in whose environment ("": that of this process)."""

    name: str
    module: str
    place: str = ""


BARE = Contender("openai SDK", "model_overhead_sdk")
SAME = Contender("openai SDK, the loop's requests", "model_overhead_ours")
LOOP = Contender("Loop", "model_overhead_ours")
CONTENDERS = (
    BARE,
    Contender("OpenAIModel", "model_overhead_ours"),
    Contender("OpenAIModel, cached", "model_overhead_ours"),
    SAME,
    Contender("OpenAIModel, the loop's requests", "model_overhead_ours"),
    LOOP,
    Contender("AutoGen team", "model_overhead_autogen", "autogen"),
    Contender("agent-framework", "model_overhead_agents", "agent-framework"),
    Contender("agent-framework group chat", "model_overhead_agents", "agent-framework"),
)
# Only what the measured code imports: the package "agent-framework" brings every integration.
PACKAGES = {
    "autogen": ("autogen-agentchat", "autogen-ext[openai]"),
    "agent-framework": ("agent-framework-openai", "agent-framework-orchestrations"),
}
_INSTALL_S = 600


class PlaceMissing(Exception):  # noqa: N818 - a state of the machine, told in the table
    """An environment is not there and could not be made."""


def python_of(place: str, folder: Path) -> Path:
    """Return the Python of a contender's environment, which is made where it is missing.

    All get the version of openai that we use.

    Raises:
        PlaceMissing: it could not be made.
    """
    if not place:
        return Path(sys.executable)
    root = folder / f"bench-{place}"
    python = root / "bin" / "python"
    ready = root / "ready"
    if not ready.exists():
        openai = f"openai=={metadata.version('openai')}"
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(root))
        _uv("pip", "install", "--quiet", "--python", str(python), openai, *PACKAGES[place])
        ready.touch()
    return python


def _uv(*arguments: str) -> None:
    found = shutil.which("uv")
    if found is None:
        raise PlaceMissing("uv, which would make its environment, is not installed")
    try:
        done = subprocess.run(
            [found, *arguments], check=False, capture_output=True, text=True, timeout=_INSTALL_S
        )
    except subprocess.TimeoutExpired as error:
        raise PlaceMissing(f"uv {arguments[0]} took more than {_INSTALL_S} s") from error
    if done.returncode:
        raise PlaceMissing(f"uv {arguments[0]}: {done.stderr.strip()[-300:]}")
