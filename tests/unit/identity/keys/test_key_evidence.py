"""Which accounts a key value joins, and which values are over their limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter

import polars as pl
import pytest

from plait.config.people_settings import KeySettings
from plait.contracts.identity_tables import BLOCKED_KEYS
from plait.identity.evidence import EVIDENCE_EDGES
from plait.identity.keys.account_values import ACCOUNT_ATTRIBUTES, REFUSED_VALUES
from plait.identity.keys.key_evidence import KeyEvidence, count_blocked, key_edges
from plait.identity.keys.key_types import KeyRule
from tests.unit.identity.edges import attribute_frame, frame, rules_of

DAY = datetime(2025, 1, 1, tzinfo=UTC)


def _held(rows: Iterable[Sequence[str]], key: str, days: Sequence[int] = ()) -> pl.DataFrame:
    """Returns ACCOUNT_ATTRIBUTES of accounts `platform:n` with one value."""
    accounts = [row[0] for row in rows]
    held = attribute_frame([(a, key, "v") for a in accounts])
    times = [DAY + timedelta(days=n) for n in days] or None
    return held.with_columns(
        platform=pl.col("account").str.extract("^(.*):"),
        seen=pl.Series(times, dtype=ACCOUNT_ATTRIBUTES["seen"]) if times else pl.col("seen"),
    )


def _on(platforms: str, each: int) -> list[tuple[str]]:
    return [(f"{name}:{n}",) for name in platforms for n in range(each)]


def _evidence(
    rows: Iterable[Sequence[str]], key: str, platforms: int = 4, days: Sequence[int] = (),
    **settings: float,
) -> KeyEvidence:  # fmt: skip
    rule = KeyRule.of(key, KeySettings.model_validate(settings), platforms)
    return key_edges(_held(rows, key, days), {key: rule})


def test_holders_of_a_value_are_a_star_about_the_first() -> None:
    holders = [f"a{n:02}" for n in range(50)]
    rows = [(a, "email", "x") for a in reversed(holders)]
    held = attribute_frame([*rows, *rows, ("b", "email", "y"), ("c", None, None)])
    found = key_edges(held, rules_of("email", weight=0.9))
    assert found.blocked.schema == BLOCKED_KEYS.empty().schema
    assert found.blocked.is_empty()
    assert found.edges.schema == pl.Schema(EVIDENCE_EDGES)
    assert found.edges.sort("account_b").rows() == [
        ("a00", a, "email", 0.9, None, []) for a in holders[1:]
    ]
    assert found.held.height == 51


def test_a_value_held_by_too_many_identifies_nobody() -> None:
    many = [(f"a{n}", "email", "none@example.com") for n in range(51)]
    few = [("b", "email", "x"), ("c", None, None), ("d", None, None), ("e", "email", "x")]
    found = key_edges(attribute_frame([*many, *few]), rules_of("email"))
    assert found.edges.rows() == [("b", "e", "email", 1.0, None, [])]
    assert found.held["account"].sort().to_list() == ["b", "e"]
    assert found.blocked.to_dicts() == [
        {"key": "email", "prefix": "n", "accounts": 51, "values": 1, "reason": "over_limit"}
    ]
    assert count_blocked(found.blocked) == {"email": {"over_limit": {"values": 1, "accounts": 51}}}


@pytest.mark.parametrize(
    ("platforms", "each", "joined"),
    [
        ("abcd", 1, True),  # one person, four platforms, one tablet
        ("a", 50, False),  # fifty people on one tablet
        ("ab", 3, False),  # a family of three, each with an account on both platforms
        ("abcd", 13, False),
    ],
)
@pytest.mark.parametrize("key", ["device", "cookie_id", "device_sha256"])
def test_a_device_joins_the_platforms_of_one_person_only(
    key: str, platforms: str, each: int, joined: bool
) -> None:
    rows = _on(platforms, each)
    found = _evidence(rows, key)
    assert found.edges.height == (len(rows) - 1 if joined else 0)
    assert found.blocked["accounts"].to_list() == ([] if joined else [len(rows)])


def test_limits_of_the_settings_count_in_place_of_the_usual() -> None:
    assert _evidence(_on("a", 3), "device", limit=3).edges.height == 2
    assert _evidence(_on("ab", 2), "device", limit=3).edges.is_empty()
    assert _evidence(_on("ab", 2), "device", per_platform=2).edges.height == 3
    assert _evidence(_on("a", 3), "device", per_platform=2, limit=9).edges.is_empty()
    assert _evidence(_on("a", 4), "email").edges.is_empty()
    assert _evidence(_on("a", 3), "email").edges.height == 2


@pytest.mark.parametrize(
    ("days", "joined"),
    [
        ([0, 40, 80], True),  # one account after the other
        ([0, 29, 80], False),
        ([0, 20, 35], False),  # no window of the calendar has both
    ],
)
def test_accounts_are_counted_in_every_window(days: list[int], joined: bool) -> None:
    found = _evidence(_on("a", 3), "device", days=days, window_days=30)
    assert bool(found.edges.height) is joined
    assert bool(found.blocked.height) is not joined


def test_an_account_without_a_time_is_in_every_window() -> None:
    rule = KeyRule.of("device", KeySettings(window_days=30), 1)
    held = _held(_on("a", 2), "device", [0, 90])
    assert key_edges(held, {"device": rule}).edges.height == 1
    timeless = held.with_columns(seen=pl.when(pl.col("account") == "a:0").then("seen"))
    assert key_edges(timeless, {"device": rule}).edges.is_empty()


def test_an_edge_is_known_since_both_accounts_were_seen() -> None:
    held = _held([*_on("ab", 1), *_on("a", 1)], "email", [3, 9, 1])
    rule = KeyRule.of("email", KeySettings(), 2)
    (edge,) = key_edges(held, {"email": rule}).edges.to_dicts()
    assert edge["since"] == DAY + timedelta(days=9)


def test_refused_values_are_listed_and_malformed_ones_together() -> None:
    rows = [("a", "email", "x1", "x", "invalid"), ("b", "email", "x2", "x", "invalid"),
            ("a", "email", "n1", "NA", "null_word"), ("c", "email", "n1", "NA", "null_word"),
            ("d", "email", "n2", "na", "null_word")]  # fmt: skip
    refused = frame(" ".join(REFUSED_VALUES), rows)
    found = key_edges(attribute_frame([]), rules_of("email"), refused).blocked
    assert found.select("prefix", "accounts", "values", "reason").rows() == [
        ("x", 2, 2, "invalid"), ("NA", 2, 1, "null_word"), ("na", 1, 1, "null_word"),
    ]  # fmt: skip


@pytest.mark.parametrize("window_days", [None, 30.0])
def test_a_value_of_very_many_accounts_is_found_fast(window_days: float | None) -> None:
    n = 100_000
    held = pl.DataFrame({"n": range(n)}).select(
        account=pl.format("a:{}", "n"), platform=pl.lit("a"), home=pl.lit("a"),
        key=pl.lit("loyalty"), value=pl.lit("v"), prefix=pl.lit("1"), alias=pl.lit(value=False),
        seen=pl.lit(DAY).cast(ACCOUNT_ATTRIBUTES["seen"]) + pl.duration(minutes="n"),
    )  # fmt: skip
    rule = KeyRule.of("loyalty", KeySettings(window_days=window_days), 2)
    start = perf_counter()
    found = key_edges(held, {"loyalty": rule})
    assert perf_counter() - start < 5
    assert found.edges.is_empty()
    assert found.blocked["accounts"].to_list() == [n]
