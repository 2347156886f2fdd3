"""Which accounts of a person live state in memory uses, by their consent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plait.contracts.consent_rows import PURPOSES
from plait.live.live_state import PersonLookup
from plait.live.stream_entries import decode_consents

Accounts = tuple[tuple[str, str], ...]


def said_of(account: str, entries: Iterable[str]) -> dict[str, bool]:
    """Returns what entries of the stream `consents` say of an account; the last word counts."""
    said: dict[str, bool] = {}
    for row in decode_consents(list(entries)).iter_rows(named=True):
        if row["account"] == account:
            said |= {name: row[name] for name in PURPOSES if row[name] is not None}
    return said


def usable(
    state: Any, group: Accounts, lookup: PersonLookup
) -> tuple[Accounts, bool, str, set[str]]:

    def shared(account: tuple[str, str]) -> bool:
        return len(state._in_base(state._person_of(account[0]))) > 1

    asked = (lookup.account, lookup.platform)
    one = group[0] if len(group) == 1 else asked
    if (len(group) == 1 or not lookup.person) and state._refuses(one):
        return (one,), True, one[1] if shared(one) else "", set()
    gone = [account for account in group if state._refuses(account)]
    kept = tuple(account for account in group if account not in gone)
    return kept, False, "", {account[1] for account in gone if shared(account)}
