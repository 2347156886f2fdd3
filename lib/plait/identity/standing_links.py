"""Which links stand, of all that was ever said about accounts."""

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


def standing_links(said: pl.DataFrame) -> pl.DataFrame:
    """Returns LINK_ENDS, joined and since of each pair of accounts: what was said of it last.

    The order of `said`, and which account of a pair is named first, do not matter.

    Args:
        said: LINK_ASSERTIONS: two accounts, whether they are one person's (joined) or not, and
            its place: the milliseconds and number of the stream entry it came in (of the first
            one of its object), the object, and the row in it. Later places hold.
    """
    turned = pl.col("account_a") > pl.col("account_b")
    sides = [
        pl.when(turned).then(f"{name}_{other}").otherwise(f"{name}_{side}").alias(f"{name}_{side}")
        for side, other in ("ab", "ba")
        for name in ("account", "platform")
    ]
    last = said.sort(list(LOG_POSITION), nulls_last=False).with_columns(sides)
    last = last.unique(["account_a", "account_b"], keep="last", maintain_order=True)
    # A place in the log may be no time (an object's name is anybody's); then nobody knows when.
    since = pl.col("ms").cast(pl.Datetime("ms")).cast(pl.Datetime("us", "UTC"), strict=False)
    return last.select(*LINK_ENDS, "joined", since=since).sort("account_a", "account_b")
