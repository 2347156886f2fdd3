"""Structs, lists and maps as columns: their fields, the values inside them, and rows in place."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from polars.datatypes import DataTypeClass


def known_type(kind: pl.DataType | DataTypeClass) -> pl.DataType:
    """Returns a type with its parameters."""
    return kind if isinstance(kind, pl.DataType) else kind()


def struct_field(value: pl.Expr, kind: pl.Struct, name: str) -> pl.Expr:
    """Returns the field `name` of structs; Polars itself takes *, and ^...$, for a pattern."""
    if not name.startswith(("*", "^")):
        return value.struct.field(name)
    names = [field.name for field in kind.fields]
    numbered = value.struct.rename_fields([str(place) for place in range(len(names))])
    return numbered.struct.field(str(names.index(name)))


def change_inside(
    value: pl.Expr,
    kind: pl.DataType,
    change: Callable[[pl.Expr, pl.DataType], pl.Expr | None],
) -> pl.Expr:
    """Returns values of the type `kind`, with what `change` makes of the values inside them.

    Args:
        value: the values.
        kind: their type.
        change: returns the new values, or null to look inside lists and structs.
    """
    changed = change(value, kind)
    if changed is not None:
        return changed
    if isinstance(kind, pl.Array):
        kind = pl.List(kind.inner)
        value = value.cast(kind)
    if isinstance(kind, pl.List):
        inside = change_inside(pl.element(), known_type(kind.inner), change)
        return value.list.eval(inside)
    if isinstance(kind, pl.Struct):
        names = [field.name for field in kind.fields]
        numbered = value.struct.rename_fields([str(place) for place in range(len(names))])
        fields = (
            change_inside(pl.field(str(place)), known_type(field.dtype), change)
            for place, field in enumerate(kind.fields)
        )
        return numbered.struct.with_fields(*fields).struct.rename_fields(names)
    return value


def put_rows(values: pl.Series, places: pl.Series, rows: pl.Series) -> pl.Series:
    """Returns `values` (of any type) with `rows`, of the same type, at `places`."""
    moved = pl.int_range(len(values), len(values) + len(rows), eager=True)
    chosen = pl.int_range(len(values), eager=True).scatter(places, moved)
    return pl.concat([values, rows.rename(values.name)]).gather(chosen)
