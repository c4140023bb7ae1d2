"""Traces that outlive the process: every step of every run, in one SQLite file and its blobs."""

from critique_loop.store.place import default_path
from critique_loop.store.sqlite import SqliteStore
from critique_loop.store.summaries import RunState, RunSummary

__all__ = ["RunState", "RunSummary", "SqliteStore", "default_path"]
