"""Expressions look at one row: what looks at others is refused, the rest works for each alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from plait.errors import ConfigError
from plait.sources.values.row_expression import expression_columns, parse_expression
from tests.unit.sources.read_log import read_field

REFUSED = [
    "sum(a)", "count(*)", "count(a)", "avg(TRY_CAST(a AS DOUBLE))", "min(a)", "max(a)", "first(a)",
    "last(a)", "median(TRY_CAST(a AS DOUBLE))", "stddev(TRY_CAST(a AS DOUBLE))",
    "variance(TRY_CAST(a AS DOUBLE))", "quantile_cont(TRY_CAST(a AS DOUBLE), 0.5)",
    "count(distinct a)", "sum(a) OVER (PARTITION BY b)", "row_number() OVER (ORDER BY a)",
    "rank() OVER (ORDER BY a)", "lag(a) OVER (ORDER BY b)", "lead(a) OVER (ORDER BY b)",
    "first_value(a) OVER (ORDER BY b)", "lower(a) || max(b)",
    "CASE WHEN a = max(a) THEN 'x' ELSE 'y' END", "coalesce(a, min(b))",
    "(SELECT a)", "(SELECT max(a) FROM t)", "a IN (SELECT b FROM t)",
    "EXISTS (SELECT 1)", "array_agg(a)", "string_agg(a, ',')", "unnest(string_to_array(a, ','))",
    "now()", "NOW ( )", "random()", "current_date", "current_timestamp", "current_time",
    "read_csv('/etc/passwd')", "read_parquet('x')", "scan_csv('x')", "read_json('x')",
    "corr(TRY_CAST(a AS DOUBLE), TRY_CAST(b AS DOUBLE))", "*",
]  # fmt: skip
ROW_WISE = [
    "a", "lower(a)", "upper(b)", "length(a)", "octet_length(a)", "substr(a, 2, 3)", "left(a, 2)",
    "right(a, 2)", "replace(a, 'x', 'y')", "trim(a)", "ltrim(a)", "rtrim(a)",
    "split_part(a, '-', 2)", "a || '-' || b", "concat(a, b)", "concat_ws('/', a, b)",
    "coalesce(a, b)", "nullif(a, 'x-1')", "ifnull(a, b)", "reverse(a)", "starts_with(a, 'x')",
    "ends_with(a, '1')", "a LIKE 'x%'", "a ILIKE 'X%'", "a ~ '^x'", "regexp_like(a, '^x')",
    "strpos(a, '-')", "CASE WHEN b = '2' THEN 'two' ELSE a END", "TRY_CAST(b AS DOUBLE) / 3",
    "7 / TRY_CAST(b AS DOUBLE)", "TRY_CAST(b AS DOUBLE) // 0.7",
    "TRY_CAST(b AS BIGINT) + 1", "CAST(b AS INTEGER)", "round(TRY_CAST(b AS DOUBLE) / 3, 1)",
    "floor(TRY_CAST(b AS DOUBLE))", "ceil(TRY_CAST(b AS DOUBLE))", "abs(TRY_CAST(b AS DOUBLE))",
    "sqrt(TRY_CAST(b AS DOUBLE))", "TRY_CAST(b AS DOUBLE) % 2", "pow(TRY_CAST(b AS DOUBLE), 2)",
    "ln(TRY_CAST(b AS DOUBLE))", "sign(TRY_CAST(b AS DOUBLE))", "a IS NULL", "a IN ('x-1', 'q')",
    "b BETWEEN '1' AND '2'", "NOT (a = b)", "a = 'x-1' AND b = '1'", "greatest(a, b)",
    "least(a, b)", "initcap(a)", "strptime(c, '%Y-%m-%d')",
    "DATE_PART('year', strptime(c, '%Y-%m-%d'))",
    "IF(a = b, 'same', 'other')", "TRY_CAST(b AS DOUBLE) = 2", "'fixed'",
]  # fmt: skip
ROWS = pl.DataFrame(
    {
        "a": ["x-1", None, "Ünï-cödé", "", "  pad ", "x-1", "99-bottles"],
        "b": ["1", "2", "not a number", None, "2.5", "1", "-4"],
        "c": ["2024-02-29", "nonsense", None, "2024-01-01", "", "1999-12-31", "2024-02-30"],
    }
)


@pytest.mark.parametrize("text", REFUSED)
def test_what_looks_at_other_rows_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"columns\.item"):
        parse_expression(text, "columns.item")


@pytest.mark.parametrize("text", ROW_WISE)
def test_the_value_of_a_row_is_its_own(tmp_path: Path, text: str) -> None:
    among = read_field(tmp_path, "a.parquet", ROWS, f"= {text}")
    assert any(among)
    assert read_field(tmp_path, "a.parquet", ROWS, f"= {text}", chunk=1) == among
    assert read_field(tmp_path, "a.parquet", ROWS.reverse(), f"= {text}") == among[::-1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("split_part(a, '-', 2)", "1"), ("TRY_CAST(b AS DOUBLE) * 7", "7"),
        ("TRY_CAST(b AS DOUBLE) / 2", "0.5"), ("length(a)", "3"), ("a = 'x-1'", "true"),
        ("CAST(a AS DOUBLE)", None), ("substr(a, 1, 1)", "x"),
    ],
)  # fmt: skip
def test_values_are_text(text: str, value: str | None) -> None:
    assert ROWS[:1].select(parse_expression(text, "k").alias("v")).item() == value


def test_columns_are_named_with_paths_in_quotes() -> None:
    assert expression_columns('lower("track.title") || a', "k") == ["track.title", "a"]


@pytest.mark.parametrize(
    "text", ["", "lower(", "SELECT a", "a; DROP TABLE b", "a b c", "nofunction(a)"]
)
def test_mistakes_are_named_with_their_key(text: str) -> None:
    with pytest.raises(ConfigError, match=r"columns\.item"):
        parse_expression(text, "columns.item")
