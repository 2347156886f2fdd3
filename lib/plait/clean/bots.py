"""Finds bots and crawlers: measures accounts with many events, and applies the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from plait.clean.bot_figures import BOT_COLUMNS, HOUR_US, measure_accounts
from plait.clean.near_duplicates import EXACT_RESOLUTIONS
from plait.config.denoise_settings import BotRules
from plait.contracts.store_tables import BOTS

_FASTER_HOURS = 3  # hours of three times the events need no regular gaps


def find_bots(events: pl.DataFrame, rules: Mapping[str, BotRules]) -> pl.DataFrame:
    """Returns BOTS: the accounts among `events` that a rule holds for.

    - fast_and_regular: one hour of the clock is fast, and gap_variation is small enough.
    - fast_and_broad: three hours are three times as fast, and breadth is large enough.
    - sleepless_and_regular, sleepless_and_broad: longest_hours >= sleepless_hours and the
      hour_entropy is high enough, and gap_variation is small or breadth is large enough.

    An hour is fast if it has events_per_hour visits and events in 20 of its minutes. Events in
    succession on one object are one visit, so the reports of a player are no crawl. An import of
    many rows within minutes is none either.

    Args:
        events: BOT_COLUMNS and nr, the number of the account; all events of each account, in the
            order of a history (by account or person, then time).
        rules: the rules of each platform; without rules nobody is a bot.
    """
    active = {platform: rule for platform, rule in rules.items() if rule.remove}
    found = [BOTS.empty()]
    rows = _of_suspects(events, list(active.values()))
    for platform, rule in active.items() if rows.height else ():
        here = rows.filter(pl.col("platform") == platform)
        if here.height:
            only = _is_regular(rule) | _is_broad(rule)  # as every rule needs
            found.append(_apply_rules(measure_accounts(here, rule, only), rule))
    return pl.concat(found).sort("account")


def _of_suspects(events: pl.DataFrame, rules: Sequence[BotRules]) -> pl.DataFrame:
    """Returns the exact events of accounts that are fast, or active for long, by any of `rules`.

    Every rule needs one of the two. They are cheap to find, and few people have either. Accounts
    that lie between the events of such a run are returned too.
    """
    if not rules or not events.height:
        return events.clear()
    nr, known = events["nr"].to_numpy(), events["time"].is_not_null()
    many = (np.bincount(nr) >= min(rule.min_events for rule in rules))[nr]
    places = np.flatnonzero(many if known.all() else many & known.to_numpy())
    at = events["time"].to_physical().fill_null(0).to_numpy()[places]
    step, hour = np.diff(at, prepend=at[:1]), at // HOUR_US
    pause = max(rule.pause_hours for rule in rules) * HOUR_US
    first, last = _runs((step < 0) | (step > pause))
    awake = at[last] - at[first] >= min(rule.sleepless_hours for rule in rules) * HOUR_US
    begin, end = _runs((step < 0) | (np.diff(hour, prepend=hour[:1]) != 0))
    fast = end - begin + 1 >= min(rule.events_per_hour for rule in rules)
    if not (awake.any() or fast.any()):  # the usual case
        return events.clear()
    found = np.repeat(awake, last - first + 1) | np.repeat(fast, end - begin + 1)
    suspects = np.zeros(int(nr.max()) + 1, bool)
    suspects[nr[places[found]]] = True
    rows = events.select("nr", *BOT_COLUMNS).filter(suspects[nr])
    return rows.filter(pl.col("time_resolution").is_in(EXACT_RESOLUTIONS))


def _runs(starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first and the last place of each run; `starts` [N] is true where one begins."""
    first = np.flatnonzero(np.append(np.ones(min(len(starts), 1), bool), starts[1:]))
    return first, np.append(first[1:], len(starts))[: len(first)] - 1


def _is_regular(rule: BotRules) -> pl.Expr:
    return (pl.col("gap_variation") <= rule.gap_variation).fill_null(value=False)


def _is_broad(rule: BotRules) -> pl.Expr:
    return pl.col("breadth") >= rule.breadth


def _apply_rules(figures: pl.DataFrame, rule: BotRules) -> pl.DataFrame:
    fast = pl.col("fast_hours") > 0
    faster = pl.col("faster_hours") >= _FASTER_HOURS
    regular, broad = _is_regular(rule), _is_broad(rule)
    sleepless = (pl.col("longest_hours") >= rule.sleepless_hours) & (
        pl.col("hour_entropy") >= rule.hour_entropy
    )
    reason = (
        pl.when(fast & regular)
        .then(pl.lit("fast_and_regular"))
        .when(faster & broad)
        .then(pl.lit("fast_and_broad"))
        .when(sleepless & regular)
        .then(pl.lit("sleepless_and_regular"))
        .when(sleepless & broad)
        .then(pl.lit("sleepless_and_broad"))
    )
    enough = figures.filter(pl.col("events") >= rule.min_events)
    return BOTS.conform(enough.with_columns(reason=reason).drop_nulls("reason"))
