"""Parses numbers as programs and people write them, with currencies and grouped thousands."""

from __future__ import annotations

from typing import overload

import polars as pl

from plait.contracts.currency_codes import CURRENCY_CODES, CURRENCY_SIGNS

_CURRENCY = r"(?:[A-Z]{0,3}\p{Sc}|[A-Z]{3})"  # $, US$, EUR
_BLANKS = r" \t\x{a0}\x{2007}\x{2009}\x{202f}"  # with the no-break and the narrow blanks
_BLANK, _APOSTROPHE, _SIGN = f"[{_BLANKS}]", "['’]", r"[+\-−]"
_WRITTEN = (
    rf"^\s*(?<sign>{_SIGN}?)(?<before>{_CURRENCY}?){_BLANK}*(?<inner>{_SIGN}?)"
    rf"(?<digits>[0-9.,'’{_BLANKS}]*[0-9.,])(?<power>[eE]{_SIGN}?[0-9]+)?"
    rf"{_BLANK}*(?<after>{_CURRENCY}?)\s*$"
)


@overload
def parse_numbers(text: pl.Series, decimal: str = ".") -> pl.Series: ...
@overload
def parse_numbers(text: pl.Expr, decimal: str = ".") -> pl.Expr: ...
def parse_numbers(text: pl.Series | pl.Expr, decimal: str = ".") -> pl.Series | pl.Expr:
    """Returns Float64; null if `text` is not a finite number, or could be one of two numbers.

    A currency sign or code may be before or after the number. A blank, an apostrophe or the other
    mark may group its thousands. With the point as mark, '1,234.50' is 1234.5, but '12,50' and
    '1,234' are null, as they may be written with a decimal comma. The result for a text does not
    depend on the other texts.

    Args:
        text: the numbers as text.
        decimal: the decimal mark, '.' or ','.
    """
    if isinstance(text, pl.Expr):
        return text.map_batches(
            lambda values: parse_numbers(values, decimal), return_dtype=pl.Float64
        )
    plain = text
    if decimal == ",":  # a point is never the decimal mark, so it is left to the slower way
        pointed = text.str.contains(".", literal=True)
        plain = text.str.replace(",", ".", literal=True).set(pointed, None)
    numbers = plain.cast(pl.Float64, strict=False)
    rest = numbers.is_null() & text.is_not_null()
    if rest.any():
        numbers = numbers.scatter(rest.arg_true(), _parse_written(text.filter(rest), decimal))
    finite = numbers.is_finite()
    return numbers if finite.all() else numbers.set(~finite.fill_null(value=True), None)


def written_currencies(text: pl.Series) -> pl.Series:
    """Returns the ISO 4217 code of the sign or code beside each number; null if there is none.

    A sign that stands for several currencies, such as $, has no code.

    Args:
        text: the numbers as text, as for parse_numbers.
    """
    codes = pl.Series(text.name, [None], pl.String).new_from_index(0, text.len())
    places = text.str.contains(r"[A-Z\p{Sc}]").fill_null(value=False).arg_true()
    if not places.len():
        return codes
    parts = text.gather(places).str.extract_groups(_WRITTEN).struct.unnest()
    mark = pl.when(pl.col("before") != "").then("before").otherwise("after")
    code = mark.str.extract(r"^([A-Z]{3})")  # also of EUR€
    found = parts.select(
        pl.coalesce(
            mark.replace_strict(CURRENCY_SIGNS, default=None, return_dtype=pl.String),
            pl.when(code.is_in(list(CURRENCY_CODES))).then(code),
        )
    ).to_series()
    return codes.scatter(places, found)


def _parse_written(text: pl.Series, decimal: str) -> pl.Series:
    parts = text.str.extract_groups(_WRITTEN).struct.unnest()
    digits, power = pl.col("digits"), pl.col("power").fill_null("")
    decorated = (pl.col("before") != "") | (pl.col("after") != "")
    twice = (pl.col("before") != "") & (pl.col("after") != "")
    twice |= (pl.col("sign") != "") & (pl.col("inner") != "")
    mark = "." if decimal == "." else ","
    plain = digits.str.contains(rf"^(?:[0-9]+[{mark}]?[0-9]*|[{mark}][0-9]+)$")
    grouped = digits.str.contains(_grouped(decimal)) & (power == "")
    bare = digits.str.replace_all(rf"[^0-9{mark}]", "").str.replace(mark, ".", literal=True)
    size = pl.concat_str(bare, power.str.replace("−", "-", literal=True)).cast(
        pl.Float64, strict=False
    )
    minus = pl.concat_str("sign", "inner").str.contains("[-−]")
    sound = (plain | grouped) & ~twice & ~(decorated & (power != ""))
    return parts.select(
        pl.when(sound).then(pl.when(minus).then(-size).otherwise(size)).alias(text.name)
    ).to_series()


def _grouped(decimal: str) -> str:
    """Returns the pattern of numbers whose thousands are grouped, always by the same mark."""
    first, mark, other = "[1-9][0-9]{0,2}", f"[{decimal}]", "[,]" if decimal == "." else "[.]"
    forms = [rf"{first}(?:{group}[0-9]{{3}})+(?:{mark}[0-9]*)?" for group in (_APOSTROPHE, _BLANK)]
    if decimal == ".":  # one comma alone may be a decimal comma
        forms += [rf"{first}(?:,[0-9]{{3}})+\.[0-9]+", rf"{first}(?:,[0-9]{{3}}){{2,}}"]
    else:
        forms.append(rf"{first}(?:{other}[0-9]{{3}})+(?:{mark}[0-9]*)?")
    return f"^(?:{'|'.join(forms)})$"
