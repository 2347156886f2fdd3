"""Evidence that arrives in any order, part by part, gives the people of one batch."""

from __future__ import annotations

from pathlib import Path
from random import Random

import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import plait.fusion.stages.find_inputs
from tests.unit.fusion.people import PLATFORMS, Account, People


@pytest.mark.slow
def test_ten_shuffled_arrivals_end_in_the_partition_of_one_batch(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: 8)
    draws = Random(11)
    accounts = [(on, f"u{n}") for n in range(20) for on in PLATFORMS]
    facts: list[tuple[Account, str, str] | tuple[Account, Account, bool]] = []
    for n, account in enumerate(accounts):
        facts += [(account, "email", f"m{draws.randrange(25)}"), (account, "device", f"d{n % 9}")]
    facts += [(*draws.sample(accounts, 2), draws.random() < 0.6) for _ in range(9)]
    facts += [(*accounts[2 * n : 2 * n + 2], n % 2 == 0) for n in range(4)]
    pairs = {frozenset(fact[:2]) for fact in facts if isinstance(fact[2], bool)}
    assert len(pairs) == 13  # the last word on a pair counts, so there is one of each

    def arrive(where: Path, order: list[int], steps: int) -> list[int]:
        people = People(where, accounts)
        for step in range(steps):
            for n in order[step::steps]:
                one, two, what = facts[n]
                if isinstance(what, bool):
                    people.link(one, two, what)  # type: ignore[arg-type]
                else:
                    people.hold(one, **{str(two): what})
            fused = people.fuse(max_accounts=6)
        assert fused.version.number == steps
        who = fused.accounts.filter(pl.col("events") > 0).sort("platform", "account")["person"]
        return who.rank("dense").to_list()

    batch = arrive(tmp_path, list(range(len(facts))), 1)
    assert 8 < len(set(batch)) < 38
    for _ in range(10):
        where = tmp_path_factory.mktemp("arrivals")
        found = arrive(where, draws.sample(range(len(facts)), len(facts)), 2)
        assert adjusted_rand_score(batch, found) == 1.0
