"""Converts columns of any type to text, so that all formats have the same rules."""

from __future__ import annotations

import polars as pl

from plait.contracts.event_rows import LIST_SEPARATOR
from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.nested_values import change_inside, known_type

_EXACT_INTEGERS = 2.0**53  # a double holds every smaller integer
_BEFORE, _AFTER = '{"v":', "}"
_TAIL = "[89ab][0-9a-f]"  # a byte that goes on with a character
# UTF-8 in hexadecimal digits (the Unicode Standard, table 3-7).
_UTF_8 = (
    rf"^(?:[0-7][0-9a-f]|(?:c[2-9a-f]|d[0-9a-f]){_TAIL}|e0[ab][0-9a-f]{_TAIL}"
    rf"|e[1-9a-cef](?:{_TAIL}){{2}}|ed[89][0-9a-f]{_TAIL}|f0[9ab][0-9a-f](?:{_TAIL}){{2}}"
    rf"|f[1-3](?:{_TAIL}){{3}}|f48[0-9a-f](?:{_TAIL}){{2}})*$"
)


def to_text(values: pl.Series) -> pl.Series:
    """Returns `values` as text, one text per value.

    Times are ISO 8601 (UTC if they have a zone). A whole number has no decimal point, whatever
    its type. NaN is null. Bytes are UTF-8 text if they can be, else hexadecimal. Lists, objects
    and maps are JSON.
    """
    kind = values.dtype
    if isinstance(kind, pl.String):
        return values
    if isinstance(kind, pl.Binary):
        return _bytes_text(values)
    return values.to_frame("v").select(as_text(pl.col("v"), kind)).to_series().rename(values.name)


def to_joined_text(values: pl.Series) -> pl.Series:
    """Returns `values` as text; the elements of a list are joined by LIST_SEPARATOR.

    Text may be a JSON list.
    """
    if isinstance(values.dtype, pl.String):
        return _join_json_lists(values)
    if not isinstance(values.dtype, (pl.List, pl.Array)):
        return to_text(values)
    inner = known_type(values.dtype.inner)
    lists = values.cast(pl.List(inner))
    texts = lists.to_frame("v").select(
        pl.col("v").list.eval(as_text(pl.element(), inner)).list.join(LIST_SEPARATOR)
    )
    return texts.to_series().rename(values.name)


def _join_json_lists(values: pl.Series) -> pl.Series:
    listed = values.str.strip_chars_start().str.starts_with("[")
    if not listed.any():
        return values
    lists, _ = decode_json(values, JsonShape(elements=JsonShape()))
    joined = lists.list.drop_nulls().list.join(LIST_SEPARATOR)
    return values.to_frame("v").select(pl.coalesce(pl.lit(joined), "v").alias("v")).to_series()


def as_text(value: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """Returns values of the type `kind` as text; see to_text."""
    if isinstance(kind, pl.Binary):
        return value.map_batches(_bytes_text, return_dtype=pl.String)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
        return value.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    if isinstance(kind, pl.Duration):
        return _number_text(value.dt.total_microseconds() / 1_000_000)
    if kind.is_float():
        return _number_text(value)
    if isinstance(kind, pl.Decimal):
        text = value.cast(pl.String)
        whole = text.str.replace(r"\.?0+$", "")
        return pl.when(text.str.contains(".", literal=True)).then(whole).otherwise(text)
    if isinstance(kind, (pl.List, pl.Array, pl.Struct, pl.Map)):
        written = change_inside(value, kind, _as_json_has_it)
        wrapped = pl.struct(written.alias("v")).struct.json_encode()
        inside = wrapped.str.strip_prefix(_BEFORE).str.strip_suffix(_AFTER)
        return pl.when(value.is_not_null()).then(inside)
    return value.cast(pl.String)


def _as_json_has_it(value: pl.Expr, kind: pl.DataType) -> pl.Expr | None:
    """Returns bytes as text, and maps whose keys are no text as lists of key and value."""
    if isinstance(kind, pl.Binary):
        return as_text(value, kind)
    if isinstance(kind, pl.Map) and kind.key != pl.String:
        entries = pl.List(pl.Struct({"key": kind.key, "value": kind.value}))
        return change_inside(value.map.entries(), entries, _as_json_has_it)
    return None


def is_real(kind: pl.DataType) -> bool:
    """Returns whether values of the type `kind` are numbers that may have decimals."""
    return kind.is_float() or isinstance(kind, (pl.Decimal, pl.Duration))


def with_decimal(number: pl.Expr, decimal: str) -> pl.Expr:
    """Returns the text of numbers, which have a decimal point, with another decimal mark."""
    return number if decimal == "." else number.str.replace(".", decimal, literal=True)


def _number_text(value: pl.Expr) -> pl.Expr:
    whole = (value == value.floor()) & (value.abs() < _EXACT_INTEGERS)
    integer = pl.when(whole).then(value).cast(pl.Int64, strict=False).cast(pl.String)
    text = pl.when(value.is_not_nan()).then(value).cast(pl.String)
    return pl.when(whole).then(integer).otherwise(text)


def _bytes_text(values: pl.Series) -> pl.Series:
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:  # some are not UTF-8; each value decides for itself
        digits = values.bin.encode("hex")
        places = digits.str.contains(_UTF_8).fill_null(value=False).arg_true()
        return digits.scatter(places, values.gather(places).cast(pl.String))
