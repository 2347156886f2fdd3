"""How far two partitions of the same accounts agree."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Agreement:
    """Precision, recall and F1, each 0 to 1.

    Precision is 1 if nothing was joined, and recall is 1 if there was nothing to join.
    """

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, precision: float, recall: float) -> Agreement:
        """Returns the agreement with its F1, the harmonic mean."""
        both = precision + recall
        return cls(precision, recall, 2 * precision * recall / both if both else 0.0)


@dataclass(frozen=True)
class PartitionAgreement:
    """How far found persons agree with true ones.

    Attributes:
        accounts: the number of accounts compared.
        pairs_found: pairs of accounts that are one person by what was found.
        pairs_true: pairs that are one person in truth.
        pairs_both: pairs that are one person in both.
        pairwise: agreement over pairs of accounts.
        b_cubed: agreement averaged over accounts: of an account's person, the share that belongs
            to it (precision), and of its true person, the share that is found (recall).
        adjusted_rand: the adjusted Rand index; 1 is equality, 0 is chance.
    """

    accounts: int
    pairs_found: int
    pairs_true: int
    pairs_both: int
    pairwise: Agreement
    b_cubed: Agreement
    adjusted_rand: float


def compare_partitions(accounts: pl.DataFrame) -> PartitionAgreement:
    """Returns how far two partitions agree.

    It counts the accounts of each pair of persons, so it takes time linear in the accounts.

    Args:
        accounts: found, true: the person of each account by each partition.
    """
    both = accounts.group_by("found", "true").agg(n=pl.len().cast(pl.Int64))
    size = both.with_columns(
        of_found=pl.col("n").sum().over("found"), of_true=pl.col("n").sum().over("true")
    )
    total = accounts.height
    n = pl.col("n").cast(pl.Float64)
    shares = size.select(
        precision=(n * n / pl.col("of_found")).sum(), recall=(n * n / pl.col("of_true")).sum()
    ).row(0)
    right = count_pairs(both["n"])
    found = count_pairs(both.group_by("found").agg(pl.col("n").sum())["n"])
    true = count_pairs(both.group_by("true").agg(pl.col("n").sum())["n"])
    return PartitionAgreement(
        total,
        found,
        true,
        right,
        Agreement.of(_share(right, found), _share(right, true)),
        Agreement.of(*(share / total if total else 1.0 for share in shares)),
        _adjusted_rand(right, found, true, total * (total - 1) // 2),
    )


def count_pairs(sizes: pl.Series) -> int:
    """Returns how many pairs are inside groups of these sizes."""
    return int((sizes * (sizes - 1) // 2).sum())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _adjusted_rand(right: int, found: int, true: int, all_pairs: int) -> float:
    if found == true == right:
        return 1.0
    by_chance = found * true / all_pairs
    return (right - by_chance) / ((found + true) / 2 - by_chance)
