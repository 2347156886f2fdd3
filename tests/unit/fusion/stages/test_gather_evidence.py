"""Accounts without consent and erased accounts are kept out, and nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from plait.identity.identity_keys import read_attributes

from plait.fusion.stages.find_inputs import find_inputs
from plait.fusion.stages.gather_evidence import gather_evidence, resolve_accounts
from plait.fusion.stages.resolve_people import KnownIdentity
from plait.privacy.pseudonym import load_key
from tests.unit.fusion.people import People


@pytest.fixture
def known(tmp_path: Path) -> tuple[People, Callable[..., KnownIdentity]]:
    """Three accounts with one address; two of them are linked."""
    people = People(tmp_path, [("shop", who) for who in "abc"] + [("video", "d")])
    for who in "abc":
        people.hold(("shop", who), email="x@x.org")
    people.link(("shop", "a"), ("video", "d"))
    fused = people.fuse()
    key = load_key(fused.project)

    def gather(**out: pl.DataFrame) -> KnownIdentity:
        attributes = read_attributes(fused.project, key)[0]
        inputs = find_inputs(fused.project, fused.store)
        return gather_evidence(fused.project, fused.store, inputs, attributes, **out)

    return people, gather


def _sizes(found: KnownIdentity, people: People) -> list[int]:
    """Returns how many accounts each person has, without those that hold nothing."""
    names = [people.pseudonym(("shop", who)) for who in "abc"] + [people.pseudonym(("video", "d"))]
    accounts = pl.DataFrame({"account": names, "platform": ["shop"] * 3 + ["video"], "home": names})
    parts = resolve_accounts(accounts, found).components
    return sorted(parts.group_by("component").len()["len"].to_list())


def test_whoever_withholds_consent_or_is_gone_takes_nobody_along(
    known: tuple[People, Callable[..., KnownIdentity]],
) -> None:
    people, gather = known
    assert _sizes(gather(), people) == [4]
    for who in "abc":  # one of them is the first holder of the address
        out = pl.DataFrame({"account": [people.pseudonym(("shop", who))]})
        withheld, gone = gather(withheld=out), gather(gone=out)
        expected = [1, 1, 2] if who == "a" else [1, 3]
        assert _sizes(withheld, people) == _sizes(gone, people) == expected
        assert withheld.edges.height > gone.edges.height
        assert out["account"][0] not in str(gone.edges.rows())
        assert out["account"][0] not in gone.accounts["account"].to_list()
