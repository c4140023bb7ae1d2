"""Runs for other people's viewers: spans as OpenTelemetry's conventions for GenAI name them.

Live: ``with sending("http://localhost:4318") as spans: await loop.run(task,
on_event=spans.on_event)``. Later: give ``spans.on_event`` the events of a stored run. The extra
``otel`` is needed.
"""

from __future__ import annotations

from critique_loop.telemetry.sending import sending
from critique_loop.telemetry.spans import RunSpans

__all__ = ["RunSpans", "sending"]
