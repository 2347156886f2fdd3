"""Gathers the evidence of who is who, and resolves accounts to persons by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from plait.config import Project
from plait.contracts.identity_tables import BLOCKED_KEYS, IDENTITY_EDGES
from plait.fusion.stages.find_inputs import FusionInputs
from plait.fusion.stages.read_feedback import read_link_assertions
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.fusion.stages.stage_results import ResolvedAccounts
from plait.identity.cluster_guards import ACCOUNT_PAIRS, CONTRADICTIONS
from plait.identity.clusters import cluster_accounts
from plait.identity.evidence import gather_edges, key_edges, link_edges, same_id_edges
from plait.identity.key_strengths import guards_of_keys
from plait.identity.standing_links import standing_links
from plait.store.store import Store


def gather_evidence(
    project: Project,
    store: Store,
    inputs: FusionInputs,
    attributes: pl.DataFrame,
    *,
    gone: pl.DataFrame | None = None,
    withheld: pl.DataFrame | None = None,
) -> KnownIdentity:
    """Returns what is known of who is who before an event is read.

    A source of evidence is one more frame of `sources`. It may also give CONTRADICTIONS, the least
    weight with which its edges count, and what it learned.

    Args:
        project: the project.
        store: its store, with the feedback log.
        inputs: the inputs of the run.
        attributes: ACCOUNT_ATTRIBUTES.
        gone: account: as if nothing had ever been said of these (erased).
        withheld: account: these are joined to no other (no consent).
    """
    standing = _standing_links(project, store, inputs)
    if gone is not None:
        attributes = attributes.join(gone, on="account", how="anti")
        for end in ("account_a", "account_b"):
            standing = standing.join(gone, left_on=end, right_on="account", how="anti")
    by_key, ignored_keys = _edges_of_keys(attributes, withheld)
    sources: Sequence[pl.DataFrame] = [*by_key, link_edges(standing)]
    contradictions: Sequence[pl.DataFrame] = [pl.DataFrame(schema=CONTRADICTIONS)]
    thresholds: Mapping[str, float] = {}
    ends = [standing.select(account=f"account_{s}", platform=f"platform_{s}") for s in "ab"]
    guards = guards_of_keys(
        project,
        attributes,
        apart=standing.filter(~pl.col("joined")).select(list(ACCOUNT_PAIRS)),
        contradictions=pl.concat(contradictions),
    )
    if withheld is not None:
        guards = replace(guards, withheld=withheld)
    return KnownIdentity(
        accounts=attributes.select("account", "platform", "home").unique(),
        edges=gather_edges(sources),
        ever_linked=pl.concat(ends).unique(),
        ignored_keys=ignored_keys,
        guards=replace(guards, thresholds=thresholds),
        blocked=BLOCKED_KEYS.empty(),
    )


def _edges_of_keys(
    attributes: pl.DataFrame, withheld: pl.DataFrame | None
) -> tuple[list[pl.DataFrame], int]:
    """Returns EVIDENCE_EDGES of keys, and the number of ignored values.

    The first holder of a value may be an account without consent. So the edges of the others are
    made without it. Its own edges are there too; the guards refuse them.
    """
    edges, ignored = key_edges(attributes)
    if withheld is None or withheld.is_empty():
        return [edges], ignored
    names = withheld["account"].implode()
    refused = pl.any_horizontal(pl.col("account_a", "account_b").is_in(names))
    agreed = attributes.join(withheld, on="account", how="anti")
    return [key_edges(agreed)[0], edges.filter(refused)], ignored


def resolve_accounts(accounts: pl.DataFrame, known: KnownIdentity) -> ResolvedAccounts:
    """Returns `accounts` (account, platform, home) grouped by person, with the judged edges."""
    edges = pl.concat([same_id_edges(accounts), known.edges])
    clusters = cluster_accounts(accounts, edges, known.guards)
    return ResolvedAccounts(accounts, clusters.components, IDENTITY_EDGES.conform(clusters.edges))


def _standing_links(project: Project, store: Store, inputs: FusionInputs) -> pl.DataFrame:
    """Returns the last assertion on each pair of accounts of the project's platforms."""
    asserted = standing_links(read_link_assertions(store, inputs.links.slices()))
    platforms = list(project.platforms)
    # Links of a platform that is no longer in the project do not count.
    return asserted.filter(pl.all_horizontal(pl.col("platform_a", "platform_b").is_in(platforms)))
