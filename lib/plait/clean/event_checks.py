"""The checks that every event row must pass, in their order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from plait.clean.event_dialect import EventDialect
from plait.clean.parse_times import EARLIEST_TIME
from plait.clean.plain_text import is_plain
from plait.contracts.id_rules import MAX_ID_LENGTH, MAX_QUERY_LENGTH, is_bad_id
from plait.contracts.personal_fields import PERSONAL_FIELDS, is_single_line
from plait.sources.values.find_nested import find_nested

MAX_DWELL = 86_400  # seconds; a longer dwell is most often in milliseconds


@dataclass(frozen=True)
class EventCheck:
    """One check of a row. A row fails it if `fails` is true."""

    reason: str
    field: str
    fails: pl.Expr


def first_failed_checks(
    text: pl.DataFrame,
    parsed: pl.DataFrame,
    rules: EventDialect,
    latest: datetime,
    words: Mapping[str, pl.Series],
) -> pl.DataFrame:
    """Returns row, reason, field, value of each rejected row, for the first check that fails.

    Args:
        text: RAW_SCHEMA columns, with '' and null words as null.
        parsed: the typed contract columns of the same rows.
        rules: the format of times and types in the log.
        latest: later times are in the future.
        words: the null words of the columns that have some; null in the other rows. They are
            not personal, so they are shown as the value of a field that is missing.
    """
    both = text.select(pl.all().name.prefix("raw_")).hstack(parsed)
    checks = _checks(text, rules, latest)
    failed = both.select(
        check.fails.fill_null(False).alias(str(n)) for n, check in enumerate(checks)
    )
    bad = failed.select(pl.any_horizontal(pl.all())).to_series()
    rows = both.filter(bad).hstack(failed.filter(bad))
    rows = rows.hstack([values.filter(bad).alias(f"word_{name}") for name, values in words.items()])
    return rows.select(
        pl.col("raw_row").alias("row"),
        pl.coalesce(
            pl.when(pl.col(str(n))).then(pl.lit(c.reason)) for n, c in enumerate(checks)
        ).alias("reason"),
        pl.coalesce(
            pl.when(pl.col(str(n))).then(pl.lit(c.field)) for n, c in enumerate(checks)
        ).alias("field"),
        _first_value(checks, words).alias("value"),
    )


def _first_value(checks: list[EventCheck], words: Collection[str]) -> pl.Expr:
    """Returns the value of the field of the first failed check; null if it may be personal."""
    value: pl.Expr = pl.lit(None, pl.String)
    for n, check in reversed(list(enumerate(checks))):
        seen: pl.Expr = pl.lit(None, pl.String)
        if check.field not in PERSONAL_FIELDS:
            raw = pl.col(f"raw_{check.field}")
            seen = pl.when(is_single_line(raw)).then(raw.str.head(MAX_ID_LENGTH))
        if check.field in words:
            seen = pl.coalesce(f"word_{check.field}", seen)
        value = pl.when(pl.col(str(n))).then(seen).otherwise(value)
    return value


def _checks(text: pl.DataFrame, rules: EventDialect, latest: datetime) -> list[EventCheck]:
    mapped = {name for name in text.columns if text[name].null_count() < text.height}
    raw = {name: pl.col(f"raw_{name}") for name in text.columns}
    checks = [EventCheck("null_account", "account", raw["account"].is_null())]
    checks += [*_nested_checks(text, "account"), _id_check(text, "account")]
    if rules.type is None:
        checks += _nested_checks(text, "type")
        checks.append(EventCheck("unknown_type", "type", pl.col("type").is_null()))
    checks.append(EventCheck("null_object", "item", pl.col("object_kind").is_null()))
    for name in ("item", "topic", "creator", "event_id", "session"):
        if name in mapped:
            checks += [*_nested_checks(text, name), _id_check(text, name)]
    if "query" in mapped:
        checks.append(
            EventCheck("bad_query", "query", raw["query"].str.len_chars() > MAX_QUERY_LENGTH)
        )
    if rules.resolution == "order":
        checks.append(EventCheck("bad_order", "order", pl.col("order").is_null()))
    else:
        checks += [
            EventCheck("bad_time", "time", pl.col("time").is_null()),
            EventCheck("future_time", "time", pl.col("time") > latest),
            EventCheck("ancient_time", "time", pl.col("time") < EARLIEST_TIME),
        ]
        if "order" in mapped:
            wrong = pl.col("order").is_null() & raw["order"].is_not_null()
            checks.append(EventCheck("bad_order", "order", wrong))
    for name, column in (("value", "value"), ("dwell", "dwell_s"), ("rating", "rating")):
        if name in mapped:
            wrong = raw[name].is_not_null() & ~pl.col(column).is_finite().fill_null(False)
            if name == "dwell":
                wrong |= pl.col(column) < 0
            checks.append(EventCheck("bad_number", name, wrong))
    if "dwell" in mapped:
        checks.append(EventCheck("long_dwell", "dwell", pl.col("dwell_s") > MAX_DWELL))
    if "currency" in mapped:
        wrong = ~pl.col("currency").str.contains(r"^[A-Z]{3}$")
        checks.append(EventCheck("bad_currency", "currency", wrong))
    return checks


def _nested_checks(text: pl.DataFrame, name: str) -> list[EventCheck]:
    """Returns the check that no value is a JSON object or list; none if no value looks like one."""
    nested = find_nested(text[name])
    return [EventCheck("nested_value", name, pl.lit(nested))] if nested.any() else []


def _id_check(text: pl.DataFrame, name: str) -> EventCheck:
    value = pl.col(f"raw_{name}")
    plain = is_plain(text[name])
    wrong = value.str.len_bytes() > MAX_ID_LENGTH if plain else is_bad_id(value)
    return EventCheck("bad_id", name, wrong)
