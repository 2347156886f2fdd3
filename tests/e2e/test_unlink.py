"""Links and unlinks in live state over a real Valkey: at once what a fuse makes of them later."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import polars as pl
import pytest

from plait.config import load_config
from plait.contracts.table_schema import conform_rows
from plait.errors import TooManyAccounts
from plait.identity.assertions.assertion import ASSERTIONS
from plait.identity.assertions.posted_links import read_posted_links
from plait.identity.components.find_components import find_components
from plait.identity.standing_links import standing_links
from plait.live import PersonLookup
from plait.live.drain import Drainer
from plait.live.stream_entries import decode_links, encode_link
from plait.live.valkey.feedback_streams import CONSUMER, CONSUMER_GROUP
from plait.live.valkey.link_scripts import LINK_FUNCTIONS
from plait.live.valkey.state_scripts import PRELUDE
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog
from plait.store.feedback.log_listing import list_log
from plait.store.feedback.log_paths import LINKS_FOLDER
from tests.live_people import T0, account, person

pytestmark = pytest.mark.slow


def parts(state: ValkeyLiveState, ends: list[tuple[str, str]]) -> set[frozenset[str]]:
    """Returns which accounts live state holds as one person."""
    found: dict[str, set[str]] = {}
    known = state.read_people([PersonLookup(account=a, platform=p) for a, p in ends])
    for (name, _), one in zip(ends, known, strict=True):
        found.setdefault(one.person, set()).add(name)
        assert [one.person] == [
            k.person for k in state.read_people([PersonLookup(person=one.person)])
        ]
        if len(one.accounts) > 1:
            assert name in dict(one.accounts)
    return {frozenset(names) for names in found.values()}


def said_parts(state: ValkeyLiveState, held: pl.DataFrame) -> set[frozenset[str]]:
    """Returns the same by the stream and the base, as a fuse would find it.

    Args:
        state: whose stream.
        held: account, person of the base.
    """
    entries = [fields[b"l"].decode() for _, fields in state.client.xrange(state.prefix + "links")]
    rows = decode_links(entries).with_row_index("row")
    said = rows.with_columns(
        pl.coalesce("apart", "account_b").alias("account_b"),
        joined=pl.col("apart").is_null(),
        object=pl.lit("o"),
    )
    links = (
        standing_links(conform_rows(said, ASSERTIONS))
        .filter("joined")
        .select(a="account_a", b="account_b")
    )
    edges = pl.concat([links, held.select(a="account", b="person")])
    found = (
        find_components(edges).filter(pl.col("node").str.starts_with("a_")).group_by("component")
    )
    return {frozenset(names) for names in found.agg("node")["node"]}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_linked_and_unlinked_live_state_is_what_a_fuse_makes_of_it(
    state: ValkeyLiveState, own_file: Path, seed: int
) -> None:
    store, draws = Store(load_config(own_file).store_path), Random(seed)
    state.load_base(store, store.current())
    base = store.read("accounts").sort("person", "account")
    people = base["person"].unique(maintain_order=True)[:6]
    base = base.filter(pl.col("person").is_in(people.implode()))
    new = [(account(n), f"p{n}") for n in range(6)]
    ends = [*base.select("account", "platform").rows(), *new]
    held = pl.concat(
        [
            base.select("account", "person"),
            pl.DataFrame([(a, person(int(a[-2:], 16))) for a, _ in new], orient="row",
                         schema={"account": pl.String, "person": pl.String}),
        ]
    )  # fmt: skip
    # A plait of yesterday ties nothing: it runs beside this one in a rolling upgrade.
    yesterday = state.client.register_script(
        PRELUDE + LINK_FUNCTIONS + "local _, retired = link(ARGV[1], ARGV[2])"
        " if retired then redis.call('XADD', ns .. 'links', '*', 'l', ARGV[3]) end"
    )
    refused, said = 0, set()
    for _ in range(60):
        one, two = draws.sample(ends, 2)
        if draws.random() < 0.15:
            args = ["\t".join(one), "\t".join(two), encode_link(one, two, T0)]
            yesterday(keys=state.keys, args=args)
        elif draws.random() < 0.5:
            try:
                state.link(one, two, T0)
            except TooManyAccounts:
                refused += 1
        else:
            owners, effective = state.unlink(one, two, T0)
            said.add(effective)
            assert (owners[0] == owners[1]) == (effective != "now")
            same = held.filter(pl.col("account").is_in([one[0], two[0]]))["person"].n_unique() == 1
            assert not same or effective == "next_fuse"
        assert parts(state, ends) == said_parts(state, held)
    assert "now" in said
    before = state.read_people([PersonLookup(account=a, platform=p) for a, p in ends])
    state.client.delete(state.keys[1])
    assert state.load_base(store, store.current())  # said again from the stream
    assert parts(state, ends) == said_parts(state, held)
    again = state.read_people([PersonLookup(account=a, platform=p) for a, p in ends])
    assert [k.person for k in again] == [k.person for k in before]


def test_links_and_unlinks_at_once_leave_what_the_stream_says(
    state: ValkeyLiveState, tmp_path: Path
) -> None:
    ends = [(account(n), f"p{n}") for n in range(6)]

    def say(seed: int) -> None:
        draws = Random(seed)
        for _ in range(40):
            one, two = draws.sample(ends, 2)
            (state.link if draws.random() < 0.5 else state.unlink)(one, two, T0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(say, range(4)))
    held = pl.DataFrame([(a, person(n)) for n, (a, _) in enumerate(ends)], orient="row",
                        schema={"account": pl.String, "person": pl.String})  # fmt: skip
    expected = said_parts(state, held)
    assert parts(state, ends) == expected
    # A drainer dies after reading; the next one writes each word once, and a fuse finds the same.
    stream = state.prefix + "links"
    state.client.xgroup_create(stream, CONSUMER_GROUP, id="0")
    state.client.xreadgroup(CONSUMER_GROUP, CONSUMER, {stream: ">"}, count=7)
    store = Store(tmp_path / "store")
    assert Drainer(state, FeedbackLog(store), "t").drain() == state.client.xlen(stream)
    drained = read_posted_links(store, list_log(store, LINKS_FOLDER).slices())
    assert drained.height == state.client.xlen(stream)
    links = standing_links(drained).filter("joined").select(a="account_a", b="account_b")
    found = find_components(pl.concat([links, held.select(a="account", b="person")]))
    accounts = found.filter(pl.col("node").str.starts_with("a_")).group_by("component").agg("node")
    assert {frozenset(names) for names in accounts["node"]} == expected
