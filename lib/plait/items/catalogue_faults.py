"""Finds what a catalogue has that cannot be used: rows without a usable id, and single values."""

from __future__ import annotations

import polars as pl

from plait.config.catalogue_settings import CatalogueSettings
from plait.contracts.mask_lines import mask_kind
from plait.contracts.personal_fields import show_field
from plait.contracts.quarantine_reasons import CATALOGUE_SOURCE, VALUE_REASONS
from plait.contracts.store_tables import QUARANTINE
from plait.sources.columns.mask_broken_lines import mask_broken_lines
from plait.sources.read_platform import catalogue_mapping

_CLEAN_NAMES = {"length": "length_s"}  # fields whose contract column has another name


def find_value_faults(raw: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Returns n (the position of the row), reason, field, value of each value that became null.

    Args:
        raw: the usable rows of a catalogue, every value as text.
        listed: the same rows after cleaning.
    """
    parts = []
    for field, reason in VALUE_REASONS.items():
        lost = raw[field].is_not_null() & (raw[field].str.strip_chars() != "")
        lost &= listed[_CLEAN_NAMES.get(field, field)].is_null()
        n = lost.arg_true()
        if field == "vector":  # an empty list is no vector, and no fault
            n = n.filter(raw[field].gather(n).str.contains(r"[^\s\[\]|,;]"))
        parts.append(
            pl.DataFrame({"n": n, "value": raw[field].gather(n)}).with_columns(
                reason=pl.lit(reason), field=pl.lit(field)
            )
        )
    return pl.concat(parts).select("n", "reason", "field", "value")


def quarantine_catalogue(
    raw: pl.DataFrame, faults: pl.DataFrame, platform: str, catalogue: CatalogueSettings, *,
    personal_brand: bool,
) -> pl.DataFrame:  # fmt: skip
    """Returns QUARANTINE rows for the `faults` of the rows of a catalogue.

    If the fields of a row may be in the wrong columns, only their kind and length is shown; of a
    broken row, the form of its line.

    Args:
        raw: file, row, the fields as text, fault and whole, of all rows.
        faults: n (the position in `raw`), reason, field, value.
        platform: the platform of the catalogue.
        catalogue: the settings, which name the columns.
        personal_brand: whether `brand` is an account id.
    """
    if not faults.height:
        return QUARANTINE.empty()
    rows = raw[faults["n"]]
    named = [name for name, value in catalogue.columns if value is not None]
    hidden = [mask_kind(pl.col(name)).alias(name) for name in named]
    shown = [
        masked if name == "brand" and personal_brand else show_field(name)
        for name, masked in zip(named, hidden, strict=True)
    ]
    as_json = [
        rows.select(pl.struct(columns).struct.json_encode()).to_series()
        for columns in (shown, hidden)
    ]
    lines = mask_broken_lines(rows, catalogue_mapping(catalogue))
    sure = rows["fault"].is_null() & rows["whole"]
    shown_value = sure & ~((faults["field"] == "brand") & personal_brand)
    return QUARANTINE.conform(
        rows.select("file", "row").hstack(faults.select("reason", "field", show_field("value")))
        .with_columns(
            platform=pl.lit(platform),
            value=pl.when(shown_value).then("value"),
            raw=pl.when(sure).then(as_json[0]).otherwise(pl.coalesce(lines, as_json[1])),
            source=pl.lit(CATALOGUE_SOURCE),
        )
    )  # fmt: skip
