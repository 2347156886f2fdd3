"""Counts what a chunk of a log has: its raw rows, and what the row kernel made of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from plait.checks.hash_sample import HashSample
from plait.checks.log_finding import EXAMPLES
from plait.checks.log_profile import ACCOUNT_COUNTS, FAULTS, LogProfile
from plait.clean.event_dialect import EventDialect
from plait.contracts.id_rules import AROUND_IDS
from plait.engine.engine import Frames

# Ids that were changed on their way: by a real number, or by a spreadsheet.
ODD_SHAPES = {
    "real": r"^\s*-?[0-9]+\.0\s*$",
    "rounded": r"^\s*[0-9]\.[0-9]+[eE]\+?[0-9]+\s*$",
}
# Words that stand for nobody or anybody. They are not personal.
DEFAULT_ACCOUNTS = (
    "0", "-1", "1", "anonymous", "anon", "guest", "unknown", "default", "user", "admin", "test",
    "nobody", "system", "missing", "?", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip


def profile_chunk(raw: pl.DataFrame, frames: Frames, rules: EventDialect) -> LogProfile:
    """Returns the profile of one chunk.

    Args:
        raw: the chunk as it was read: RAW_SCHEMA and the faults.
        frames: what the row kernel made of it.
        rules: the dialect of the log.
    """
    events, quarantine = frames["events"], frames["quarantine"]
    counts = Counter(dict(frames["counts"].select("what", "n").iter_rows()))
    faults = quarantine.group_by("reason", "field", maintain_order=True).head(EXAMPLES)
    pairs = quarantine.group_by("reason", "field").len().iter_rows()
    names = rules.type_names(pl.col("type")).alias("type")
    times = events["time"].drop_nulls()
    money = events["value"].is_not_null()
    return LogProfile(
        rows=raw.height,
        counts=counts,
        faults=faults.select(list(FAULTS)),
        fault_counts=Counter({(reason, field): n for reason, field, n in pairs}),
        words=_tally(raw.select(names).to_series()) if rules.type is None else Counter(),
        types=_tally(events["type"]),
        accounts=_count_accounts(events, frames["accounts"]),
        items=_count_items(events),
        named=_tally(_default_accounts(raw["account"])),
        spellings=_spellings(raw["account"]),
        account_shapes=_count_shapes(raw["account"]),
        days=_tally(times.dt.date()),
        midnights=_midnights(times),
        earliest=times.min(),  # type: ignore[arg-type]
        latest=times.max(),  # type: ignore[arg-type]
        repeats=HashSample.of(events.select("account", "event_id")),
        dwell=_tally(events["dwell_s"].round_sig_figs(2)),
        ratings=_tally(events["rating"].round(3)),
        values=Counter(
            value=int(money.sum()),
            no_currency=int((money & events["currency"].is_null()).sum()),
        ),
    )


def _tally(values: pl.Series) -> Counter[Any]:
    """Returns how often each value occurs; null is not counted."""
    return Counter(dict(values.drop_nulls().alias("v").value_counts(name="n").iter_rows()))


def _midnights(times: pl.Series) -> int:
    return times.filter(times == times.dt.truncate("1d")).len()


def _count_accounts(events: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    counted = events.group_by("account").agg(events=pl.len().cast(pl.Int64))
    return counted.join(accounts, on="account", how="left").select(list(ACCOUNT_COUNTS))


def _count_items(events: pl.DataFrame) -> pl.DataFrame:
    """Returns ITEM_COUNTS; ids are those of the platform, without its name."""
    own = pl.col("object_id").str.replace(r"^[^:]*:", "")
    items = events.filter(pl.col("object_kind") == "item").select(item=own)
    return items.group_by("item").agg(events=pl.len().cast(pl.Int64))


def _spellings(accounts: pl.Series) -> pl.DataFrame:
    """Returns SPELLINGS. Personal ids are kept only as hashes."""
    written = accounts.drop_nulls().unique().str.strip_chars(AROUND_IDS)
    folded = written.str.to_lowercase().hash(seed=0).alias("folded")
    return pl.DataFrame([folded, written.hash(seed=0).alias("raw")]).unique()


def _count_shapes(ids: pl.Series) -> Counter[str]:
    found = {shape: ids.str.contains(pattern) for shape, pattern in ODD_SHAPES.items()}
    return Counter({shape: n for shape, odd in found.items() if (n := int(odd.sum()))})


def _default_accounts(accounts: pl.Series) -> pl.Series:
    plain = accounts.str.strip_chars(AROUND_IDS).str.to_lowercase()
    return plain.filter(plain.is_in(DEFAULT_ACCOUNTS))
