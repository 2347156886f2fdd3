"""Peak memory of each step of a fuse that holds all accounts on the driver.

    python benchmarks/people_memory.py --accounts 10000000

Half of the accounts have an e-mail that they share with one other account; each account has events
in one of 256 buckets. The steps are called as a fuse calls them, one after the other. Each line has
the memory that was held before the step, the peak during it, and its seconds. Peaks are VmHWM of
this process, which is reset before each step; a line says how many bytes that is per account.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from plait.engine.local.local_engine import LocalEngine
from plait.fusion.incremental.repartition import repartition
from plait.fusion.kernels.bucket_kernel import number_people
from plait.fusion.partitioner import Partitioner, hash_bucket
from plait.fusion.stages.resolve_people import KnownIdentity, collect_accounts
from plait.identity.clusters import cluster_accounts
from plait.identity.evidence import gather_edges, key_edges, same_id_edges
from plait.identity.ledger import assign_person_ids
from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import PseudonymKey

BUCKETS = 256


def _status(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith(field))
    return int(kib) / 2**20


@contextmanager
def measured(step: str, accounts: int) -> Iterator[None]:
    """Prints the memory and the seconds of a step."""
    held = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
    start = time.perf_counter()
    yield
    peak = _status("VmHWM")
    figures = {
        "step": step,
        "before_gib": round(held, 2),
        "peak_gib": round(peak, 2),
        "bytes_per_account": round((peak - held) * 2**30 / accounts),
        "seconds": round(time.perf_counter() - start, 1),
    }
    print(json.dumps(figures), flush=True)


def main() -> None:
    """Makes accounts and runs the steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=1_000_000)
    count = parser.parse_args().accounts
    key = PseudonymKey("people" * 8)
    raw = pl.Series("raw", range(count)).cast(pl.String)

    def run(step: str, work: Callable[[], Any]) -> Any:
        with measured(step, count):
            return work()

    accounts = run(
        "accounts seen",
        lambda: pl.DataFrame(
            {"account": account_pseudonym(raw, key, "shop"), "platform": "shop"}
        ).with_columns(home=pl.lit(None, pl.String)),
    )
    seen = accounts.with_columns(hash_bucket(pl.col("account"), BUCKETS))
    half = accounts.head(count // 2)
    values = pl.int_range(pl.len()) // 2
    attributes = half.with_columns(key=pl.lit("email"), value=values.cast(pl.String))
    edges = run("edges of keys", lambda: gather_edges([key_edges(attributes)[0]]))
    of_keys = half.with_columns(pl.col("account").alias("home")).select("account", "home")
    run("partitioner", lambda: Partitioner.from_identity(BUCKETS, of_keys, edges))
    known = KnownIdentity(half, edges, accounts.clear().select("account", "platform"), 0)
    everyone = run("collect accounts", lambda: collect_accounts(seen, known))
    components = run(
        "cluster accounts",
        lambda: cluster_accounts(everyone, pl.concat([same_id_edges(everyone), edges])),
    )
    spill = LocalEngine().spill(BUCKETS)
    placed = run(
        "repartition",
        lambda: repartition(
            seen.select("account", "bucket"), components.select("account", "component"), spill
        ),
    )
    spill.close()
    ledger = run("assign person ids", lambda: assign_person_ids(components, 1))
    people = run("join people", lambda: components.join(ledger.persons, on="component"))
    run(
        "number people",
        lambda: number_people(placed.join(people.select("account", "person"), on="account")),
    )


if __name__ == "__main__":
    main()
