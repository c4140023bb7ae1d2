"""What gets installed, and that it finds its files however it got there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = "critique_loop/_data"

pytestmark = pytest.mark.slow

LOOK = """
import json
from critique_loop import _bundled
print(json.dumps({
    "package": _bundled.__file__,
    "rubric": _bundled.text("agents", "rubrics", "charts.toml"),
    "server": _bundled.text("sandbox", "server.py"),
    "sandbox": sorted(e.name for e in _bundled.folder("sandbox").iterdir() if e.is_file()),
}))
"""


@dataclass(frozen=True, slots=True)
class Built:
    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    place = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(place), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return Built(next(place.glob("*.tar.gz")), next(place.glob("*.whl")))


def _kept(*folders: str) -> list[str]:
    """The files that git keeps, or would: new ones too, ignored ones not."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.splitlines() if (ROOT / name).exists()]


def _look(*, python_path: Sequence[Path] = (), cwd: Path, options: Sequence[str] = ()) -> Found:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if python_path:
        environment["PYTHONPATH"] = os.pathsep.join(map(str, python_path))
    command = [sys.executable, "-B", *options, "-c", LOOK]
    answer = subprocess.run(
        command, cwd=cwd, env=environment, check=True, capture_output=True, text=True
    )
    found = json.loads(answer.stdout)
    return Found(found["package"], found["rubric"], found["server"], frozenset(found["sandbox"]))


@dataclass(frozen=True, slots=True)
class Found:
    package: str
    rubric: str
    server: str
    sandbox: frozenset[str]

    def is_complete(self) -> bool:
        return (
            self.rubric == (ROOT / "agents/rubrics/charts.toml").read_text(encoding="utf-8")
            and self.server == (ROOT / "sandbox/server.py").read_text(encoding="utf-8")
            and self.sandbox >= {PurePosixPath(name).name for name in _kept("sandbox")}
        )


def test_the_wheel_carries_the_data_files_that_git_keeps_and_no_others(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        carried = {name: wheel.read(name) for name in wheel.namelist() if name.startswith(DATA)}

    kept = {f"{DATA}/{name}": (ROOT / name).read_bytes() for name in _kept("agents", "sandbox")}
    assert carried == kept


def test_the_wheel_has_one_top_level_name(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = {PurePosixPath(name).parts[0] for name in wheel.namelist()}

    assert {name for name in names if not name.endswith(".dist-info")} == {"critique_loop"}


def test_the_wheel_carries_every_module_and_the_typing_marker(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = {name for name in wheel.namelist() if name.startswith("critique_loop/")}

    assert {name for name in names if not name.startswith(DATA)} == set(_kept("critique_loop"))
    assert "critique_loop/py.typed" in names


def test_the_sdist_carries_all_that_building_and_testing_needs(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]) for name in sdist.getnames()}

    wanted = _kept("critique_loop", "agents", "sandbox", "tests", "recipes", "requirements")
    wanted += ["Makefile", "LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "pyproject.toml"]
    assert [name for name in wanted if PurePosixPath(name) not in names] == []


def test_a_wheel_that_was_unpacked_finds_its_files(built: Built, tmp_path: Path) -> None:
    shutil.unpack_archive(built.wheel, tmp_path / "site", format="zip")

    found = _look(python_path=[tmp_path / "site"], cwd=tmp_path)

    assert found.package.startswith(str(tmp_path))
    assert found.is_complete()


def test_a_wheel_that_stays_zipped_finds_its_files(built: Built, tmp_path: Path) -> None:
    found = _look(python_path=[built.wheel], cwd=tmp_path)

    assert found.package.startswith(str(built.wheel))
    assert found.is_complete()


def test_a_zipped_checkout_finds_its_files(tmp_path: Path) -> None:
    archive = tmp_path / "checkout.zip"
    with zipfile.ZipFile(archive, "w") as checkout:
        for name in _kept("critique_loop", "agents", "sandbox"):
            checkout.write(ROOT / name, name)

    found = _look(python_path=[archive], cwd=tmp_path)

    assert found.package.startswith(str(archive))
    assert found.is_complete()


def test_an_unpacked_sdist_finds_its_files(built: Built, tmp_path: Path) -> None:
    shutil.unpack_archive(built.sdist, tmp_path)
    place = next(path for path in tmp_path.iterdir() if path.is_dir())

    found = _look(cwd=place, options=["-S"])

    assert found.package.startswith(str(place))
    assert found.is_complete()


def test_a_run_from_the_repository_root_finds_its_files() -> None:
    found = _look(cwd=ROOT, options=["-S"])

    assert found.is_complete()


def test_an_editable_install_finds_its_files(tmp_path: Path) -> None:
    place = tmp_path / "venv"
    command = ["uv", "venv", "--quiet", "--python", sys.executable, str(place)]
    subprocess.run(command, check=True)
    python = place / "bin" / "python"
    install = ["uv", "pip", "install", "--quiet", "--python", str(python), "--no-deps"]
    site = next(path for path in sys.path if path.endswith("site-packages"))
    environment = os.environ | {"PYTHONPATH": site}  # where the build backend is
    subprocess.run(
        [*install, "--no-build-isolation", "--editable", str(ROOT)], check=True, env=environment
    )

    answer = subprocess.run(
        [str(python), "-B", "-I", "-c", LOOK],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    assert json.loads(answer.stdout)["package"] == str(ROOT / "critique_loop" / "_bundled.py")
