"""Builds quarantine rows: unusable rows, the reason, and no personal data in the clear."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from plait.contracts.event_rows import RAW_FIELDS
from plait.contracts.personal_fields import PERSONAL_FIELDS, is_single_line, mask_columns, mask_text
from plait.contracts.store_tables import EVENTS, QUARANTINE
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, session_pseudonym
from plait.sources.raw_columns import FAULT_COLUMN, WHOLE_COLUMN

ROW_FAULTS = {"row": pl.Int64(), "reason": pl.String(), "field": pl.String(), "value": pl.String()}
_MAX_VALUE_CHARS = 512  # maximum length of a shown value


def quarantine_rows(
    raw: pl.DataFrame,
    faults: pl.DataFrame,
    fields: Collection[str],
    platform: str,
    file: str,
    key: PseudonymKey,
) -> pl.DataFrame:
    """Returns QUARANTINE rows for the `faults` (row, reason, field, value) of `raw`.

    Account and session ids are replaced by pseudonyms, other personal fields by their length. If
    the values of a row may be in the wrong columns, none is shown; file and row locate it.

    Args:
        raw: RAW_SCHEMA columns, fault and whole.
        faults: the faults, at most one per row.
        fields: the RAW_FIELDS that the platform's log has.
        platform: the platform of the log.
        file: the file, as messages name it.
        key: the pseudonym key for account and session ids.
    """
    if not faults.height:
        return QUARANTINE.empty()
    rows = faults.join(raw, on="row", how="left", maintain_order="left")
    pseudonyms = {
        "account": account_pseudonym(rows["account"], key, platform),
        "session": session_pseudonym(rows["session"], key, platform),
    }
    named = [name for name in RAW_FIELDS if name in fields]
    shown = rows.select(pseudonyms.get(name, _masked_field(name)) for name in named)
    sure = rows[WHOLE_COLUMN] & rows[FAULT_COLUMN].is_null()
    raw_json = shown.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    return QUARANTINE.conform(
        rows.select("row", "reason", "field", "value").with_columns(
            platform=pl.lit(platform),
            file=pl.lit(file),
            value=pl.when(sure).then("value"),
            raw=pl.when(sure).then(raw_json).otherwise(pl.lit("{}")),
        )
    )


def _masked_field(name: str) -> pl.Expr:
    value = pl.col(name)
    if name in PERSONAL_FIELDS:
        return mask_text(value).alias(name)
    return (
        pl.when(is_single_line(value))
        .then(value.str.head(_MAX_VALUE_CHARS))
        .otherwise(mask_text(value))
    )


def quarantine_unknown_platforms(events: pl.DataFrame) -> pl.DataFrame:
    """Returns QUARANTINE rows for events of unknown platforms (EVENTS columns, file and row)."""
    shown = mask_columns(events.select(n for n in EVENTS.columns if n in events.columns))
    creator = pl.col("object_kind") == "creator"
    hidden = pl.when(creator).then(mask_text(pl.col("object_id"))).otherwise("object_id")
    shown = shown.with_columns(object_id=hidden)
    return QUARANTINE.conform(
        events.select(
            "platform",
            "row",
            "file",
            reason=pl.lit("unknown_platform"),
            field=pl.lit("platform"),
            value="platform",
        ).with_columns(raw=shown.select(pl.struct(pl.all()).struct.json_encode()).to_series())
    )
