"""A further source of evidence is put among the edges of a fuse; all that follows reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import plait.fusion.stages.read_identity
from plait.fusion.stages.gather_evidence import gather_evidence
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.identity.evidence import EVIDENCE_EDGES, gather_edges

from .small import Fuse, platform


def _with_likely_twins(*run: Any) -> KnownIdentity:
    """Joins the accounts with attributes, surely or not."""
    known = gather_evidence(*run)
    first, *others = sorted(known.accounts["account"])
    rows = [(first, other, "probabilistic", 0.9, None, []) for other in others]
    likely = pl.DataFrame(rows, schema=EVIDENCE_EDGES, orient="row")
    return replace(known, edges=gather_edges([known.edges, likely]))


def test_a_second_source_reaches_the_tables(
    folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    platforms = {}
    for name, item in (("shop", "i1"), ("video", "c1")):
        rows = f"user,item,time\n{name}ann,{item},1700000000\n{name}bob,{item},1700000100\n"
        (folder / f"{name}.csv").write_text(rows)
        (folder / f"{name}who.csv").write_text(f"id,mail\n{name}ann,{name}ann@example.com\n")
        attributes = {"files": f"{name}who.csv", "account": "id", "keys": {"email": "mail"}}
        platforms[name] = platform(f"{name}.csv", accounts=attributes)
    apart = fuse_here(platforms)
    assert apart.accounts["rule"].unique().to_list() == ["alone"]
    monkeypatch.setattr(plait.fusion.stages.read_identity, "gather_evidence", _with_likely_twins)
    joined = fuse_here(platforms, full=True)
    assert joined.version.counts["people_on_several"] == 1
    assert joined.version.counts["rules"] == {"alone": 2, "probabilistic": 2}
    twins = joined.accounts.filter(rule="probabilistic")
    assert twins["person"].n_unique() == twins["bucket"].n_unique() == 1
    (sequence,) = joined.sequences.filter(person=twins["person"][0]).to_dicts()
    assert sorted(sequence["item"]) == ["shop:i1", "video:c1"]
    # The ledger keeps the elder id and retires the other one into it.
    assert joined.version.counts["retired_ids"] == 1
