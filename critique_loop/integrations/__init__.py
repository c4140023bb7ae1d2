"""Doors to other frameworks, each in a package of its own that alone imports it."""
