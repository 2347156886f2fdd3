"""Cleans rows that say what accounts consent to. An unclear row never grants anything."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from plait.clean.id_faults import find_id_faults
from plait.clean.parse_times import EARLIEST_TIME, parse_times
from plait.config.consent_settings import ConsentLog
from plait.contracts.consent_rows import PURPOSES
from plait.contracts.id_rules import AROUND_IDS
from plait.sources.values.null_words import null_words_to_null

_YES = (
    "1", "1.0", "true", "t", "yes", "y", "on", "granted", "grant", "given", "give", "allowed",
    "allow", "accepted", "accept", "agreed", "opt-in", "opt_in", "optin", "opted-in", "opted_in",
    "in", "consent_given", "consent_granted",
)  # fmt: skip
_NO = (
    "0", "0.0", "false", "f", "no", "n", "off", "denied", "deny", "withdrawn", "withdraw",
    "withdrew", "revoked", "revoke", "refused", "refuse", "rejected", "reject", "declined",
    "disallowed", "opt-out", "opt_out", "optout", "opted-out", "opted_out", "out",
    "consent_withdrawn", "consent_denied", "consent_revoked",
)  # fmt: skip
_WORDS = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
UNKNOWN_CONSENT = "unknown_consent"


@dataclass(frozen=True)
class CleanConsents:
    """Rows of a log of consent after cleaning.

    Attributes:
        statements: account (raw), purpose, allowed, time.
        faulty: the rows with a fault, with `reason` and `field`.
    """

    statements: pl.DataFrame
    faulty: pl.DataFrame


def clean_consents(raw: pl.DataFrame, log: ConsentLog) -> CleanConsents:
    """Returns the statements in `raw`, and the rows that cannot be used.

    A row with a word that is neither yes nor no withdraws that purpose, and is a fault too. A row
    whose time cannot be read grants nothing, and withdraws what it says it does.

    Args:
        raw: account, time and the purposes as text, `row` and `fault`.
        log: how the log is written.
    """
    told = [name for name in ("all", *PURPOSES) if name in raw.columns]
    rows = null_words_to_null(
        raw.with_columns(pl.col("account", *told).str.strip_chars(AROUND_IDS)),
        log.null_words,
        ["account", *told],
    )
    # A row that says nothing is no statement: a log of events has many.
    rows = rows.filter(
        pl.col("fault").is_not_null() | pl.any_horizontal(pl.col(told).is_not_null())
    )
    id_faults = find_id_faults(rows, "account", told)
    sound, broken = rows.filter(id_faults.is_null()), rows.filter(id_faults.is_not_null())
    words = sound.with_columns(
        pl.col(name)
        .str.to_lowercase()
        .replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)
        .alias(f"{name}?")
        for name in told
    )
    unknown = [pl.col(name).is_not_null() & pl.col(f"{name}?").is_null() for name in told]
    words = words.with_columns(_times(sound, log)).with_columns(
        late="time" in raw.columns and pl.col("time").is_not_null() & pl.col("at").is_null(),
        odd=pl.coalesce(
            *(pl.when(is_so).then(pl.lit(n)) for n, is_so in zip(told, unknown, strict=True))
        ),
    )
    statements = pl.concat([_statements(words, purpose, told) for purpose in PURPOSES])
    faulty = words.filter(pl.col("odd").is_not_null() | pl.col("late")).with_columns(
        reason=pl.when(pl.col("odd").is_not_null())
        .then(pl.lit(UNKNOWN_CONSENT))
        .otherwise(pl.lit("bad_time")),
        field=pl.coalesce("odd", pl.lit("time")),
    )
    lost = broken.with_columns(id_faults.drop_nulls().alias("reason")).with_columns(
        field=pl.when(pl.col("fault").is_null()).then(pl.lit("account")).otherwise(pl.lit("row"))
    )
    return CleanConsents(statements, pl.concat([faulty.select(lost.columns), lost]))


def _times(rows: pl.DataFrame, log: ConsentLog) -> pl.Series:
    """Returns the UTC time of each row; null if it has none, or none that can be."""
    if "time" not in rows.columns:
        return pl.Series("at", [None] * rows.height, pl.Datetime("us", "UTC"))
    found = parse_times(rows["time"], log.time.unit, log.time.zone).alias("at")
    return found.set(found < EARLIEST_TIME, None)


def _statements(words: pl.DataFrame, purpose: str, told: list[str]) -> pl.DataFrame:
    """Returns account, purpose, allowed, time of the rows that say something of `purpose`."""
    says = [name for name in (purpose, "all") if name in told]
    if not says:
        words = words.clear()
        says = [told[0]]
    said = pl.any_horizontal(pl.col(says).is_not_null())
    # The column of a purpose is more exact than that of all; an unknown word is no consent.
    yes = pl.coalesce(
        *(
            pl.when(pl.col(n).is_not_null()).then(pl.col(f"{n}?").fill_null(value=False))
            for n in says
        )
    )
    return words.filter(said & ~(pl.col("late") & yes)).select(
        "account", purpose=pl.lit(purpose), allowed=yes, time="at"
    )
