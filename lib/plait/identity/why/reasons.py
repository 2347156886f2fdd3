"""Says why two persons are not one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from plait.identity.why.explanation import ApartReason, Evidence
from plait.say_count import say_count


@dataclass(frozen=True)
class Standing:
    """What was said about accounts, and the settings that guard persons.

    Attributes:
        said: STANDING assertions.
        settings: the settings of the store version, by full name.
        blocked: key, accounts, reason: BLOCKED_KEYS of the store version.
    """

    said: pl.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    blocked: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"key": pl.String, "reason": pl.String})
    )


def find_reasons(
    accounts: pl.DataFrame, evidence: Sequence[Evidence], standing: Standing
) -> tuple[ApartReason, ...]:
    """Returns why the two persons of `accounts` are not one; at least one reason.

    Args:
        accounts: account, person of two persons.
        evidence: all evidence between these accounts.
        standing: what was said about accounts, and the settings.
    """
    person = dict(accounts.select("account", "person").iter_rows())
    across = [e for e in evidence if person[e.account_a] != person[e.account_b]]
    reasons = [
        ApartReason(edge.dropped_as, _sentence(edge, standing), edge)
        for edge in across
        if edge.dropped_as is not None
    ]
    reasons += _unlinks(person, standing.said)
    if not reasons:
        reasons.append(ApartReason("nothing", _nothing(standing.blocked)))
    return tuple(reasons)


def _sentence(edge: Evidence, standing: Standing) -> str:
    said = f"The evidence {edge.rule} (weight {edge.weight:.3f}) was not used"
    if edge.dropped_as == "below_threshold":
        threshold = standing.settings.get("people.link.threshold")
        if threshold is None:
            return f"{said}: it is below the threshold."
        return (
            f"{said}: it is {threshold - edge.weight:.3f} below people.link.threshold, "
            f"{threshold:g}."
        )
    if edge.dropped_as == "cap":
        most = standing.settings.get("people.max_accounts")
        cap = "" if most is None else f", {most}"
        return f"{said}: the person would have more accounts than people.max_accounts{cap}."
    return f"{said}: {_WORDS.get(str(edge.dropped_as), str(edge.dropped_as))}."


_WORDS = {
    "unlinked": "somebody said that they are two people",
    "contradiction": "stronger evidence contradicts it",
    "no_consent": "an account does not consent to be linked",
}


def _unlinks(person: Mapping[str, str], said: pl.DataFrame) -> list[ApartReason]:
    """Returns a reason for each pair of accounts that somebody said are two people."""
    known = list(person)
    apart = said.filter(
        pl.all_horizontal(pl.col("account_a", "account_b").is_in(known)) & ~pl.col("joined")
    )
    return [
        ApartReason("unlinked", _describe_saying(row))
        for row in apart.iter_rows(named=True)
        if person[row["account_a"]] != person[row["account_b"]]
    ]


def _describe_saying(row: Mapping[str, Any]) -> str:
    who = f" by {row['who']}" if row["who"] else ""
    when = f" on {row['time']:%Y-%m-%d %H:%M} UTC" if row["time"] else ""
    why = f": {row['why']}" if row["why"] else ""
    return f"They were unlinked{who}{when}{why}."


def _nothing(blocked: pl.DataFrame) -> str:
    text = "Nothing is known that they share: no key, no link, and no records that are alike."
    if blocked.height:
        keys = ", ".join(blocked["key"].unique().sort().to_list())
        text += (
            f" {say_count(blocked.height, 'value')} of {keys} identify nobody, so a value that "
            "they share may be one of them: plait identity report"
        )
    return text
