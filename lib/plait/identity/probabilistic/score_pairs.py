"""Scores pairs: the bits of each comparison, and the probability that a pair is one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.identity.components.find_components import find_components
from plait.identity.probabilistic.fit_model import PERSON, Floats, Model
from plait.identity.probabilistic.rare_values import value_shares

_ROUNDS = 4
_SURE = 0.9  # the probability from which records are taken for one person while values are counted


@dataclass(frozen=True)
class Scores:
    """The scores of pairs, in their order.

    Attributes:
        bits: by class of pairs and comparison, the log2 Bayes factor against strangers.
        weight: the probability of one person.
        people: the person that each record was taken for while values were counted.
    """

    bits: dict[str, dict[str, Floats]]
    weight: Floats
    people: pl.Series


def score_pairs(pairs: pl.DataFrame, features: pl.DataFrame, model: Model) -> Scores:
    """Returns the scores of `pairs`.

    How much an equal value says depends on how many people have it. So people are made of sure
    pairs, values are counted by people, pairs are scored again, and so on for a few rounds.

    Args:
        pairs: account_a, account_b and levels; see PairComparer.pairs_of.
        features: account and the columns that are compared, in order of account.
        model: the chances of levels.
    """
    place = features.select("account", row=pl.int_range(pl.len()))
    first = pairs.select(account="account_a").join(
        place, on="account", how="left", maintain_order="left"
    )["row"]
    people = features["account"]
    for turn in range(_ROUNDS):
        bits = pair_bits(pairs, first.to_numpy(), features, people, model)
        weight = model.weigh(sum_bits(bits, pairs.height))[PERSON]
        if turn < _ROUNDS - 1:
            people = _people(features, pairs.filter(pl.Series(weight >= _SURE)))
    return Scores(bits, weight, people)


def pair_bits(
    levels: pl.DataFrame,
    rows: npt.NDArray[np.int64],
    features: pl.DataFrame,
    people: pl.Series,
    model: Model,
) -> dict[str, dict[str, Floats]]:
    """Returns by class and comparison the bits of each pair.

    Args:
        levels: a level column a comparison.
        rows: the row of `features` of the first record of each pair.
        features: the columns that are compared.
        people: the person of each record.
        model: the chances of levels.
    """
    made: dict[str, dict[str, Floats]] = {group: {} for group in model.classes}
    for name, chance in model.chance.items():
        level = levels[name].to_numpy()
        shares = value_shares(features, people, name)[rows]
        rarer = np.where(level == len(chance) - 1, np.log2(chance[-1] / shares), 0.0)
        for group, columns in model.classes.items():
            if name in columns:
                made[group][name] = model.bits(group, name)[level] + rarer
    return made


def sum_bits(bits: dict[str, dict[str, Floats]], pairs: int) -> dict[str, Floats]:
    """Returns by class the sum of the bits of each of `pairs` pairs."""
    return {g: np.asarray(sum(each.values(), np.zeros(pairs))) for g, each in bits.items()}


def _people(features: pl.DataFrame, sure: pl.DataFrame) -> pl.Series:
    """Returns the person of each record: the first account of its component."""
    found = find_components(sure.select(a="account_a", b="account_b"))
    joined = features.select("account").join(
        found, left_on="account", right_on="node", how="left", maintain_order="left"
    )
    return joined.select(pl.coalesce("component", "account")).to_series()
