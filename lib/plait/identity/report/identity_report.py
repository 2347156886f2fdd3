"""The report on identity: sizes, evidence, blocked values, and agreement with the truth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from plait.contracts.identity_tables import BLOCKED_KEYS, IDENTITY_EDGES
from plait.contracts.store_tables import ACCOUNTS
from plait.identity.report.partition_agreement import PartitionAgreement, compare_partitions
from plait.identity.report.read_truth import Truth
from plait.identity.stored_people import StoredPeople

_SIZES = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 50), (51, None))
_MAX_BLOCKED = 20  # values listed, the most common first


@dataclass(frozen=True)
class TruthReport:
    """The agreement with the truth, and what was not compared.

    Attributes:
        all: over all accounts with a known truth.
        platforms: the same for the accounts of each platform alone.
        unknown_accounts: accounts of the truth that the store does not have.
        without_truth: accounts of the store that the truth does not have.
        left_out: rows of the truth that were not used, by reason.
    """

    all: PartitionAgreement
    platforms: dict[str, PartitionAgreement]
    unknown_accounts: int
    without_truth: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class IdentityReport:
    """What a store version knows of who is who.

    Attributes:
        version: the number of the store version.
        accounts: the number of accounts.
        persons: the number of persons.
        joined: accounts of a person with several.
        largest: accounts of the largest person.
        sizes: label, persons, accounts of persons by their number of accounts.
        evidence: rule, edges, used, lowest, mean (weight) of each rule.
        dropped: edges that were not used, by reason.
        blocked: values that identify nobody, by key and reason, with the accounts they have.
        blocked_values: the most common of them: key, prefix, accounts, reason.
        rounds: the rounds that connected components took; 0 if the edges fit in memory.
        model: what was learned by the model of records, if there is one.
        truth: agreement with the truth; null if none was given.
    """

    version: int
    accounts: int
    persons: int
    joined: int
    largest: int
    sizes: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    dropped: dict[str, int]
    blocked: list[dict[str, Any]]
    blocked_values: list[dict[str, Any]]
    rounds: int
    model: dict[str, Any]
    truth: TruthReport | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the report as a record for JSON."""
        return asdict(self)


def make_report(people: StoredPeople, truth: Truth | None = None) -> IdentityReport:
    """Returns the report on a store version, compared with `truth` if it is given."""
    store, version = people.store, people.version
    accounts = store.scan(ACCOUNTS.name, version).select("account", "platform", "person").collect()
    sizes = accounts.group_by("person").len("size")["size"].cast(pl.Int64)
    edges = store.scan(IDENTITY_EDGES.name, version).select("rule", "weight", "dropped_as")
    blocked = store.read(BLOCKED_KEYS.name, version).sort(
        "accounts", "key", "prefix", descending=[True, False, False]
    )
    return IdentityReport(
        version.number,
        accounts.height,
        sizes.len(),
        int(sizes.filter(sizes > 1).sum()),
        int(sizes.max() or 0),  # type: ignore[arg-type]
        _count_sizes(sizes),
        _count_evidence(edges),
        _count_dropped(edges),
        blocked.group_by("key", "reason")
        .agg(pl.col("values", "accounts").sum())
        .sort("key", "reason")
        .to_dicts(),
        blocked.head(_MAX_BLOCKED).to_dicts(),
        int(version.run.get("rounds", 0)),
        dict(version.learned.get("identity", {})),
        None if truth is None else _compare(accounts, truth),
    )


def _count_sizes(sizes: pl.Series) -> list[dict[str, Any]]:
    counted = []
    for low, high in _SIZES:
        here = sizes.filter((sizes >= low) & (sizes <= (high or sizes.max() or 0)))
        if here.len():
            label = (
                f"{low}" if low == high else f"{low} or more" if high is None else f"{low}-{high}"
            )
            counted.append({"size": label, "persons": here.len(), "accounts": int(here.sum())})
    return counted


def _count_evidence(edges: pl.LazyFrame) -> list[dict[str, Any]]:
    used = pl.col("dropped_as").is_null()
    return (
        edges.group_by("rule")
        .agg(
            edges=pl.len(),
            used=used.sum(),
            lowest=pl.col("weight").filter(used).min(),
            mean=pl.col("weight").filter(used).mean(),
        )
        .sort("rule")
        .collect()
        .to_dicts()
    )


def _count_dropped(edges: pl.LazyFrame) -> dict[str, int]:
    dropped = edges.drop_nulls("dropped_as").group_by("dropped_as").len().sort("dropped_as")
    return dict(dropped.collect().iter_rows())


def _compare(accounts: pl.DataFrame, truth: Truth) -> TruthReport:
    told = accounts.join(truth.accounts.select("account", "true"), on="account")
    compared = told.select("platform", "true", found="person")
    left_out = {
        "incomplete": truth.incomplete,
        "repeated": truth.repeated,
        "contradicting": truth.contradicting,
    } | {f"platform {name}": rows for name, rows in truth.unknown_platforms.items()}
    by_platform = compared.partition_by("platform", as_dict=True)
    return TruthReport(
        compare_partitions(compared),
        {str(name): compare_partitions(by_platform[(name,)]) for (name,) in sorted(by_platform)}
        if len(by_platform) > 1
        else {},
        truth.accounts.height - told.height,
        accounts.height - told.height,
        {reason: rows for reason, rows in left_out.items() if rows},
    )
