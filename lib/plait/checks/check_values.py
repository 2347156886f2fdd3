"""Rules about numbers: unreadable ones, dwell, ratings, and values without a currency."""

from __future__ import annotations

from collections.abc import Iterator

from plait.checks.log_finding import EXAMPLES, CheckLevel, LogFinding, say_share, share_level
from plait.checks.read_profiles import ProfiledLog
from plait.checks.row_faults import describe_faults, fix_faults
from plait.config.reason_fixes import LEAVE_ROWS

_FAIL_NUMBERS = 0.05  # of the rows of a log
_LONG_MEDIAN = 3600.0  # seconds; half of the events longer than this are most likely milliseconds
_FAIL_RATINGS = 0.05  # of the events with a rating


def check_values(log: ProfiledLog) -> Iterator[LogFinding]:
    """Yields the findings of `values`, and of `dwell`, `ratings`, `currency` if the log has it."""
    columns, rows = log.events.columns, log.profile.rows
    if any((columns.value, columns.dwell, columns.rating, columns.currency, columns.query)):
        reasons = ("bad_number", "bad_currency", "bad_query")
        found, counts, examples = describe_faults(log.profile, reasons)
        said = (
            f"{say_share(found, rows)} have a bad number, currency or query."
            if found
            else "All can be read."
        )
        level = share_level(found, rows, _FAIL_NUMBERS)
        yield LogFinding(
            "values", log.platform, level, said, counts, examples, fix_faults(log, counts)
        )
    if columns.dwell is not None:
        yield _dwell(log)
    if columns.rating is not None:
        yield _ratings(log)
    if columns.value is not None:
        yield _currency(log)


def _dwell(log: ProfiledLog) -> LogFinding:
    found, counts, examples = describe_faults(log.profile, ("long_dwell",))
    dwell = log.profile.dwell
    median = _median(dwell)
    told = log.events.columns.dwell
    fix = LEAVE_ROWS
    if told is not None and told.times is None:
        fix = (
            f"If it is in milliseconds, set {log.setting}.columns.dwell: "
            f"{{column: {told.column or 'COLUMN'}, times: 0.001}}"
        )
    counts |= {"events with dwell": sum(dwell.values()), "median (s)": median}
    if found or median > _LONG_MEDIAN:
        level = share_level(found, log.profile.rows, _FAIL_NUMBERS)
        level = max(level, CheckLevel.warn, key=list(CheckLevel).index)
        said = f"The median is {median:,.0f} s" + (
            f"; {say_share(found, log.profile.rows)} are longer than a day." if found else "."
        )
        return LogFinding("dwell", log.platform, level, said, counts, examples, fix)
    said = f"The median is {median:,.0f} s." if dwell else "No event has one."
    return LogFinding("dwell", log.platform, CheckLevel.passed, said, counts)


def _ratings(log: ProfiledLog) -> LogFinding:
    ratings = log.profile.ratings
    low, high = sorted((log.rules.worst, log.rules.best))
    total = sum(ratings.values())
    if not total:
        return LogFinding("ratings", log.platform, CheckLevel.passed, "No event has one.")
    outside = {value: n for value, n in ratings.items() if not low <= value <= high}
    n, seen = sum(outside.values()), (min(ratings), max(ratings))
    counts = {"ratings": total, "outside": n, "lowest": seen[0], "highest": seen[1]}
    if not n:
        said = f"{seen[0]:g} to {seen[1]:g}, on a scale of {low:g} to {high:g}."
        return LogFinding("ratings", log.platform, CheckLevel.passed, said, counts)
    worst, best = min(low, seen[0]), max(high, seen[1])
    return LogFinding(
        "ratings", log.platform, share_level(n, total, _FAIL_RATINGS),
        f"{say_share(n, total)} are outside the scale of {low:g} to {high:g}.", counts,
        tuple(f"rating = {v:g} ({m:,} rows)" for v, m in sorted(outside.items()))[:EXAMPLES],
        f"Set {log.setting}.rating_scale: {{worst: {worst:g}, best: {best:g}}}",
    )  # fmt: skip


def _currency(log: ProfiledLog) -> LogFinding:
    priced, bare = log.profile.values["value"], log.profile.values["no_currency"]
    counts = {"values": priced, "without currency": bare}
    if not bare:
        said = "Every value has a currency."
        return LogFinding("currency", log.platform, CheckLevel.passed, said, counts)
    fix = (
        f"Set {log.setting}.columns.currency to a column, or to {{constant: EUR}}."
        if log.events.columns.currency is None
        else f"Fill the currency in the log, or leave out {log.setting}.columns.value."
    )
    said = f"{say_share(bare, priced)} have a value without currency."
    return LogFinding("currency", log.platform, CheckLevel.warn, said, counts, (), fix)


def _median(counted: dict[float, int]) -> float:
    """Returns the median of values that are given with how often each occurs; 0 without any."""
    half, so_far = sum(counted.values()) / 2, 0
    for value, n in sorted(counted.items()):
        so_far += n
        if so_far >= half:
            return value
    return 0.0
