"""Small logs written to disk and checked."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from plait.checks.check_logs import check_logs
from plait.checks.log_finding import LogFinding
from plait.config.parse_project import parse_config
from plait.progress import silence

T = 1_700_000_000  # seconds since 1970; not at midnight


class Checked:
    """The findings of a project."""

    def __init__(self, findings: list[LogFinding]) -> None:
        self.findings = findings

    def rule(self, name: str, platform: str | None = None) -> LogFinding:
        """Returns the finding of a rule, of which there is one."""
        (found,) = [
            f for f in self.findings if f.rule == name and platform in (None, f.platform)
        ]  # fmt: skip
        return found

    def level(self, name: str) -> str:
        return self.rule(name).level.value

    def failed(self) -> list[str]:
        return [f.rule for f in self.findings if f.level == "FAIL"]


def check_small(
    folder: Path, logs: dict[str, str], changes: dict[str, Any] | None = None, **outer: Any
) -> Checked:
    """Checks a project with one platform, `shop`, whose log is the files `logs`.

    Args:
        folder: where the files lie.
        logs: the text of each file, by name; those that begin with `log` are events.
        changes: the settings under `events`, by dotted name.
        outer: other settings of the platform.
    """
    silence()
    for name, text in logs.items():
        (folder / name).write_text(text)
    events: dict[str, Any] = {
        "files": "log*",
        "columns": {"account": "user", "item": "item", "time": "time"},
        "time": {"unit": "s"},
        "type": "purchase",
    }
    platform = {"events": set_all(events, changes or {}), **outer}
    raw = {"store": "store", "platforms": {"shop": platform}}
    return Checked(check_logs(parse_config(raw, folder=folder)))


def set_all(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Returns `settings` with each dotted name set."""
    result = copy.deepcopy(settings)
    for name, value in changes.items():
        *path, last = name.split(".")
        at = result
        for part in path:
            if not isinstance(at.get(part), dict):
                at[part] = {}
            at = at[part]
        at[last] = value
    return result


def rows(n: int, **columns: Any) -> str:
    """Returns a CSV log of n events; a column is a value, or a function of the number of its row.

    By default, accounts and items repeat, and times are an hour apart.
    """
    values: dict[str, Any] = {
        "user": lambda i: f"u{i % 25}",
        "item": lambda i: f"i{i % 7}",
        "time": lambda i: T + 3600 * i,
    } | columns
    lines = [
        ",".join(str(v(i)) if callable(v) else str(v) for v in values.values()) for i in range(n)
    ]
    return "\n".join([",".join(values), *lines]) + "\n"
