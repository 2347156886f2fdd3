from __future__ import annotations

import polars as pl
import pytest

from plait.contracts.event_types import EVENT_STRENGTHS, EVENT_TYPES
from plait.contracts.store_tables import EVENTS, TABLES
from plait.contracts.table_schema import TableSchema, describe_columns


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_every_column_says_what_it_means(table: TableSchema) -> None:
    for column in describe_columns([table]):
        assert column["meaning"], column


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_polars_and_arrow_agree(table: TableSchema) -> None:
    assert table.arrow(table.empty()).schema.equals(table.schema)


def test_conform_orders_casts_and_fills() -> None:
    df = pl.DataFrame({"order": pl.Series([3], dtype=pl.Int32), "platform": ["shop"], "more": [1]})
    conformed = EVENTS.conform(df)
    assert conformed.columns == EVENTS.columns
    assert conformed["order"].dtype == pl.Int64
    assert conformed["rating"].to_list() == [None]


def test_arrow_refuses_a_null_where_the_contract_has_none() -> None:
    with pytest.raises(ValueError, match="non-nullable"):
        EVENTS.arrow(pl.DataFrame({"platform": ["shop"]}))


def test_every_event_type_has_a_strength() -> None:
    assert set(EVENT_STRENGTHS) == set(EVENT_TYPES)
    assert all(-1 <= s <= 1 for s in EVENT_STRENGTHS.values())
