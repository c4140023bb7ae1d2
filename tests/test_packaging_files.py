"""What is tracked: the papers of a project, and nothing that belongs to one machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
THIS = Path(__file__).resolve()

# Hosts come from each machine's own settings; so do folders.
OF_ONE_MACHINE = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.|deb\.debian\.org|--(extra-)?index-url"
    r"|(?<![\w.~-])/(work|root)/|(?<![\w./-])shared/"
)


def _tracked() -> list[Path]:
    command = ["git", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize(
    "name", ["LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "Makefile", ".ci/run"]
)
def test_the_project_has_its_papers(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_no_tracked_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    found: list[str] = []
    for path in _tracked():
        if path == THIS or path.suffix in {".png", ".csv"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if OF_ONE_MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")

    assert found == []


@pytest.mark.parametrize("name", ["requirements/run.txt", "requirements/dev.txt"])
def test_every_dependency_is_pinned(name: str) -> None:
    pinned = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    )

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[><=\[]", line)[0].lower() for line in project["dependencies"]}
    assert wanted - pinned == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements/*.txt")), ids=lambda p: p.name)
def test_every_pin_has_a_hash(path: Path) -> None:
    entries = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()

    assert [entry for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []
