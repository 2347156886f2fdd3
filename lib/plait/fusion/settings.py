"""The settings that decide what rows become: if one changes, every row is judged anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.config import Project
from plait.privacy.pseudonym import Key

_KEY = "pseudonyms.key"
_FREE = ("files",)  # which files there are is told by the inputs themselves


def shaping_settings(project: Project, key: Key) -> dict[str, Any]:
    """Returns the settings that shape rows: name in the project file, and value."""
    settings = project.model_dump(mode="json", include={"platforms", "people", "sequence_length"})
    return _flat("", settings) | {_KEY: key.id}


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Returns the names of settings that differ, in order; of a new platform its own name."""
    both = _platforms(before) & _platforms(now)
    changed = (name for name in {*before, *now} if before.get(name) != now.get(name))
    return sorted({name if _platforms([name]) <= both else _platform(name) for name in changed})


def _platforms(names: Mapping[str, Any] | list[str]) -> set[str]:
    return {_platform(name) for name in names if name.startswith("platforms.")}


def _platform(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _flat(prefix: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        if name not in _FREE:
            flat |= _flat(f"{prefix}.{name}" if prefix else str(name), inner)
    return flat
