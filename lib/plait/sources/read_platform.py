"""Reads the event log, catalogue and account attributes of a platform, all values as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import polars as pl

from plait.config.catalogue_settings import CatalogueSettings
from plait.config.consent_settings import ConsentLog
from plait.config.event_settings import Events
from plait.config.link_settings import LinkSettings
from plait.config.platform_settings import Accounts
from plait.config.source_settings import SourceSettings
from plait.config.value_settings import ValueVerbs
from plait.contracts.event_rows import RAW_SCHEMA
from plait.sources.columns.raw_columns import (
    ELEMENT_COLUMN,
    FAULT_COLUMN,
    LINE_COLUMN,
    ROW_COLUMN,
    WHOLE_COLUMN,
)
from plait.sources.columns.source_mapping import SourceMapping
from plait.sources.files.source_file import SourceFile
from plait.sources.read_chunks import CHUNK_ROWS, read_chunks


class Attribute(NamedTuple):
    """The value of an attribute of accounts, and the setting that says so."""

    value: ValueVerbs
    setting: str


CATALOGUE_FIELDS = (
    "item", "title", "categories", "brand", "price", "currency", "tags", "vector", "published",
    "length",
)  # fmt: skip
_LISTS = frozenset({"categories", "tags", "vector"})
_MAX_ELEMENTS = 2**20  # elements of a row, in an order that is made of rows and elements


def read_catalogue(file: SourceFile, catalogue: CatalogueSettings) -> Iterator[pl.DataFrame]:
    """Yields `row`, every catalogue field as text (null where unmapped) and the faults."""
    for batch in read_chunks(file, catalogue_mapping(catalogue)):
        yield _with_fields(batch, CATALOGUE_FIELDS)


def read_accounts(
    file: SourceFile, accounts: Accounts, attributes: Mapping[str, Attribute] | None = None
) -> Iterator[pl.DataFrame]:
    """Yields `row` and the fields of accounts_mapping, raw, and the faults."""
    yield from read_chunks(file, accounts_mapping(accounts, attributes))


def read_consents(file: SourceFile, log: ConsentLog) -> Iterator[pl.DataFrame]:
    """Yields `row`, the account, time and purposes that the log has, and the faults; raw text."""
    yield from read_chunks(file, consent_mapping(log))


def consent_mapping(log: ConsentLog) -> SourceMapping:
    """Returns the fields that a log of consent has, and how they are made."""
    return _named_mapping(log, log.columns.told)


def catalogue_mapping(catalogue: CatalogueSettings) -> SourceMapping:
    """Returns the fields that the catalogue has, and how they are made."""
    return _named_mapping(catalogue, catalogue.columns, _LISTS)


def accounts_mapping(
    accounts: Accounts, attributes: Mapping[str, Attribute] | None = None
) -> SourceMapping:
    """Returns how the account, its keys and its attributes are made from account rows.

    The fields are `account`, `key:<name>` and `attribute:<meaning>`.

    Args:
        accounts: the settings of the files.
        attributes: what records are compared by, by meaning; see link_attributes.
    """
    values = {"account": accounts.account} | {f"key:{k}": v for k, v in accounts.keys.items()}
    keys = {"account": "account"} | {f"key:{k}": f"keys.{k}" for k in accounts.keys}
    if accounts.seen is not None:
        values["seen"], keys["seen"] = accounts.seen, "seen"
    for meaning, attribute in (attributes or {}).items():
        values[f"attribute:{meaning}"] = attribute.value
        keys[f"attribute:{meaning}"] = attribute.setting
    return SourceMapping(accounts, values, keys)


def link_attributes(link: LinkSettings | None, platform: str) -> dict[str, Attribute]:
    """Returns by meaning what the records of `platform` are compared by; nothing without `link`."""
    if link is None:
        return {}
    values = link.values_of(platform)
    return {m: Attribute(v, link.setting_of(m, platform)) for m, v in values.items()}


def event_mapping(events: Events) -> SourceMapping:
    """Returns the fields of RAW_SCHEMA that the log has, and how they are made."""
    mapping = _named_mapping(events, events.columns)
    values, keys = dict(mapping.values), dict(mapping.keys)
    if events.type.flags is None and events.type.constant is None:
        values["type"], keys["type"] = events.type, "type"
    if events.time.resolution == "order":  # such a log has no times
        time = values.pop("time", None)
        if time is not None:  # the time column has the order
            values.setdefault("order", time)
            keys.setdefault("order", "columns.time")
    flags = tuple(events.type.flags or ())
    return SourceMapping(events, values, keys, flags=flags, optional_flags=events.type.optional)


def read_events(
    file: SourceFile, events: Events, chunk: int = CHUNK_ROWS, lacking: list[str] | None = None
) -> Iterator[pl.DataFrame]:
    """Yields frames of RAW_SCHEMA (unchecked text), `element` and the faults; see read_chunks.

    The elements of a row have ids of their own: a given id with the number of the element, or
    else an id of their content, to which their order belongs.
    """
    mapping = event_mapping(events)
    for batch in read_chunks(file, mapping, chunk, lacking):
        rows = _with_fields(batch, [name for name in RAW_SCHEMA if name != ROW_COLUMN])
        if "order" not in mapping.values:
            rows = _order_rows(rows, mapping, by_row=events.time.resolution == "order")
        yield _number_ids(rows) if mapping.makes_elements and "event_id" in mapping.values else rows


def _order_rows(rows: pl.DataFrame, mapping: SourceMapping, *, by_row: bool) -> pl.DataFrame:
    """Adds the order of rows if the log has no times, and of the elements of a row."""
    element = pl.col(ELEMENT_COLUMN) if mapping.makes_elements else None
    if by_row:
        order = pl.col(ROW_COLUMN)
        if element is not None:
            order = order * _MAX_ELEMENTS + element.fill_null(0)
    elif element is not None:
        order = element
    else:
        return rows
    return rows.with_columns(order.cast(pl.String).alias("order"))


def _number_ids(rows: pl.DataFrame) -> pl.DataFrame:
    numbered = pl.concat_str("event_id", pl.lit("#"), ELEMENT_COLUMN)
    first = pl.col(ELEMENT_COLUMN).fill_null(1) == 1
    return rows.with_columns(pl.when(first).then("event_id").otherwise(numbered).alias("event_id"))


def _named_mapping(
    source: SourceSettings,
    columns: Iterable[tuple[str, ValueVerbs | None]],
    lists: frozenset[str] = frozenset(),
) -> SourceMapping:
    values: Mapping[str, ValueVerbs] = {name: value for name, value in columns if value is not None}
    return SourceMapping(source, values, {name: f"columns.{name}" for name in values}, lists)


def _with_fields(batch: pl.DataFrame, fields: Iterable[str]) -> pl.DataFrame:
    """Returns row, element, all `fields` (null where unmapped) and the faults."""
    return batch.select(
        ROW_COLUMN,
        ELEMENT_COLUMN,
        *(
            pl.col(name) if name in batch.columns else pl.lit(None, pl.String).alias(name)
            for name in fields
        ),
        FAULT_COLUMN,
        WHOLE_COLUMN,
        LINE_COLUMN,
    )
