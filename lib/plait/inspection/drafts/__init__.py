"""Drafts the project file: its settings, and the questions beside them."""
