"""Traces that outlive the process: every step of every run, in one SQLite file and its blobs."""

from critique_loop.store.place import default_path
from critique_loop.store.scanning import Selection
from critique_loop.store.sqlite import SqliteStore
from critique_loop.store.stored_run import StoredRun
from critique_loop.store.summaries import RunState, RunSummary

__all__ = ["RunState", "RunSummary", "Selection", "SqliteStore", "StoredRun", "default_path"]
