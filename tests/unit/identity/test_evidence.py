"""Edges from account ids, keys and links, and what counts of them."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from plait.identity.evidence import (
    EVIDENCE_EDGES,
    gather_edges,
    link_edges,
    same_id_edges,
)

from .edges import edge_frame, frame, said_links


def test_accounts_away_from_home_are_a_star_about_it() -> None:
    edges = same_id_edges(frame("account home", [("a1", "a1"), ("b1", "a1"), ("b2", "a2")]))
    assert edges.schema == pl.Schema(EVIDENCE_EDGES)
    assert edges.sort("account_b").rows() == [
        ("a1", "b1", "same_account_id", 1.0, None, []),
        ("a2", "b2", "same_account_id", 1.0, None, []),
    ]


def test_links_that_stand_are_edges_since_they_were_said() -> None:
    said = said_links([("a", "b"), ("c", "d")]).with_columns(
        joined=pl.Series([True, False]), since=pl.lit(datetime(2025, 1, 1, tzinfo=UTC))
    )
    edges = link_edges(said)
    assert edges.schema == pl.Schema(EVIDENCE_EDGES)
    assert edges.rows() == [("a", "b", "link", 1.0, datetime(2025, 1, 1, tzinfo=UTC), [])]


def test_every_edge_counts_unless_a_weight_is_asked_for() -> None:
    sources = [edge_frame([("a", "b", "x", 0.0)]), edge_frame([("c", "d", "y", 0.5)])]
    assert gather_edges([]).schema == pl.Schema(EVIDENCE_EDGES)
    assert gather_edges(sources)["rule"].to_list() == ["x", "y"]
    assert gather_edges(sources, min_weight=0.5)["rule"].to_list() == ["y"]


@pytest.mark.parametrize(
    "row",
    [
        (None, "b", "x", 1.0),
        ("a", None, "x", 1.0),
        ("a", "b", None, 1.0),
        ("a", "b", "x", None),
        ("a", "b", "x", 1.1),
        ("a", "b", "x", -0.1),
        ("a", "b", "x", float("nan")),
    ],
)
def test_an_edge_that_says_nothing_is_refused(row: tuple[str, str, str, float]) -> None:
    with pytest.raises(ValueError, match="1 edges lack"):
        gather_edges([edge_frame([("a", "b", "x", 1.0), row])])


def test_a_source_of_another_shape_is_refused() -> None:
    with pytest.raises(pl.exceptions.PolarsError):
        gather_edges([frame("account_a account_b", [("a", "b")])])
