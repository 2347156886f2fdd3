"""Takes the values at a path out of a column: of structs, lists and maps, or of JSON text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from plait.sources.values.json_numbers import without_marks
from plait.sources.values.json_text import JsonShape, decode_json
from plait.sources.values.nested_values import known_type, put_rows, struct_field
from plait.sources.values.value_path import Element, Elements, Field, Matching, Step, path_text
from plait.sources.values.value_text import as_text

JSON_IN_TEXT = r'"\s*[\[{]'  # how a text begins that may be JSON


def take_path(values: pl.Series, steps: Sequence[Step], *, typed: bool = False) -> pl.Series:
    """Returns the value at `steps` of each of `values`; null if there is none.

    After `[]`, a value is the list of what the rest of the path leads to in each element. Text is
    decoded as JSON.

    Args:
        values: the column.
        steps: the path inside it.
        typed: whether numbers in JSON are marked; see json_numbers.split_typed.
    """
    expression, kind, rest = _follow(pl.col("v"), values.dtype, steps)
    taken = values.to_frame("v").select(expression.alias("v")).to_series()
    if not rest:
        return taken.rename(values.name)
    if isinstance(kind, pl.String):
        return _take_from_text(taken, rest, typed=typed).rename(values.name)
    if isinstance(kind, pl.List) and _enters_text(kind, rest):
        return _take_from_elements(taken, rest, typed=typed).rename(values.name)
    return pl.Series(values.name, [None] * len(values), pl.String)


def _take_from_text(text: pl.Series, steps: Sequence[Step], *, typed: bool) -> pl.Series:
    """Returns the value at `steps` in JSON text, in which text may be JSON again."""
    found = take_path(decode_json(text, JsonShape.of([steps]), typed=typed)[0], steps)
    head, rest = steps[:1], steps[1:]
    lacking = found.list.eval(pl.element().is_null()).list.any() if _is_list(found) else False
    again = (found.is_null() | lacking).fill_null(value=True) & text.str.contains(JSON_IN_TEXT)
    if not rest or not again.any():
        return found
    outer = decode_json(text.filter(again), JsonShape.of([head]), typed=typed)[0]
    inner = take_path(outer, steps, typed=typed)
    return put_rows(found, again.arg_true(), inner) if inner.dtype == found.dtype else found


def _is_list(values: pl.Series) -> bool:
    return isinstance(values.dtype, pl.List)


def _take_from_elements(lists: pl.Series, steps: Sequence[Step], *, typed: bool) -> pl.Series:
    """Returns the value at `steps`, which begin with `[]` or a filter, in lists of text."""
    rows = lists.to_frame("v").with_row_index("row")
    opened = rows.filter(pl.col("v").list.len() > 0).explode("v", empty_as_null=True)
    step, rest = steps[0], steps[1:]
    if isinstance(step, Matching):
        key = take_path(opened["v"], [Field(name) for name in step.field], typed=typed)
        found = opened.filter(without_marks(key.cast(pl.String)) == step.value)
        first = found.unique("row", keep="first", maintain_order=True)
        joined = rows.select("row").join(first, "row", how="left", maintain_order="left")
        return take_path(joined["v"], rest, typed=typed)
    opened = opened.with_columns(take_path(opened["v"], rest, typed=typed).alias("v"))
    closed = opened.group_by("row", maintain_order=True).agg("v")
    joined = rows.select("row", whole="v").join(closed, "row", how="left", maintain_order="left")
    empty = pl.lit([], closed.schema["v"])
    filled = pl.when(pl.col("whole").list.len() == 0).then(empty).otherwise("v")
    return joined.select(filled.alias("v")).to_series()


def has_path(kind: pl.DataType, steps: Sequence[Step]) -> bool:
    """Returns whether a column of type `kind` can have the path; text may be JSON."""
    _, found, rest = _follow(pl.col("v"), kind, steps)
    return not rest or isinstance(found, pl.String) or _enters_text(found, rest)


def _enters_text(kind: pl.DataType, steps: Sequence[Step]) -> bool:
    """Returns whether `steps` lead into text in the elements of lists."""
    if not isinstance(kind, pl.List) or isinstance(steps[0], (Field, Element)):
        return False
    inner = known_type(kind.inner)
    keys = [Field(name) for name in steps[0].field] if isinstance(steps[0], Matching) else []
    return has_path(inner, keys) and has_path(inner, steps[1:])


def list_paths(name: str, kind: pl.DataType) -> Iterator[str]:
    """Yields the paths of all scalar values in a column of type `kind`."""
    yield from (path_text(steps) for steps in _list_steps((Field(name),), kind))


def _list_steps(steps: tuple[Step, ...], kind: pl.DataType) -> Iterator[tuple[Step, ...]]:
    if isinstance(kind, (pl.List, pl.Array)):
        yield from _list_steps((*steps, Elements()), known_type(kind.inner))
    elif isinstance(kind, pl.Struct):
        for field in kind.fields:
            yield from _list_steps((*steps, Field(field.name)), known_type(field.dtype))
    else:
        yield steps


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
    if isinstance(kind, pl.Map):
        if isinstance(step, (Field, Element)):
            name = step.name if isinstance(step, Field) else str(step.index)
            return _follow(_map_value(value, kind, name), known_type(kind.value), rest)
        value = value.map.entries()
        kind = pl.List(pl.Struct({"key": kind.key, "value": kind.value}))
    if isinstance(step, Field):
        if isinstance(kind, pl.Struct) and step.name in dict(kind):
            inside = struct_field(value, kind, step.name)
            return _follow(inside, known_type(dict(kind)[step.name]), rest)
        return value, kind, steps
    if not isinstance(kind, pl.List):
        return value, kind, steps
    inner = known_type(kind.inner)
    if isinstance(step, Elements):
        element, of, left = _follow(pl.element(), inner, rest)
        if left:
            return value, kind, steps
        return value.list.eval(element), pl.List(of), ()
    if isinstance(step, Element):
        return _follow(value.list.get(step.index, null_on_oob=True), inner, rest)
    key, key_kind, left = _follow(pl.element(), inner, [Field(name) for name in step.field])
    if left:
        return value, kind, steps
    key_text = without_marks(as_text(key, key_kind))
    matching = value.list.eval(pl.element().filter(key_text == step.value))
    return _follow(matching.list.first(), inner, rest)


def _map_value(value: pl.Expr, kind: pl.Map, name: str) -> pl.Expr:
    """Returns the value of the key that is written as `name`."""
    key = known_type(kind.key)
    if isinstance(key, pl.String):
        return value.map.get(name)
    entry, text = pl.element().struct, as_text(pl.element().struct.field("key"), key)
    return value.map.entries().list.eval(entry.field("value").filter(text == name)).list.first()
