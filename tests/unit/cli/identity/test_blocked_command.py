"""`plait identity blocked`: which values are ignored, and what fuse and check say of them."""

from __future__ import annotations

import hashlib
import json

import pytest

from plait.errors import UnknownReason
from tests.unit.cli.conftest import Shop

KEYS = """\
    accounts: {files: who.csv, account: id, keys: {email_hash: mail, tablet: tab, phone: tel}}
people:
  keys: {email_hash: {}, tablet: {type: device}, phone: {}}
"""


@pytest.fixture
def keyed(shop: Shop) -> Shop:
    """A shop of ten customers on one tablet, whose hashes are those of nothing."""
    with (shop.folder / "plait.yaml").open("a") as file:
        file.write(KEYS)
    nothing = [hashlib.sha256(word.encode()).hexdigest() for word in ("", "NA")]
    rows = [f"u-{n},{nothing[n % 2]},T-800-x,0151 123456{n:02}" for n in range(10)]
    (shop.folder / "who.csv").write_text("id,mail,tab,tel\n" + "\n".join(rows) + "\n")
    shop.log(*map(str, range(10)))
    return shop


def test_what_is_ignored_is_said_and_listed(keyed: Shop) -> None:
    said = " ".join(keyed.run("fuse", "-q").stdout.split())
    assert (
        "Key values that identify nobody: 2 of email_hash (empty_hash, 10 accounts), 10 of phone "
        "(no_country, 10 accounts), 1 of tablet (over_limit, 10 accounts)." in said
    )
    assert "plait identity blocked -c" in said
    counts = keyed.store.current().counts
    assert (counts["people"], counts["ignored_keys"]) == (10, 13)

    listed = json.loads(keyed.run("identity", "blocked", "--json").stdout)
    assert [(r["key"], r["prefix"], r["accounts"], r["values"], r["reason"]) for r in listed] == [
        ("phone", "015", 10, 10, "no_country"),
        ("tablet", "t", 10, 1, "over_limit"),
        ("email_hash", hashlib.sha256(b"NA").hexdigest()[:6], 5, 1, "empty_hash"),
        ("email_hash", "e3b0c4", 5, 1, "empty_hash"),
    ]
    shown = " ".join(keyed.run("identity", "blocked", "--limit", "1").stdout.split())
    assert "and 3 more: --limit 4" in shown
    assert "people.keys.tablet.per_platform" in shown
    assert "Set platforms.shop.country" in shown
    only = json.loads(keyed.run("identity", "blocked", "--key", "tablet", "--json").stdout)
    assert len(only) == 1
    assert "ignores no such value" in keyed.run("identity", "blocked", "--reason", "zeros").stdout
    with pytest.raises(UnknownReason, match="over_limit"):
        keyed.run("identity", "blocked", "--reason", "over_limits")


def test_check_tells_before_a_fuse(keyed: Shop) -> None:
    found = json.loads(keyed.run("check", "--json").stdout)
    told = [f for f in found["findings"] if f["rule"] == "identity keys"]
    assert [f["level"] for f in told] == ["WARN"] * 3
    assert "more accounts have it than one person would" in str(told[2])


def test_nothing_is_said_where_nothing_is_ignored(shop: Shop) -> None:
    shop.fuse("a")
    assert "Version 1 ignores no value of a key." in shop.run("identity", "blocked").stdout
