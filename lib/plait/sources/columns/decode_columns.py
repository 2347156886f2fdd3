"""Decodes the columns of a file whose text is JSON, each once for all paths inside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from plait.sources.columns.find_columns import ColumnPlace
from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.take_path import JSON_IN_TEXT
from plait.sources.values.value_path import Field, Step

_PREFIX = "$json:"  # marks a column that holds what the JSON text of another means


def decode_columns(
    rows: pl.DataFrame, paths: Iterable[Sequence[Step]], *, typed: bool
) -> pl.DataFrame:
    """Returns `rows` with a decoded copy of every text column into which a path leads.

    A column whose JSON has JSON text inside is left to take_path, which decodes each by itself.

    Args:
        rows: the columns of the file.
        paths: what is read of each row.
        typed: whether numbers are marked; see json_numbers.split_typed.
    """
    inside: dict[str, list[Sequence[Step]]] = {}
    for first, *rest in paths:
        if isinstance(first, Field) and rest:
            inside.setdefault(first.name, []).append(rest)
    return rows.with_columns(
        decode_json(rows[name], JsonShape.of(steps), typed=typed)[0].alias(_PREFIX + name)
        for name, steps in inside.items()
        if isinstance(rows.schema[name], pl.String)
        and not rows[name].str.contains(JSON_IN_TEXT).any()
    )


def source_column(rows: pl.DataFrame, place: ColumnPlace) -> str:
    """Returns the column of `rows` in which the steps of `place` begin."""
    decoded = _PREFIX + place.column
    return decoded if place.steps and decoded in rows.columns else place.column
