"""Stops a run that would forget the first name of a renamed platform."""

from __future__ import annotations

from plait.config import Project
from plait.errors import ConfigError
from plait.store.store_version import StoreVersion


def check_renames(project: Project, base: StoreVersion | None) -> None:
    """Raises ConfigError if a former name of a platform had former names, and they are not named.

    Pseudonyms are made under the first name. Without it, every account would be a new one.

    Args:
        project: the project.
        base: the version whose settings tell the former names, or null.
    """
    if base is None:
        return
    for name, platform in project.platforms.items():
        told = platform.renamed_from or []
        for former in told:
            before = base.settings.get(f"platforms.{former}.renamed_from") or []
            if told[: len(before)] != before:
                names = [*before, *(each for each in told if each not in before)]
                raise ConfigError(
                    f"platforms.{name}.renamed_from names '{former}', which was renamed from "
                    f"'{before[-1]}' itself; version {base.number} knows that.",
                    allowed="All former names are needed, the oldest first.",
                    fix=f"Set platforms.{name}.renamed_from: [{', '.join(names)}]",
                )
