"""What keeps accounts apart although there is evidence that joins them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

ACCOUNT_PAIRS: dict[str, Any] = {"account_a": pl.String(), "account_b": pl.String()}
# - because: what the two accounts contradict each other in, such as `birth_date`. No raw values.
CONTRADICTIONS: dict[str, Any] = {**ACCOUNT_PAIRS, "because": pl.String()}
KEY_VALUES: dict[str, Any] = dict.fromkeys(("account", "key", "value"), pl.String())
# Values of `dropped_as`: why an edge was not used.
BELOW_THRESHOLD, NO_CONSENT = "below_threshold", "no_consent"
UNLINKED, CONTRADICTION, CAP = "unlinked", "contradiction", "cap"


def _no_pairs() -> pl.DataFrame:
    return pl.DataFrame(schema=ACCOUNT_PAIRS)


def _no_contradictions() -> pl.DataFrame:
    return pl.DataFrame(schema=CONTRADICTIONS)


def _no_values() -> pl.DataFrame:
    return pl.DataFrame(schema=KEY_VALUES)


def _no_accounts() -> pl.DataFrame:
    return pl.DataFrame(schema={"account": pl.String})


@dataclass(frozen=True)
class ClusterGuards:
    """What keeps accounts apart. The default keeps nobody apart.

    Attributes:
        thresholds: the least weight with which an edge of a rule joins accounts; a rule that is
            not named has none.
        max_accounts: the most accounts that a person may have; null: any number.
        apart: account_a, account_b that are never one person (unlinks).
        contradictions: CONTRADICTIONS: pairs that only a link or one account id may join.
        withheld: account: these are joined to no other (no consent).
        values: KEY_VALUES of the accounts; the values of weak keys too.
        strong: the keys whose different values contradict the evidence of a weak key.
        weak: the keys that people share without being one person (device, cookie).
        priorities: the priority of each key; a higher one is used first.
    """

    thresholds: Mapping[str, float] = field(default_factory=dict)
    max_accounts: int | None = None
    apart: pl.DataFrame = field(default_factory=_no_pairs)
    contradictions: pl.DataFrame = field(default_factory=_no_contradictions)
    withheld: pl.DataFrame = field(default_factory=_no_accounts)
    values: pl.DataFrame = field(default_factory=_no_values)
    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    priorities: Mapping[str, int] = field(default_factory=dict)
