"""What a rule found in a platform's log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

EXAMPLES = 3


class CheckLevel(StrEnum):
    """How serious a finding is."""

    passed = "PASS"
    warn = "WARN"
    fail = "FAIL"


@dataclass(frozen=True)
class LogFinding:
    """The result of one rule for one log, catalogue or platform.

    Attributes:
        rule: the rule.
        platform: the platform; '' if the finding is about all of them.
        level: PASS, WARN or FAIL.
        headline: what was found, in one sentence.
        counts: the numbers behind it, by name. Unit: rows, unless the name says otherwise.
        examples: up to EXAMPLES places or values, without personal data in the clear.
        fix: the setting that corrects it; '' if there is nothing to correct.
    """

    rule: str
    platform: str
    level: CheckLevel
    headline: str
    counts: Mapping[str, float] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    fix: str = ""


def worst_level(levels: Iterable[CheckLevel]) -> CheckLevel:
    """Returns the most serious of `levels`; PASS if there is none."""
    return max(levels, key=list(CheckLevel).index, default=CheckLevel.passed)


def share_level(part: float, whole: float, fail_share: float) -> CheckLevel:
    """Returns PASS if `part` is 0, FAIL if it is at least `fail_share` of `whole`, else WARN."""
    if not part:
        return CheckLevel.passed
    return CheckLevel.fail if part >= fail_share * whole else CheckLevel.warn


def say_share(part: float, whole: float, things: str = "rows") -> str:
    """Returns 'part of whole rows (percent)'."""
    share = part / whole if whole else 0.0
    if 0 < share < 0.1:
        text = f"{100 * share:.2g} %" if share >= 0.0001 else "under 0.01 %"
    else:
        text = f"{100 * share:.0f} %"
    return f"{part:,} of {whole:,} {things} ({text})"
