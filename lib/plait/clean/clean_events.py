"""Cleans events: turns raw text into EVENTS rows and rejected rows."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import polars as pl

from plait.clean.clock_skew import ReceiptTime
from plait.clean.content_id import content_id
from plait.clean.event_checks import first_failed_checks
from plait.clean.event_dialect import EventDialect
from plait.clean.normalise_strengths import stated_strength
from plait.clean.parse_times import count_naive_times, parse_integers, parse_times
from plait.clean.plain_text import is_plain
from plait.contracts.event_types import EVENT_STRENGTHS
from plait.contracts.id_rules import AROUND_IDS
from plait.contracts.store_tables import EVENTS
from plait.privacy.pseudonym import (
    PseudonymKey,
    account_pseudonym,
    event_pseudonym,
    session_pseudonym,
)
from plait.sources.values.null_words import find_null_words
from plait.sources.values.parse_numbers import parse_numbers, written_currencies

_NUMBERS = {"value": "value", "dwell": "dwell_s", "rating": "rating"}
_TRIMMED = ("account", "item", "topic", "creator", "event_id", "session", "type", "currency")
_WITH_NULL_WORDS = (*_TRIMMED, "time", "order", *_NUMBERS)
# The first of these that is set is the object of an event. For a search, the query comes first.
_OBJECTS = ("item", "query", "topic", "creator")


def clean_events(
    raw: pl.DataFrame,
    platform: str,
    rules: EventDialect,
    key: PseudonymKey,
    now: datetime,
    receipt: ReceiptTime | None = None,
    notes: Counter[str] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns the EVENTS rows of `raw`, and the faults of the rejected rows.

    Rows keep their order. `event_id` is the pseudonym of the given id, or else a fingerprint of the
    content, so that repeats of an event have the same id.

    Args:
        raw: RAW_SCHEMA columns, every value as text.
        platform: the platform of the rows.
        rules: the format of times and types in the log.
        key: the pseudonym key.
        now: the current time. Later times by more than a day are rejected.
        receipt: when the rows were received. Times up to a day after it are moved before it, and
            their original is kept as `stamped`. Default: now.
        notes: if given, what was noticed about values is added to it: `null_word:FIELD`, and
            `naive_time`, times without an offset whose zone the project file does not name.

    Returns:
        EVENTS columns without `person`; and row, reason, field, value (null if personal).
    """
    receipt, space = receipt or ReceiptTime(now), rules.namespace or platform
    text, words = _normalise_text(raw, rules)
    if notes is not None:
        _take_notes(notes, text, words, rules)
    parsed = _parse(text, platform, rules)
    rejected = first_failed_checks(text, parsed, rules, receipt.latest(now), words)
    if rejected.height:
        keep = ~raw["row"].is_in(rejected["row"].implode())
        text, parsed = text.filter(keep), parsed.filter(keep)
    if rules.creators == "accounts" and _has_values(text["creator"]):
        parsed = _pseudonymise_creators(parsed, text["creator"], key, platform, space)
    time, stamped = receipt.correct_times(parsed["time"])
    events = parsed.with_columns(
        time.alias("time"),
        stamped.alias("stamped"),
        pl.lit(platform).alias("platform"),
        account_pseudonym(text["account"], key, space).alias("account"),
        pl.lit(rules.resolution).alias("time_resolution"),
        strength=_strength_expression(rules),
        session=_session_pseudonyms(text["session"], key, space),
        recommendation_id=pl.lit(None, pl.String),  # logs have none; events over HTTP may
    )
    if _has_values(text["event_id"]):
        first = account_pseudonym(text["account"], key.first, space)
        given = event_pseudonym(pl.lit(text["event_id"]), pl.lit(first), key, space)
        ids = pl.coalesce(given, content_id(events))
    else:
        ids = pl.lit(content_id(events))
    events = events.with_columns(event_id=ids)
    return events.select(name for name in EVENTS.columns if name != "person"), rejected


def _has_values(values: pl.Series) -> bool:
    return values.null_count() < values.len()


def _normalise_text(
    raw: pl.DataFrame, rules: EventDialect
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Returns `raw` with trimmed ids, and '' and null words as null; and the null words.

    CSV reads '' as null, but JSON and HTTP do not.
    """
    text = raw.with_columns(
        pl.col(n).str.strip_chars(AROUND_IDS) for n in _TRIMMED if not is_plain(raw[n])
    )
    text = text.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)
        for name in text.columns
        if name != "row" and text[name].str.len_bytes().min() == 0
    )
    found = find_null_words(text, rules.null_words, [n for n in _WITH_NULL_WORDS if n != "type"])
    if rules.type is None:
        found |= find_null_words(text, rules.null_types, ["type"])
    words = {
        name: text.select(pl.when(mask).then(pl.col(name).str.strip_chars())).to_series()
        for name, mask in found.items()
    }
    text = text.with_columns(
        pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in found.items()
    )
    return text, words


def _take_notes(
    notes: Counter[str], text: pl.DataFrame, words: dict[str, pl.Series], rules: EventDialect
) -> None:
    for name, values in words.items():
        notes[f"null_word:{name}"] += values.len() - values.null_count()
    if rules.resolution != "order" and not rules.zone_named:
        notes["naive_time"] += count_naive_times(text["time"], rules.unit)


def _parse(text: pl.DataFrame, platform: str, rules: EventDialect) -> pl.DataFrame:
    """Returns the typed columns of the contract; values that cannot be parsed are null."""
    columns: list[pl.Series | pl.Expr] = [
        parse_integers(text["order"]).alias("order"),
        *(parse_numbers(text[raw], rules.decimal).alias(name) for raw, name in _NUMBERS.items()),
        _currencies(text),
        _type_expression(rules),
    ]
    if rules.resolution == "order":
        columns.append(pl.lit(None, pl.Datetime("us", "UTC")).alias("time"))
    else:
        columns.append(parse_times(text["time"], rules.unit, rules.zone).alias("time"))
    frame = text.select(columns) if text.width else text
    return frame.with_columns(_object_columns(text, platform, frame["type"]))


def _currencies(text: pl.DataFrame) -> pl.Series:
    """Returns the named currencies, or else those that are written beside `value`."""
    named = text["currency"].str.to_uppercase()
    if not (_has_values(text["value"]) and named.null_count()):
        return named
    written = written_currencies(text["value"])
    return named.zip_with(named.is_not_null(), written)


def _type_expression(rules: EventDialect) -> pl.Expr:
    if rules.type is not None:
        return pl.lit(rules.type).alias("type")
    names = rules.type_names(pl.col("type"))
    return names.replace_strict(rules.known_words, default=None, return_dtype=pl.String)


def _object_columns(text: pl.DataFrame, platform: str, types: pl.Series) -> list[pl.Series]:
    """Returns object_kind, object_id and query_text; the kind is null if there is no object."""
    present = [name for name in _OBJECTS if _has_values(text[name])]
    frame = text.select(*present, types)
    query = pl.col("query").str.replace_all(r"[\x00-\x1f\x7f]+", " ").str.strip_chars()
    if present == ["item"]:  # the usual log has only items
        kind: pl.Expr = pl.when(pl.col("item").is_not_null()).then(pl.lit("item"))
    else:
        kind = pl.coalesce(
            *([_query_if_search(present)] if "query" in present else []),
            *(pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in present),
            pl.lit(None, pl.String),
        )
    frame = frame.with_columns(kind.alias("object_kind"))
    ids = pl.coalesce(
        *(
            pl.when(pl.col("object_kind") == name).then(pl.col(name))
            for name in present
            if name != "query"
        ),
        pl.lit(None, pl.String),
    )
    if present == ["item"]:
        ids = pl.col("item")
    return frame.select(
        "object_kind",
        pl.concat_str(pl.lit(f"{platform}:"), ids).alias("object_id"),
        (query if "query" in present else pl.lit(None, pl.String)).alias("query_text"),
    ).get_columns()


def _pseudonymise_creators(
    parsed: pl.DataFrame, creators: pl.Series, key: PseudonymKey, platform: str, space: str
) -> pl.DataFrame:
    """Replaces creators in `parsed` by their account pseudonyms, which are in namespace `space`."""
    named = pl.concat_str(pl.lit(f"{platform}:"), account_pseudonym(creators, key, space))
    is_creator = pl.col("object_kind") == "creator"
    return parsed.with_columns(object_id=pl.when(is_creator).then(named).otherwise("object_id"))


def _query_if_search(present: list[str]) -> pl.Expr:
    search = (pl.col("type") == "search") & pl.col("query").is_not_null()
    return pl.when(search).then(pl.lit("query"))


def _strength_expression(rules: EventDialect) -> pl.Expr:
    """Returns the strength of each event, which for a rating depends on its value."""
    rated = stated_strength(rules.worst, rules.best)
    if rules.type is not None:
        return rated if rules.type == "rate" else pl.lit(EVENT_STRENGTHS[rules.type])
    usual = pl.col("type").replace_strict(EVENT_STRENGTHS, return_dtype=pl.Float64)
    return pl.when(pl.col("type") == "rate").then(rated).otherwise(usual)


def _session_pseudonyms(raw: pl.Series, key: PseudonymKey, platform: str) -> pl.Series | pl.Expr:
    return session_pseudonym(raw, key, platform) if _has_values(raw) else pl.lit(None, pl.String)
