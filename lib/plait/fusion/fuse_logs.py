"""`plait fuse`: raw logs of several platforms to one published store version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from plait.config import Project, load_config
from plait.contracts.store_tables import ACCOUNTS, ITEMS, PEOPLE
from plait.engine.engine import BUCKET, Engine
from plait.engine.local.local_engine import LocalEngine
from plait.fusion.incremental.base_version import BaseVersion
from plait.fusion.incremental.fuse_plan import FusionPlan, plan_fusion
from plait.fusion.incremental.fuse_settings import fuse_settings
from plait.fusion.incremental.repartition import repartition
from plait.fusion.incremental.touched_buckets import find_touched_buckets
from plait.fusion.kernels.bucket_kernel import FusionBucketKernel
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.fusion.partitioner import Partitioner
from plait.fusion.stages.find_inputs import FusionInputs, find_inputs
from plait.fusion.stages.read_feedback import read_link_assertions
from plait.fusion.stages.resolve_people import (
    KnownIdentity,
    accounts_outside_k_core,
    assign_people,
    collect_accounts,
    current_version,
    merge_seen_accounts,
)  # fmt: skip
from plait.fusion.stages.run_stages import FusionStages
from plait.fusion.stages.version_summary import summarise_version
from plait.identity.identity_keys import read_attributes
from plait.identity.identity_tables import build_account_table, build_people_table
from plait.identity.resolve_accounts import identifying_keys, resolve_accounts
from plait.identity.standing_links import standing_links
from plait.items.clean_catalogue import read_catalogues
from plait.items.item_table import build_item_table
from plait.privacy.pseudonym import PseudonymKey, load_key
from plait.store.feedback.compaction import compact
from plait.store.require_writable import require_writable
from plait.store.store import Store
from plait.store.store_version import StoreVersion


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
    store = Store(project.store_uri)
    require_writable(store)
    compact(store)
    inputs = find_inputs(project, store)
    key = load_key(project)
    current = current_version(store)
    settings = fuse_settings(project, key)
    plan = plan_fusion(project, inputs, settings, current, full=full)
    if current is not None and not plan.changed:
        return replace(current, run=plan.record())
    engine = engine or LocalEngine(store.path("scratch"))
    run = FusionPipeline(
        project, store, key, inputs, plan, current, engine, now or datetime.now(UTC)
    )
    try:
        return run.publish(settings)
    finally:
        run.close()


@dataclass
class FusionPipeline:
    """One run: what it reads, what it builds on, and the passes it makes."""

    project: Project
    store: Store
    key: PseudonymKey
    inputs: FusionInputs
    plan: FusionPlan
    current: StoreVersion | None
    engine: Engine[Any]
    now: datetime

    def __post_init__(self) -> None:
        self.before = BaseVersion(self.store, self.plan.base)
        self.passes = FusionStages(
            self.engine, self.store, self.project, self.before, self.plan.buckets
        )
        if self.plan.base is None:  # the engine may want more, to use all its cores
            self.plan = replace(self.plan, buckets=self.passes.spill.buckets)

    def close(self) -> None:
        """Removes what was set aside."""
        self.passes.close()

    def publish(self, settings: dict[str, Any]) -> StoreVersion:
        """Runs all steps and publishes what they made."""
        passes = self.passes
        listed, catalogue_counts = read_catalogues(self.project, self.key)
        attributes, attribute_counts = read_attributes(self.project, self.key)
        known = self._known(attributes)

        new = passes.read(self.plan.splits, self._row_step(known))
        seen = merge_seen_accounts(pl.concat([self.before.seen, new]))
        accounts = collect_accounts(seen, known)
        found = resolve_accounts(accounts, known.keys, known.links)
        placed = repartition(
            seen.select("account", BUCKET), found.select("account", "component"), passes.spill
        )
        cores = passes.cores(placed)
        if cores:
            accounts = accounts.join(
                accounts_outside_k_core(accounts, seen, cores), on="account", how="anti"
            )
            found = resolve_accounts(accounts, known.keys, known.links)
        members, ledger = assign_people(accounts, found, self.store, self.current)
        placed = placed.join(members.select("account", "person"), on="account", how="left")
        touched = find_touched_buckets(new, self.before, placed)
        passes.reenter(touched, placed)
        step = FusionBucketKernel(cores, self.project.sequence_length)
        account_counts, item_counts = passes.braid(step, placed, touched)

        homes = seen.group_by("account").agg(pl.col("home").max())
        places = placed.select("account", BUCKET).join(homes, on="account")
        account_rows = build_account_table(members, account_counts, places)
        people = build_people_table(account_rows, ledger)
        items = build_item_table(listed, item_counts)
        for table, rows in ((ACCOUNTS, account_rows), (PEOPLE, people), (ITEMS, items)):
            writer = self.store.writer(table)
            writer.write(rows)
            passes.versions[table.name] = writer.commit()
        counts = summarise_version(passes.counts, account_rows, people, items, known, self.project)
        for name, unusable in attribute_counts.items():
            counts["platforms"][name]["account_rows_unusable"] = unusable
        for name, entry in catalogue_counts.items():
            counts["platforms"][name]["catalogue"] = entry
        return self.store.publish(
            passes.versions,
            counts,
            self.inputs.records,
            1 if self.current is None else self.current.number + 1,
            buckets=self.plan.buckets,
            settings=settings,
            run=self.plan.record(passes.rows, len(touched)),
        )

    def _known(self, attributes: pl.DataFrame) -> KnownIdentity:
        keys, ignored = identifying_keys(attributes)
        said = standing_links(read_link_assertions(self.store, self.inputs.links.pieces()))
        # A platform that has left the project takes its part of the links with it.
        here = list(self.project.platforms)
        said = said.filter(pl.all_horizontal(pl.col("platform_a", "platform_b").is_in(here)))
        ends = [said.select(account=f"account_{s}", platform=f"platform_{s}") for s in "ab"]
        links = said.filter("joined").drop("joined")
        accounts = attributes.select("account", "platform", "home").unique()
        identifying = keys.select("account", "key", "value")
        return KnownIdentity(accounts, identifying, links, pl.concat(ends).unique(), ignored)

    def _row_step(self, known: KnownIdentity) -> FusionRowKernel:
        routes = Partitioner.of(
            self.plan.buckets, known.accounts, known.keys, known.links, self.before.seen
        )
        return FusionRowKernel(self.project, self.store, self.inputs, self.key, self.now, routes)
