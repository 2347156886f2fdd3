"""Writes an explanation as one page of HTML that needs no other file."""

from __future__ import annotations

from pathlib import Path

from plait.identity.why.explanation import Explanation


def write_page(found: Explanation, path: Path) -> None:
    """Writes the page of `found` to `path`."""
