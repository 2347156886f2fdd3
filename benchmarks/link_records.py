"""How well records that are alike are linked: precision, recall and F1 of pairs, after clustering.

    python benchmarks/link_records.py ../shared/data/identity --json

The folder has febrl's dataset4a.csv and dataset4b.csv, and Splink's fake_1000.csv. The defaults of
`people.link` are used, and no truth.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import polars as pl

from plait.config.link_settings import LinkSettings
from plait.identity.clusters import find_components
from plait.identity.probabilistic.link_records import link_records

FEBRL = {
    "given_name": "given_name", "surname": "surname", "street_number": "street_number",
    "street": "address_1", "address_2": "address_2", "city": "suburb", "postcode": "postcode",
    "state": "state", "birth_date": "date_of_birth", "national_id": "soc_sec_id",
}  # fmt: skip
FAKE = {
    "given_name": "first_name", "surname": "surname", "birth_date": "dob", "city": "city",
    "email": "email",
}  # fmt: skip


def read_febrl4(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns records, and truth: account, person (the number in rec_id)."""
    parts = []
    for name in "ab":
        raw = pl.read_csv(folder / f"dataset4{name}.csv", infer_schema=False)
        clean = raw.rename({column: column.strip() for column in raw.columns})
        parts.append(clean.with_columns(pl.all().str.strip_chars(), platform=pl.lit(name)))
    rows = pl.concat(parts)
    truth = rows.select(account="rec_id", person=pl.col("rec_id").str.extract(r"rec-(\d+)"))
    return _take(rows, "rec_id", FEBRL), truth


def read_fake_1000(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns records, and truth: account, person (the column cluster)."""
    rows = pl.read_csv(folder / "fake_1000.csv", infer_schema=False)
    rows = rows.with_columns(platform=pl.lit("fake"))
    return _take(rows, "unique_id", FAKE), rows.select(account="unique_id", person="cluster")


def _take(rows: pl.DataFrame, account: str, columns: dict[str, str]) -> pl.DataFrame:
    named = [pl.col(column).alias(meaning) for meaning, column in columns.items()]
    return rows.select(pl.col(account).alias("account"), "platform", *named)


def judge(edges: pl.DataFrame, truth: pl.DataFrame) -> dict[str, float]:
    """Returns precision, recall and F1 over pairs of accounts of one component."""
    found = find_components(edges.select(a="account_a", b="account_b"))
    placed = truth.join(found, left_on="account", right_on="node", how="left")
    placed = placed.with_columns(pl.coalesce("component", "account").alias("component"))

    def pairs(*columns: str) -> int:
        size = placed.group_by(columns).agg(size=pl.len().cast(pl.Int64))["size"]
        return int((size * (size - 1) // 2).sum())

    right, said, there = pairs("component", "person"), pairs("component"), pairs("person")
    f1 = 2 * right / (said + there)
    return {"precision": right / max(said, 1), "recall": right / there, "f1": f1}


def main() -> None:
    """Prints one line a data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="Print JSON.")
    options = parser.parse_args()
    settings = LinkSettings.model_validate({"columns": {"surname": "surname"}})
    told = {}
    for name, read in (("febrl4", read_febrl4), ("fake_1000", read_fake_1000)):
        records, truth = read(options.folder)
        begun = time.monotonic()
        edges = link_records(records, settings).edges
        seconds = time.monotonic() - begun
        joined = edges.filter(pl.col("weight") >= settings.threshold)
        told[name] = {"records": records.height, **judge(joined, truth), "seconds": seconds}
    if options.json:
        print(json.dumps(told))
        return
    for name, row in told.items():
        print(
            f"{name:10} {row['records']:6,} records  P {row['precision']:.4f}  "
            f"R {row['recall']:.4f}  F1 {row['f1']:.4f}  {row['seconds']:.1f} s"
        )


if __name__ == "__main__":
    main()
