"""Traces into training data: examples, in the rows that trainers read, with a card."""

from critique_loop.export.exporting import Exported, export
from critique_loop.export.options import ExportOptions
from critique_loop.export.previewing import Preview, preview
from critique_loop.export.selecting import Selection

__all__ = ["ExportOptions", "Exported", "Preview", "Selection", "export", "preview"]
