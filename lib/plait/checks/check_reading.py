"""Rules about files, columns and rows that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from plait.checks.log_finding import (
    EXAMPLES,
    CheckLevel,
    LogFinding,
    say_share,
    share_level,
)
from plait.checks.read_profiles import ProfiledLog
from plait.checks.row_faults import describe_faults, fix_faults
from plait.say_count import say_count

_ROW_REASONS = (
    "ragged_row", "bad_json", "bad_line", "bad_quote", "bad_encoding", "no_record", "ragged_lists",
)  # fmt: skip
_FAIL_BROKEN = 0.05  # of the rows of a log
_COLUMN_ERROR = "UnknownColumn"


def check_reading(log: ProfiledLog) -> Iterator[LogFinding]:
    """Yields the findings of `reads`, `columns` and `broken rows` for one log."""
    yield _reads(log)
    yield _columns(log)
    yield _broken_rows(log)


def _reads(log: ProfiledLog) -> LogFinding:
    profile = log.profile
    lost = {n: e for n, e in profile.lost_files.items() if e[0] != _COLUMN_ERROR}
    files = len({*profile.files, *profile.empty_files})
    counts = {"files": files, "unread files": len(lost), "rows": profile.rows,
              "empty files": len(profile.empty_files)}  # fmt: skip
    if lost:
        texts = tuple(text for _, text in lost.values())
        return LogFinding(
            "reads", log.platform, CheckLevel.fail,
            f"{say_count(len(lost), 'file')} cannot be read.", counts, texts[:EXAMPLES],
            f"Correct what each message names, or set {log.setting}.files.",
        )  # fmt: skip
    if not profile.rows and not profile.lost_files:
        return LogFinding(
            "reads", log.platform, CheckLevel.fail, "No file has a row.", counts,
            tuple(profile.empty_files[:EXAMPLES]), f"Set {log.setting}.files to files with rows.",
        )  # fmt: skip
    if profile.empty_files:
        return LogFinding(
            "reads", log.platform, CheckLevel.warn,
            f"{len(profile.empty_files):,} of {files:,} files have no rows; they are skipped.",
            counts, tuple(profile.empty_files[:EXAMPLES]),
            "Remove the files, or fill them, if they should have rows.",
        )  # fmt: skip
    more = f" and {len(profile.files) - 1:,} more" if len(profile.files) > 1 else ""
    said = f"{say_count(profile.rows, 'row')} of {profile.files[0]}{more}."
    return LogFinding("reads", log.platform, CheckLevel.passed, said, counts)


def _columns(log: ProfiledLog) -> LogFinding:
    lost = [text for kind, text in log.profile.lost_files.values() if kind == _COLUMN_ERROR]
    files = len(log.profile.files)
    lacking = log.profile.lacking
    counts = {"files without a needed column": len(lost), "columns missing in files": len(lacking)}
    if lost:
        return LogFinding(
            "columns", log.platform, CheckLevel.fail,
            f"A needed column is missing in {len(lost):,} of {say_count(files, 'file')}.", counts,
            tuple(lost[:EXAMPLES]),
            f"Correct {log.setting}.columns as each message says, or mark a column that some "
            "files lack: {column: NAME, optional: true}",
        )  # fmt: skip
    if lacking:
        shown = tuple(
            f"'{column}' is in no file" if len(names) == files
            else f"'{column}' is missing in {len(names):,} of {files:,} files, such as {names[0]}"
            for column, names in lacking.items()
        )  # fmt: skip
        return LogFinding(
            "columns", log.platform, CheckLevel.warn,
            f"{len(lacking):,} optional or alternative columns are missing.", counts,
            shown[:EXAMPLES],
            f"Remove columns that no file has from {log.setting}; the others are null there.",
        )  # fmt: skip
    return LogFinding("columns", log.platform, CheckLevel.passed, "All columns are there.", counts)


def _broken_rows(log: ProfiledLog) -> LogFinding:
    found, counts, examples = describe_faults(log.profile, _ROW_REASONS)
    level = share_level(found, log.profile.rows, _FAIL_BROKEN)
    said = f"{say_share(found, log.profile.rows)} are broken." if found else "No row is broken."
    fix = fix_faults(log, counts)
    return LogFinding("broken rows", log.platform, level, said, counts, examples, fix)
