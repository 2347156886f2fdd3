"""Rules about ids: missing ones, and ids that look wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import polars as pl

from plait.checks.log_finding import (
    EXAMPLES,
    CheckLevel,
    LogFinding,
    say_share,
    share_level,
)
from plait.checks.profile_chunk import ODD_SHAPES
from plait.checks.read_profiles import ProfiledLog
from plait.checks.row_faults import describe_faults, fix_faults
from plait.config.value_settings import ValueVerbs
from plait.config.yaml_text import write_inline
from plait.say_count import say_count

_FAIL_NULL = 0.5  # of the rows of a log; logs of anonymous visits have many
_FAIL_NESTED = 0.05
_FAIL_DOUBLES = 0.5  # of the events with an item
_POINT = r"\.0"
# Words that may mean that there is no value, beside config.source_settings.NULL_WORDS.
_SUSPECT_WORDS = (
    "unknown",
    "missing",
    "n.a.",
    "empty",
    "no value",
    "not available",
    "?",
    "void",
    "inf",
    "infinity",
    "-inf",
)


def check_ids(log: ProfiledLog) -> Iterator[LogFinding]:
    """Yields the findings of `null ids`, `id shapes` and `id variants` for one log."""
    yield _null_ids(log)
    yield _id_shapes(log)
    yield _id_variants(log)


def _null_ids(log: ProfiledLog) -> LogFinding:
    profile, rows = log.profile, log.profile.rows
    found, counts, examples = describe_faults(profile, ("null_account", "null_object"))
    fix = fix_faults(log, counts)
    words = {
        what.rpartition(":")[2]: n
        for what, n in profile.counts.items()
        if what.startswith("noted:null_word:")
    }
    counts |= {f"null words in {field}": n for field, n in words.items()}
    level = share_level(found, rows, _FAIL_NULL)
    said = (
        f"{say_share(found, rows)} have no account or no object." if found else "None is missing."
    )
    if words:
        level = max(level, CheckLevel.warn, key=list(CheckLevel).index)
        told = ", ".join(f"{n:,} of {field}" for field, n in words.items())
        said += f" Words such as NA were read as null: {told}."
        fix = fix or f"If they are values, set {log.setting}.nulls: []"
    return LogFinding("null ids", log.platform, level, said, counts, examples, fix)


def _id_shapes(log: ProfiledLog) -> LogFinding:
    found, counts, examples = describe_faults(log.profile, ("nested_value", "bad_id"))
    if found:
        level = share_level(found, log.profile.rows, _FAIL_NESTED)
        said = (
            f"{say_share(found, log.profile.rows)} have a list, an object or a broken text as id."
        )
        fix = fix_faults(log, counts)
        return LogFinding("id shapes", log.platform, level, said, counts, examples, fix)
    for shape, n in log.profile.account_shapes.items():
        return _odd_shape(log, "account", shape, n, log.profile.rows)
    items = log.profile.items
    total = int(items["events"].sum())
    words = items.filter(pl.col("item").str.to_lowercase().is_in(_SUSPECT_WORDS))
    if words.height:
        n = int(words["events"].sum())
        names = words.sort("events", descending=True)["item"].head(EXAMPLES).to_list()
        nulls = json.dumps([*log.events.null_words, *words["item"].sort()], ensure_ascii=False)
        return LogFinding(
            "id shapes", log.platform, CheckLevel.warn,
            f"{say_share(n, total)} have an item that may mean that there is none.",
            {"events": n}, tuple(f"item = {name!r}" for name in names),
            f"If they mean that there is no item, set {log.setting}.nulls: {nulls}",
        )  # fmt: skip
    for shape, pattern in ODD_SHAPES.items():
        odd = items.filter(pl.col("item").str.contains(pattern))
        if odd.height:
            names = odd["item"].sort().head(EXAMPLES).to_list()
            return _odd_shape(log, "item", shape, int(odd["events"].sum()), total, names)
    return LogFinding("id shapes", log.platform, CheckLevel.passed, "All ids look like ids.")


def _odd_shape(
    log: ProfiledLog, field: str, shape: str, n: int, total: int, names: Sequence[str] = ()
) -> LogFinding:
    """Returns the finding of ids of one of ODD_SHAPES."""
    value = getattr(log.events.columns, field)
    said, fix = {
        "real": (
            "like a real number, such as 7.0",
            f"If they are whole numbers, set {log.setting}.columns.{field}: "
            f"{_without(value, _POINT)}",
        ),
        "rounded": (
            "like 1.23E+12: its last digits are lost, and different ids may be one",
            "Export the log again, with ids as text. A spreadsheet rounds long numbers.",
        ),
    }[shape]
    return LogFinding(
        "id shapes", log.platform, share_level(n, total, _FAIL_DOUBLES),
        f"{say_share(n, total)} have an {field} {said}.", {"rows": n},
        tuple(f"{field} = {name!r}" for name in names), fix,
    )  # fmt: skip


def _id_variants(log: ProfiledLog) -> LogFinding:
    """Finds items that differ only by upper and lower case."""
    folded = log.profile.items.with_columns(folded=pl.col("item").str.to_lowercase())
    groups = folded.group_by("folded").agg("item", pl.col("events").sum())
    groups = groups.filter(pl.col("item").list.len() > 1).sort("folded")
    spelt = log.profile.spellings.group_by("folded").len().filter(pl.col("len") > 1).height
    if spelt and not groups.height:
        column = _plain_column(log.events.columns.account)
        return LogFinding(
            "id variants", log.platform, CheckLevel.warn,
            f"{say_count(spelt, 'account')} spelt in several ways: upper and lower case differ.",
            {"accounts": spelt}, (),
            f"If they are the same accounts, set {log.setting}.columns.account: "
            f"'= lower(\"{column}\")' (and the same in platforms.{log.platform}.accounts)",
        )  # fmt: skip
    if not groups.height:
        return LogFinding("id variants", log.platform, CheckLevel.passed, "No id is spelt twice.")
    rows = groups["item"].head(EXAMPLES).to_list()
    column = _plain_column(log.events.columns.item)
    return LogFinding(
        "id variants", log.platform, CheckLevel.warn,
        f"{say_count(groups.height, 'item')} spelt in several ways: upper and lower case differ.",
        {"items": groups.height, "events": int(groups["events"].sum())},
        tuple(" / ".join(sorted(row)) for row in rows),
        f"If they are the same items, set {log.setting}.columns.item: '= lower(\"{column}\")'"
        " (and the same in the catalogue)",
    )  # fmt: skip


def _without(value: ValueVerbs | None, after: str) -> str:
    """Returns the setting of an id without what the pattern `after` matches at its end."""
    return write_inline({"column": _plain_column(value), "match": f"^(.*?)(?:{after})?$"})


def _plain_column(value: ValueVerbs | None) -> str:
    return value.column if value is not None and value.column is not None else "COLUMN"
