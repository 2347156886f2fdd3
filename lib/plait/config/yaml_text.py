"""Writes values as YAML in one line, as they stand in a project file and in the fix of an error."""

from __future__ import annotations

import re
from typing import Any

import yaml


def write_inline(value: Any) -> str:
    """Returns a value as YAML in one line."""
    if isinstance(value, dict):
        inside = ", ".join(f"{write_scalar(k)}: {write_inline(v)}" for k, v in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write_inline(one) for one in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    return write_scalar(value)


def write_scalar(text: str) -> str:
    """Returns a text as YAML: plain if every YAML parser reads it as that text, else in quotes.

    What cannot be seen, such as a no-break space, is escaped.
    """
    if not text.isprintable() or "\ufeff" in text:
        return yaml.safe_dump(text, default_style='"', width=10**9).strip()
    plain = not re.search(r"[\[\]{},?#&*!|>'\"%@`]|: |:$|^[-?:=\s]|\s$", text)
    try:
        plain = plain and yaml.safe_load(text) == text
    except yaml.YAMLError:
        plain = False
    return text if plain and text else "'" + text.replace("'", "''") + "'"


def write_column(name: str) -> str:
    """Returns the value that is the column `name`, as YAML."""
    if name.lstrip().startswith("="):  # this would be an expression
        return write_inline({"column": name})
    return write_scalar(name)
