"""Scores pairs: the bits of each comparison, and the probability that a pair is one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from plait.identity.clusters import find_components
from plait.identity.probabilistic.comparisons import Comparison
from plait.identity.probabilistic.fit_model import PERSON, Model
from plait.identity.probabilistic.meanings import kind_of

HOUSEHOLD = 4  # people who may share one address
_MIN_RARE, _ROUNDS = 0.02, 4
_SURE = 0.9  # the probability from which pairs are taken for one person while frequencies are made
_RARE_KINDS = ("name", "date", "text", "place", "code", "email", "phone", "number", "category")


@dataclass(frozen=True)
class Scores:
    """account_a, account_b, a bits column per comparison, `limit`, total bits and weight."""

    pairs: pl.DataFrame
    prior: float
    people: int


def score_pairs(
    pairs: pl.DataFrame, features: pl.DataFrame, comparisons: list[Comparison], model: Model
) -> Scores:
    """Returns the scores of `pairs`.

    How much an equal value says depends on how many people have it. So people are first made of
    sure pairs, then values are counted by people, and so on for a few rounds.

    Args:
        pairs: account_a, account_b and levels; see PairComparer.pairs_of.
        features: account and the columns that are compared.
        comparisons: how records are compared.
        model: the chances of levels.
    """
    people = features.select("account", person="account")
    scored = pairs
    for _ in range(_ROUNDS):
        scored = _bits(pairs, features, people, comparisons, model)
        sums = {group: scored[f"sum:{group}"].to_numpy() for group in model.classes}
        scored = scored.with_columns(weight=pl.Series(model.weigh(sums)[PERSON]))
        people = _people(features, scored.filter(pl.col("weight") >= _SURE))
    return Scores(scored, 0, people["person"].n_unique())


def _people(features: pl.DataFrame, sure: pl.DataFrame) -> pl.DataFrame:
    found = find_components(sure.select(a="account_a", b="account_b"))
    joined = features.select("account").join(
        found, left_on="account", right_on="node", how="left", maintain_order="left"
    )
    return joined.select("account", person=pl.coalesce("component", "account"))


def _bits(
    pairs: pl.DataFrame,
    features: pl.DataFrame,
    people: pl.DataFrame,
    comparisons: list[Comparison],
    model: Model,
) -> pl.DataFrame:
    """Returns `pairs` with bits:<name> of each comparison, bits:limit and their sum, bits."""
    persons = people["person"].n_unique()
    made: dict[str, pl.Series] = {}
    for comparison in comparisons:
        name = comparison.name
        value = _values(pairs, features, name).to_frame("value")
        rare = _frequencies(features, people, name, persons)
        share = value.join(rare, on="value", how="left", maintain_order="left")["share"]
        levels = pairs[name].to_numpy()
        best = len(model.chance[name]) - 1
        # A value that is rarer than an equal value is on average says more.
        rarer = np.where(levels == best, np.log2(model.chance[name][best] / share.to_numpy()), 0.0)
        for group, names in model.classes.items():
            if name in names:
                made[f"{group}:{name}"] = pl.Series(model.bits(group, name)[levels] + rarer)
    scored = pairs.with_columns(**made)
    sums = {f"sum:{g}": pl.sum_horizontal(f"^{g}:.*$") for g in model.classes}
    return scored.with_columns(**sums)


def _values(pairs: pl.DataFrame, features: pl.DataFrame, name: str) -> pl.Series:
    held = features.select("account", value=pl.col(name))
    return pairs.select("account_a").join(
        held, left_on="account_a", right_on="account", how="left", maintain_order="left"
    )["value"]


def _frequencies(
    features: pl.DataFrame, people: pl.DataFrame, name: str, persons: int
) -> pl.DataFrame:
    """Returns value and share: the chance that a stranger has it.

    A value of d people is had by d - 1 others, and by a few that the file does not show: as many
    as values of one person turn out to have, by Good and Turing.
    """
    held = features.select("account", value=pl.col(name)).with_columns(person=people["person"])
    had = held.drop_nulls("value").group_by("value").agg(d=pl.col("person").n_unique())
    once, twice = had.filter(pl.col("d") == 1).height, had.filter(pl.col("d") == 2).height
    unseen = min(1.0, max(_MIN_RARE, 2 * (twice + 0.5) / (once + 1)))
    total = had["d"].sum() or 1
    return had.select("value", share=(pl.col("d") - 1 + unseen) / total)
