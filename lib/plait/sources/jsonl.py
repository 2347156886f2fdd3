"""One JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import polars as pl

from plait.sources.columns import check_columns
from plait.sources.files import SourceFile

_SAMPLE = 1_000


def scan_jsonl(file: SourceFile, keys: Mapping[str, str]) -> pl.LazyFrame:
    """Returns `row` and `line`; blank lines count as rows but hold no line."""
    lines = pl.scan_lines(file.path, name="line", row_index_name="row", row_index_offset=1)
    present = _sampled_keys(lines)
    # A field that is rare (a rating on one line in a million) may be absent from the sample.
    rare = [column for column in keys.values() if column not in present]
    if rare:
        seen = lines.select(
            pl.col("line").str.contains(json.dumps(c), literal=True).any().alias(str(n))
            for n, c in enumerate(rare)
        ).collect()
        present += [column for column, hit in zip(rare, seen.row(0), strict=True) if hit]
    if present:
        check_columns(file, keys, present)
    return lines


def decode_lines(lines: pl.DataFrame, fields: Mapping[str, str]) -> pl.DataFrame:
    """Returns `row`, the fields as text and `fault` ('bad_json') for every line with content."""
    lines = lines.filter(pl.col("line").str.strip_chars() != "")
    columns = list(dict.fromkeys(fields.values()))
    kind = pl.Struct(dict.fromkeys(columns, pl.String()))
    bad = pl.lit(None, pl.String)
    try:
        parsed = lines.select("row", pl.col("line").str.json_decode(kind))
    except pl.exceptions.ComputeError:
        # A column holds lists, or one line of the chunk is no JSON: find out which, line by
        # line but still vectorised.
        kind = pl.Struct(_kinds(lines, columns))
        sound = pl.col("line").str.json_path_match("$").is_not_null()
        decoded = lines.filter(sound).select(
            "row", pl.col("line").str.json_decode(kind).alias("parsed")
        )
        parsed = lines.join(decoded, on="row", how="left", maintain_order="left").select(
            "row", pl.col("parsed").alias("line")
        )
        bad = pl.when(pl.col("line").is_null()).then(pl.lit("bad_json"))
    return parsed.select(
        "row",
        *(_as_text(column, kind).alias(name) for name, column in fields.items()),
        fault=bad,
    )


def _kinds(lines: pl.DataFrame, columns: list[str]) -> dict[str, pl.DataType]:
    """Returns list of text for every column that holds a list anywhere, text for the others."""
    holds = lines.select(
        pl.col("line").str.contains(rf'"{re.escape(column)}"\s*:\s*\[').any().alias(column)
        for column in columns
    ).row(0)
    text, texts = pl.String(), pl.List(pl.String())
    return {c: texts if found else text for c, found in zip(columns, holds, strict=True)}


def _as_text(column: str, kind: pl.Struct) -> pl.Expr:
    value = pl.col("line").struct.field(column)
    if kind.to_schema()[column] == pl.String:
        return value
    # As in Parquet: a unit separator never stands in a name, so a list survives as text.
    return value.list.join("\x1f")


def _sampled_keys(lines: pl.LazyFrame) -> list[str]:
    keys: dict[str, None] = {}
    for line in lines.head(_SAMPLE).collect()["line"]:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            keys.update(dict.fromkeys(value))
    return list(keys)
