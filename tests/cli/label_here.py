"""Label on this terminal: `label_here.py [OPTION]...`, as `critique-loop label` would."""

from __future__ import annotations

import sys

import click

from critique_loop.cli.label import label_command
from critique_loop.errors import CritiqueLoopError

try:
    label_command.main(sys.argv[1:], standalone_mode=False)
except (KeyboardInterrupt, click.Abort):
    sys.exit(130)
except CritiqueLoopError as error:
    sys.exit(str(error))
