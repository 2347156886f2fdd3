"""Rows that could not be used, with what is wrong, and nothing personal in the clear."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from plait.contracts.raw import RAW_FIELDS
from plait.contracts.tables import EVENTS, QUARANTINE
from plait.privacy.pseudonym import Key, account_pseudonym, session_pseudonym

FAULTS = {"row": pl.Int64(), "reason": pl.String(), "field": pl.String(), "value": pl.String()}
_LONGEST = 512  # characters kept of a value


def quarantine_rows(
    raw: pl.DataFrame,
    faults: pl.DataFrame,
    fields: Collection[str],
    platform: str,
    file: str,
    key: Key,
) -> pl.DataFrame:
    """Returns QUARANTINE rows for the `faults` (row, reason, field, value) of `raw`.

    Args:
        raw: RAW columns.
        faults: what is wrong, at most one a row.
        fields: the RAW fields that the platform's log has.
        platform: whose log it is.
        file: the file, as messages name it.
        key: turns account and session ids into pseudonyms.
    """
    if not faults.height:
        return QUARANTINE.empty()
    rows = faults.join(raw, on="row", how="left", maintain_order="left")
    hidden = {
        "account": account_pseudonym(rows["account"], key, platform),
        "session": session_pseudonym(rows["session"], key, platform),
    }
    shown = rows.with_columns(**hidden).select(
        pl.col(name).str.head(_LONGEST) for name in RAW_FIELDS if name in fields
    )
    return QUARANTINE.conform(
        rows.select("row", "reason", "field", "value").with_columns(
            platform=pl.lit(platform),
            file=pl.lit(file),
            raw=shown.select(pl.struct(pl.all()).struct.json_encode()).to_series(),
        )
    )


def foreign_rows(events: pl.DataFrame, file: str) -> pl.DataFrame:
    """Returns QUARANTINE rows for contract rows of platforms the project does not know."""
    shown = events.select(name for name in EVENTS.columns if name in events.columns)
    return QUARANTINE.conform(
        events.select(
            "platform",
            "row",
            file=pl.lit(file),
            reason=pl.lit("unknown_platform"),
            field=pl.lit("platform"),
            value="platform",
        ).with_columns(raw=shown.select(pl.struct(pl.all()).struct.json_encode()).to_series())
    )
