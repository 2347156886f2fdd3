"""Finds values of identity keys that more accounts hold than a person would have."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.identity.keys.key_types import KeyRule

_VALUE = ["key", "value"]
_DAY = 86_400_000_000  # microseconds


def find_over_limit(held: pl.DataFrame, rules: Mapping[str, KeyRule]) -> pl.DataFrame:
    """Returns key, value of the values over a limit of their key, on one platform or in all.

    Args:
        held: ACCOUNT_ATTRIBUTES with a key.
        rules: the rule of every key.
    """
    totals = _over(held, _VALUE, {name: rule.limit for name, rule in rules.items()})
    each = {name: rule.per_platform for name, rule in rules.items()}
    found = pl.concat([totals, _over(held, [*_VALUE, "platform"], each).select(_VALUE)]).unique()
    timed = {name: rule for name, rule in rules.items() if rule.window_days is not None}
    if not timed or not found.height:
        return found
    of_window = pl.col("key").is_in(list(timed))
    suspects = held.join(found.filter(of_window), on=_VALUE, how="semi")
    parts = [found.filter(~of_window)]
    for (key,), rows in suspects.partition_by("key", as_dict=True).items():
        rule = timed[str(key)]
        parts += [
            _over_in_window(rows, _VALUE, rule.limit, rule.window_days or 0),
            _over_in_window(
                rows, [*_VALUE, "platform"], rule.per_platform, rule.window_days or 0
            ).select(_VALUE),
        ]
    return pl.concat(parts).unique()


def _over(held: pl.DataFrame, by: list[str], limits: Mapping[str, int]) -> pl.DataFrame:
    counted = held.group_by(by).agg(holders=pl.col("account").n_unique())
    limit = pl.col("key").replace_strict(dict(limits), default=None, return_dtype=pl.Int64)
    return counted.filter(pl.col("holders") > limit).select(by)


def _over_in_window(
    rows: pl.DataFrame, by: list[str], limit: int, window_days: float
) -> pl.DataFrame:
    """Returns the groups in which more than `limit` accounts are seen in some window.

    An account without a time counts in every window.
    """
    width = max(1, round(window_days * _DAY))
    timeless = rows.filter(pl.col("seen").is_null()).group_by(by).agg(
        pl.col("account").unique().alias("always")
    )  # fmt: skip
    timed = rows.filter(pl.col("seen").is_not_null()).select(
        *by, "account", at=pl.col("seen").dt.epoch("us")
    )
    timed = timed.join(
        timeless.explode("always").rename({"always": "account"}), on=[*by, "account"], how="anti"
    )
    always = timeless.select(*by, base=pl.col("always").list.len().cast(pl.Int64))
    # Windows that do not overlap find most at once; of the others, each has few accounts left.
    tiles = timed.group_by(*by, pl.col("at") // width).agg(n=pl.col("account").n_unique())
    sure = _above(tiles, always, by, limit)
    rest = timed.join(sure, on=by, how="anti").sort("at")
    rolled = rest.rolling("at", period=f"{width}i", group_by=by).agg(n=pl.col("account").n_unique())
    alone = always.filter(pl.col("base") > limit).select(by)
    return pl.concat([sure, _above(rolled, always, by, limit), alone]).unique()


def _above(counted: pl.DataFrame, always: pl.DataFrame, by: list[str], limit: int) -> pl.DataFrame:
    total = counted.join(always, on=by, how="left").with_columns(
        total=pl.col("n").cast(pl.Int64) + pl.col("base").fill_null(0)
    )
    return total.filter(pl.col("total") > limit).select(by).unique()
