"""Reads files with one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from plait.contracts.event_rows import LIST_SEPARATOR
from plait.sources.check_columns import check_columns
from plait.sources.find_files import SourceFile

_SAMPLE = 1_000


def scan_jsonl(file: SourceFile, keys: Mapping[str, str]) -> pl.LazyFrame:
    """Returns `row` and `line`. Blank lines count in `row`."""
    lines = pl.scan_lines(
        file.path, name="line", row_index_name="row", row_index_offset=1, glob=False
    )
    present = _sampled_keys(lines)
    # A rare field (such as a rating on one line in a million) may be missing from the sample.
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
    """Returns `row`, the fields as text, `fault` and `whole` of each line that is not blank.

    If a line has a fault, the result has `line` too: the text of such lines, null for others.
    """
    lines = lines.filter(pl.col("line").str.strip_chars() != "")
    columns = list(dict.fromkeys(fields.values()))
    try:
        parsed = lines.select("row", pl.col("line").str.json_decode(_text_schema(columns)))
    except pl.exceptions.ComputeError:
        return _decode_each(lines, fields)
    return parsed.select(
        "row",
        *(pl.col("line").struct.field(column).alias(name) for name, column in fields.items()),
        fault=pl.lit(None, pl.String),
        whole=pl.lit(value=True),
    )


def _text_schema(columns: list[str]) -> pl.Struct:
    return pl.Struct(dict.fromkeys(columns, pl.String()))


def _decode_each(lines: pl.DataFrame, fields: Mapping[str, str]) -> pl.DataFrame:
    """Decodes a chunk in which a line is not a JSON object, or a value is a list.

    This is slower, but still vectorised: it looks up each field in each line separately.
    """
    sound = lines["line"].str.json_path_match("$").str.starts_with("{").fill_null(value=False)
    held = [
        _join_lists(lines["line"].str.json_path_match(_path(column))).alias(name)
        for name, column in fields.items()
    ]
    decoded = pl.DataFrame(
        [lines["row"].cast(pl.Int64), *held, sound.alias("sound"), lines["line"].alias("__line")]
    )
    return decoded.select(
        "row",
        *(pl.when("sound").then(pl.col(name)).alias(name) for name in fields),
        fault=pl.when(~pl.col("sound")).then(pl.lit("bad_json")),
        whole="sound",
        line=pl.when(~pl.col("sound")).then("__line"),
    )


def _path(column: str) -> str:
    escaped = column.replace("\\", "\\\\").replace("'", "\\'")
    return f"$['{escaped}']"


def _join_lists(values: pl.Series) -> pl.Series:
    """Returns `values` with each JSON list joined by LIST_SEPARATOR."""
    is_list = values.str.starts_with("[") & values.str.ends_with("]")
    if not is_list.any():
        return values
    try:
        lists = (
            values.set(~is_list, None).str.json_decode(pl.List(pl.String)).list.join(LIST_SEPARATOR)
        )
    except pl.exceptions.ComputeError:  # text that looks like a list
        return values
    frame = pl.DataFrame({"value": values, "list": lists, "is_list": is_list})
    return frame.select(pl.when("is_list").then("list").otherwise("value")).to_series()


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
