"""One file that asks nobody: its policy, its escapes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.report import Trace, render
from critique_loop.report.page import as_json

ROOT = Path(__file__).parents[2]
MakeRun = Callable[..., Trace]


def broken(plain: str) -> str:
    return plain + "\ud800\udfff\x00"


def digest(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_names_the_hashes_of_style_and_script_and_nothing_else(
    make_run: MakeRun,
) -> None:
    html = render([make_run(), make_run(run_id="run2")])

    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.replace("&#39;", "'").split(";"))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'sha256-{digest(style)}'",
        "script-src": f"'sha256-{digest(script)}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_nothing_outside_the_file_is_named_where_a_browser_would_fetch_it(
    make_run: MakeRun,
) -> None:
    html = render(make_run())

    places = re.findall(r"""\b(?:src|href|srcset|action|poster|data)=["']([^"']*)""", html)
    assert {place[:5] for place in places} <= {"data:", "#main", "#r-ru"}
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize("text", ["</script>", "<!--", "a & b", "\u2028\u2029", '"\\', "ü"])
def test_json_in_a_page_ends_nothing_and_is_read_back(text: str) -> None:
    made = as_json({"text": text})

    assert json.loads(made) == {"text": text}
    assert not set("<>&\u2028\u2029") & set(made)


def test_a_page_can_always_be_encoded(make_run: MakeRun) -> None:
    html = render(make_run(text=broken, goal="\udc00"))

    assert b"\\udc00" in html.encode("utf-8")


def test_equal_runs_make_equal_pages(make_run: MakeRun) -> None:
    assert render(make_run()) == render(make_run())


def test_what_a_goal_says_in_the_language_of_templates_is_text(make_run: MakeRun) -> None:
    html = render(make_run(goal="{{ 6 * 7 }} {% include 'style.css' %}"))

    assert "{{ 6 * 7 }} {% include &#39;style.css&#39; %}" in html


ZIPPED = """
from critique_loop import report
from critique_loop.values import Outcome, Rubric, Spend, StopReason, Task
outcome = Outcome("r", Task("g", Rubric("r", ())), (), None, StopReason.ROUNDS, Spend())
print(report.__file__, "<style>" in report.render(report.Trace(outcome)))
"""


@pytest.mark.slow
def test_templates_and_style_are_found_in_a_zipped_package(tmp_path: Path) -> None:
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as package:
        for path in sorted((ROOT / "critique_loop").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                package.write(path, path.relative_to(ROOT))

    done = subprocess.run(
        [sys.executable, "-c", ZIPPED],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == [f"{archive}/critique_loop/report/__init__.py", "True"]
