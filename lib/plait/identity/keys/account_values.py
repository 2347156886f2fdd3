"""The frames of account attributes: who holds which value of which key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.contracts.store_tables import QUARANTINE
from plait.identity.probabilistic.read_records import gather_records

# One row per account and value of a key that may identify it; an account without one has a row with
# a null key.
# - value: the pseudonym of the normalised value, under the namespace of its key.
# - prefix: its first characters, as far as they are safe to show.
# - alias: whether it is another form of a value that the account has in a row of its own.
# - seen: when the account was seen with the value, or null.
ACCOUNT_ATTRIBUTES: dict[str, Any] = {
    "account": pl.String(),
    "platform": pl.String(),
    "home": pl.String(),
    "key": pl.String(),
    "value": pl.String(),
    "prefix": pl.String(),
    "alias": pl.Boolean(),
    "seen": pl.Datetime("us", "UTC"),
}
# One row per account and value that identifies nobody by itself; see BLOCKED_KEYS for reasons.
REFUSED_VALUES: dict[str, Any] = {
    "account": pl.String(),
    "key": pl.String(),
    "value": pl.String(),
    "prefix": pl.String(),
    "reason": pl.String(),
}


@dataclass
class AccountValues:
    """What one reading of all account rows found.

    Attributes:
        attributes: ACCOUNT_ATTRIBUTES.
        refused: REFUSED_VALUES.
        records: account, platform, country and a text column a meaning, raw, for people.link; they
            stay in memory.
        unusable: the number of unusable rows, by platform.
        quarantined: these rows, as QUARANTINE.
    """

    attributes: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=ACCOUNT_ATTRIBUTES)
    )
    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REFUSED_VALUES))
    records: pl.DataFrame = field(default_factory=lambda: gather_records([]))
    unusable: Counter[str] = field(default_factory=Counter)
    quarantined: pl.DataFrame = field(default_factory=QUARANTINE.empty)
