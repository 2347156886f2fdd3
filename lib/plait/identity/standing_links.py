"""Finds the standing assertions: the last one on each pair of accounts that was not undone."""

from __future__ import annotations

import polars as pl

from plait.identity.assertions.assertion import LINK_ENDS, LOG_POSITION, Assertion
from plait.store.chain_entry import EntryPlace

STANDING = (*LINK_ENDS, "joined", "since", "kind", "entry", "index", "time", "who", "why")


def standing_links(assertions: pl.DataFrame) -> pl.DataFrame:
    """Returns STANDING: the last assertion on each pair of accounts.

    The order of `assertions`, and the order of the accounts in a pair, do not matter. An assertion
    that was undone does not count, as if it had never been made.

    Args:
        assertions: ASSERTIONS. Those that were posted are in the order of their positions in the
            feedback log, and the others in the order of the identity log. Between the two, the
            time decides.
    """
    turned = pl.col("account_a") > pl.col("account_b")
    sides = [
        pl.when(turned).then(f"{name}_{other}").otherwise(f"{name}_{side}").alias(f"{name}_{side}")
        for side, other in ("ab", "ba")
        for name in ("account", "platform")
    ]
    last = in_order(assertions.filter(pl.col("undone_by").is_null())).with_columns(sides)
    last = last.unique(["account_a", "account_b"], keep="last", maintain_order=True)
    # `ms` comes from the name of an object and may be no valid time; then `since` is null.
    posted = pl.col("ms").cast(pl.Datetime("ms")).cast(pl.Datetime("us", "UTC"), strict=False)
    since = pl.when(pl.col("object").is_null()).then("time").otherwise(posted)
    return last.with_columns(since=since).select(STANDING).sort("account_a", "account_b")


def in_order(assertions: pl.DataFrame) -> pl.DataFrame:
    """Returns ASSERTIONS in the order in which they were made.

    The clocks of the machines that made them may differ. So a time never changes the order inside
    one log; it only says where the entries of the other log belong.
    """
    posted = assertions.filter(pl.col("object").is_not_null())
    posted = posted.sort(list(LOG_POSITION), nulls_last=False)
    other = assertions.filter(pl.col("object").is_null()).sort("entry", "index")
    both = [
        part.with_columns(
            pl.coalesce("at", pl.col("time").dt.epoch("ms"), pl.lit(0)).cum_max().alias("at")
        )
        for part in (posted, other)
    ]
    return pl.concat(both).sort("at", maintain_order=True)


def standing_with(standing: pl.DataFrame, assertion: Assertion) -> pl.DataFrame:
    """Returns STANDING as it would be after `assertion`."""
    (a, on_a), (b, on_b) = sorted([assertion.one, assertion.two])
    others = standing.filter((pl.col("account_a") != a) | (pl.col("account_b") != b))
    row = {"account_a": a, "platform_a": on_a, "account_b": b, "platform_b": on_b}
    new = pl.DataFrame([row | {"joined": assertion.joined}], schema=standing.schema)
    return pl.concat([others, new]).sort("account_a", "account_b")


def without_assertion(assertions: pl.DataFrame, place: EntryPlace) -> pl.DataFrame:
    """Returns ASSERTIONS without the one at `place`."""
    here = (pl.col("entry") == place[0]) & (pl.col("index") == place[1])
    return assertions.filter(~here.fill_null(value=False))
