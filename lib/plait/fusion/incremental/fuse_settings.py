"""The settings that decide what a store version holds, and which of them shape rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plait.config import Project
from plait.privacy.pseudonym import PseudonymKey

_KEY = "pseudonyms.key"
_FILES = "files"  # which there are is told by the inputs themselves
# Catalogues and attributes of accounts are read anew every time.
_REREAD = ("catalogue", "accounts", "kind")


def settings_of(project: Project, key: PseudonymKey) -> dict[str, Any]:
    """Returns what decides about a version: name of the setting in the project file, and value."""
    settings = project.model_dump(mode="json", include={"platforms", "people", "sequence_length"})
    return _flat("", settings) | {_KEY: key.id}


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Returns the names of settings that differ, in order; of a new platform its own name."""
    both = _platforms(before) & _platforms(now)
    changed = (name for name in {*before, *now} if before.get(name) != now.get(name))
    return sorted({name if _platforms([name]) <= both else _platform(name) for name in changed})


def shapes_rows(name: str) -> bool:
    """Returns whether rows that were read under another value must be read again."""
    parts = name.split(".")
    reread = parts[0] == "platforms" and len(parts) > 2 and parts[2] in _REREAD
    return not reread and name != "people.keys"


def _platforms(names: Iterable[str]) -> set[str]:
    return {_platform(name) for name in names if name.startswith("platforms.")}


def _platform(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _flat(prefix: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        if name != _FILES:
            flat |= _flat(f"{prefix}.{name}" if prefix else str(name), inner)
    return flat
