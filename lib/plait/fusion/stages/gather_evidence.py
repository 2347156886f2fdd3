"""Gathers the evidence of who is who, and resolves accounts to persons by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from plait.config import Project
from plait.contracts.identity_tables import IDENTITY_EDGES
from plait.engine.engine import Engine
from plait.fusion.stages.rename_platforms import rename_platforms
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.fusion.stages.stage_results import ResolvedAccounts
from plait.identity.cluster_guards import ACCOUNT_PAIRS
from plait.identity.clusters import cluster_accounts
from plait.identity.contradictions import find_contradictions
from plait.identity.evidence import (
    EVIDENCE_EDGES,
    PROBABILISTIC,
    gather_edges,
    link_edges,
    same_id_edges,
)
from plait.identity.key_guards import guards_of_keys
from plait.identity.keys.account_values import AccountValues
from plait.identity.keys.key_evidence import key_edges
from plait.identity.keys.key_types import KeyRule, key_rules
from plait.identity.probabilistic.link_records import LinkedRecords, link_records
from plait.identity.probabilistic.make_features import make_features
from plait.identity.probabilistic.spark_database import spark_database
from plait.identity.rows_in_parts import distinct_rows
from plait.identity.standing_links import standing_links
from plait.privacy.consent import refusing_accounts, resolve_consents
from plait.privacy.erasure import Erasures
from plait.privacy.lift_pseudonyms import lift_columns
from plait.privacy.pseudonym import PseudonymKey

SPARK_RECORDS = 1_000_000  # fewer are compared faster on the driver, in DuckDB


def gather_evidence(
    project: Project,
    assertions: pl.DataFrame,
    key: PseudonymKey,
    found: AccountValues,
    refusing: pl.DataFrame,
    erased: Erasures,
    spark: Any = None,
) -> KnownIdentity:
    """Returns what is known of who is who before an event is read.

    A source of evidence is one more frame of `sources`. It may also give CONTRADICTIONS, the least
    weight with which its edges count, and what it learned.

    Args:
        project: the project.
        assertions: ASSERTIONS: links and unlinks.
        key: the pseudonym key.
        found: what the rows of accounts say.
        refusing: account: those that do not consent to be joined.
        erased: what was erased; links of it do not count.
        spark: the Spark session of the engine, on which many records are compared; or null.
    """
    attributes, rules = found.attributes, key_rules(project)
    by_key = key_edges(attributes, rules, found.refused)
    standing = _standing_links(project, assertions, key, erased)
    sources = [
        *_edges_of_keys(attributes, by_key.edges, rules, refusing),
        link_edges(standing),
    ]
    linked = _link_records(project, found.records.join(refusing, on="account", how="anti"), spark)
    sources.append(linked.edges)
    contradictions = find_contradictions(by_key.edges, make_features(found.records))
    link = project.people.link
    thresholds = {} if link is None else {PROBABILISTIC: link.threshold}
    ends = [standing.select(account=f"account_{s}", platform=f"platform_{s}") for s in "ab"]
    guards = guards_of_keys(
        rules,
        by_key.held,
        project.people.max_accounts,
        apart=standing.filter(~pl.col("joined")).select(list(ACCOUNT_PAIRS)),
        contradictions=contradictions,
    )
    return KnownIdentity(
        accounts=distinct_rows(attributes.select("account", "platform", "home")),
        edges=gather_edges(sources),
        ever_linked=pl.concat(ends).unique(),
        guards=replace(guards, thresholds=thresholds),
        blocked=by_key.blocked,
        learned=linked.model,
    )


def _link_records(project: Project, records: pl.DataFrame, spark: Any) -> LinkedRecords:
    """Returns the pairs of `records` that are alike, if the project compares records."""
    link = project.people.link
    if link is None:
        return LinkedRecords(pl.DataFrame(schema=EVIDENCE_EDGES), {})
    database = None
    if spark is not None and records.height >= SPARK_RECORDS:
        database = spark_database(spark)
    return link_records(records, link, database)


def _edges_of_keys(
    attributes: pl.DataFrame,
    edges: pl.DataFrame,
    rules: Mapping[str, KeyRule],
    refusing: pl.DataFrame,
) -> list[pl.DataFrame]:
    """Returns EVIDENCE_EDGES of keys.

    The first holder of a value may be an account without consent. So the edges of the others are
    made without it. Its own edges are there too; the guards refuse them.
    """
    if refusing.is_empty():
        return [edges]
    names = refusing["account"].implode()
    refused = pl.any_horizontal(pl.col("account_a", "account_b").is_in(names))
    agreed = attributes.join(refusing, on="account", how="anti")
    return [key_edges(agreed, rules).edges, edges.filter(refused)]


def resolve_accounts(
    accounts: pl.DataFrame, known: KnownIdentity, engine: Engine[Any] | None = None
) -> ResolvedAccounts:
    """Returns `accounts` (account, platform, home) grouped by person, with the judged edges.

    Edges that do not fit in memory are connected by `engine`; default: the local one.
    """
    consents = resolve_consents(accounts, known.statements, known.default_consent)
    guards = replace(known.guards, withheld=refusing_accounts(consents))
    edges = pl.concat([same_id_edges(accounts), known.edges])
    clusters = cluster_accounts(accounts, edges, guards, engine)
    judged = IDENTITY_EDGES.conform(clusters.edges)
    return ResolvedAccounts(accounts, clusters.components, judged, consents, clusters.rounds)


def _standing_links(
    project: Project, assertions: pl.DataFrame, key: PseudonymKey, erased: Erasures
) -> pl.DataFrame:
    """Returns the last assertion on each pair of accounts of the project's platforms."""
    gone = erased.covers(assertions["account_a"]) | erased.covers(assertions["account_b"])
    said = lift_columns(assertions.filter(~gone), key, "account_a", "account_b")
    named = rename_platforms(said, project.former_names, ("platform_a", "platform_b"))
    asserted = standing_links(named)
    platforms = list(project.platforms)
    # Links of a platform that is no longer in the project do not count.
    return asserted.filter(pl.all_horizontal(pl.col("platform_a", "platform_b").is_in(platforms)))
