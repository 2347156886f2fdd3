"""The road: raw logs of several platforms to one published store version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from plait.config import Project, load_config
from plait.contracts.tables import ACCOUNTS, EVENTS, ITEMS, PEOPLE, QUARANTINE, SEQUENCES
from plait.engine.base import BUCKET, Engine, Spill
from plait.engine.local import LocalEngine
from plait.fusion.buckets import BucketStep, number_people
from plait.fusion.core import Core, k_core, pairs
from plait.fusion.counts import balance, merge_counts
from plait.fusion.dedupe import contested
from plait.fusion.enough import check_enough
from plait.fusion.feedback import read_links
from plait.fusion.inputs import Inputs, find_inputs
from plait.fusion.moves import settle
from plait.fusion.people import (
    Known,
    current_version,
    gather_accounts,
    merge_seen,
    name_people,
    outside,
)  # fmt: skip
from plait.fusion.routes import Routes
from plait.fusion.rows import RowStep
from plait.identity.attributes import read_attributes
from plait.identity.resolve import resolve, usable_keys
from plait.identity.table import account_table, people_table
from plait.items.catalogue import read_catalogues
from plait.items.table import item_table, merge_items
from plait.privacy.pseudonym import Key, load_key
from plait.progress import task
from plait.store.store import Store
from plait.store.version import StoreVersion

_CORE_COLUMNS = (
    "event_id", "platform", "account", "object_kind", "object_id", "time", "order", "content",
)  # fmt: skip


def fuse(
    project: Project | str | Path, *, engine: Engine[Any] | None = None, now: datetime | None = None
) -> StoreVersion:
    """Fuses every platform of `project` into one store version, and publishes it.

    Args:
        project: what to read and where the store lies, or the path of that project file.
        engine: what moves the rows; default: Polars on this machine.
        now: the moment that decides what lies in the future; default: the clock's.

    Raises:
        PlaitError: an input cannot be used, the store cannot be written, or another run
            published first. Nothing half-written is ever visible.
    """
    if not isinstance(project, Project):
        project = load_config(project)
    store = Store(project.store_uri)
    inputs = find_inputs(project, store)
    key = load_key(project)
    base = current_version(store)
    engine = engine or LocalEngine(store.path("scratch"))
    run = _Run(project, store, key, inputs, base, engine, now or datetime.now(UTC))
    try:
        return run.publish()
    finally:
        run.close()


@dataclass
class _Run:
    """One run: its spills, and what its steps hand to each other."""

    project: Project
    store: Store
    key: Key
    inputs: Inputs
    base: StoreVersion | None
    engine: Engine[Any]
    now: datetime
    counts: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spill: Spill = self.engine.spill(self.inputs.buckets)
        self.claims: Spill = self.engine.spill(self.inputs.buckets)

    def close(self) -> None:
        """Removes what was set aside."""
        self.spill.close()
        self.claims.close()

    def publish(self) -> StoreVersion:
        """Runs all steps and publishes what they made."""
        listed, catalogue_counts = read_catalogues(self.project)
        attributes, attribute_counts = read_attributes(self.project, self.key)
        known = self._known(attributes)
        versions: dict[str, int] = {}

        seen = self._spread(known, versions)
        accounts = gather_accounts(seen, known)
        found = resolve(accounts, known.keys, known.links)
        placed = settle(
            seen.select("account", BUCKET), found.select("account", "component"), self.spill
        )
        losers = self._losers()
        cores = self._cores(placed, losers)
        if cores:
            accounts = accounts.join(outside(accounts, seen, cores), on="account", how="anti")
            found = resolve(accounts, known.keys, known.links)
        members, ledger = name_people(accounts, found, self.store, self.base)
        placed = placed.join(members.select("account", "person"), on="account", how="left")
        step = BucketStep(losers, cores, self.project.sequence_length)
        made = self._gather(step, number_people(placed), versions)

        account_rows = account_table(members, made["accounts"])
        people = people_table(account_rows, ledger)
        items = item_table(listed, made["items"])
        for table, rows in ((ACCOUNTS, account_rows), (PEOPLE, people), (ITEMS, items)):
            writer = self.store.writer(table)
            writer.write(rows)
            versions[table.name] = writer.commit()
        counts = self._summary(account_rows, people, items, known)
        for name, unusable in attribute_counts.items():
            counts["platforms"][name]["account_rows_unusable"] = unusable
        for name, entry in catalogue_counts.items():
            counts["platforms"][name]["catalogue"] = entry
        number = 1 if self.base is None else self.base.number + 1
        return self.store.publish(versions, counts, self.inputs.records, number)

    def _known(self, attributes: pl.DataFrame) -> Known:
        keys, ignored = usable_keys(attributes)
        links = read_links(self.store, self.inputs.links)
        accounts = attributes.select("account", "platform", "home").unique()
        return Known(accounts, keys.select("account", "key", "value"), links, ignored)

    def _spread(self, known: Known, versions: dict[str, int]) -> pl.DataFrame:
        """Cleans every split; returns account, platform, home, bucket of who was seen."""
        routes = Routes.of(self.spill.buckets, known.accounts, known.keys, known.links)
        quarantine = self.store.writer(QUARANTINE)
        step = RowStep(self.project, self.store, self.inputs, self.key, self.now, routes)
        with task("Reading", unit="rows") as progress:
            out = self.engine.spread(
                self.inputs.splits,
                step.read,
                step,
                aside={"events": self.spill, "claims": self.claims},
                tables={"quarantine": quarantine},
                merges={"accounts": merge_seen, "counts": merge_counts},
                advance=progress.advance,
            )
        versions[QUARANTINE.name] = quarantine.commit()
        self.counts.append(out["counts"])
        check_enough(out["counts"], self.project)
        return out["accounts"]

    def _losers(self) -> pl.DataFrame:
        """Returns event_id, account of claims that another account won."""
        out = self.engine.gather(
            self.claims,
            lambda _, rows, __: {"losers": contested(rows)},
            tables={},
            merges={"losers": pl.DataFrame.unique},
        )
        return out.get("losers", pl.DataFrame(schema={"event_id": pl.String, "account": pl.String}))

    def _cores(self, placed: pl.DataFrame, losers: pl.DataFrame) -> dict[str, Core]:
        """Returns the k-core of every platform that asks for one."""
        asked = {
            name: platform.events.k_core
            for name, platform in self.project.platforms.items()
            if platform.events.k_core is not None
        }
        if not asked:
            return {}
        step = BucketStep(losers, {}, self.project.sequence_length)
        names = list(asked)
        found = self.engine.gather(
            self.spill,
            lambda _, rows, people: {"pairs": pairs(step.distinct(rows, people)[0], names)},
            beside=number_people(placed.with_columns(person=pl.lit(None, pl.String))),
            tables={},
            merges={"pairs": lambda frame: frame},
            columns=_CORE_COLUMNS,
        )["pairs"]
        return {
            name: k_core(part["account"].to_numpy(), part["item"].to_numpy(), k)
            for name, k in asked.items()
            for part in [found.filter(pl.col("platform") == name)]
        }

    def _gather(
        self, step: BucketStep, people: pl.DataFrame, versions: dict[str, int]
    ) -> dict[str, pl.DataFrame]:
        """Writes events and sequences; returns the merged items and accounts."""
        events, sequences = self.store.writer(EVENTS), self.store.writer(SEQUENCES)
        with task("Braiding", self.spill.rows, "events") as progress:
            out = self.engine.gather(
                self.spill,
                step,
                beside=people,
                tables={"events": events, "sequences": sequences},
                merges={
                    "items": merge_items,
                    "accounts": lambda frame: frame,
                    "counts": merge_counts,
                },
                advance=progress.advance,
            )
        self.counts.append(out["counts"])
        check_enough(merge_counts(pl.concat(self.counts)), self.project)
        versions[EVENTS.name] = events.commit()
        versions[SEQUENCES.name] = sequences.commit()
        return out

    def _summary(
        self, accounts: pl.DataFrame, people: pl.DataFrame, items: pl.DataFrame, known: Known
    ) -> dict[str, Any]:
        """Returns the counts of the version; raises LostRows if they do not add up."""
        platforms = balance(self.counts, self.project.platforms)
        per_platform = accounts.group_by("platform").agg(
            accounts=pl.len(), people=pl.col("person").n_unique()
        )
        for name, n_accounts, n_people in per_platform.iter_rows():
            platforms[name] |= {"accounts": n_accounts, "people": n_people}
        for name, n_items in items.group_by("platform").len().iter_rows():
            platforms[name]["items"] = n_items
        active = people.filter(pl.col("merged_into").is_null())
        rules = accounts.group_by("rule").len().sort("rule")
        return {
            "platforms": platforms,
            "people": active.height,
            "people_on_several": active.filter(pl.col("platforms").list.len() > 1).height,
            "retired_ids": people.height - active.height,
            "ignored_keys": known.ignored_keys,
            "rules": dict(rules.iter_rows()),
            "events": sum(entry["events"] for entry in platforms.values()),
            "rows": sum(entry["rows"] for entry in platforms.values()),
        }
