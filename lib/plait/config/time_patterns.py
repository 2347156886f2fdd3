"""What times a project file may describe: patterns of strptime, and time zones."""

from __future__ import annotations

import re

from plait.errors import nearest

EPOCH_UNITS = ("s", "ms", "us", "ns")

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
_DIRECTIVE = re.compile(r"%(?:[-_0](?=[a-zA-Z]))?([:#.]*\d?[a-zA-Z%]|.?)", re.DOTALL)
_ZONE = "%#z"  # chrono reads every offset and Z with it
# The directives that a pattern may have, and what each is for chrono, which Polars uses.
_DIRECTIVES = {
    **{name: f"%{name}" for name in "YymdjHIMSpPbBhaAeklGVuwUWDFTRrxXcnt%"},
    **dict.fromkeys(("z", ":z", "::z", "#z"), _ZONE),
    **{name: f"%{name}" for name in (".f", "3f", "6f", "9f", ".3f", ".6f", ".9f")},
    "f": "%f",
}
_REFUSED = {
    "Z": "is the name of a zone, which is not unique: write the name as plain text and set zone",
    "s": "counts seconds: set unit: s",
}
_HOURS = {"H", "I", "k", "l"}
_WITH_HOUR = _HOURS | {"T", "R", "X", "r", "c"}
_HALF_DAYS = {"p", "P"}


def zone_offset(zone: str) -> int | None:
    """Returns the seconds east of UTC of a fixed offset such as +02:00, or null for a name."""
    if zone in ("UTC", "Z"):
        return 0
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return None
    seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    return -seconds if found[1] == "-" else seconds


def check_zone(zone: str) -> None:
    """Raises ValueError if `zone` is neither an IANA name nor an offset of less than a day."""
    offset = zone_offset(zone)
    if offset is not None:
        if abs(offset) >= 24 * 3600 or int(zone[-2:] if len(zone) > 3 else 0) > 59:
            msg = f"'{zone}' is not an offset from UTC, such as +02:00"
            raise ValueError(msg)
        return
    import polars as pl  # the configuration is read by commands that never need frames

    try:
        if not zone:
            raise pl.exceptions.ComputeError
        pl.Series([], dtype=pl.Datetime("us")).dt.replace_time_zone(zone)
    except pl.exceptions.ComputeError:
        from zoneinfo import available_timezones

        hint = nearest(zone, sorted(available_timezones()))
        hint = hint if hint.startswith("Did you mean") else "Examples: Europe/Berlin, +02:00."
        msg = f"'{zone}' is not a time zone. {hint}"
        raise ValueError(msg) from None


def has_offset(pattern: str) -> bool:
    """Returns whether times of `pattern` name their offset from UTC."""
    return any(_DIRECTIVES.get(name) == _ZONE for name in _DIRECTIVE.findall(pattern))


def check_time_pattern(pattern: str) -> None:
    """Raises ValueError if `pattern` has a directive that is not known, or no whole date."""
    names = _DIRECTIVE.findall(pattern)
    for name in names:
        if name not in _DIRECTIVES:
            why = _REFUSED.get(name, f"is not known; known are {' '.join(_known())}")
            msg = f"%{name} in '{pattern}' {why}"
            raise ValueError(msg)
    given = set(names)
    if bool(given & {"I", "l"}) != bool(given & _HALF_DAYS):
        msg = f"'{pattern}' needs %I and %p together: hours of half a day, and which half"
        raise ValueError(msg)
    if "M" in given and not given & _HOURS:
        msg = f"'{pattern}' has minutes without hours; add %H"
        raise ValueError(msg)
    if not _has_date(given):
        msg = f"'{pattern}' has no whole date; it needs a year and a month, such as %Y-%m-%d"
        raise ValueError(msg)


def chrono_patterns(pattern: str) -> tuple[list[str], str]:
    """Returns the patterns of chrono for a checked `pattern`, and the text to add to each time.

    A time without minutes, or with an offset and no hour, is read with zeros after it.
    """
    names = _DIRECTIVE.findall(pattern)
    given = set(names)
    text = _DIRECTIVE.sub(lambda found: _DIRECTIVES[found[1]], pattern.strip())
    added, zeros = "", ""
    if given & _HOURS and "M" not in given:
        added, zeros = " %M", " 00"
    elif has_offset(pattern) and not given & _WITH_HOUR:
        added, zeros = " %H:%M", " 00:00"
    text += added
    text = text.replace(".%f", "%.f")
    if "%f" not in text:
        return [text], zeros
    # Without a point before it, chrono reads a fraction of a fixed length only.
    return [text.replace("%f", f"%{digits}f") for digits in (3, 6, 9)], zeros


def _known() -> list[str]:
    return [f"%{name}" for name in _DIRECTIVES]


def _has_date(given: set[str]) -> bool:
    year, month = given & {"Y", "y"}, given & {"m", "b", "B", "h"}
    week = given & {"U", "W"} and given & {"u", "w", "a", "A"}
    whole = given & {"D", "F", "x", "c"} or (given >= {"G", "V"} and given & {"u", "w", "a", "A"})
    return bool(whole or (year and (month or "j" in given or week)))
