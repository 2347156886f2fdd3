"""Builds quarantine rows of unusable account rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.contracts.id_rules import is_bad_id
from plait.contracts.mask_lines import mask_kind
from plait.contracts.personal_fields import mask_text
from plait.contracts.quarantine_reasons import ACCOUNTS_SOURCE
from plait.contracts.store_tables import QUARANTINE
from plait.sources.columns.mask_broken_lines import mask_broken_lines
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.values.find_nested import find_nested


def quarantine_accounts(
    bad: pl.DataFrame, reasons: pl.Series, where: tuple[str, str], mapping: SourceMapping,
    accounts: pl.Series,
) -> pl.DataFrame:  # fmt: skip
    """Returns QUARANTINE rows of unusable account rows. All their fields are personal.

    Args:
        bad: the rows.
        reasons: the reason of each.
        where: the platform and the file.
        mapping: how their fields are made.
        accounts: the pseudonyms of their accounts.
    """
    platform, file = where
    if not bad.height:
        return QUARANTINE.empty()
    keys = [name for name in bad.columns if name.startswith("key:")]
    lengths = [mask_text(pl.col(name)).alias(name) for name in keys]
    kinds = [mask_kind(pl.col(name)).alias(name) for name in ("account", *keys)]
    whole = pl.struct(pl.lit(accounts).alias("account"), *lengths).struct.json_encode()
    masked = pl.struct(kinds).struct.json_encode()
    named = [name for name in bad.columns if name == "account" or name.startswith("key:")]
    nested = {_setting(name): pl.lit(find_nested(bad[name])) for name in named}
    bad_id = {_setting(name): pl.lit(bad.select(is_bad_id(pl.col(name)))[name]) for name in named}
    lines = mask_broken_lines(bad, mapping)
    return QUARANTINE.conform(
        bad.select(
            "row",
            raw=pl.when(pl.col("fault").is_null())
            .then(whole)
            .otherwise(pl.coalesce(lines, masked)),
        )
        .with_columns(
            platform=pl.lit(platform),
            file=pl.lit(file),
            reason=reasons,
            source=pl.lit(ACCOUNTS_SOURCE),
        )
        .with_columns(
            field=pl.when(pl.col("reason") == "null_account")
            .then(pl.lit("account"))
            .when(pl.col("reason") == "bad_id")
            .then(_first(bad_id))
            .when(pl.col("reason") == "nested_value")
            .then(_first(nested))
            .when(pl.col("reason") == "bad_time")
            .then(pl.lit("seen"))
            .otherwise(pl.lit("row"))
        )
    )


def _setting(column: str) -> str:
    return column.replace(":", "s.", 1)


def _first(faults: Mapping[str, pl.Expr]) -> pl.Expr:
    """Returns the first field that has the fault."""
    return pl.coalesce(pl.when(found).then(pl.lit(name)) for name, found in faults.items())
