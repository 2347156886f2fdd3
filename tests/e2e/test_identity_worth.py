"""benchmarks/identity.py on made logs: two shops in which a customer buys of one topic."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.identity import measure, render
from benchmarks.identity_accounts import SHOPS, split_people

pytestmark = pytest.mark.slow
PEOPLE, EACH, TOPICS, ITEMS = 60, 6, 6, 12


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of PEOPLE people, each with EACH different items of one topic in each shop."""
    folder, draws = tmp_path_factory.mktemp("data"), np.random.default_rng(3)
    for shop in SHOPS:
        rows = [
            (f"u{user}", f"{shop[0]}{user % TOPICS}-{item}", (15_000 + day) * 86_400, day)
            for user in range(PEOPLE)
            for day, item in enumerate(draws.permutation(ITEMS)[:EACH].tolist(), 1)
        ]
        columns = ["user_id", "item_id", "timestamp", "position"]
        pl.DataFrame(rows, columns, orient="row").write_csv(
            folder / f"{shop}.csv.gz", compression="gzip"
        )
    return folder


def test_targets_are_in_no_log_and_accounts_of_a_user_differ(data: Path, tmp_path: Path) -> None:
    made = split_people(data, tmp_path, 40, seed=1)
    assert made.targets.height == 2 * 40
    assert (made.targets["order"] == EACH).all()  # the last of each account
    for shop in SHOPS:
        log = pl.read_csv(tmp_path / f"{shop}.csv")
        assert log.height == 40 * (EACH - 1) and log["order"].max() == EACH - 1
    accounts = pl.read_csv(tmp_path / "truth_account.csv")
    assert accounts["account"].n_unique() == 80
    assert (accounts.group_by("person").len()["len"] == 2).all()


def test_worth_of_who_is_who(data: Path) -> None:
    figures = measure(data, None, 0, [0.8], {"family": "item_item", "seed": 0})
    worth = figures["worth"]
    assert figures["targets"] == 2 * PEOPLE
    assert worth["unlinked"]["recall"] == 0 and worth["true"]["f1"] == 1
    # Who is new in a shop gets the topic of the other one, if the accounts are known to be one.
    mean, low, high = worth["true"]["new gain"]
    assert low > 0 and low < mean < high
    assert 0 < worth["linked by plait"]["recall"] <= 1
    assert worth["linked by plait"]["new"][0] <= worth["true"]["new"][0]
    assert figures["chosen"]["f1"] == 0.8
    assert "linked by plait" in render(json.loads(json.dumps(figures)))
