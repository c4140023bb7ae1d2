"""Loops from settings: which writer, critics, models, sandbox and user proxy, as plain data."""
