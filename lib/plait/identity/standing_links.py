"""Finds the valid links: the last assertion on each pair of accounts."""

from __future__ import annotations

from typing import Any

import polars as pl

LINK_ENDS: dict[str, Any] = dict.fromkeys(
    ("account_a", "platform_a", "account_b", "platform_b"), pl.String()
)
LOG_POSITION: dict[str, Any] = {
    "ms": pl.Int64(),
    "number": pl.Int64(),
    "object": pl.String(),
    "row": pl.Int64(),
}
LINK_ASSERTIONS: dict[str, Any] = {**LINK_ENDS, "joined": pl.Boolean(), **LOG_POSITION}


def standing_links(assertions: pl.DataFrame) -> pl.DataFrame:
    """Returns LINK_ENDS, joined, since: the last assertion on each pair of accounts.

    The order of `assertions`, and the order of the accounts in a pair, do not matter.

    Args:
        assertions: LINK_ASSERTIONS: two accounts, whether they belong to one person (joined), and
            the position in the log: ms and number (the id of the first stream entry of the
            object), the object, and the row in it. The assertion at the last position counts.
    """
    turned = pl.col("account_a") > pl.col("account_b")
    sides = [
        pl.when(turned).then(f"{name}_{other}").otherwise(f"{name}_{side}").alias(f"{name}_{side}")
        for side, other in ("ab", "ba")
        for name in ("account", "platform")
    ]
    last = assertions.sort(list(LOG_POSITION), nulls_last=False).with_columns(sides)
    last = last.unique(["account_a", "account_b"], keep="last", maintain_order=True)
    # `ms` comes from the name of an object and may be no valid time; then `since` is null.
    since = pl.col("ms").cast(pl.Datetime("ms")).cast(pl.Datetime("us", "UTC"), strict=False)
    return last.select(*LINK_ENDS, "joined", since=since).sort("account_a", "account_b")
