"""The checks every event row must pass, in the order in which they are named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from plait.clean.event_rules import EventRules
from plait.clean.parse_times import EARLIEST
from plait.contracts.personal_fields import PERSONAL, is_plain

LONGEST_ID = 512  # characters
LONGEST_QUERY = 2_000
_CONTROL = r"[\x00-\x1f\x7f]"


@dataclass(frozen=True)
class Check:
    """One way in which a row can be wrong: true in `fails` means it is."""

    reason: str
    field: str
    fails: pl.Expr


def first_faults(
    text: pl.DataFrame, parsed: pl.DataFrame, rules: EventRules, latest: datetime
) -> pl.DataFrame:
    """Returns row, reason, field, value of every row that fails a check: the first it fails.

    Args:
        text: RAW columns with blanks as null.
        parsed: the typed contract columns, row by row beside `text`.
        rules: how the log writes times and types.
        latest: times after it are in the future.
    """
    both = text.select(pl.all().name.prefix("raw_")).hstack(parsed)
    checks = _checks(text, rules, latest)
    failed = both.select(
        check.fails.fill_null(False).alias(str(n)) for n, check in enumerate(checks)
    )
    bad = failed.select(pl.any_horizontal(pl.all())).to_series()
    rows = both.filter(bad).hstack(failed.filter(bad))
    return rows.select(
        pl.col("raw_row").alias("row"),
        pl.coalesce(
            pl.when(pl.col(str(n))).then(pl.lit(c.reason)) for n, c in enumerate(checks)
        ).alias("reason"),
        pl.coalesce(
            pl.when(pl.col(str(n))).then(pl.lit(c.field)) for n, c in enumerate(checks)
        ).alias("field"),
        _first_value(checks).alias("value"),
    )


def _first_value(checks: list[Check]) -> pl.Expr:
    """Returns what stood in the field of the first failed check; null if that may be personal."""
    value: pl.Expr = pl.lit(None, pl.String)
    for n, check in reversed(list(enumerate(checks))):
        seen: pl.Expr = pl.lit(None, pl.String)
        if check.field not in PERSONAL:
            raw = pl.col(f"raw_{check.field}")
            seen = pl.when(is_plain(raw)).then(raw.str.head(LONGEST_ID))
        value = pl.when(pl.col(str(n))).then(seen).otherwise(value)
    return value


def _checks(text: pl.DataFrame, rules: EventRules, latest: datetime) -> list[Check]:
    mapped = {name for name in text.columns if text[name].null_count() < text.height}
    raw = {name: pl.col(f"raw_{name}") for name in text.columns}
    checks = [Check("null_account", "account", raw["account"].is_null())]
    checks += [_bad_id("account")]
    if rules.type is None:
        checks.append(Check("unknown_type", "type", pl.col("type").is_null()))
    checks.append(Check("null_object", "item", pl.col("object_kind").is_null()))
    for name in ("item", "topic", "creator", "event_id", "session"):
        if name in mapped:
            checks.append(_bad_id(name))
    if "query" in mapped:
        checks.append(Check("bad_query", "query", raw["query"].str.len_chars() > LONGEST_QUERY))
    if rules.resolution == "order":
        checks.append(Check("bad_order", "order", pl.col("order").is_null()))
    else:
        checks += [
            Check("bad_time", "time", pl.col("time").is_null()),
            Check("future_time", "time", pl.col("time") > latest),
            Check("ancient_time", "time", pl.col("time") < EARLIEST),
        ]
        if "order" in mapped:
            wrong = pl.col("order").is_null() & raw["order"].is_not_null()
            checks.append(Check("bad_order", "order", wrong))
    for name, column in (("value", "value"), ("dwell", "dwell_s"), ("rating", "rating")):
        if name in mapped:
            wrong = raw[name].is_not_null() & ~pl.col(column).is_finite().fill_null(False)
            if name == "dwell":
                wrong |= pl.col(column) < 0
            checks.append(Check("bad_number", name, wrong))
    if "currency" in mapped:
        wrong = ~pl.col("currency").str.contains(r"^[A-Z]{3}$")
        checks.append(Check("bad_currency", "currency", wrong))
    return checks


def _bad_id(name: str) -> Check:
    value = pl.col(f"raw_{name}")
    return Check(
        "bad_id", name, (value.str.len_chars() > LONGEST_ID) | value.str.contains(_CONTROL)
    )
