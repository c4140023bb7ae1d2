#!/bin/sh
# Runs inside the image, whichever way it is built, after packages were put in /opt/packages.
# Byte code and the font list are made here because nothing can be written when a container runs.
# Over an image that went through this before, only what is new is touched: a changed file, or
# merely its mode, would be in the image twice.
set -eu

# A .pth file, not PYTHONPATH: it also serves a Python started with -I.
site=$(python3 -c 'import site; print(site.getsitepackages()[0])')
mkdir -p "$site"
echo /opt/packages >"$site/critique_loop.pth"

python3 -B - <<'END'
"""Compile each module whose byte code is missing or another file's."""
import compileall, os
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from py_compile import PycInvalidationMode

# unchecked-hash: valid whatever times the files get on their way into a layer.
HEAD = MAGIC_NUMBER + (1).to_bytes(4, "little")

def is_compiled(module):
    compiled = Path(cache_from_source(module))
    if not compiled.exists():
        return False
    with compiled.open("rb") as file:
        return file.read(16) == HEAD + source_hash(module.read_bytes())

for folder in (os.path.dirname(os.__file__), "/opt/packages"):
    for module in sorted(Path(folder).rglob("*.py")):
        # lib2to3 ships Python 2 files on purpose, and some packages templates named like modules:
        # what doesn't compile stays as it is.
        if not is_compiled(module) and "lib2to3" not in module.parts:
            compileall.compile_file(
                module, quiet=2, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
            )
END

MPLCONFIGDIR=/opt/mplconfig python3 -B - <<'END'
"""List the fonts for matplotlib, those that packages carry included."""
from pathlib import Path

import matplotlib
from matplotlib import font_manager

fonts = font_manager.fontManager
own = Path(matplotlib.get_data_path())
known = {entry.fname for entry in fonts.ttflist}
carried = [
    path
    for path in sorted(Path("/opt/packages").rglob("*"))
    if path.suffix.lower() in {".ttf", ".otf", ".ttc"}
    and own not in path.parents
    and str(path) not in known
]
for path in carried:
    try:
        fonts.addfont(path)
    except (OSError, RuntimeError) as refusal:
        print(f"{path} is no font that can be drawn: {refusal}")
if carried:
    place = Path(matplotlib.get_cachedir(), f"fontlist-v{fonts.__version__}.json")
    font_manager.json_dump(fonts, place)
END

# What mypy knows of the standard library; with it a check takes an eighth of the time. The options
# are those of check_code_types.py.
if [ -d /opt/packages/mypy ] && [ ! -d /opt/mypycache ]; then
  (cd / && python3 -B -m mypy --config-file= --no-site-packages --ignore-missing-imports \
    --follow-imports=silent --check-untyped-defs --allow-redefinition --no-sqlite-cache \
    --skip-cache-mtime-checks --cache-dir /opt/mypycache --no-error-summary -c 'import abc, bisect, collections, copy, csv
import dataclasses, datetime, decimal, enum, fractions, functools, heapq, io, itertools, json, math
import operator, os, pathlib, random, re, statistics, string, sys, time, typing')
fi

python3 -B - <<'END'
"""Let every user read all of it, and none but root write."""
import os, stat
from pathlib import Path

for path in (Path("/opt"), *Path("/opt").rglob("*")):
    if path.is_symlink():
        continue
    before = stat.S_IMODE(path.stat().st_mode)
    readable = 0o555 if path.is_dir() or before & 0o111 else 0o444
    if (wanted := (before | readable) & ~0o022) != before:
        path.chmod(wanted)
END
