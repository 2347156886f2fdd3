"""SQL expressions over the columns of one row, for what the value verbs do not say.

An expression may call only functions that look at one row, so that its value does not depend on
which other rows are read with it: no aggregates, windows, subqueries, tables or files.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import polars as pl

from plait.errors import ConfigError
from plait.sources.values.value_text import as_text, is_real, with_decimal

_NODES = frozenset({"Column", "Literal", "BinaryExpr", "Cast", "Ternary", "Alias", "Function"})
# Functions of one row. Of some families only a few functions look at other rows.
_FUNCTIONS = frozenset(
    {
        "StringExpr", "Boolean", "ListExpr", "TemporalExpr", "Sql", "Bitwise", "Pow",
        "Trigonometry", "FillNull", "Coalesce", "Abs", "Negate", "Round", "RoundSF", "Floor",
        "Ceil", "Sign", "Log", "Exp", "Atan2", "MaxHorizontal", "MinHorizontal", "Replace",
        "ReplaceStrict", "Clip", "NullCountHorizontal", "SumHorizontal", "AsStruct",
        "ConcatExpr", "StructExpr",
    }
)  # fmt: skip
_OTHER_ROWS = frozenset(
    {
        "ConcatVertical", "Any", "All", "IsFirstDistinct", "IsLastDistinct", "IsUnique",
        "IsDuplicated", "IsEmpty", "HasNulls",
    }
)  # fmt: skip
_DIVISIONS = [{"Sql": {"Binary": operator}} for operator in ("Div", "IntDiv", "Rem")]
_ZERO = {"Literal": {"Dyn": {"Int": 0}}}
_CLOCKS = ("now(", "current_date", "current_time", "current_timestamp", "localtime", "random(")


def expression_columns(text: str, key: str) -> list[str]:
    """Returns the columns and paths that the expression `text` names.

    Args:
        text: the expression; a path is written in double quotes.
        key: the config key of the expression, for messages.

    Raises:
        ConfigError: it is not an SQL expression, or it looks at more than one row.
    """
    return list(dict.fromkeys(parse_expression(text, key).meta.root_names()))


@lru_cache(maxsize=256)
def parse_expression(text: str, key: str, decimal: str = ".") -> pl.Expr:
    """Returns the expression `text` as text; a cast or a date that fails is null.

    Args:
        text: the expression.
        key: the config key of the expression, for messages.
        decimal: the decimal mark with which a number is written.

    Raises:
        ConfigError: it is not an SQL expression, or it looks at more than one row.
    """
    bare = text.lower().replace(" ", "")
    clock = next((word for word in _CLOCKS if word in bare), None)
    if clock:
        raise _refused(text, key, clock.rstrip("("))
    try:
        parsed = pl.sql_expr(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # only this process reads what it writes
            tree = json.loads(parsed.meta.serialize(format="json"))
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        if "subplan" in reason or "relation" in reason:
            raise _refused(text, key, "a subquery") from None
        raise ConfigError(
            f"'= {text}' in {key} is not an SQL expression ({reason}).",
            fix=f"Correct {key}, for example: '= lower(sku)'. Put paths, names with blanks, "
            "and words of SQL such as user in double quotes: '= lower(\"track.title\")'",
        ) from None
    for node in _nodes(tree):
        if node:
            raise _refused(text, key, node)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = io.BytesIO(json.dumps(_lenient(tree)).encode())
        expression = pl.Expr.deserialize(body, format="json")
    kind = _find_type(expression, text, key)
    written = as_text(expression, kind)
    return with_decimal(written, decimal) if is_real(kind) else written


def _find_type(expression: pl.Expr, text: str, key: str) -> pl.DataType:
    """Returns the type of the expression's values.

    Raises:
        ConfigError: the expression cannot be applied to columns of text.
    """
    columns = {name: ["a", None] for name in expression.meta.root_names()}
    try:
        return pl.DataFrame(columns).select(expression).to_series().dtype
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"'= {text}' in {key} cannot be applied to text ({reason}).",
            allowed="All columns are text.",
            fix="Convert numbers with '= TRY_CAST(total AS DOUBLE) / 100' and dates with "
            "'= strptime(day, '%Y-%m-%d')'.",
        ) from None


def _refused(text: str, key: str, what: str) -> ConfigError:
    return ConfigError(
        f"'= {text}' in {key} looks at more than one row ({what}).",
        allowed="Only functions of the values of one row can be used, such as lower, substr, "
        "split_part, replace, coalesce, nullif, CASE and TRY_CAST.",
        fix=f"Remove it from {key}, or compute the column before the log is fused.",
    )


def _nodes(tree: Any) -> Iterator[str]:
    """Yields the name of each node that may look at other rows."""
    if isinstance(tree, str):
        yield "" if tree in _NODES else tree
        return
    ((kind, inside),) = tree.items()
    if kind not in _NODES:
        yield kind
        return
    match kind:
        case "Column" | "Literal":
            return
        case "BinaryExpr":
            yield from _nodes(inside["left"])
            yield from _nodes(inside["right"])
        case "Cast":
            yield from _nodes(inside["expr"])
        case "Ternary":
            for part in ("predicate", "truthy", "falsy"):
                yield from _nodes(inside[part])
        case "Alias":
            yield from _nodes(inside[0])
        case "Function":
            yield _foreign_function(inside["function"])
            for part in inside["input"]:
                yield from _nodes(part)


def _foreign_function(function: Any) -> str:
    """Returns the name of a function that may look at other rows, else ''."""
    family, inside = (function, "") if isinstance(function, str) else next(iter(function.items()))
    name = inside if isinstance(inside, str) else next(iter(inside), "")
    if family not in _FUNCTIONS:
        return str(family)
    return str(name) if name in _OTHER_ROWS else ""


def _lenient(tree: Any) -> Any:
    """Returns the tree with casts and parsers of times that return null instead of failing."""
    if isinstance(tree, list):
        return [_lenient(part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    lenient = {name: _lenient(part) for name, part in tree.items()}
    if lenient.get("options") == "Strict":
        lenient["options"] = "NonStrict"
    if lenient.get("strict") is True and "format" in lenient:
        lenient["strict"] = False
    if lenient.get("function") in _DIVISIONS:
        lenient["input"] = _divide_by_column(*lenient["input"])
    return lenient


def _divide_by_column(dividend: Any, divisor: Any) -> list[Any]:
    """Returns both parts of a division; a divisor that is only a number becomes a column.

    Polars multiplies many rows by the inverse of a number, and divides a single row by it, which
    may differ in the last digit.
    """
    name = next(_column_names(dividend), None)
    if name is None or next(_column_names(divisor), None) is not None:
        return [dividend, divisor]
    is_null = {"Function": {"input": [{"Column": name}], "function": {"Boolean": "IsNull"}}}
    number = {"Cast": {"expr": is_null, "dtype": {"Literal": "Int64"}, "options": "NonStrict"}}
    zero = {"BinaryExpr": {"left": number, "op": "Multiply", "right": _ZERO}}
    return [dividend, {"BinaryExpr": {"left": divisor, "op": "Plus", "right": zero}}]


def _column_names(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for part in tree:
            yield from _column_names(part)
    elif isinstance(tree, dict):
        if isinstance(tree.get("Column"), str):
            yield tree["Column"]
        for part in tree.values():
            yield from _column_names(part)
