"""Accounts, events and small store versions that tests of live state are about.

Account n is `a_0000_<n>`, and alone it is person n.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import polars as pl

from plait.contracts.event_rows import FEEDBACK_EVENTS
from plait.contracts.store_tables import ACCOUNTS, EVENTS, ITEMS, PEOPLE, QUARANTINE, SEQUENCES
from plait.contracts.table_schema import conform_rows
from plait.features.sequences import build_sequences
from plait.live import LiveState, PersonLookup
from plait.store import Store, StoreVersion
from tests.live_sequences import live_sequences

T0 = datetime(2025, 1, 1, tzinfo=UTC)


def account(n: int) -> str:
    return f"a_0000_{n:032x}"


def person(n: int) -> str:
    return f"p_{n:032x}"


def ends(*numbers: int, platform: str = "shop") -> list[tuple[str, str]]:
    """Returns the accounts as links name them."""
    return [(account(n), platform) for n in numbers]


def who(*numbers: int, platform: str = "shop") -> list[PersonLookup]:
    """Returns the questions for who the accounts are."""
    return [PersonLookup(account=account(n), platform=platform) for n in numbers]


def events(*rows: tuple[str, int, float | None]) -> pl.DataFrame:
    """Rows of (event id, account, seconds after T0 or None), each on an item of its own."""
    frame = pl.DataFrame(
        [
            {
                "event_id": f"shop:{name}",
                "platform": "shop",
                "account": account(number),
                "type": "view",
                "object_kind": "item",
                "object_id": f"shop:{name}",
                "time": None if at is None else T0 + timedelta(seconds=at),
                "time_resolution": "us",
                "strength": 0.3,
            }
            for name, number, at in rows
        ],
        schema_overrides={"time": FEEDBACK_EVENTS["time"]},
    )
    return conform_rows(frame, FEEDBACK_EVENTS)


def items(state: LiveState, *lookups: PersonLookup) -> list[list[str]]:
    """Returns the items of each one's history, oldest first."""
    found = live_sequences(state.read_people(lookups), state.length)["item"]
    return [list(one) for one in found]


def publish_people(
    store: Store,
    people: Mapping[int, Iterable[int]],
    *,
    length: int = 50,
    since: Mapping[int, int] | None = None,
    retired: Mapping[int, int] | None = None,
    drained: Iterable[str] = (),
) -> StoreVersion:
    """Publishes a version in which every account has bought its items `shop:<n>a` and `shop:<n>b`.

    Args:
        store: where to.
        people: the accounts of each person, all on `shop`.
        length: events that a sequence holds.
        since: the version that first knew a person; default: 1.
        retired: who was merged into whom.
        drained: the feedback objects that it has read.
    """
    held = [(n, one) for n, accounts in people.items() for one in accounts]
    since, retired = since or {}, retired or {}
    steps = [
        {"person": person(n), "account": account(one), "event_id": f"shop:{one}{letter}",
         "item": f"shop:{one}{letter}", "platform": "shop", "type": "purchase", "strength": 1.0,
         "time": T0 - timedelta(days=2, seconds=-10 * one - second), "order": None}
        for n, one in held for second, letter in enumerate("ab")
    ]  # fmt: skip
    accounts = [
        {"account": account(one), "platform": "shop", "person": person(n), "rule": "alone",
         "events": 2}
        for n, one in held
    ]  # fmt: skip
    rows = [
        {"person": person(n), "since": since.get(n, 1), "merged_into": heir, "platforms": ["shop"],
         "accounts": 1, "events": 2}
        for n, heir in [*((n, None) for n in people),
                        *((n, person(heir)) for n, heir in retired.items())]
    ]  # fmt: skip
    frames = {
        EVENTS: EVENTS.empty(),
        ITEMS: ITEMS.empty(),
        QUARANTINE: QUARANTINE.empty(),
        ACCOUNTS: pl.DataFrame(accounts),
        PEOPLE: pl.DataFrame(rows, schema_overrides={"merged_into": pl.String}),
        SEQUENCES: build_sequences(
            pl.DataFrame(steps, schema_overrides={"order": pl.Int64}), length, remember=True
        ),
    }
    versions = {}
    for table, frame in frames.items():
        writer = store.writer(table)
        writer.write(table.conform(frame))
        versions[table.name] = writer.commit()
    store.publish(versions, {}, [{"path": path} for path in drained])
    return store.current()
