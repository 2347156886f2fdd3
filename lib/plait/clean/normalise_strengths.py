"""Makes the strengths of events comparable across types and platforms."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from plait.clean.strength_histogram import (
    DWELL_TYPES,
    DwellScale,
    OpinionScale,
    dwell_bins,
    place_on_scale,
)
from plait.clean.strength_rules import StrengthRules
from plait.contracts.event_types import EVENT_STRENGTHS

_LEAST = 0.5  # the share of a type's strength that an event without attention keeps
_PRIOR = 5  # ratings of the platform that an account's mean begins with
_MARGIN = 0.25  # how far below the mean a rating must be to be a dislike, in two deviations
# Places on the scale: always a dislike up to the first, never from the second on, and at least
# an average like from the third on.
_BAD, _MIDDLE, _GOOD = 0.25, 0.5, 0.75


def normalise_strengths(events: pl.DataFrame, rules: Mapping[str, StrengthRules]) -> pl.DataFrame:
    """Returns `events` with the strengths that `rules` give, in [-1, 1]; rows keep their order.

    A strength follows from the raw columns alone, so the result can be normalised again without a
    change. An account's mean has only its ratings in earlier rows.

    Args:
        events: platform, type, dwell_s, rating, strength, object_id, and `who` and `account`; all
            events of a person, oldest first.
        rules: the rules of each platform that has any. Other platforms keep their strengths.
    """
    for platform, rule in rules.items():
        here = pl.col("platform") == platform
        usual = pl.col("type").is_in(DWELL_TYPES)
        new = pl.col("strength")
        if rule.settings.dwell or rule.settings.repeats:  # from the raw columns alone
            base = pl.col("type").replace_strict(EVENT_STRENGTHS, return_dtype=pl.Float64)
            new = pl.when(usual).then(base).otherwise(new)
        if rule.settings.dwell:
            for kind, scale in rule.learned.dwell.items():
                new = (
                    pl.when(pl.col("type") == kind).then(dwell_strength(kind, scale)).otherwise(new)
                )
            if rule.lengths is not None:
                events = events.with_columns(__length=rule.lengths.find(events["object_id"]))
                measured = usual & pl.col("__length").is_not_null() & _known_dwell()
                new = pl.when(measured).then(watched_strength(base)).otherwise(new)
        if rule.settings.rating and (opinion := rule.learned.opinion):
            rated = (pl.col("type") == "rate") & pl.col("rating").is_finite()
            place = pl.when(here & rated).then(place_on_scale(rule.worst, rule.best))
            events = events.with_columns(__mean=account_mean(place, opinion, "account"))
            relative = opinion_strength(place, pl.col("__mean"), opinion.deviation)
            new = pl.when(rated).then(relative).otherwise(new)
        if rule.settings.repeats:
            again = usual & pl.col("object_id").is_not_null()
            divisor = repeat_divisor("who", "platform", "type", "object_id")
            new = pl.when(again).then(new / divisor).otherwise(new)
        events = events.with_columns(strength=pl.when(here).then(new).otherwise("strength"))
        events = events.drop("__mean", "__length", strict=False)
    return events


def reset_strengths(events: pl.DataFrame, rules: Mapping[str, StrengthRules]) -> pl.DataFrame:
    """Returns `events` with the strengths that normalise_strengths began from.

    Removed events are relative to nothing. An incremental run may find them normalised, because
    an earlier run kept them.

    Args:
        events: platform, type, rating, strength.
        rules: the rules of each platform that has any.
    """
    for platform, rule in rules.items():
        own = pl.col("type").replace_strict(EVENT_STRENGTHS, return_dtype=pl.Float64)
        new = pl.when(pl.col("type").is_in(DWELL_TYPES)).then(own).otherwise("strength")
        if rule.settings.rating and rule.learned.opinion:
            rated = stated_strength(rule.worst, rule.best)
            new = pl.when(pl.col("type") == "rate").then(rated).otherwise(new)
        here = pl.col("platform") == platform
        events = events.with_columns(strength=pl.when(here).then(new).otherwise("strength"))
    return events


def stated_strength(worst: float, best: float) -> pl.Expr:
    """Returns the strength of a `rating` by its place on the scale; without one, the type's."""
    opinion = 2 * place_on_scale(worst, best) - 1
    rated = pl.when(opinion < 0).then(opinion).otherwise(0.6 + 0.4 * opinion)
    return rated.fill_null(EVENT_STRENGTHS["rate"])


def stated_place(strength: pl.Expr) -> pl.Expr:
    """Returns the place on the scale of a rating from its stated_strength."""
    opinion = pl.when(strength < 0).then(strength).otherwise((strength - 0.6) / 0.4)
    return ((opinion + 1) / 2).clip(0, 1)


def dwell_strength(kind: str, scale: DwellScale) -> pl.Expr:
    """Returns the strength of events of type `kind` by their dwell.

    With z = (log2 dwell - median) / quartile difference and q = 1 / (1 + exp(-2 z)), the strength
    is that of the type times 1/2 + q, at most 1: half of the type's for no attention, the type's
    own for the median. It never falls with the dwell, and is never negative: a short look is weak
    evidence.
    """
    base = EVENT_STRENGTHS[kind]
    z = (dwell_bins() - (scale.middle + 0.5)) / scale.spread
    q = 1 / (1 + (-2 * z).exp())
    return pl.when(_known_dwell()).then(_attention_strength(pl.lit(base), q)).otherwise(base)


def watched_strength(base: pl.Expr) -> pl.Expr:
    """Returns the strength of events by the share of the item's `__length` that the dwell is.

    The share, at most 1, takes the place of q in dwell_strength: half of the item has the strength
    of the type, `base`.
    """
    return _attention_strength(base, (pl.col("dwell_s") / pl.col("__length")).clip(0, 1))


def _attention_strength(base: pl.Expr, q: pl.Expr) -> pl.Expr:
    return pl.min_horizontal(pl.lit(1.0), base * (_LEAST + 2 * (1 - _LEAST) * q))


def _known_dwell() -> pl.Expr:
    known = pl.col("dwell_s").is_finite() & (pl.col("dwell_s") >= 0)
    return known.fill_null(value=False)


def opinion_strength(place: pl.Expr, mean: pl.Expr, deviation: float) -> pl.Expr:
    """Returns the strength of a rating at `place` of its scale, for an account with this `mean`.

    d = (place - mean) / (2 deviation), within -1 to 1. Below -1/4, and below the middle of the
    scale, it is a dislike of strength d; otherwise the strength is 0.6 + 0.4 d. In the best quarter
    of the scale it is at least 0.5, and the worst quarter always is a dislike. The strength never
    falls with the rating.
    """
    d = ((place - mean) / (2 * deviation)).clip(-1, 1)
    liked = 0.6 + 0.4 * d
    relative = pl.when((d < -_MARGIN) & (place < _MIDDLE)).then(d).otherwise(liked)
    least = 0.6 - 0.4 * _MARGIN
    return (
        pl.when(place >= _GOOD).then(pl.max_horizontal(relative, pl.lit(least)))
        .when(place <= _BAD).then(pl.min_horizontal(relative, pl.lit(-_MARGIN)))
        .otherwise(relative)
    )  # fmt: skip


def repeat_divisor(*same: str) -> pl.Expr:
    """Returns the square root of n, for the n-th row in order with equal values in `same`."""
    return pl.int_range(1, pl.len() + 1).over(*same).sqrt()


def account_mean(
    place: pl.Expr, opinion: OpinionScale, who: str, earlier: tuple[pl.Expr, pl.Expr] | None = None
) -> pl.Expr:
    """Returns (sum of the account's earlier places + 5 platform mean) / (their count + 5).

    Args:
        place: the place on the scale of a rating, null for other events; in order.
        opinion: has the mean of the platform.
        who: the column that tells accounts apart.
        earlier: the sum and the count of further earlier ratings of each row's account.
    """
    rated, known = place.is_not_null(), place.fill_null(0.0)
    sums = known.cum_sum().over(who) - known
    counts = rated.cum_sum().over(who) - rated.cast(pl.Int64)
    if earlier is not None:
        sums, counts = sums + earlier[0], counts + earlier[1]
    return (sums + _PRIOR * opinion.mean) / (counts + _PRIOR)
