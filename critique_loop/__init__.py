"""Placeholder until the exports are wired."""
