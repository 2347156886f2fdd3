"""Quarantine rows say where, and of a broken row only its form."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from plait.contracts.event_rows import RAW_SCHEMA
from plait.contracts.store_tables import QUARANTINE
from plait.fusion.kernels.quarantine import ROW_FAULTS, quarantine_rows
from plait.privacy.pseudonym import PseudonymKey
from tests.mappings import mapping_of

FIELDS = mapping_of({"account": "uid", "item": "body.clip"})
KEY = PseudonymKey("k" * 64)


def _raw(*rows: dict[str, Any], **more: Any) -> pl.DataFrame:
    schema = {**RAW_SCHEMA, "fault": pl.String(), "whole": pl.Boolean(), **more}
    return pl.DataFrame(list(rows), schema=schema)


def _faults(*rows: tuple[Any, ...], **more: Any) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ROW_FAULTS | more, orient="row")


def _quarantine(raw: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    return quarantine_rows(raw, faults, FIELDS, "video", "plays.jsonl", KEY)


def test_a_broken_line_keeps_its_form() -> None:
    line = '{"uid": "ann", "body": {"mood": "c1'
    raw = _raw({"row": 3, "fault": "bad_json", "whole": False, "line": line}, line=pl.String())
    (row,) = _quarantine(raw, _faults((3, "bad_json", "row", None))).to_dicts()
    masked = '{"uid": "<3 characters>", "body": {"<4 characters>": "<2 characters>'
    assert json.loads(row["raw"]) == {"line": masked}
    assert (row["source"], row["element"], row["value"]) == ("events", None, None)


def test_a_row_with_too_many_fields_shows_kinds_and_lengths() -> None:
    raw = _raw({"row": 1, "account": "ann", "item": "77", "fault": "ragged_row", "whole": False})
    (row,) = _quarantine(raw, _faults((1, "ragged_row", "row", None))).to_dicts()
    assert json.loads(row["raw"]) == {"account": "<3 characters>", "item": "<2 digits>"}


def test_an_uncertain_row_shows_nothing() -> None:
    raw = _raw({"row": 1, "account": "ann", "item": "77", "whole": False})
    (row,) = _quarantine(raw, _faults((1, "bad_time", "time", "x"))).to_dicts()
    assert (row["raw"], row["value"]) == ("{}", None)


def test_the_element_of_a_row_is_named() -> None:
    rows = [
        {"row": n, "element": n, "account": "a", "item": f"i{n}", "whole": True} for n in (1, 2)
    ]
    raw = _raw(*rows, element=pl.Int64())
    (row,) = _quarantine(raw, _faults((2, "bad_time", "time", "x"))).to_dicts()
    assert (row["row"], row["element"], json.loads(row["raw"])["item"]) == (2, 2, "i2")


@pytest.mark.parametrize("rows", [[], [{"row": 1, "account": "a", "item": "i", "whole": True}]])
def test_without_faults_there_is_no_row(rows: list[dict[str, Any]]) -> None:
    assert _quarantine(_raw(*rows), _faults()).equals(QUARANTINE.empty())


def test_the_field_value_is_not_taken_for_the_value_of_the_fault() -> None:
    mapping = mapping_of({"account": "uid", "time": "t", "value": "paid"})
    raw = _raw({"row": 1, "account": "ann", "time": "never", "value": "12.5", "whole": True})
    faults = _faults((1, "bad_time", "time", "never"))
    (row,) = quarantine_rows(raw, faults, mapping, "video", "p.csv", KEY).to_dicts()
    assert row["value"] == "never"
    assert json.loads(row["raw"])["value"] == "12.5"
