"""Loops from settings, as plain data: writer, critics, models, sandbox; and what they leave."""
