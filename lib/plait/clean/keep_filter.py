"""The `keep` filter: a small, safe expression language over contract fields."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl

from plait.contracts.store_tables import EVENTS
from plait.errors import BadFilter, nearest

# Pseudonyms cannot be compared with raw ids, and `stamped` is known to be wrong.
_HIDDEN = ("event_id", "account", "person", "session", "stamped")
_ALIASES = {"dwell": "dwell_s", "query": "query_text"}
FILTER_FIELDS: tuple[str, ...] = (
    *(name for name in EVENTS.columns if name not in _HIDDEN), *_ALIASES, "item",
)  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_LONGEST = 2_000


def parse_keep_filter(text: str, where: str = "events.keep") -> pl.Expr:
    """Returns the Polars predicate for `text`, such as "rating >= 3 and value < 50".

    Supported are contract fields, numbers, text, true, false, null, and, or, not, comparisons
    (also chained), in [..], is null, + - * /, and parentheses. A comparison with a missing value
    is not true.

    Args:
        text: the expression.
        where: the name of the setting, for messages.

    Raises:
        BadFilter: the expression cannot be parsed, names an unknown field, or is not boolean.
    """
    try:
        if len(text) > _LONGEST:
            raise SyntaxError(f"longer than {_LONGEST} characters")
        tree = ast.parse(text.strip().replace("\n", " "), mode="eval")
        predicate = _FilterBuilder(text, where).build(tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise BadFilter(
            f"cannot parse '{text[:200]}' in {where} ({reason}).",
            allowed="It may use contract fields, numbers, text, and, or, not, comparisons, in.",
            fix=f"Set {where}: rating >= 3",
        ) from None
    _check_type(predicate, text, where)
    kept: pl.Expr = predicate.fill_null(value=False)
    return kept


def _check_type(predicate: Any, text: str, where: str) -> None:
    try:
        kind = EVENTS.empty().select(
            pl.lit(predicate) if isinstance(predicate, bool) else predicate
        )
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise BadFilter(
            f"'{text}' in {where} compares values of different types "
            f"({str(error).splitlines()[0]}).",
            fix=f"Correct {where}: compare numbers with numbers, and text with text.",
        ) from None
    if kind.dtypes != [pl.Boolean()]:
        raise BadFilter(
            f"'{text}' in {where} is not a condition.",
            fix=f"Set {where} to a comparison, such as rating >= 3",
        )


class _FilterBuilder:
    """Turns the whitelisted part of Python's syntax tree into a Polars expression."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where = text, where

    def build(self, node: ast.expr) -> Any:
        match node:
            case ast.BoolOp(op=op, values=values):
                terms = [self.build(value) for value in values]
                both = operator.and_ if isinstance(op, ast.And) else operator.or_
                result = terms[0]
                for term in terms[1:]:
                    result = both(result, term)
                return result
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                # A comparison with a missing value is null, and so is its negation.
                return ~self.build(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.build(operand)
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
                return _ARITHMETIC[type(op)](self.build(left), self.build(right))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self._compare([left, *comparators], ops)
            case ast.Name(id=name):
                return self._field(name)
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return pl.lit(value)
        raise self._syntax_error(node)

    def _compare(self, sides: list[ast.expr], ops: list[ast.cmpop]) -> pl.Expr:
        terms = []
        for left, op, right in zip(sides, ops, sides[1:], strict=False):
            if isinstance(op, ast.Is | ast.IsNot):
                if not _is_null(right):
                    raise self._syntax_error(right)
                value = self.build(left)
                terms.append(value.is_null() if isinstance(op, ast.Is) else value.is_not_null())
            elif isinstance(op, ast.In | ast.NotIn):
                if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                    raise self._syntax_error(right)
                inside = self.build(left).is_in([self._constant(e) for e in right.elts])
                terms.append(inside if isinstance(op, ast.In) else ~inside)
            else:
                a, b = self._as_times(left, right)
                terms.append(_COMPARE[type(op)](a, b))
        result: pl.Expr = terms[0]
        for term in terms[1:]:
            result &= term
        return result

    def _as_times(self, left: ast.expr, right: ast.expr) -> tuple[Any, Any]:
        """Returns both sides; text compared with `time` is read as ISO 8601, UTC."""
        sides = []
        for side, other in ((left, right), (right, left)):
            if (
                isinstance(other, ast.Name)
                and other.id == "time"
                and isinstance(side, ast.Constant)
            ):
                moment = datetime.fromisoformat(str(side.value))
                sides.append(pl.lit(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
            else:
                sides.append(self.build(side))
        return sides[0], sides[1]

    def _constant(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -value
        raise self._syntax_error(node)

    def _field(self, name: str) -> pl.Expr:
        if name in ("true", "false"):
            return pl.lit(name == "true")
        if name == "item":  # as in the log, without the platform prefix
            is_item = pl.when(pl.col("object_kind") == "item")
            return is_item.then(pl.col("object_id").str.splitn(":", 2).struct.field("field_1"))
        if name not in FILTER_FIELDS:
            hint = nearest(name, FILTER_FIELDS)
            close = hint.startswith("Did you mean")
            raise BadFilter(
                f"'{self._text}' in {self._where} names an unknown field '{name}'.",
                allowed=hint,
                fix=f"Set {self._where}: {self._text.replace(name, hint[14:-2])}" if close else "",
            )
        return pl.col(_ALIASES.get(name, name))

    def _syntax_error(self, node: ast.expr) -> SyntaxError:
        return SyntaxError(f"'{ast.unparse(node)}' is not allowed")


def _is_null(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or (
        isinstance(node, ast.Name) and node.id == "null"
    )
