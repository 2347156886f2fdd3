"""Reads catalogues and converts their rows to contract columns."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.clean.id_faults import find_id_faults
from plait.clean.parse_times import parse_times
from plait.config import Project
from plait.config.catalogue_settings import CatalogueSettings
from plait.contracts.event_rows import LIST_SEPARATOR
from plait.contracts.id_rules import AROUND_IDS
from plait.contracts.quarantine_reasons import PRICE_OUTLIER
from plait.contracts.store_tables import ITEMS, QUARANTINE
from plait.errors import EmptyInput
from plait.items.catalogue_faults import (
    find_value_faults,
    quarantine_catalogue,
)
from plait.items.one_row_each import LISTED_COLUMNS, keep_fullest, merge_rows
from plait.items.price_levels import (
    convert_prices,
    count_without_rate,
    find_rates,
    level_prices,
)
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.sources.files.find_files import find_files
from plait.sources.read_platform import read_catalogue
from plait.sources.values.find_nested import find_nested
from plait.sources.values.null_words import null_words_to_null
from plait.sources.values.parse_numbers import parse_numbers, written_currencies


def read_catalogues(
    project: Project, key: PseudonymKey
) -> tuple[pl.DataFrame, dict[str, dict[str, Any]], pl.DataFrame]:
    """Returns one row per item, counts of each platform, and QUARANTINE rows.

    The columns are LISTED_COLUMNS, price_level and price_base. If several rows list an item, the
    one with the most fields set supersedes the others, or they are merged (`merge`). So the order
    of rows and files does not matter. If creators are accounts, `brand` is the creator's pseudonym.
    The counts are rows = items + superseded + unusable, and `prices_without_rate` by currency.
    QUARANTINE has a row for each unusable row, and for each unusable value and outlier of a row
    that stays.
    """
    rates = None if project.currencies is None else project.currencies.table
    parts: list[pl.DataFrame] = []
    counts: dict[str, dict[str, Any]] = {}
    faulty: list[pl.DataFrame] = [QUARANTINE.empty()]
    for platform, settings in project.platforms.items():
        catalogue = settings.catalogue
        if catalogue is None:
            continue
        where = f"platforms.{platform}.catalogue"
        batches = [
            batch.with_columns(file=pl.lit(file.name))
            for file in find_files(
                project,
                catalogue.files,
                catalogue.file_format,
                where,
                otherwise=catalogue.otherwise_format,
            )
            for batch in read_catalogue(file, catalogue)
        ]
        raw = pl.concat(batches)
        if not raw.height:
            raise EmptyInput(
                f"the catalogue of platform '{platform}' has no rows.",
                fix=f"Name files with rows in {where}.files, or remove {where}.",
            )
        rows, faults, places = clean_catalogue(raw, platform, catalogue)
        creators = settings.creators == "accounts"
        if creators:
            space = project.id_namespace(platform)
            rows = rows.with_columns(account_pseudonym(rows["brand"], key, space))
        one_each = merge_rows if catalogue.merge else keep_fullest
        best, outliers = level_prices(one_each(rows.with_columns(n=places)), rates)
        faults = pl.concat([faults, _outlier_faults(raw, best["n"].filter(outliers))])
        bad = quarantine_catalogue(raw, faults, platform, catalogue, personal_brand=creators)
        counts[platform] = {
            "rows": raw.height,
            "items": best.height,
            "superseded": rows.height - best.height,
            "unusable": raw.height - rows.height,
        }
        parts.append(best.drop("n"))
        faulty.append(bad)
    schema = {name: ITEMS.polars[name] for name in (*LISTED_COLUMNS, "price_level")}
    listed = pl.concat(parts) if parts else pl.DataFrame(schema=schema)
    listed = listed.with_columns(convert_prices(listed, find_rates(listed, rates)))
    for platform, entry in counts.items():
        here = listed.filter(pl.col("platform") == platform)
        if lacking := count_without_rate(here):
            entry["prices_without_rate"] = lacking
    return listed, counts, pl.concat(faulty)


def clean_catalogue(
    raw: pl.DataFrame, platform: str, catalogue: CatalogueSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """Returns LISTED_COLUMNS of the rows with a usable id, the faults, and the rows' positions.

    Unusable values are null. The faults, of all rows, are n (the position of the row in `raw`),
    reason, field, and value. The positions are those in `raw`.
    """
    raw = _normalise_text(raw, catalogue)
    reasons = find_id_faults(raw, "item")
    lost = reasons.is_not_null().arg_true()
    kept = reasons.is_null().arg_true()
    sound = raw[kept] if lost.len() else raw
    listed = _clean_rows(sound, platform, catalogue)
    in_rows = pl.DataFrame({"n": lost, "reason": reasons.gather(lost)}).with_columns(
        field=pl.when(pl.col("reason").is_in(["null_item", "bad_id", "nested_value"]))
        .then(pl.lit("item"))
        .otherwise(pl.lit("row")),
        value=pl.when(pl.col("reason").is_in(["bad_id", "nested_value"])).then(
            raw["item"].gather(lost)
        ),
    )
    in_values = find_value_faults(sound, listed)
    faults = pl.concat([in_rows, in_values.with_columns(n=kept.gather(in_values["n"]))])
    return listed, faults, kept


def _outlier_faults(raw: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Returns n, reason, field, value of the prices at these places of `raw`."""
    return pl.DataFrame({"n": places, "value": raw["price"].gather(places)}).select(
        "n", pl.lit(PRICE_OUTLIER).alias("reason"), pl.lit("price").alias("field"), "value"
    )


def _normalise_text(raw: pl.DataFrame, catalogue: CatalogueSettings) -> pl.DataFrame:
    """Returns `raw` with trimmed text, and null words as null, except in titles."""
    fields = [name for name, value in catalogue.columns if value is not None and name != "title"]
    trimmed = raw.with_columns(pl.col(fields).str.strip_chars(AROUND_IDS))
    return null_words_to_null(trimmed, catalogue.null_words, fields)


def _clean_rows(raw: pl.DataFrame, platform: str, catalogue: CatalogueSettings) -> pl.DataFrame:
    price = pl.lit(parse_numbers(raw["price"], catalogue.decimal))
    currency = pl.col("currency").str.strip_chars().str.to_uppercase()
    written = pl.lit(written_currencies(raw["price"]))
    unnamed = (pl.coalesce("currency", pl.lit("")).str.strip_chars() == "") & price.is_not_null()
    vector = _clean_list("vector", catalogue.separator, {"[": "", "]": ""}).list.eval(
        pl.element().cast(pl.Float32, strict=False)
    )
    length = pl.lit(parse_numbers(raw["length"], catalogue.decimal))
    published = parse_times(raw["published"], catalogue.time.unit, catalogue.time.zone)
    return raw.select(
        pl.concat_str(pl.lit(f"{platform}:"), "item").alias("item"),
        pl.lit(platform).alias("platform"),
        _clean_text(raw["title"]),
        _clean_list("categories", catalogue.separator).alias("categories"),
        _clean_text(raw["brand"]),
        pl.when(price.is_finite() & (price >= 0)).then(price).alias("price"),
        pl.when(currency.str.contains(r"^[A-Z]{3}$"))
        .then(currency)
        .when(unnamed)
        .then(written)
        .alias("currency"),
        _clean_list("tags", catalogue.separator).alias("tags"),
        # A vector with an unusable number is dropped.
        pl.when(~vector.list.contains(None)).then(vector).alias("vector"),
        published.alias("published"),
        pl.when(length.is_finite() & (length > 0)).then(length).alias("length_s"),
    )


def _clean_text(values: pl.Series) -> pl.Series:
    """Returns trimmed text; null if it is blank, or a JSON object."""
    text = values.str.strip_chars()
    return text.set((text == "") | find_nested(text, "{"), None)


def _clean_list(name: str, separator: str, drop: dict[str, str] | None = None) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    for mark, instead in (drop or {}).items():
        text = text.str.replace_all(mark, instead, literal=True)
    parts = text.str.replace_all(LIST_SEPARATOR, separator, literal=True).str.split(separator)
    clean = parts.list.eval(pl.element().str.strip_chars(AROUND_IDS)).list.filter(
        pl.element() != ""
    )
    return pl.when(clean.list.len() > 0).then(clean)
