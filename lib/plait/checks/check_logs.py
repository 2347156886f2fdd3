"""Checks all logs of a project: every rule, platform by platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from plait.checks.check_blocked_keys import check_blocked_keys
from plait.checks.check_events import check_events, check_type_variety
from plait.checks.check_ids import check_ids
from plait.checks.check_listings import check_catalogue
from plait.checks.check_people import (
    check_attributes,
    check_concentration,
    check_shared_people,
)
from plait.checks.check_reading import check_reading
from plait.checks.check_times import check_days, check_times, check_zones
from plait.checks.check_values import check_values
from plait.checks.log_finding import CheckLevel, LogFinding, say_share
from plait.checks.log_profile import merge_profiles
from plait.checks.read_profiles import ProfiledLog, read_profiles, throw_away_key
from plait.checks.row_faults import fix_listing
from plait.config import Project
from plait.contracts.quarantine_reasons import ACCOUNTS_SOURCE
from plait.errors import PlaitError
from plait.identity.keys.account_values import AccountValues
from plait.identity.keys.check_keys import check_identity_keys
from plait.identity.keys.key_evidence import key_edges
from plait.identity.keys.key_types import key_rules
from plait.identity.keys.read_account_values import read_attributes


def check_logs(project: Project, sample: int | None = None) -> list[LogFinding]:
    """Returns the finding of every rule for every platform, in the order of the project file.

    Nothing is written, and no store is needed. Pseudonyms are made with a key of this run.

    Args:
        project: the project.
        sample: the maximum number of rows to read of each log file. Default: all.

    Raises:
        ConfigError, UnknownEventType, BadFilter: the project file cannot be used.
    """
    check_identity_keys(project)
    key, now = throw_away_key(), datetime.now(UTC)
    logs = read_profiles(project, key, now, sample)
    profiles = {
        name: merge_profiles([log.profile for log in logs if log.platform == name])
        for name in project.platforms
    }
    findings: list[LogFinding] = []
    zones = list(check_zones(logs))
    for name, profile in profiles.items():
        for log in (log for log in logs if log.platform == name):
            findings += _check_log(log)
        findings += [finding for finding in zones if finding.platform == name]
        if profile.events:
            if profile.days:
                findings.append(check_days(name, profile))
            findings.append(check_type_variety(name, profile))
            first = next(log for log in logs if log.platform == name)
            column = first.events.columns.account.column
            findings.append(check_concentration(name, profile, first.setting, column))
        findings += check_catalogue(project, name, profile, key)
    try:
        found = read_attributes(project, key)
        findings += _account_rows(project, found.quarantined)
        findings += check_attributes(project, profiles, found.attributes)
    except PlaitError as error:
        found = AccountValues()
        findings.append(
            LogFinding(
                "accounts", "", CheckLevel.fail, f"{error.headline}: account rows cannot be read.",
                {}, (str(error),), error.fix,
            )
        )  # fmt: skip
    evidence = key_edges(found.attributes, key_rules(project), found.refused)
    findings += check_blocked_keys(project, evidence.blocked)
    return findings + check_shared_people(project, profiles, found.attributes, evidence)


def _check_log(log: ProfiledLog) -> list[LogFinding]:
    found = list(check_reading(log))
    if not log.profile.rows:
        return found
    rest = [*check_ids(log), *check_times(log), *check_events(log), *check_values(log)]
    if not log.profile.events:  # nothing that these rules could have passed
        rest = [finding for finding in rest if finding.level is not CheckLevel.passed]
    return [*found, _usable_rows(log), *rest]


def _usable_rows(log: ProfiledLog) -> LogFinding:
    rows, events = log.profile.rows, log.profile.events
    said, fix = f"{say_share(events, rows)} become events.", ""
    level = CheckLevel.passed
    if not events:
        level = CheckLevel.fail
        said = "No row becomes an event. A row is checked up to its first fault only."
        fix = "Correct what fails below, and check again."
    return LogFinding("usable rows", log.platform, level, said, {"events": events}, (), fix)


def _account_rows(project: Project, faulty: pl.DataFrame) -> Iterator[LogFinding]:
    for (platform,), rows in faulty.partition_by("platform", as_dict=True).items():
        yield LogFinding(
            "accounts", str(platform), CheckLevel.warn,
            f"{rows.height:,} rows of accounts cannot be used.", {"unusable": rows.height},
            tuple(f"{f}:{r}" for f, r in rows.select("file", "row").head(3).iter_rows()),
            fix_listing(project, str(platform), ACCOUNTS_SOURCE, rows),
        )  # fmt: skip
