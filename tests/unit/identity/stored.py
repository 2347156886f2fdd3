"""Small store versions with people, written without a fuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from plait.contracts.identity_tables import BLOCKED_KEYS, IDENTITY_EDGES, PERSON_CHANGES
from plait.contracts.store_tables import ACCOUNTS, PEOPLE
from plait.contracts.table_schema import TableSchema
from plait.identity.stored_people import StoredPeople
from plait.store import Store

TERMS = [
    {"term": "prior", "level": "", "bits": -10.0},
    {"term": "surname", "level": "exact", "bits": 8.0},
    {"term": "birth_date", "level": "different", "bits": -1.0},
]


def account(name: str) -> str:
    """Returns a pseudonym that begins with `name` (hexadecimal letters)."""
    return f"a_0000_{name:0<32}"


def person(name: str) -> str:
    """Returns a person id that begins with `name` (hexadecimal letters)."""
    return f"p_{name:0<32}"


def edge(a: str, b: str, rule: str = "email", weight: float = 1.0, **more: Any) -> dict[str, Any]:
    """Returns a row of IDENTITY_EDGES between two accounts by their short names."""
    row = {"account_a": account(a), "account_b": account(b), "rule": rule, "weight": weight}
    return {**row, "terms": [], **more}


def publish_people(
    folder: Path,
    persons: Mapping[str, Sequence[str]],
    edges: Iterable[Mapping[str, Any]] = (),
    *,
    events: Mapping[str, int] | None = None,
    homes: Mapping[str, str] | None = None,
    retired: Mapping[str, str] | None = None,
    changes: Iterable[Mapping[str, Any]] = (),
    blocked: Iterable[Mapping[str, Any]] = (),
    settings: Mapping[str, Any] | None = None,
) -> StoredPeople:
    """Publishes a version with these persons; returns it.

    Args:
        folder: the folder of the store.
        persons: the accounts of each person, by short names; an account is on the platform `shop`.
        edges: rows of IDENTITY_EDGES; see edge.
        events: the number of events of accounts; 0 if it is not told.
        homes: the home account of accounts.
        retired: ids, and the ids that they were merged into.
        changes: rows of PERSON_CHANGES.
        blocked: rows of BLOCKED_KEYS.
        settings: the settings of the version.
    """
    store = Store(folder)
    counts, homes = events or {}, homes or {}
    rows = [
        {
            "account": account(name),
            "platform": "shop",
            "person": person(owner),
            "rule": "email",
            "events": counts.get(name, 0),
            "home": account(homes[name]) if name in homes else None,
        }
        for owner, names in persons.items()
        for name in names
    ]
    people = [
        {"person": person(p), "since": 1, "platforms": ["shop"], "accounts": len(names),
         "events": sum(counts.get(name, 0) for name in names)}
        for p, names in persons.items()
    ]  # fmt: skip
    people += [
        {"person": person(p), "since": 1, "merged_into": person(into), "platforms": [],
         "accounts": 0, "events": 0}
        for p, into in (retired or {}).items()
    ]  # fmt: skip
    tables: list[tuple[TableSchema, list[Any]]] = [
        (ACCOUNTS, rows),
        (PEOPLE, people),
        (IDENTITY_EDGES, list(edges)),
        (PERSON_CHANGES, list(changes)),
        (BLOCKED_KEYS, list(blocked)),
    ]
    versions = {}
    for table, records in tables:
        writer = store.writer(table)
        writer.write(table.conform(pl.from_dicts(records)) if records else table.empty())
        versions[table.name] = writer.commit()
    return StoredPeople(store, store.publish(versions, {}, [], settings=dict(settings or {})))
