"""An unclear row grants nothing, and is set aside with its reason."""

from __future__ import annotations

import polars as pl

from plait.clean.clean_consents import clean_consents
from plait.config.consent_settings import ConsentLog


def _log(**columns: str) -> ConsentLog:
    return ConsentLog.model_validate({"files": "x.csv", "columns": {"account": "id", **columns}})


def _raw(names: str, *rows: str) -> pl.DataFrame:
    columns = names.split()
    cells = [[cell or None for cell in row.split("|")] for row in rows]
    frame = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.with_row_index("row", 1).with_columns(fault=pl.lit(None, pl.String))


def test_words_of_many_kinds() -> None:
    rows = ["a|Yes", "b|0", "c|opt-in", "d|WITHDRAWN", "e|", "f|n/a", "g| true ", "h|1.0"]
    clean = clean_consents(_raw("account link", *rows), _log(link="x"))
    assert clean.faulty.is_empty()
    assert dict(clean.statements.select("account", "allowed").rows()) == {
        "a": True, "b": False, "c": True, "d": False, "g": True, "h": True,
    }  # fmt: skip


def test_an_unknown_word_is_a_no() -> None:
    clean = clean_consents(_raw("account all", "a|maybe"), _log(all="x"))
    assert clean.faulty.select("reason", "field").row(0) == ("unknown_consent", "all")
    assert clean.statements["purpose"].to_list() == ["link", "share", "train"]
    assert not clean.statements["allowed"].any()


def test_a_purpose_is_more_exact_than_all() -> None:
    clean = clean_consents(
        _raw("account all train", "a|yes|no", "b||yes"), _log(all="x", train="y")
    )
    said = {
        (a, p): v for a, p, v in clean.statements.select("account", "purpose", "allowed").rows()
    }
    assert said == {
        ("a", "link"): True, ("a", "share"): True, ("a", "train"): False, ("b", "train"): True,
    }  # fmt: skip


def test_a_time_that_cannot_be_read_grants_nothing() -> None:
    raw = _raw("account time link", "a|soon|yes", "b|soon|no", "c|2025-01-01T00:00:00Z|yes")
    clean = clean_consents(raw, _log(link="x", time="t"))
    assert clean.faulty["reason"].to_list() == ["bad_time", "bad_time"]
    assert dict(clean.statements.select("account", "allowed").rows()) == {"b": False, "c": True}


def test_a_row_without_an_account_is_set_aside() -> None:
    clean = clean_consents(_raw("account link", "|no", "|"), _log(link="x"))
    assert clean.statements.is_empty()
    assert clean.faulty.select("row", "reason", "field").rows() == [(1, "null_account", "account")]
