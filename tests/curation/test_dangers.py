"""Dangerous programs, and programs that only look so."""

from __future__ import annotations

import pytest

from critique_loop.curation.dangers import dangers_in, hints_in
from tests.curation.conftest import CHART

DANGEROUS = {
    "import os\nos.system('ls')": "starts processes",
    "import os as o\no.system('ls')": "starts processes",
    "from os import system as s\ns('ls')": "starts processes",
    "import os\nf = os.popen\nf('ls')": "starts processes",
    "import os\nos.execv('/bin/sh', [])": "starts processes",
    "import os\np = os\np.kill(1, 9)": "touches processes",
    "from os import *\n__import__('os').system('ls')": "hides an import",
    "import subprocess\nsubprocess.run(['ls'])": "starts processes",
    "from subprocess import run": "starts processes",
    "import shutil\nshutil.rmtree('/')": "deletes files",
    "import os\nos.remove('data.csv')": "deletes files",
    "import socket": "network",
    "import urllib.request as u\nu.urlopen('http://x')": "network",
    "from urllib import request": "network",
    "import requests\nrequests.get('http://x')": "network",
    "eval(input())": "runs text as code",
    "exec(open('x.py').read())": "runs text as code",
    "import builtins\nbuiltins.eval(text)": "runs text as code",
    "__import__('sub' + 'process')": "hides an import",
    "import importlib\nimportlib.import_module(name)": "hides an import",
    "__import__('subprocess').run('ls')": "starts processes",
    "import os\ngetattr(os, 'system')('ls')": "starts processes",
    "import os\ngetattr(os, 'sys' + 'tem')('ls')": "hides a call",
    "().__class__.__bases__[0].__subclasses__()": "reaches into Python",
    "getattr(x, '__globals__')": "reaches into Python",
    "__builtins__['eval']('1')": "reaches into Python",
    "import pickle\npickle.load(open('x', 'rb'))": "runs what it reads",
    "import pandas as pd\npd.read_pickle('x.pkl')": "runs what it reads",
    "import ctypes": "leaves Python",
    "def größe():\n    import os\n    os.system('é')": "starts processes",
}
HARMLESS = [
    CHART,
    "",
    "import os\npath = os.path.join('a', 'b')\nos.makedirs(path, exist_ok=True)",
    "import os.path\nfrom os.path import join",
    "from os import environ, path",
    "df.eval('a + b')\nmodel.eval()\ndf.query('a > 1')",
    "import ast\nast.literal_eval('[1]')",
    "eval('1 + 1')",
    "system('x')\nremove(x)\nitems.remove(x)",
    "text = 'import subprocess; os.system(1)'  # eval(x)",
    "import shutil\nshutil.copy('a', 'b')",
    "import urllib.parse\nurllib.parse.quote('x')",
    "import importlib\nimportlib.import_module('json')",
    "import pickle\npickle.dumps([1])",
    "getattr(ax, name)(x, y)",
    "socket = 3\nrequests = [1]",
    "import os\nos.system('ls'",
    "from . import system",
]


@pytest.mark.parametrize(("code", "danger"), DANGEROUS.items())
def test_a_danger_is_seen(code: str, danger: str) -> None:
    assert danger in dangers_in(code)


@pytest.mark.parametrize("code", HARMLESS)
def test_what_only_looks_dangerous_is_not(code: str) -> None:
    assert dangers_in(code) == []


@pytest.mark.parametrize("code", DANGEROUS)
def test_no_danger_is_without_a_hint(code: str) -> None:
    assert hints_in(code)
