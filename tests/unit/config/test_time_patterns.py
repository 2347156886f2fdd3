"""The patterns and the zones of times that a project file may have."""

from __future__ import annotations

import re

import pytest

from plait.config.parse_project import parse_config
from plait.config.time_patterns import (
    check_time_pattern,
    check_zone,
    chrono_patterns,
    has_offset,
    zone_offset,
)
from plait.errors import ConfigError


@pytest.mark.parametrize(
    "pattern",
    [
        "%m/%d/%Y %I:%M:%S %p",
        "%d/%b/%Y:%H:%M:%S %z",
        "%-d.%-m.%y",
        "%Y-%m-%d %H:%M:%S,%f",
        "%Y-%m-%dT%H:%M:%S.%f%:z",
        "%a, %d %b %Y %H:%M:%S GMT",
        "%c",
        "%G-W%V-%u",
        "%Y %j",
        "%D %T",
        "100%% %F",
    ],
)
def test_usual_patterns_are_allowed(pattern: str) -> None:
    check_time_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("%Y-%m-%d %Z", "%Z in '%Y-%m-%d %Z' is the name of a zone"),
        ("%s", "%s in '%s' counts seconds: set unit: s"),
        ("%Y-%m-%d %Q", "%Q in '%Y-%m-%d %Q' is not known; known are %Y"),
        ("%Y-%m-%d %", "% in '%Y-%m-%d %' is not known"),
        ("%Y-%m-%d %Ey", "%E in '%Y-%m-%d %Ey' is not known"),
        ("%H:%M", "has no whole date"),
        ("%d.%m. %H:%M", "has no whole date"),
        ("%Y-%m-%d %I:%M", "needs %I and %p together"),
        ("%Y-%m-%d %H:%M %p", "needs %I and %p together"),
        ("%Y-%m-%d %M", "has minutes without hours"),
    ],
)
def test_other_patterns_are_refused_by_the_directive(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        check_time_pattern(pattern)


def test_a_pattern_knows_whether_times_have_an_offset() -> None:
    assert has_offset("%d/%b/%Y:%H:%M:%S %z")
    assert has_offset("%F %T%:z")
    assert not has_offset("%F %%z")
    assert chrono_patterns("%Y-%m-%d %H") == (["%Y-%m-%d %H %M"], " 00")


@pytest.mark.parametrize(
    ("zone", "seconds"),
    [
        ("UTC", 0),
        ("Z", 0),
        ("+02:00", 7200),
        ("-0330", -12600),
        ("+05", 18000),
        ("Asia/Tokyo", None),
    ],
)
def test_zones(zone: str, seconds: int | None) -> None:
    check_zone(zone)
    assert zone_offset(zone) == seconds


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("Europe/Berlni", "Did you mean 'Europe/Berlin'"),
        ("europe/berlin", "Did you mean 'Europe/Berlin'"),
        ("qqqq", "Examples: Europe/Berlin"),
        ("", "is not a time zone"),
        ("+25:00", "is not an offset"),
        ("+0260", "is not an offset"),
    ],
)
def test_an_unknown_zone_is_refused_when_the_file_is_read(zone: str, message: str) -> None:
    events = {"files": "a", "columns": {"account": "u", "time": "t"}, "type": "view"}
    raw = {"platforms": {"shop": {"events": events | {"time": {"zone": zone}}}}}
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse_config(raw, folder=".")  # type: ignore[arg-type]
