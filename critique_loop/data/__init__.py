"""Tables: a delimited text file of the user's, read once from end to end and never changed."""

from __future__ import annotations

from critique_loop.data.profiling import profile

__all__ = ["profile"]
