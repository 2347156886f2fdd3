"""Rules about times: range, resolution, zone, and days without events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from plait.checks.log_finding import (
    EXAMPLES,
    CheckLevel,
    LogFinding,
    say_share,
    share_level,
)
from plait.checks.log_profile import LogProfile
from plait.checks.read_profiles import ProfiledLog
from plait.checks.row_faults import describe_faults, fix_faults
from plait.say_count import say_count

_DAY = timedelta(days=1)
_FAIL_TIMES = 0.05  # of the rows of a log
_MIN_EVENTS = 10  # fewer events say nothing about resolution
# A day without events is missing if the week before it and the week after have this median a day.
_BUSY_DAY = 10


def check_times(log: ProfiledLog) -> Iterator[LogFinding]:
    """Yields the findings of `times` and `time resolution` for one log."""
    profile, rows = log.profile, log.profile.rows
    reasons = ("bad_time", "future_time", "ancient_time", "bad_order")
    found, counts, examples = describe_faults(profile, reasons)
    level = share_level(found, rows, _FAIL_TIMES)
    said = f"{say_share(found, rows)} have no usable time." if found else "All are usable."
    if profile.earliest is not None and profile.latest is not None:
        said += f" {profile.earliest:%Y-%m-%d %H:%M} to {profile.latest:%Y-%m-%d %H:%M} UTC."
    elif log.rules.resolution == "order":
        said = "The log has no times, only an order." if not found else said
    yield LogFinding("times", log.platform, level, said, counts, examples, fix_faults(log, counts))
    if log.rules.resolution != "order":
        yield _resolution(log)


def _resolution(log: ProfiledLog) -> LogFinding:
    events, midnights = sum(log.profile.days.values()), log.profile.midnights
    counts = {"events at midnight": midnights, "events": events}
    stated = log.rules.resolution
    if stated != "day" and events >= _MIN_EVENTS and midnights == events:
        return LogFinding(
            "time resolution", log.platform, CheckLevel.warn,
            "All times are at midnight (UTC), so only the day is known.", counts,
            fix=f"Set {log.setting}.time.resolution: day",
        )  # fmt: skip
    if stated == "day" and midnights < events / 2:
        return LogFinding(
            "time resolution", log.platform, CheckLevel.warn,
            f"{say_share(events - midnights, events)} have a time of day, and the resolution is "
            "day.", counts, fix=f"Set {log.setting}.time.resolution: s, if the times are right.",
        )  # fmt: skip
    return LogFinding(
        "time resolution", log.platform, CheckLevel.passed, f"It is {stated}.", counts
    )


def check_days(platform: str, profile: LogProfile) -> LogFinding:
    """Returns the finding of `days missing`: days without an event between busy weeks."""
    days = sorted(profile.days)
    gaps = [
        (before + _DAY, after - _DAY) for before, after in pairwise(days) if after - before > _DAY
    ]
    empty = _count_days(gaps)
    found = [gap for gap in gaps if _usual_around(profile.days, *gap) >= _BUSY_DAY]
    missing = _count_days(found)
    counts = {"days": len(days), "days missing": missing}
    if missing:
        usual = sorted(profile.days.values())[len(days) // 2]
        return LogFinding(
            "days missing", platform, CheckLevel.warn,
            f"Without an event: {say_count(missing, 'day')}. A usual day has {usual:,}.", counts,
            tuple(f"{s}" if s == e else f"{s} to {e}" for s, e in found)[:EXAMPLES],
            f"Add the files of these days to platforms.{platform}.events.files, if there are any.",
        )  # fmt: skip
    said = f"{len(days):,} days with events" + (
        f", {empty:,} without, in quiet weeks." if empty else ", no gap."
    )
    return LogFinding("days missing", platform, CheckLevel.passed, said, counts)


def _count_days(gaps: list[tuple[date, date]]) -> int:
    return sum((end - start).days + 1 for start, end in gaps)


def _usual_around(days: Mapping[date, int], start: date, end: date) -> float:
    """Returns the lower median of events a day: of the week before a gap, or the week after."""
    weeks = ([start - n * _DAY for n in range(1, 8)], [end + n * _DAY for n in range(1, 8)])
    first, last = min(days), max(days)
    return min(median(days.get(day, 0) for day in week if first <= day <= last) for week in weeks)


def check_zones(logs: list[ProfiledLog]) -> Iterator[LogFinding]:
    """Yields the finding of `time zone` of each log whose times name no zone, if another's do."""
    timed = [log for log in logs if log.rules.resolution != "order" and log.profile.events]
    naive = {log.setting: log.profile.counts["noted:naive_time"] for log in timed}
    for log in timed:
        n = naive[log.setting]
        counts = {"times without an offset": n}
        if n and not all(naive.values()):
            yield LogFinding(
                "time zone", log.platform, CheckLevel.warn,
                f"{say_count(n, 'time')} without an offset, read as UTC. Other logs name theirs.",
                counts, fix=f"Set {log.setting}.time.zone: UTC, or the zone of these times.",
            )  # fmt: skip
        else:
            said = "Times without an offset are UTC, as in all logs." if n else "It is known."
            yield LogFinding("time zone", log.platform, CheckLevel.passed, said, counts)
