"""The plait.yaml of the world, written as a user would write it."""

from __future__ import annotations

from importlib.resources import files


def render_project() -> str:
    """Returns the text of the world's project file; it lies beside this module."""
    return (files("plait.world") / "plait.yaml").read_text(encoding="utf-8")
