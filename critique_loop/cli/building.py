"""The command line's loops: of the settings of options, or of a stored run."""

from __future__ import annotations

from collections.abc import Mapping

from critique_loop.charts.building import Parts, build
from critique_loop.charts.settings import LoopSettings
from critique_loop.cli.text import notify
from critique_loop.loop import Loop
from critique_loop.protocols import TraceStore
from critique_loop.proxy import Ask, never


def loop_from(
    settings: LoopSettings | Mapping[str, object], *, store: TraceStore, ask: Ask = never
) -> Loop:
    """Return the loop that settings describe; what it chooses by itself is said on stderr.

    Raises:
        CallError: a setting is wrong, a model's host is not allowed or its key is missing.
        DefinitionError: an agent file or the file of models is wrong.
        StoreError: a stored run's settings can't be read.
    """
    if not isinstance(settings, LoopSettings):
        settings = LoopSettings.from_plain(settings)
    return build(settings, Parts(store=store, ask=ask, on_notice=notify))
