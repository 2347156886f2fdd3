"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingLevel(StrEnum):
    """How it is."""

    ok = "ok"
    warn = "warn"
    fail = "fail"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, what was found, and the exact fix."""

    name: str
    level: FindingLevel
    found: str
    fix: str = ""


def ok(name: str, found: str) -> Finding:
    """Returns a check that is as it should be."""
    return Finding(name, FindingLevel.ok, found)


def warn(name: str, found: str, fix: str = "") -> Finding:
    """Returns a check that some will trip over."""
    return Finding(name, FindingLevel.warn, found, fix)


def fail(name: str, found: str, fix: str = "") -> Finding:
    """Returns a check that must be mended."""
    return Finding(name, FindingLevel.fail, found, fix)
