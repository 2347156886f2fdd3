"""Builds quarantine rows: unusable rows, the reason, and no personal data in the clear."""

from __future__ import annotations

import polars as pl

from plait.contracts.event_rows import RAW_FIELDS
from plait.contracts.mask_lines import mask_kind
from plait.contracts.personal_fields import PERSONAL_FIELDS, mask_columns, mask_text, show_field
from plait.contracts.quarantine_reasons import EVENTS_SOURCE
from plait.contracts.store_tables import EVENTS, QUARANTINE
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym, session_pseudonym
from plait.sources.columns.mask_broken_lines import mask_broken_lines
from plait.sources.columns.raw_columns import FAULT_COLUMN, WHOLE_COLUMN
from plait.sources.columns.source_mapping import SourceMapping

ROW_FAULTS = {"row": pl.Int64(), "reason": pl.String(), "field": pl.String(), "value": pl.String()}
_FAULT_VALUE = "fault_value"
_ELEMENT = "element"  # optional column: the element of a row with several events


def quarantine_rows(
    raw: pl.DataFrame,
    faults: pl.DataFrame,
    mapping: SourceMapping,
    platform: str,
    file: str,
    key: PseudonymKey,
    namespace: str | None = None,
) -> pl.DataFrame:
    """Returns QUARANTINE rows for the `faults` (row, reason, field, value) of `raw`.

    Account and session ids are replaced by pseudonyms, other personal fields by their length. If
    the values of a row may be in the wrong columns, none is shown; file and row locate it. Of a
    broken row, the form of the line is kept, or the kind and length of each value.

    Args:
        raw: RAW_SCHEMA columns, fault and whole; optionally element, and the line of a fault. Its
            `row` is unique.
        faults: the faults, at most one per row.
        mapping: the RAW_FIELDS that the platform's log has, and the columns they name.
        platform: the platform of the log.
        file: the file, as messages name it.
        key: the pseudonym key for account and session ids.
        namespace: the namespace of these ids. Default: the platform.
    """
    if not faults.height:
        return QUARANTINE.empty()
    # A log may have a field `value` too.
    named_faults = faults.rename({"value": _FAULT_VALUE})
    rows = named_faults.join(raw, on="row", how="left", maintain_order="left")
    pseudonyms = {
        "account": account_pseudonym(rows["account"], key, namespace or platform),
        "session": session_pseudonym(rows["session"], key, namespace or platform),
    }
    named = [
        name for name in RAW_FIELDS if name in mapping.values or (name == "type" and mapping.flags)
    ]
    shown = rows.select(pseudonyms.get(name, _masked_field(name)) for name in named)
    hidden = rows.select(mask_kind(pl.col(name)).alias(name) for name in named)
    broken = rows[FAULT_COLUMN].is_not_null()
    sure = rows[WHOLE_COLUMN] & ~broken
    return QUARANTINE.conform(
        rows.select(
            n for n in ("row", "reason", "field", _FAULT_VALUE, _ELEMENT) if n in rows.columns
        ).with_columns(
            platform=pl.lit(platform),
            file=pl.lit(file),
            value=pl.when(sure).then(_FAULT_VALUE),
            raw=pl.when(sure)
            .then(_to_json(shown))
            .when(broken)
            .then(pl.coalesce(mask_broken_lines(rows, mapping), _to_json(hidden)))
            .otherwise(pl.lit("{}")),
            source=pl.lit(EVENTS_SOURCE),
        )
    )


def _to_json(rows: pl.DataFrame) -> pl.Series:
    return rows.select(pl.struct(pl.all()).struct.json_encode()).to_series()


def _masked_field(name: str) -> pl.Expr:
    if name in PERSONAL_FIELDS:
        return mask_text(pl.col(name)).alias(name)
    return show_field(name)


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
        ).with_columns(raw=_to_json(shown), source=pl.lit(EVENTS_SOURCE))
    )
