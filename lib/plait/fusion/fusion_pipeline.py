"""The steps of a fuse: read, resolve, partition, learn, merge, publish; each returns a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl

from plait.clean.count_strengths import StrengthCounter
from plait.clean.strength_histogram import merge_strength_bins
from plait.clean.strength_rules import strength_rules, uses_lengths
from plait.config import Project
from plait.contracts.identity_tables import BLOCKED_KEYS, IDENTITY_EDGES, PERSON_CHANGES
from plait.contracts.store_tables import ACCOUNTS, IMPRESSIONS, ITEM_VECTORS, ITEMS, PEOPLE
from plait.engine.engine import BUCKET, Engine
from plait.fusion.incremental.base_version import BaseVersion
from plait.fusion.incremental.fuse_plan import FusionPlan
from plait.fusion.incremental.repartition import repartition
from plait.fusion.incremental.touched_buckets import find_touched_buckets
from plait.fusion.kernels.bucket_kernel import FusionBucketKernel
from plait.fusion.kernels.row_kernel import FusionRowKernel
from plait.fusion.partitioner import Partitioner
from plait.fusion.stages.erase_people import FusionErasures, find_erased_in_base
from plait.fusion.stages.find_inputs import FusionInputs
from plait.fusion.stages.fuse_impressions import fuse_impressions
from plait.fusion.stages.gather_consents import add_consents
from plait.fusion.stages.gather_evidence import resolve_accounts
from plait.fusion.stages.learn_strengths import (
    learn_strengths,
    learning_cut,
    lengths_moved,
    parameters_moved,
)
from plait.fusion.stages.listing_faults import record_listings
from plait.fusion.stages.read_identity import read_identity
from plait.fusion.stages.record_changes import record_person_changes
from plait.fusion.stages.resolve_people import (
    KnownIdentity,
    accounts_outside_k_core,
    assign_people,
    collect_accounts,
    merge_seen_accounts,
)  # fmt: skip
from plait.fusion.stages.run_stages import FusionStages
from plait.fusion.stages.stage_results import (
    MergedTables,
    PartitionedPeople,
    ResolvedAccounts,
    RowsRead,
)
from plait.fusion.stages.version_summary import summarise_version
from plait.identity.identity_tables import build_account_table, build_people_table
from plait.items.clean_catalogue import read_catalogues
from plait.items.item_table import build_item_table
from plait.items.write_item_vectors import write_item_vectors
from plait.privacy.pseudonym import PseudonymKey
from plait.privacy.vault import open_vault
from plait.store.object_folder import ObjectFolder
from plait.store.store import Store
from plait.store.store_version import StoreVersion


@dataclass
class FusionPipeline:
    """One fuse: read, resolve accounts, partition, learn, merge, publish."""

    project: Project
    store: Store
    key: PseudonymKey
    inputs: FusionInputs
    plan: FusionPlan
    current: StoreVersion | None
    engine: Engine[Any]
    now: datetime
    assertions: pl.DataFrame
    erasures: FusionErasures = field(default_factory=FusionErasures)

    def __post_init__(self) -> None:
        self.counter = StrengthCounter.of(self.project, learning_cut(self.project))
        self.base = BaseVersion(self.store, self.plan.base, self.erasures.new)
        creators = bool(self.inputs.creator_platforms)
        self.gone = find_erased_in_base(self.engine, self.store, self.base, creators)
        self.base = replace(self.base, emptied=self.gone.emptied)
        self.stages = FusionStages(
            self.engine, self.store, self.project, self.base, self.plan.buckets
        )
        if self.plan.base is None:  # the engine may add buckets to use all its cores
            self.plan = replace(self.plan, buckets=self.stages.spill.buckets)

    def close(self) -> None:
        """Removes the spill."""
        self.stages.close()

    def run(self, settings: dict[str, Any]) -> StoreVersion:
        """Runs all stages and returns the published version."""
        rows = self.read()
        placed = self.partition(rows, self.resolve(rows))
        rows = replace(rows, identity=rows.identity.without_evidence())
        people = self.learn(rows, placed)
        tables = self.merge(rows, people)
        return self.publish(rows, people, tables, settings)

    def read(self) -> RowsRead:
        """Reads account attributes, catalogues and all new rows; spills the events by bucket."""
        catalogue, counts_of_catalogues, bad_items = read_catalogues(self.project, self.key)
        vault = open_vault(self.project, ObjectFolder(self.store.objects), self.key)
        identity = read_identity(
            self.project, self.store, self.engine, self.inputs, self.assertions, self.key,
            self.erasures.every, vault,
        )  # fmt: skip
        quarantined = pl.concat([bad_items, identity.quarantined])
        row_kernel = self._row_kernel(identity.known)
        new = self.stages.read(self.plan.splits, row_kernel, quarantined)
        seen = merge_seen_accounts(pl.concat([self.base.seen, new]))
        return RowsRead(
            identity.known, catalogue, new, seen, counts_of_catalogues, identity.unusable,
            quarantined,
        )  # fmt: skip

    def resolve(self, rows: RowsRead) -> ResolvedAccounts:
        """Groups the accounts that belong to one person."""
        return resolve_accounts(
            collect_accounts(rows.seen, rows.identity), rows.identity, self.engine
        )

    def partition(self, rows: RowsRead, resolved: ResolvedAccounts) -> PartitionedPeople:
        """Moves each person's rows into one bucket, finds the k-cores, and assigns person ids."""
        buckets = repartition(
            rows.seen.select("account", BUCKET),
            resolved.components.select("account", "component"),
            self.stages.spill,
        )
        k_cores = self.stages.find_k_cores(buckets)
        kept = resolved
        if k_cores:  # an account outside the k-core does not link other accounts
            outside = accounts_outside_k_core(resolved.accounts, rows.seen, k_cores)
            inside = resolved.accounts.join(outside, on="account", how="anti")
            kept = resolve_accounts(inside, rows.identity, self.engine)
        members, ledger = assign_people(
            kept.accounts, kept.components, self.store, self.current, self.key, self.erasures
        )
        placed = buckets.join(members.select("account", "person"), on="account", how="left")
        placed = add_consents(placed, resolved.consents)
        touched = find_touched_buckets(rows.new, self.base, placed) | self.gone.buckets
        return PartitionedPeople(
            members, ledger, placed, k_cores, touched, kept.edges, resolved.consents, kept.rounds
        )

    def learn(self, rows: RowsRead, people: PartitionedPeople) -> PartitionedPeople:
        """Adds the base's rows of the touched buckets, and learns from the rows that stay.

        Returns `people` with `learned`. All buckets are touched if a strength may follow from
        something else than in the base version.
        """
        base, every = self.plan.base, set(range(self.plan.buckets))
        if not self.counter:
            self.stages.reprocess(people.touched, people.placed)
            return people
        held = self.base.strength_bins
        if base and held is None:  # an older plait counted other rows
            people = replace(people, touched=every)
        gone = self.stages.reprocess(people.touched, people.placed, self.counter)
        kernel = FusionBucketKernel(people.k_cores, self.project.sequence_length, self.stages.noise)
        here = people.placed.filter(pl.col(BUCKET).is_in(people.touched))
        parts = [self.stages.count_strengths(kernel, here, self.counter)]
        if held is not None:
            parts += [held, gone]
        learned = learn_strengths(merge_strength_bins(pl.concat(parts)))
        if base and (
            parameters_moved(base.learned, learned)
            or (uses_lengths(self.project) and lengths_moved(self.base.lengths, rows.catalogue))
        ):
            self.stages.reprocess(every - people.touched, people.placed)
            people = replace(people, touched=every)
        return replace(people, learned=learned)

    def merge(self, rows: RowsRead, people: PartitionedPeople) -> MergedTables:
        """Merges new rows with those of the touched buckets, and writes all tables."""
        kernel = FusionBucketKernel(
            people.k_cores,
            self.project.sequence_length,
            self.stages.noise,
            strength_rules(self.project, people.learned, rows.catalogue),
        )
        account_counts, item_counts = self.stages.merge_events(
            kernel, people.placed, people.touched
        )
        buckets = people.placed.select("account", BUCKET)
        places = rows.homes.join(buckets, on="account", how="left")
        accounts = build_account_table(people.members, account_counts, places, people.consents)
        tables = MergedTables(
            accounts,
            build_people_table(accounts, people.ledger),
            build_item_table(rows.catalogue, item_counts),
        )
        self.stages.write(ACCOUNTS, tables.accounts)
        self.stages.write(PEOPLE, tables.people)
        self.stages.write(ITEMS, tables.items)
        self.stages.write(IDENTITY_EDGES, people.edges)
        self.stages.write(BLOCKED_KEYS, rows.identity.blocked)
        changes = record_person_changes(
            self.store, self.current, people.members, tables.people, self.key, self.erasures.every
        )
        self.stages.write(PERSON_CHANGES, changes)
        self.stages.versions[ITEM_VECTORS.name] = write_item_vectors(
            self.store, rows.catalogue, self.current
        )
        self.stages.versions[IMPRESSIONS.name], shown = fuse_impressions(
            self.engine, self.store, self.inputs, self.key, self.plan.impressions,
            self.plan.shown, self.stages.versions, self.erasures.every,
        )  # fmt: skip
        return replace(tables, impressions=shown)

    def publish(
        self,
        rows: RowsRead,
        people: PartitionedPeople,
        tables: MergedTables,
        settings: dict[str, Any],
    ) -> StoreVersion:
        """Publishes the version that names all tables, with its counts.

        Raises:
            LostRows: the row counts do not add up.
            VersionExists: another run published first.
        """
        counts = summarise_version(
            self.stages.counts, tables, rows.identity, self.project,
        )  # fmt: skip
        listed = pl.col("item").is_in(rows.catalogue["item"].implode())
        record_listings(
            counts["platforms"],
            rows.counts_of_catalogues,
            rows.unusable_accounts,
            rows.quarantined,
            tables.items.select("item", "platform", "events", listed=listed),
        )
        return self.store.publish(
            self.stages.versions,
            counts,
            self.inputs.records,
            1 if self.current is None else self.current.number + 1,
            buckets=self.plan.buckets,
            settings=settings,
            run=self.plan.record(self.stages.rows, len(people.touched), people.rounds),
            learned=people.learned | _named("identity", rows.identity.learned),
        )

    def _row_kernel(self, identity: KnownIdentity) -> FusionRowKernel:
        partitioner = Partitioner.from_identity(
            self.plan.buckets, identity.accounts, identity.edges, self.base.seen
        )
        return FusionRowKernel(
            self.project, self.store, self.inputs, self.key, self.now, partitioner,
            self.erasures.every,
        )  # fmt: skip


def _named(name: str, learned: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what was learned under its name, or nothing if nothing was."""
    return {name: dict(learned)} if learned else {}
