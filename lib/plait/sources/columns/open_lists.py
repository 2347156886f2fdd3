"""Opens lists: every element of a row's list becomes a row of its own."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from plait.sources.columns.decode_columns import source_column
from plait.sources.columns.find_columns import OpenedList
from plait.sources.columns.raw_columns import ELEMENT, FAULT, ROW
from plait.sources.values.take_path import take_path
from plait.sources.values.value_path import Elements

_PREFIX = "$opened:"  # marks the columns of opened elements


def opened_column(name: str) -> str:
    """Returns the column that has the opened elements of the list `name` (or of `each`)."""
    return _PREFIX + name


def open_lists(
    rows: pl.DataFrame, lists: Sequence[OpenedList], split: str | None, *, typed: bool
) -> pl.DataFrame:
    """Returns `rows` with one row per element, and the column `$element` of its number.

    A row without elements stays, with nulls. A row whose lists have different lengths is not
    opened, and has the fault 'ragged_lists'.

    Args:
        rows: the columns of the file, and those of raw_columns.
        lists: the lists to open together; empty if there are none.
        split: the text between elements, if the lists are written as text. A blank element is
            null if several lists are opened, so that the others stay aligned; else it is none.
        typed: whether numbers in JSON are marked; see json_numbers.split_typed.
    """
    if not lists:
        return rows.with_columns(pl.lit(None, pl.Int64).alias(ELEMENT))
    names = [opened_column(one.column) for one in lists]
    aligned = len(lists) > 1 and split is not None and not split.isspace()
    opened = rows.with_columns(
        _elements(rows, one, split, keep_blank=aligned, typed=typed).alias(name)
        for one, name in zip(lists, names, strict=True)
    )
    if aligned:
        opened = opened.with_columns(_cut_blank_ends(names))
    opened = opened.with_columns(
        pl.when(pl.col(name).list.len() > 0).then(name).alias(name) for name in names
    )
    if len(lists) > 1:
        lengths = [pl.col(name).list.len().fill_null(0) for name in names]
        ragged = pl.any_horizontal(lengths[0] != length for length in lengths[1:])
        opened = opened.with_columns(
            pl.coalesce(FAULT, pl.when(ragged).then(pl.lit("ragged_lists"))).alias(FAULT),
            *(pl.when(~ragged).then(name).alias(name) for name in names),
        )
    opened = opened.explode(names, empty_as_null=True)
    number = pl.int_range(1, pl.len() + 1).over(ROW).cast(pl.Int64)
    return opened.with_columns(number.alias(ELEMENT))


def _cut_blank_ends(names: Sequence[str]) -> list[pl.Expr]:
    """Returns the lists without the ends that are blank in all of them: `a,b,` beside `1,2,`."""
    filled = [pl.col(name).list.eval(pl.element().is_not_null()).list.reverse() for name in names]
    lengths = [
        pl.when(there.list.any()).then(there.list.len() - there.list.arg_max()) for there in filled
    ]
    wanted = pl.max_horizontal(lengths).fill_null(0)
    return [pl.col(name).list.head(wanted) for name in names]


def _elements(
    rows: pl.DataFrame, one: OpenedList, split: str | None, *, keep_blank: bool, typed: bool
) -> pl.Series:
    if not one.place.column:
        return pl.Series([None] * rows.height, dtype=pl.List(pl.String))
    column, steps = rows[source_column(rows, one.place)], one.place.steps
    if split is not None:
        parts = take_path(column, steps).cast(pl.String).str.split(split)
        parts = parts.list.eval(pl.element().str.strip_chars().replace("", None))
        return parts if keep_blank else parts.list.drop_nulls()
    values = take_path(column, (*steps, Elements()), typed=typed)
    for step in steps:
        if isinstance(step, Elements):  # a list of lists becomes one list
            values = values.list.eval(pl.element().explode()).list.drop_nulls()
    return values
