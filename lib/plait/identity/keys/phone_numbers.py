"""Normalises phone numbers to E.164, by the numbering plans of all countries."""

from __future__ import annotations

import phonenumbers
import polars as pl

from plait.identity.keys.e164_numbers import is_valid_e164

PHONES = {"plain": pl.String(), "reason": pl.String()}


def normalise_phones(texts: pl.Series, country: str | None = None) -> pl.DataFrame:
    """Returns plain and reason for each text, in its order.

    `plain` is the number in E.164, with `;ext=` and its extension if it has one: the people of a
    firm share its number. It is null, and the reason is given, if a text is no valid number
    (invalid), or a national number whose country is not known (no_country).

    Args:
        texts: trimmed distinct texts without nulls.
        country: the country of national numbers, ISO 3166 alpha-2; null if it is not known.
    """
    sure = is_valid_e164(texts)
    rest = texts.filter(~sure)
    found = dict(zip(rest, (_normalise(text, country) for text in rest), strict=True))
    read = pl.DataFrame(list(found.values()), schema=PHONES, orient="row")
    rows = pl.concat([
        pl.DataFrame({"text": texts.filter(sure)}).select("text", plain="text", reason=None),
        read.select(pl.Series("text", list(found), pl.String), "plain", "reason"),
    ], how="vertical_relaxed")  # fmt: skip
    joined = texts.alias("text").to_frame().join(rows, on="text", maintain_order="left")
    return joined.select(pl.col(name).cast(kind) for name, kind in PHONES.items())


def _normalise(text: str, country: str | None) -> tuple[str | None, str | None]:
    # Without a country, 00 is read as the plus: it is the prefix that the ITU recommends (E.123).
    said = f"+{text[2:]}" if country is None and text.startswith("00") else text
    number = _read_without_plus(text, country) if country else None
    if number is None:
        try:
            number = phonenumbers.parse(said, country)
        except phonenumbers.NumberParseException as error:
            unknown = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
            lacks = country is None and unknown and not said.startswith("+")
            return None, "no_country" if lacks else "invalid"
    if not phonenumbers.is_valid_number(number):
        return None, "invalid"
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain, None


def _read_without_plus(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    """Returns the number if a text has the country's code, and only its plus is lacking; or null.

    In a country whose national numbers begin with 0, digits that begin with the code of the country
    may be a national number without its 0, too. A number that is short of one mark is taken to be
    short of the plus, as where it was kept as a whole number.
    """
    code = str(phonenumbers.country_code_for_region(country))
    if not (text.isdecimal() and text.startswith(code)):
        return None
    if phonenumbers.ndd_prefix_for_region(country, strip_non_digits=True) != "0":
        return None
    number = phonenumbers.parse(f"+{text}", None)
    return number if phonenumbers.is_valid_number(number) else None
