"""What one would write by hand for exactly these three logs: the same `sequences`, nothing else.

It knows the dialects, trusts every row, keeps all of it in memory, and writes no other table.
It is the yardstick of benchmarks/fuse.py; `plait fuse` reads a project file instead, checks every
row, joins accounts by any declared key, and writes six tables.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import polars as pl
import polars_hash as plh

from plait.clean.fingerprint import fingerprint
from plait.config import load_config
from plait.contracts.event_types import EVENT_STRENGTHS
from plait.privacy.pseudonym import load_key

LENGTH = 50


def read(folder: Path) -> pl.LazyFrame:
    """Returns raw, platform, item, type, time, extra (what the event id also covers)."""
    shop = pl.scan_csv(folder / "shop-*.csv").select(
        raw="user_id", platform=pl.lit("shop"), item=pl.concat_str(pl.lit("shop:"), "sku"),
        type=pl.col("action").replace_strict({"buy": "purchase", "look": "view", "basket": "cart"}),
        time=pl.col("ts") * 1_000_000,
        extra=pl.format("v{}\x1f\x1f\x1f\x1f\x1f", "price"),
    )  # fmt: skip
    video = pl.scan_ndjson(folder / "video-*.jsonl").select(
        raw="viewer", platform=pl.lit("video"), item=pl.concat_str(pl.lit("video:"), "clip"),
        type=pl.lit("watch"), time=pl.col("at") * 1_000,
        extra=pl.format("\x1f\x1fd{}\x1f\x1f\x1f", "secs"),
    )  # fmt: skip
    news = pl.scan_parquet(folder / "news-*.parquet").select(
        raw="reader", platform=pl.lit("news"), item=pl.concat_str(pl.lit("news:"), "article"),
        type=pl.lit("read"), time=pl.col("seen").dt.epoch("us"),
        extra=pl.lit("\x1f\x1f\x1f\x1f\x1f"),
    )  # fmt: skip
    return pl.concat([shop, video, news])


def main() -> None:
    """Writes sequences.parquet beside the logs; prints seconds, processor seconds, peak bytes."""
    config = Path(sys.argv[1])
    secret = load_key(load_config(config)).secret
    start = time.perf_counter()
    events = read(config.parent).collect()
    people = (
        events.select("raw", "platform")
        .unique()
        .with_columns(
            account=plh.concat_str("platform", pl.lit("\0"), "raw")
            .chash.hmac_sha256(key=secret)
            .str.head(32)
        )
    )
    shared = pl.col("platform").is_in(["shop", "video"])
    space = pl.when(shared).then(pl.lit("")).otherwise("platform")
    people = people.with_columns(person=pl.col("account").min().over("raw", space))
    events = events.join(people, on=["raw", "platform"])
    content = events.select(
        pl.concat_str(
            "platform", "account", "type", pl.lit("i"), "item", pl.col("time").cast(pl.String),
            pl.lit(""), "extra", separator="\x1f",
        )
    ).to_series()  # fmt: skip
    sequences = (
        events.with_columns(event_id=fingerprint(content))
        .unique("event_id")
        .sort("person", "time", "event_id")
        .group_by("person", maintain_order=True)
        .agg(
            pl.len().alias("total"),
            pl.col("event_id", "platform", "item", "type", "time").tail(LENGTH),
            pl.col("type").tail(LENGTH).replace_strict(EVENT_STRENGTHS).alias("strength"),
        )
        .with_columns(person=pl.concat_str(pl.lit("p_"), "person"))
    )
    sequences.write_parquet(
        config.parent / "sequences.parquet", compression="zstd", compression_level=1
    )
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


if __name__ == "__main__":
    main()
