"""Normalises the plain values of a key by its type."""

from __future__ import annotations

import polars as pl

from plait.config.people_settings import KeyType
from plait.identity.keys.email_addresses import normalise_emails
from plait.identity.keys.phone_numbers import normalise_phones

_HEX4 = "([0-9a-fA-F]{4})"
_UUID = rf"^\{{?([0-9a-fA-F]{{8}})-?{_HEX4}-?{_HEX4}-?{_HEX4}-?([0-9a-fA-F]{{12}})\}}?$"
_ROUNDED = r"^\d\.\d+[eE]\+?\d+$"  # how a spreadsheet or a float writes a long number
_OF_DIGITS: frozenset[KeyType] = frozenset({"phone", "loyalty", "id", "device"})


def normalise_plain(texts: pl.Series, kind: KeyType, country: str | None) -> pl.DataFrame:
    """Returns plain, written and reason for each of the distinct `texts`, in their order.

    `plain` is the form in which values are compared, null if a value identifies nobody for
    `reason`. `written` is a second form of the same value, whose hash others may have; or null.

    Args:
        texts: trimmed distinct texts without nulls.
        kind: the type of the key.
        country: the country of national phone numbers, or null.
    """
    frame = texts.alias("text").to_frame()
    reason: pl.Series | None = None
    if kind in _OF_DIGITS:
        frame, reason = _whole_numbers(frame)
    text = frame["text"]
    if kind == "email":
        found = normalise_emails(text)
    elif kind == "phone":
        found = normalise_phones(text, country)
        found = found.with_columns(written=pl.col("plain").str.strip_prefix("+"))
    else:
        found = frame.select(plain=_form(kind), reason=pl.lit(None, pl.String))
        found = found.with_columns(written=pl.lit(None, pl.String))
    if reason is not None:
        found = found.with_columns(reason=pl.coalesce(reason, "reason"))
    unusable = pl.col("reason").is_not_null()
    return found.select(
        *(pl.when(~unusable).then(name).alias(name) for name in ("plain", "written")), "reason"
    )


def _form(kind: KeyType) -> pl.Expr:
    text = pl.col("text").str.normalize("NFC")
    joined = text.str.replace(_UUID, "$1$2$3$4$5")
    if kind == "cookie":  # such values are random, and their case is a part of them
        return pl.when(joined != text).then(joined.str.to_lowercase()).otherwise(text)
    if kind == "loyalty":  # cards are printed in groups
        return text.str.to_lowercase().str.replace_all(r"[\s._/-]", "")
    return (joined if kind == "device" else text).str.to_lowercase()


def _whole_numbers(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Returns numbers that were read as floats as whole ones; and a reason where digits are lost.

    4915112345678.0 is whole, and 4.915112345678E+12 has all its digits. 4.91511E+12 has not: other
    numbers are written so, too.
    """
    text = pl.col("text")
    decimals = text.str.extract(r"^\d\.(\d+)[eE]").str.len_chars()
    exponent = text.str.extract(r"[eE]\+?(\d+)$").cast(pl.UInt32, strict=False)
    rounded = text.str.contains(_ROUNDED)
    whole = rounded & (decimals == exponent).fill_null(value=False)
    digits = text.str.extract(r"^(\d)\.") + text.str.extract(r"\.(\d+)[eE]")
    point = text.str.contains(r"^\+?\d+\.0+$")
    fixed = frame.select(
        pl.when(whole)
        .then(digits)
        .when(point)
        .then(text.str.replace(r"\.0+$", ""))
        .otherwise(text)
        .alias("text"),
        reason=pl.when(rounded & ~whole).then(pl.lit("rounded")),
    )
    return fixed.select("text"), fixed["reason"]
