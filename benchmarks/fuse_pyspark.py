"""The obvious PySpark program for the logs of benchmarks/fuse.py: what one writes in an afternoon.

It makes `sequences` alone: reads with Spark's own readers, drops duplicates, joins the accounts of
two platforms by id, hashes ids with sha2, collects every person's events in a sorted list and keeps
the last 50. It checks no row, keeps no table of events, items, accounts or quarantine, and its
lists grow with a person. It is the yardstick of `benchmarks/fuse.py --against-pyspark`.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

LENGTH = 50


def read(spark: SparkSession, folder: Path) -> DataFrame:
    """Returns raw, platform, item, type, time (microseconds), amount of every row."""
    words = {"buy": "purchase", "look": "view", "basket": "cart"}
    named = f.create_map(*(f.lit(word) for pair in words.items() for word in pair))
    shop = spark.read.csv(
        str(folder / "shop-*.csv"),
        header=True,
        schema="user_id string, sku string, ts long, price double, action string",
    ).select(
        f.col("user_id").alias("raw"),
        f.lit("shop").alias("platform"),
        f.concat(f.lit("shop:"), "sku").alias("item"),
        named[f.col("action")].alias("type"),
        (f.col("ts") * 1_000_000).alias("time"),
        f.col("price").alias("amount"),
    )
    video = spark.read.json(
        str(folder / "video-*.jsonl"), schema="viewer string, clip string, at long, secs double"
    ).select(
        f.col("viewer").alias("raw"),
        f.lit("video").alias("platform"),
        f.concat(f.lit("video:"), "clip").alias("item"),
        f.lit("watch").alias("type"),
        (f.col("at") * 1_000).alias("time"),
        f.col("secs").alias("amount"),
    )
    news = spark.read.parquet(str(folder / "news-*.parquet")).select(
        f.col("reader").alias("raw"),
        f.lit("news").alias("platform"),
        f.concat(f.lit("news:"), "article").alias("item"),
        f.lit("read").alias("type"),
        f.unix_micros("seen").alias("time"),
        f.lit(None).cast("double").alias("amount"),
    )
    return shop.unionAll(video).unionAll(news)


def sequences(events: DataFrame, secret: str) -> DataFrame:
    """Returns person, total, and the last 50 events of each person."""
    events = events.dropDuplicates()
    accounts = events.select("platform", "raw").distinct()
    shared = f.col("platform").isin("shop", "video")
    accounts = accounts.withColumn(
        "account", f.sha2(f.concat_ws("\0", f.lit(secret), "platform", "raw"), 256)
    ).withColumn("space", f.when(shared, f.lit("")).otherwise(f.col("platform")))
    people = accounts.groupBy("space", "raw").agg(f.min("account").alias("person"))
    named = accounts.join(people, ["space", "raw"]).select("platform", "raw", "person")
    event = f.struct("time", "platform", "item", "type", "amount")
    lists = (
        events.join(named, ["platform", "raw"])
        .groupBy("person")
        .agg(f.sort_array(f.collect_list(event)).alias("events"))
    )
    return lists.select(
        "person",
        f.size("events").alias("total"),
        f.slice("events", f.greatest(f.size("events") - LENGTH + 1, f.lit(1)), LENGTH).alias(
            "events"
        ),
    )


def main() -> None:
    """Writes sequences; prints people, seconds, processor seconds and peak bytes (of the driver).

    The clock starts when the session stands.
    """
    folder, master = Path(sys.argv[1]).parent, sys.argv[2]
    spark = (
        SparkSession.builder.master(master)
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.log.level", "ERROR")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    start = time.perf_counter()
    out = str(folder / "pyspark-sequences")
    sequences(read(spark, folder), "a secret").write.mode("overwrite").parquet(out)
    seconds = time.perf_counter() - start
    people = spark.read.parquet(out).count()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spark.stop()
    print(people, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


if __name__ == "__main__":
    main()
