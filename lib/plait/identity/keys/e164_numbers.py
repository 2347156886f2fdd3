"""Finds texts that are valid phone numbers in E.164 already, by the patterns of phonenumbers.

`phonenumbers` reads a number in about 0.1 ms. Most columns are E.164, and for these the same
patterns are matched here for all numbers of a country at once.
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
import polars as pl

_E164 = r"^\+[1-9][0-9]{6,14}$"
_TYPES = (
    "mobile", "fixed_line", "toll_free", "voip", "shared_cost", "premium_rate", "personal_number",
    "uan", "pager", "voicemail",
)  # fmt: skip


def is_valid_e164(texts: pl.Series) -> pl.Series:
    """Returns whether each text is its own E.164 form, and valid; false if that is not sure.

    A number is sure if it is valid in the main region of its country code, and does not begin with
    a national prefix, which `phonenumbers` would remove.

    Args:
        texts: trimmed texts without nulls.
    """
    digits = pl.col("text").str.slice(1)
    codes = sorted(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
    rows = texts.alias("text").to_frame().with_row_index("place")
    rows = rows.filter(pl.col("text").str.contains(_E164)).with_columns(
        code=pl.coalesce(
            pl.when(digits.str.head(n).is_in(codes)).then(digits.str.head(n)) for n in (1, 2, 3)
        )
    )
    sure: list[pl.Series] = []
    for (code,), part in rows.drop_nulls("code").partition_by("code", as_dict=True).items():
        found = _patterns(int(str(code)))
        if found is not None:
            national = part["text"].str.slice(1 + len(str(code)))
            sure.append(part["place"].gather(_matches(national, *found)))
    valid = pl.Series([False]).new_from_index(0, texts.len())
    places = pl.concat(sure) if sure else pl.Series([], dtype=pl.UInt32)
    return valid.scatter(places, True) if places.len() else valid


def _matches(
    national: pl.Series, prefix: str, general: tuple[str, list[int]],
    types: tuple[tuple[str, list[int]], ...],
) -> pl.Series:  # fmt: skip
    """Returns the places of the numbers that fit the general pattern and that of a type."""
    number = pl.col("national")

    def fits(desc: tuple[str, list[int]]) -> pl.Expr:
        pattern, lengths = desc
        here = number.str.contains(pattern)
        return number.str.len_bytes().is_in(lengths) & here if lengths else here

    clean = ~number.str.contains(prefix) if prefix else pl.lit(value=True)
    rows = national.alias("national").to_frame().with_row_index("place")
    rest, found = rows.filter(clean & fits(general)), []
    for desc in types:  # most numbers are of the first two
        if not rest.height:
            break
        is_so = rest.select(fits(desc)).to_series()
        found.append(rest["place"].filter(is_so))
        rest = rest.filter(~is_so)
    return pl.concat([rows["place"].clear(), *found])


@lru_cache(maxsize=256)
def _patterns(
    code: int,
) -> tuple[str, tuple[str, list[int]], tuple[tuple[str, list[int]], ...]] | None:
    """Returns the national prefix, the general pattern and those of the types of a country code.

    Null if the metadata has something that the patterns of Polars cannot say.
    """
    main = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    data = (
        phonenumbers.PhoneMetadata.metadata_for_nongeo_region(code)
        if main == "001"
        else phonenumbers.PhoneMetadata.metadata_for_region(main)
    )
    if data is None or data.leading_digits is not None:
        return None
    descs = [data.general_desc, *(getattr(data, name) for name in _TYPES)]
    known = [
        (_ascii(f"^(?:{desc.national_number_pattern})$"), list(desc.possible_length))
        for desc in descs
        if desc is not None and desc.national_number_pattern
    ]
    parsed = data.national_prefix_for_parsing
    prefix = _ascii(f"^(?:{parsed})") if parsed else ""
    try:
        for each in (prefix, *(pattern for pattern, _ in known)):
            pl.select(pl.lit("").str.contains(each))
    except pl.exceptions.PolarsError:
        return None
    return prefix, known[0], tuple(known[1:])


def _ascii(pattern: str) -> str:
    """Returns a pattern whose digits are those of ASCII only; they make small machines."""
    return pattern.replace(r"\d", "[0-9]")
