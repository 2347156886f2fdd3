"""A withdrawal takes effect in the next answer, and what was fused apart stays apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.features.vocabulary import Vocabulary
from plait.live import PersonLookup
from plait.live.drain import Drainer
from plait.live.live_history import live_histories
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.store.feedback.feedback_log import FeedbackLog
from tests.live_people import events
from tests.unit.fusion.small import Fused, fuse_in, platform

_PLATFORMS = ("news", "shop", "video")
NOW = datetime(2025, 1, 2, tzinfo=UTC)


class _Town:
    """Ann and Bob on three platforms, fused and in live state."""

    def __init__(self, folder: Path, state: ValkeyLiveState) -> None:
        self.folder, self.state, self.said = folder, state, 0
        self.platforms: dict[str, Any] = {}
        for name in _PLATFORMS:
            rows = [f"{who},{name[0]}{n},170000000{n}" for who in ("ann", "bob") for n in range(2)]
            (folder / f"{name}.csv").write_text("\n".join(["user,item,time", *rows, ""]))
            mails = [f"{who},{who}@example.com" for who in ("ann", "bob")]
            (folder / f"{name}who.csv").write_text("\n".join(["id,mail", *mails, ""]))
            accounts = {"files": f"{name}who.csv", "account": "id", "keys": {"email": "mail"}}
            self.platforms[name] = platform(f"{name}.csv", accounts=accounts)
        self.fused = self.fuse()

    def fuse(self) -> Fused:
        self.fused = fuse_in(self.folder, self.platforms)
        assert self.state.load_base(self.fused.store, self.fused.version)
        return self.fused

    def drain(self) -> int:
        return Drainer(self.state, FeedbackLog(self.fused.store), "drainer").drain()

    def account(self, who: str, on: str) -> tuple[str, str]:
        key = load_key(self.fused.project)
        return account_pseudonym(pl.Series([who]), key, on)[0], on

    def lists(self, who: str, on: str) -> dict[str, list[str]]:
        """Returns the items that a list of each platform uses for a call of this account."""
        items = pl.DataFrame(
            [(f"{p}:{p[0]}{n}", p) for p in _PLATFORMS for n in range(3)],
            schema=["item", "platform"], orient="row",
        )  # fmt: skip
        vocabulary = Vocabulary.build(_PLATFORMS, items)
        known = self.state.read_people([PersonLookup("", *self.account(who, on))])
        history = live_histories(known, vocabulary, 50).history
        return {
            name: sorted(vocabulary.item_ids(history.usable_on(code).item))
            for code, name in enumerate(vocabulary.platforms)
        }

    def say(self, who: str, on: str, **said: bool) -> None:
        self.said += 1
        now = NOW + timedelta(seconds=self.said)
        self.state.set_consent(self.account(who, on), said, now, "ann", "asked by mail")


def _all(*platforms: str) -> list[str]:
    return sorted(f"{p}:{p[0]}{n}" for p in platforms for n in range(2))


@pytest.fixture
def town(tmp_path: Path, valkey_state: ValkeyLiveState) -> _Town:
    return _Town(tmp_path, valkey_state)


@pytest.mark.slow
@pytest.mark.parametrize("purpose", ["link", "share"])
def test_a_withdrawal_takes_effect_in_the_next_answer(town: _Town, purpose: str) -> None:
    everything = dict.fromkeys(_PLATFORMS, _all(*_PLATFORMS))
    assert town.lists("ann", "shop") == everything
    town.say("ann", "shop", **{purpose: False})
    alone = {"news": [], "shop": _all("shop"), "video": []}
    rest = dict.fromkeys(_PLATFORMS, _all("news", "video"))
    assert town.lists("ann", "shop") == alone
    assert town.lists("ann", "video") == rest
    assert town.lists("bob", "shop") == everything
    # What happens afterwards stays where it happens, too.
    more = events(("s2", 1, 9)).with_columns(account=pl.lit(town.account("ann", "shop")[0]))
    town.state.append_events(more)
    assert town.lists("ann", "shop") == {
        "news": [],
        "shop": [*_all("shop"), "shop:s2"],
        "video": [],
    }
    assert town.lists("ann", "video") == rest
    # The next fuse makes it so in every table, and nothing changes for the endpoint.
    assert town.drain() == 2
    before = town.fused.version.number
    assert town.fuse().version.number == before + 1
    assert town.state.stream_length("consents") == 0
    assert town.fused.accounts.filter(rule="alone")["platform"].to_list() == ["shop"]
    assert town.lists("ann", "shop") == {
        "news": [],
        "shop": [*_all("shop"), "shop:s2"],
        "video": [],
    }
    assert town.lists("ann", "video") == rest
    # A grant joins them again, with the next fuse.
    town.say("ann", "shop", link=True, share=True)
    assert town.lists("ann", "video") == rest
    town.drain()
    town.fuse()
    assert town.lists("ann", "video")["news"] == [*_all("news", "shop"), "shop:s2", *_all("video")]


@pytest.mark.slow
def test_a_link_of_who_refuses_reaches_nobody(town: _Town) -> None:
    town.say("ann", "shop", link=False)
    town.state.link(town.account("ann", "shop"), town.account("bob", "video"), NOW)
    assert town.lists("ann", "shop") == {"news": [], "shop": _all("shop"), "video": []}
    assert "shop:s2" not in town.lists("bob", "video")["video"]


@pytest.mark.slow
def test_a_new_account_of_a_platform_that_asks_first_stays_there(
    tmp_path: Path, valkey_state: ValkeyLiveState
) -> None:
    valkey_state.strict = ("shop",)
    town = _Town(tmp_path, valkey_state)
    assert town.lists("ann", "shop")["news"] == _all(*_PLATFORMS)  # fused as one who consents
    fresh = events(("s2", 1, 9)).with_columns(account=pl.lit(town.account("cid", "shop")[0]))
    valkey_state.append_events(fresh)
    assert town.lists("cid", "shop") == {"news": [], "shop": ["shop:s2"], "video": []}
    town.say("cid", "shop", link=True, share=True)
    assert town.lists("cid", "shop")["news"] == ["shop:s2"]
