"""The newest statement of each purpose holds, and who refuses is alone."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from plait.contracts.consent_rows import CONSENT_STATEMENTS
from plait.privacy.consent import merge_statements, resolve_consents

_ROWS = st.tuples(
    st.sampled_from(["a", "b"]),
    st.just("shop"),
    st.sampled_from(["link", "train"]),
    st.booleans(),
    st.sampled_from([None, *(datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2, 3))]),
)


def _said(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CONSENT_STATEMENTS, orient="row")


def _allowed(rows: list[tuple[object, ...]]) -> bool:
    """Returns what holds of rows of one account and purpose, read as a person would."""
    if any(time is None and not allowed for *_, allowed, time in rows):
        return False
    dated = [(time, not allowed) for *_, allowed, time in rows if time is not None]
    return not max(dated)[1] if dated else True


@given(st.lists(_ROWS, max_size=8), st.integers(0, 8))
def test_the_newest_statement_holds_in_any_order_and_in_parts(
    rows: list[tuple[object, ...]], cut: int
) -> None:
    merged = merge_statements(_said(*rows))
    parts = [merge_statements(_said(*part)) for part in (rows[:cut], rows[cut:])]
    assert merge_statements(pl.concat(parts)).sort("account", "purpose").rows() == (
        merged.sort("account", "purpose").rows()
    )
    assert merge_statements(_said(*reversed(rows))).sort("account", "purpose").rows() == (
        merged.sort("account", "purpose").rows()
    )
    groups = {(row[0], row[2]) for row in rows}
    assert {(a, p): allowed for a, _, p, allowed, _ in merged.rows()} == {
        (a, p): _allowed([r for r in rows if (r[0], r[2]) == (a, p)]) for a, p in groups
    }


def test_who_says_nothing_has_the_default_of_the_platform() -> None:
    accounts = pl.DataFrame({"account": ["a", "b", "c"], "platform": ["shop", "shop", "news"]})
    said = _said(("b", "shop", "link", True, None), ("b", "shop", "train", False, None))
    found = resolve_consents(
        accounts, said, {"shop": ("share",), "news": ("link", "share", "train")}
    )
    assert found.rows() == [
        ("a", False, True, False),
        ("b", True, True, False),
        ("c", True, True, True),
    ]
