"""Learns by EM how often people, and how often others, are on each level.

EM runs over the agreement patterns of all compared pairs at once, so every comparison is covered,
and no column is left out of a run because it was a block. Pairs that share no block count as
strangers.

Columns depend on each other: people of one town share a postcode, and people of one household a
surname and a street. If such pairs counted as strangers, their agreement would look like that of
one person. So they are classes of their own, in which only some columns agree more than by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from plait.identity.probabilistic.meanings import PERSONAL, TOWN

Floats = npt.NDArray[np.float64]

PERSON, HOUSEHOLD, TOWNSFOLK = "person", "household", "town"
_ITERATIONS, _TOLERANCE = 500, 1e-5
_FIRST_EXACT, _FIRST_OTHER = 0.8, 0.15  # the rest is DIFFERENT
_PRIOR_PAIRS = 2.0  # pairs that the first guess counts as
_MIN_SHARE = 1e-9
# A class in which a name or a birth date differs more often than this is no class of one person.
_MOST_DIFFERENT = 0.4


@dataclass
class Model:
    """The chances of each level in each class of pairs, and the share of all pairs of each class.

    Levels are by number: 0 is DIFFERENT, the last is the best. Columns that a class lacks agree by
    chance in it.
    """

    chance: dict[str, Floats]
    classes: dict[str, dict[str, Floats]]
    shares: dict[str, float]
    iterations: int = 0

    @property
    def strangers(self) -> float:
        """The share of pairs of strangers."""
        return max(1 - sum(self.shares.values()), 1e-12)

    def bits(self, group: str, name: str) -> Floats:
        """Returns log2(m / u) of each level of a comparison, and 0 for missing, which is last."""
        told = self.classes[group].get(name)
        if told is None:
            return np.zeros(len(self.chance[name]) + 1)
        return np.append(np.log2(told / self.chance[name]), 0.0)

    def weigh(self, bits: dict[str, Floats]) -> dict[str, Floats]:
        """Returns the probability of each class, from the sums of the bits of each."""
        parts = {group: self.shares[group] * np.exp2(some) for group, some in bits.items()}
        total = np.asarray(sum(parts.values())) + self.strangers
        return {group: np.asarray(part / total) for group, part in parts.items()}

    def classify(self, patterns: pl.DataFrame) -> dict[str, Floats]:
        """Returns the probability of each class, of each row of `patterns`."""
        bits = {group: np.zeros(patterns.height) for group in self.classes}
        for name in self.chance:
            levels = patterns[name].to_numpy()
            for group, names in self.classes.items():
                if name in names:
                    bits[group] += self.bits(group, name)[levels]
        return self.weigh(bits)


@dataclass(frozen=True)
class ChanceLevels:
    """Levels of all pairs of records, and how well they are known.

    Args:
        shares: the share of pairs on each level, best level first, of pairs where it is known.
        pairs: by comparison, the number of pairs where it is known, of all pairs of the file.
        sampled: the number of pairs on which the shares rest.
    """

    shares: dict[str, list[float]]
    pairs: dict[str, float]
    sampled: float


def fit_model(patterns: pl.DataFrame, chance: ChanceLevels, records: int) -> Model:
    """Returns the model of agreement patterns.

    Args:
        patterns: a level column per comparison, and pairs; see PairComparer.patterns.
        chance: the levels of all pairs.
        records: the number of records.
    """
    all_pairs = records * (records - 1) / 2
    names = [name for name in patterns.columns if name != "pairs"]
    counts = patterns["pairs"].to_numpy().astype(np.float64)
    levels = {name: patterns[name].to_numpy() + 1 for name in names}  # missing is 0
    seen = {name: np.array(chance.shares[name][::-1]) for name in names}
    first = {name: _first_guess(len(seen[name])) for name in names}
    classes = {
        group: {name: first[name].copy() for name in free}
        for group, free in _free_columns(names).items()
    }
    some = min(0.2, records / (4 * all_pairs))
    model = Model({}, classes, dict.fromkeys(classes, some))
    others = {name: np.zeros(len(seen[name])) for name in names}  # pairs that are no strangers
    for _ in range(_ITERATIONS):
        model.chance = {n: _strangers(seen[n], others[n], chance, n) for n in names}
        found = {group: counts * share for group, share in model.classify(patterns).items()}
        others = {name: np.zeros(len(seen[name])) for name in names}
        moved = 0.0
        for group, weight in found.items():
            for name in names:
                pairs = np.bincount(levels[name], weights=weight, minlength=len(seen[name]) + 1)[1:]
                others[name] += pairs
                if name not in model.classes[group]:
                    continue
                told = pairs + _PRIOR_PAIRS * first[name]
                told /= told.sum()
                if group == PERSON and name in PERSONAL:
                    told = _limit_different(told)
                moved = max(moved, float(np.abs(told - model.classes[group][name]).max()))
                model.classes[group][name] = told
            share = float(np.clip(weight.sum() / all_pairs, 1e-12, 0.3))
            moved = max(moved, abs(float(np.log2(share / model.shares[group]))) / 10)
            model.shares[group] = share
        model.iterations += 1
        if moved < _TOLERANCE:
            break
    return model


def _free_columns(names: list[str]) -> dict[str, list[str]]:
    """Returns the classes of pairs, and the columns that agree more than by chance in each."""
    free = {PERSON: names}
    shared = [name for name in names if name not in PERSONAL]
    if shared and len(shared) < len(names):
        free[HOUSEHOLD] = shared
    town = [name for name in names if name in TOWN]
    if len(town) > 1 and len(town) < len(shared):
        free[TOWNSFOLK] = town
    return free


def _limit_different(m: Floats) -> Floats:
    """Returns `m` with at most _MOST_DIFFERENT for DIFFERENT."""
    if m[0] <= _MOST_DIFFERENT:
        return m
    rest = m[1:] * (1 - _MOST_DIFFERENT) / m[1:].sum()
    return np.concatenate([[_MOST_DIFFERENT], rest])


def _first_guess(levels: int) -> Floats:
    if levels == 2:
        return np.array([1 - _FIRST_EXACT, _FIRST_EXACT])
    middle = [_FIRST_OTHER / (levels - 2)] * (levels - 2)
    return np.array([1 - _FIRST_EXACT - _FIRST_OTHER, *middle, _FIRST_EXACT])


def _strangers(seen: Floats, others: Floats, chance: ChanceLevels, name: str) -> Floats:
    """Returns the shares of levels of pairs of strangers."""
    pairs = max(chance.pairs[name], 1.0)
    least = 0.5 / max(1.0, min(pairs, chance.sampled))
    left = np.maximum(seen * pairs - others, 0.0) / max(pairs - others.sum(), 1.0)
    left = np.maximum(left, max(least, _MIN_SHARE))
    return np.asarray(left / left.sum(), dtype=np.float64)
