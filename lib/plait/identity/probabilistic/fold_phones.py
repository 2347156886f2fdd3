"""Reads telephone numbers."""

from __future__ import annotations

import phonenumbers
import polars as pl


def fold_phones(texts: pl.Series, countries: pl.Series | None = None) -> pl.Series:
    """Returns numbers in E.164 where they can be read, or else their digits; null if under 5.

    Args:
        texts: telephone numbers as text.
        countries: the country of each number, as an ISO 3166 code of two letters; null if unknown.
    """
    told = countries if countries is not None else pl.Series([None] * len(texts), dtype=pl.String)
    rows = pl.DataFrame({"text": texts.cast(pl.String), "country": told.cast(pl.String)})
    different = rows.drop_nulls("text").unique()
    read = [_read(text, country) for text, country in different.iter_rows()]
    known = different.with_columns(number=pl.Series(read, dtype=pl.String))
    joined = rows.join(
        known, on=["text", "country"], how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["number"].rename(texts.name)


def _read(text: str, country: str | None) -> str | None:
    region = country.strip().upper() if country else None
    try:
        number = phonenumbers.parse(text, region)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        digits = "".join(mark for mark in text if mark.isdigit())
        return digits if len(digits) >= 5 else None
