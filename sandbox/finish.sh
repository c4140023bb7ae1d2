#!/bin/sh
# Runs once inside the image, whichever way it is built, after the packages were put in /opt/packages.
# Byte code and the font cache are made here because nothing can be written when a container runs.
set -eu

site=$(python3 -c 'import site; print(site.getsitepackages()[0])')
library=$(python3 -c 'import os; print(os.path.dirname(os.__file__))')

# A .pth file, not PYTHONPATH: it also serves a Python started with -I.
mkdir -p "$site"
echo /opt/packages >"$site/critique_loop.pth"

# unchecked-hash: valid whatever times the files get on their way into a layer.
# lib2to3 ships Python 2 files on purpose; packages' own tests were left out.
python3 -m compileall -q --invalidation-mode unchecked-hash -x lib2to3 "$library" /opt/packages

MPLCONFIGDIR=/opt/mplconfig python3 -B -c 'import matplotlib.font_manager'
chmod -R a+rX,go-w /opt
