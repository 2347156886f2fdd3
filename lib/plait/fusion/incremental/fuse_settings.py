"""The settings that decide the contents of a store version, and which of them shape rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plait.config import Project
from plait.privacy.pseudonym_key import KEY_SETTING, PseudonymKey

_FILES = "files"  # the inputs themselves record which files there are
_INCLUDED = {"platforms", "people", "sequence_length", "currencies"}
# Catalogues and account attributes are read again in every run.
_READ_EVERY_RUN = ("catalogue", "accounts", "consent", "kind")


# Settings that later versions of plait added, and the defaults that change nothing.
_ADDED_DEFAULTS = {
    "time.zone": "UTC", "events.decimal": ".", "catalogue.decimal": ".", "accounts.decimal": ".",
    "strength.dwell": False, "strength.rating": False, "strength.repeats": False,
    "csv.skip": 0, "csv.encoding": "utf-8", "csv.quote": '"',
}  # fmt: skip


def fuse_settings(project: Project, key: PseudonymKey) -> dict[str, Any]:
    """Returns the settings that decide the contents of a version: full setting name to value."""
    settings = project.model_dump(mode="json", include=_INCLUDED)
    # Where the key of the vault is changes no row; whether there is a vault does.
    settings["people"]["vault"] = project.people.vault is not None or None
    learns = any(platform.strength.learns for platform in project.platforms.values())
    timed = learns and project.train.split == "time"
    cut = {"train.cut": project.train.cut} if timed else {}
    flat = _flatten("", settings) | cut | {KEY_SETTING: key.id}
    return {
        name: value
        for name, value in flat.items()
        if value is not None and not _is_added_default(name, value)
    }


def _is_added_default(name: str, value: Any) -> bool:
    return bool(_ADDED_DEFAULTS.get(".".join(name.split(".")[-2:]), ...) == value)


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Returns the sorted names of changed settings. A new or removed platform is one name."""
    both = _platforms(before) & _platforms(now)
    changed = (name for name in {*before, *now} if before.get(name) != now.get(name))
    return sorted({name if _platforms([name]) <= both else _platform(name) for name in changed})


def requires_reread(name: str) -> bool:
    """Returns whether a change of setting `name` requires that all rows are read again."""
    parts = name.split(".")
    reread = parts[0] == "platforms" and len(parts) > 2 and parts[2] in _READ_EVERY_RUN
    of_people = parts[0] == "people" and parts[1] != "same_account_id"
    return not reread and not of_people and parts[0] != "currencies"


def _platforms(names: Iterable[str]) -> set[str]:
    return {_platform(name) for name in names if name.startswith("platforms.")}


def _platform(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _flatten(prefix: str, value: Any) -> dict[str, Any]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        if name != _FILES:
            flat |= _flatten(f"{prefix}.{name}" if prefix else str(name), inner)
    return flat
