"""How a list is written where every value is text."""

from __future__ import annotations

# The unit separator: it never stands in a name, so a real list survives the way through text.
LIST_SEPARATOR = "\x1f"
