"""Takes the values at a path out of a column: of structs, lists and maps, or of JSON text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl
from polars.datatypes import DataTypeClass

from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.value_path import Element, Elements, Field, Step, path_text

JSON_IN_TEXT = r'"\s*[\[{]'  # how a text begins that may be JSON


def take_path(values: pl.Series, steps: Sequence[Step]) -> pl.Series:
    """Returns the value at `steps` of each of `values`; null if there is none.

    After `[]`, a value is the list of what the rest of the path leads to in each element. Text is
    decoded as JSON.
    """
    expression, kind, rest = _follow(pl.col("v"), values.dtype, steps)
    taken = values.to_frame("v").select(expression.alias("v")).to_series()
    if not rest:
        return taken.rename(values.name)
    if not isinstance(kind, pl.String):
        return pl.Series(values.name, [None] * len(values), pl.String)
    return _take_from_text(taken, rest).rename(values.name)


def _take_from_text(text: pl.Series, steps: Sequence[Step]) -> pl.Series:
    """Returns the value at `steps` in JSON text, in which text may be JSON again."""
    found = take_path(decode_json(text, JsonShape.of([steps]))[0], steps)
    head, rest = steps[:1], steps[1:]
    again = found.is_null() & text.str.contains(JSON_IN_TEXT)
    if not rest or isinstance(head[0], Elements) or not again.any():
        return found
    inner = take_path(decode_json(text.filter(again), JsonShape.of([head]))[0], head)
    if not isinstance(inner.dtype, pl.String):
        return found
    return found.scatter(again.arg_true(), _take_from_text(inner, rest))


def struct_field(value: pl.Expr, kind: pl.Struct, name: str) -> pl.Expr:
    """Returns the field `name` of structs; Polars itself takes *, and ^...$, for a pattern."""
    if not name.startswith(("*", "^")):
        return value.struct.field(name)
    names = [field.name for field in kind.fields]
    numbered = value.struct.rename_fields([str(place) for place in range(len(names))])
    return numbered.struct.field(str(names.index(name)))


def has_path(kind: pl.DataType, steps: Sequence[Step]) -> bool:
    """Returns whether a column of type `kind` can have the path; text may be JSON."""
    _, found, rest = _follow(pl.col("v"), kind, steps)
    return not rest or isinstance(found, pl.String)


def list_paths(name: str, kind: pl.DataType) -> Iterator[str]:
    """Yields the paths of all scalar values in a column of type `kind`."""
    yield from (path_text(steps) for steps in _list_steps((Field(name),), kind))


def _list_steps(steps: tuple[Step, ...], kind: pl.DataType) -> Iterator[tuple[Step, ...]]:
    if isinstance(kind, (pl.List, pl.Array)):
        yield from _list_steps((*steps, Elements()), _inner(kind))
    elif isinstance(kind, pl.Struct):
        for field in kind.fields:
            yield from _list_steps((*steps, Field(field.name)), _known(field.dtype))
    else:
        yield steps


def _known(kind: pl.DataType | DataTypeClass) -> pl.DataType:
    return kind if isinstance(kind, pl.DataType) else kind()


def _inner(kind: pl.List | pl.Array) -> pl.DataType:
    return _known(kind.inner)


def _follow(
    value: pl.Expr, kind: pl.DataType, steps: Sequence[Step]
) -> tuple[pl.Expr, pl.DataType, Sequence[Step]]:
    """Returns what `steps` lead to, its type, and the steps that could not be followed."""
    if isinstance(kind, pl.Array):
        kind = pl.List(kind.inner)
        value = value.cast(kind)
    if not steps:
        return value, kind, steps
    step, rest = steps[0], steps[1:]
    if isinstance(step, Field):
        if isinstance(kind, pl.Map) and isinstance(_known(kind.key), pl.String):
            return _follow(value.map.get(step.name), _known(kind.value), rest)
        if isinstance(kind, pl.Struct) and step.name in dict(kind):
            inside = struct_field(value, kind, step.name)
            return _follow(inside, _known(dict(kind)[step.name]), rest)
        return value, kind, steps
    if not isinstance(kind, pl.List):
        return value, kind, steps
    inner = _inner(kind)
    if isinstance(step, Elements):
        element, of, left = _follow(pl.element(), inner, rest)
        if left:
            return value, kind, steps
        return value.list.eval(element), pl.List(of), ()
    if isinstance(step, Element):
        return _follow(value.list.get(step.index, null_on_oob=True), inner, rest)
    key, _, left = _follow(pl.element(), inner, [Field(name) for name in step.field])
    if left:
        return value, kind, steps
    matching = value.list.eval(pl.element().filter(key.cast(pl.String) == step.value))
    return _follow(matching.list.first(), inner, rest)
