"""The road: raw logs of several platforms to one published store version."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from plait.config import Project, load_config
from plait.contracts.tables import ACCOUNTS, EVENTS, ITEMS, PEOPLE, QUARANTINE, SEQUENCES
from plait.engine.base import BUCKET, Engine, Spill
from plait.engine.local import LocalEngine
from plait.fusion.before import COUNTED, Before, HeldReader
from plait.fusion.buckets import BucketStep, number_people
from plait.fusion.carry import ITEM_COLUMNS, Reenter, count_held, touched_buckets
from plait.fusion.claims import CLEAN, find_losers
from plait.fusion.core import Core, k_core, pairs
from plait.fusion.counts import COUNTS, merge_counts
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
from plait.fusion.plan import Plan, plan_run
from plait.fusion.routes import Routes
from plait.fusion.rows import RowStep
from plait.fusion.settings import shaping_settings
from plait.fusion.summary import summarise
from plait.identity.attributes import read_attributes
from plait.identity.resolve import resolve, usable_keys
from plait.identity.table import account_table, people_table
from plait.items.catalogue import read_catalogues
from plait.items.table import COUNTED as COUNTED_ITEMS
from plait.items.table import item_table, merge_items
from plait.privacy.pseudonym import Key, load_key
from plait.progress import task
from plait.store.store import Store
from plait.store.version import StoreVersion

_CORE_COLUMNS = (
    "event_id", "platform", "account", "object_kind", "object_id", "time", "order", "content",
)  # fmt: skip


def fuse(
    project: Project | str | Path,
    *,
    engine: Engine[Any] | None = None,
    now: datetime | None = None,
    full: bool = False,
) -> StoreVersion:
    """Fuses what is new on every platform into the next store version, and publishes it.

    Files that the current version has read are not read again, and buckets of people that
    nothing new concerns stay as they are; the tables are those of a run over all files. Where
    that cannot be had (a setting or a file changed, a k_core is asked for), all files are read.
    `run` of the version says which it was, and why. If nothing is new, nothing is published.

    Args:
        project: what to read and where the store lies, or the path of that project file.
        engine: what moves the rows; default: Polars on this machine.
        now: the moment that decides what lies in the future; default: the clock's.
        full: read all files, whatever is new.

    Returns:
        The version published; or the current one, its `run` saying that nothing is new.

    Raises:
        PlaitError: an input cannot be used, the store cannot be written, or another run
            published first. Nothing half-written is ever visible.
    """
    if not isinstance(project, Project):
        project = load_config(project)
    store = Store(project.store_path)
    inputs = find_inputs(project, store)
    key = load_key(project)
    current = current_version(store)
    settings = shaping_settings(project, key)
    plan = plan_run(project, inputs, settings, current, full=full)
    if current is not None and not plan.changed:
        return replace(current, run=plan.record())
    engine = engine or LocalEngine(store.path("scratch"))
    run = _Run(project, store, key, inputs, plan, current, engine, now or datetime.now(UTC))
    try:
        return run.publish(settings)
    finally:
        run.close()


@dataclass
class _Run:
    """One run: its spills, and what its steps hand to each other."""

    project: Project
    store: Store
    key: Key
    inputs: Inputs
    plan: Plan
    current: StoreVersion | None
    engine: Engine[Any]
    now: datetime
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = Before(self.store, self.plan.base)
        self.counts = [self.before.counts()]
        self.spill: Spill = self.engine.spill(self.plan.buckets)
        self.claims: Spill = self.engine.spill(self.plan.buckets)

    def close(self) -> None:
        """Removes what was set aside."""
        self.spill.close()
        self.claims.close()

    def publish(self, settings: dict[str, Any]) -> StoreVersion:
        """Runs all steps and publishes what they made."""
        listed, catalogue_counts = read_catalogues(self.project)
        attributes, attribute_counts = read_attributes(self.project, self.key)
        known = self._known(attributes)

        new = self._spread(known)
        seen = merge_seen(pl.concat([self.before.seen, new]))
        accounts = gather_accounts(seen, known)
        found = resolve(accounts, known.keys, known.links)
        placed = settle(
            seen.select("account", BUCKET), found.select("account", "component"), self.spill
        )
        losers = find_losers(self.engine, self.claims, self.before)
        cores = self._cores(placed, losers)
        if cores:
            accounts = accounts.join(outside(accounts, seen, cores), on="account", how="anti")
            found = resolve(accounts, known.keys, known.links)
        members, ledger = name_people(accounts, found, self.store, self.current)
        placed = placed.join(members.select("account", "person"), on="account", how="left")
        spread_to = {*new[BUCKET].unique(), *placed.join(new, on="account", how="semi")[BUCKET]}
        touched = touched_buckets(spread_to, self.before, members, placed, losers)
        self._reenter(touched, placed)
        step = BucketStep(losers, cores, self.project.sequence_length)
        made = self._gather(step, placed.filter(pl.col(BUCKET).is_in(touched)), touched)

        homes = seen.group_by("account").agg(pl.col("home").max())
        places = placed.select("account", BUCKET).join(homes, on="account")
        untouched = self.before.counted(touched)
        account_rows = account_table(members, pl.concat([made["accounts"], untouched]), places)
        people = people_table(account_rows, ledger)
        items = item_table(listed, self._items(made["items"], touched))
        for table, rows in ((ACCOUNTS, account_rows), (PEOPLE, people), (ITEMS, items)):
            writer = self.store.writer(table)
            writer.write(rows)
            self.versions[table.name] = writer.commit()
        counts = summarise(self.counts, account_rows, people, items, known, self.project)
        for name, unusable in attribute_counts.items():
            counts["platforms"][name]["account_rows_unusable"] = unusable
        for name, entry in catalogue_counts.items():
            counts["platforms"][name]["catalogue"] = entry
        return self.store.publish(
            self.versions,
            counts,
            self.inputs.records,
            1 if self.current is None else self.current.number + 1,
            buckets=self.plan.buckets,
            settings=settings,
            run=self.plan.record(rewritten=len(touched)),
        )

    def _known(self, attributes: pl.DataFrame) -> Known:
        keys, ignored = usable_keys(attributes)
        links = read_links(self.store, self.inputs.links)
        accounts = attributes.select("account", "platform", "home").unique()
        return Known(accounts, keys.select("account", "key", "value"), links, ignored)

    def _spread(self, known: Known) -> pl.DataFrame:
        """Cleans every split; returns account, platform, home, bucket of who was seen."""
        routes = Routes.of(
            self.plan.buckets, known.accounts, known.keys, known.links, self.before.seen
        )
        quarantine = self.store.writer(QUARANTINE)
        step = RowStep(self.project, self.store, self.inputs, self.key, self.now, routes)
        with task("Reading", unit="rows") as progress:
            out = self.engine.spread(
                self.plan.splits,
                step.read,
                step,
                aside={"events": self.spill, "claims": self.claims},
                tables={"quarantine": quarantine},
                merges={"accounts": merge_seen, "counts": merge_counts},
                advance=progress.advance,
            )
        self.versions[QUARANTINE.name] = quarantine.commit(self.before.parts(QUARANTINE.name))
        self._count(out)
        return out.get("accounts", self.before.seen.clear())

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

    def _reenter(self, touched: set[int], placed: pl.DataFrame) -> None:
        """Sets the events that touched buckets hold beside the new rows."""
        out = self.engine.spread(
            self.before.events(touched.__contains__),
            HeldReader(self.store, CLEAN),
            Reenter(placed.select("account", BUCKET)),
            aside={"events": self.spill},
            tables={},
            merges={"counts": merge_counts},
        )
        self._count(out)

    def _gather(
        self, step: BucketStep, people: pl.DataFrame, touched: set[int]
    ) -> dict[str, pl.DataFrame]:
        """Writes the touched buckets' events and sequences; returns their items and accounts."""
        writers = {table.name: self.store.writer(table) for table in (EVENTS, SEQUENCES)}
        with task("Braiding", self.spill.rows, "events") as progress:
            out = self.engine.gather(
                self.spill,
                step,
                beside=number_people(people),
                tables=writers,
                merges={
                    "items": merge_items,
                    "accounts": lambda frame: frame,
                    "counts": merge_counts,
                },
                advance=progress.advance,
            )
        self._count(out)
        check_enough(merge_counts(pl.concat(self.counts)), self.project)
        for name, writer in writers.items():
            self.versions[name] = writer.commit(self.before.outside(name, touched))
        nothing = {
            "accounts": ACCOUNTS.empty().select(COUNTED),
            "items": pl.DataFrame(schema=COUNTED_ITEMS),
        }
        return nothing | out

    def _items(self, counted: pl.DataFrame, touched: set[int]) -> pl.DataFrame:
        """Returns the item counts of all buckets: `counted` of the touched, and the others'."""
        out = self.engine.spread(
            self.before.events(lambda bucket: bucket not in touched),
            HeldReader(self.store, ITEM_COLUMNS),
            count_held,
            aside={},
            tables={},
            merges={"items": merge_items},
        )
        return merge_items(pl.concat([counted, out["items"]])) if out else counted

    def _count(self, out: dict[str, pl.DataFrame]) -> None:
        self.counts.append(out.get("counts", pl.DataFrame(schema=COUNTS)))
