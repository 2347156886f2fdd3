"""Chooses the blocks: which records are compared, so that their pairs stay within a bound."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import polars as pl

from plait.identity.probabilistic.block_keys import block_keys

PAIRS_PER_RECORD, MIN_PAIRS = 60, 1_000_000
_RULE_SHARE = 1 / 12  # of all pairs, that one rule may make
_RULES_OF_COLUMNS = 3
_MAX_RULES = 40
_MIN_KEPT = 0.3  # a rule whose blocks of bearable size hold fewer of its records is dropped


@dataclass(frozen=True)
class Blocks:
    """The columns block_1, block_2... (null: in no block), and what is known of each rule."""

    frame: pl.DataFrame
    rules: list[dict[str, Any]]
    left_out: int


class _Rule(NamedTuple):
    """A rule: its keys, its pairs, how many blocks were too large, and the block of each record."""

    keys: tuple[str, ...]
    pairs: int
    dropped: int
    blocks: pl.Series | None


def choose_blocks(features: pl.DataFrame, used: list[str]) -> Blocks:
    """Returns the rules whose pairs fit the bound, the most selective first.

    Single keys are tried first, then pairs of the keys that are too common alone. A rule that makes
    too many pairs loses its largest blocks; it is left out if few records remain.
    """
    bound = max(MIN_PAIRS, PAIRS_PER_RECORD * features.height)
    keys = block_keys(used)
    coded = features.select(
        expression.cast(pl.Categorical).to_physical().alias(name)
        for name, (_, expression) in keys.items()
    )
    most = bound * _RULE_SHARE
    by_columns: dict[frozenset[str], list[_Rule]] = defaultdict(list)
    left_out, common = 0, []
    for name, (source, _) in keys.items():
        rule, whole = _make_rule(coded, (name,), most)
        if not whole:
            common.append(name)
        by_columns[frozenset([source])].append(rule)
    for one, other in combinations(common, 2):
        sources = frozenset([keys[one][0], keys[other][0]])
        if len(sources) == 2:
            by_columns[sources].append(_make_rule(coded, (one, other), most)[0])
    made: list[_Rule] = []
    for rules in by_columns.values():
        found = [rule for rule in rules if rule.pairs and rule.blocks is not None]
        # Of keys of the same columns, those that let most pairs through miss the fewest people.
        kept = sorted(found, key=lambda rule: (-rule.pairs, rule.keys))[:_RULES_OF_COLUMNS]
        left_out += len(rules) - len(kept)
        made += kept
    made.sort(key=lambda rule: (rule.pairs, rule.keys))
    chosen: list[_Rule] = []
    for rule in made:
        if sum(one.pairs for one in chosen) + rule.pairs > bound or len(chosen) == _MAX_RULES:
            break
        chosen.append(rule)
    left_out += len(made) - len(chosen)
    columns = [
        one.blocks.alias(f"block_{n}") for n, one in enumerate(chosen, 1) if one.blocks is not None
    ]
    told = [
        {"keys": list(one.keys), "pairs": one.pairs, "blocks_dropped": one.dropped}
        for one in chosen
    ]
    return Blocks(pl.DataFrame(columns), told, left_out)


def _make_rule(coded: pl.DataFrame, names: tuple[str, ...], most: float) -> tuple[_Rule, bool]:
    """Returns a rule, and whether all its blocks are kept."""
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
    pairs = int(kept["pairs"].to_numpy().max(initial=0))
    dropped = sizes.height - kept.height
    if after < _MIN_KEPT * before:
        return _Rule(names, 0, dropped, None), False
    inside = blocks["block"].is_in(kept["block"].implode())
    column = blocks.select(pl.when(inside).then("block"))["block"]
    return _Rule(names, pairs, dropped, column), not dropped
