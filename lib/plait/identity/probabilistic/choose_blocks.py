"""Chooses the blocks: which records are compared, so that their pairs stay within a bound."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import polars as pl

from plait.identity.probabilistic.block_keys import block_keys

PAIRS_PER_RECORD, MIN_PAIRS = 60, 1_000_000
_RULE_SHARE = 0.25  # of all pairs, that one rule may take
_MAX_RULES = 40
_MIN_KEPT = 0.3  # a rule whose blocks of bearable size hold fewer of its records is dropped


@dataclass(frozen=True)
class Blocks:
    """The columns block_1, block_2... (null: in no block), and what is known of each rule."""

    frame: pl.DataFrame
    rules: list[dict[str, Any]]
    dropped: list[str]


def choose_blocks(features: pl.DataFrame, used: list[str]) -> Blocks:
    """Returns the rules whose pairs fit the bound, the most selective first.

    Single keys are tried first, then pairs of the keys that are too common alone. A rule that makes
    too many pairs loses its largest blocks; it is dropped if few records are left.
    """
    bound = max(MIN_PAIRS, PAIRS_PER_RECORD * features.height)
    keys = block_keys(features, used)
    coded = features.select(
        expression.cast(pl.Categorical).to_physical().alias(name)
        for name, (_, expression) in keys.items()
    )
    made: list[tuple[int, dict[str, Any], pl.Series]] = []
    dropped: list[str] = []
    common = []
    for name in keys:
        rule, column, whole = _make_rule(coded, (name,), bound * _RULE_SHARE)
        if column is not None and rule["pairs"]:
            made.append((rule["pairs"], rule, column))
        if not whole:
            common.append(name)
    for pair in combinations(common, 2):
        if keys[pair[0]][0] == keys[pair[1]][0]:
            continue  # two keys of one column
        rule, column, _ = _make_rule(coded, pair, bound * _RULE_SHARE)
        if column is None:
            dropped.append("+".join(pair))
        elif rule["pairs"]:
            made.append((rule["pairs"], rule, column))
    made.sort(key=lambda entry: (entry[0], entry[1]["keys"]))
    chosen, total = [], 0
    for pairs, rule, column in made:
        if total + pairs > bound or len(chosen) == _MAX_RULES:
            dropped.append("+".join(rule["keys"]))
            continue
        total += pairs
        chosen.append((rule, column))
    columns = [column.alias(f"block_{n}") for n, (_, column) in enumerate(chosen, 1)]
    return Blocks(pl.DataFrame(columns), [rule for rule, _ in chosen], dropped)


def _make_rule(
    coded: pl.DataFrame, names: tuple[str, ...], most: float
) -> tuple[dict[str, Any], pl.Series | None, bool]:
    """Returns a rule, its blocks (null if it is dropped) and whether all its blocks are kept."""
    block = pl.lit(0, pl.Int64)
    for name in names:  # null if one of the keys is null
        block = block * (coded[name].max() or 0) + block + pl.col(name).cast(pl.Int64)
    blocks = coded.select(block.alias("block"))
    sizes = blocks.drop_nulls().group_by("block").agg(size=pl.len().cast(pl.Int64))
    sizes = sizes.filter(pl.col("size") > 1).sort("size")
    size = pl.col("size")
    # Blocks of one size are kept or dropped together: the order of records does not matter.
    sizes = sizes.with_columns(pairs=(size * (size - 1) // 2).cum_sum())
    sizes = sizes.with_columns(pairs=pl.col("pairs").max().over("size"))
    kept = sizes.filter(pl.col("pairs") <= most)
    before, after = int(sizes["size"].sum()), int(kept["size"].sum())
    pairs = int(kept["pairs"].max()) if kept.height else 0
    rule = {"keys": list(names), "pairs": pairs, "blocks_dropped": sizes.height - kept.height}
    whole = kept.height == sizes.height
    if not whole and after < _MIN_KEPT * before:
        return rule, None, False
    inside = blocks["block"].is_in(kept["block"].implode())
    column = blocks.select(pl.when(inside).then("block"))["block"]
    return rule, column, whole
