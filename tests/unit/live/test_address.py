"""The address of live state: what is none is told, and its secret is in no message."""

from __future__ import annotations

import pytest

from plait.errors import ConfigError
from plait.live.valkey.durability import redact_address
from plait.live.valkey.valkey_state import ValkeyLiveState


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("redis://cache:6379/0?password=hunter2", "redis://cache:6379/0"),
        ("redis://cache/0?password=hunt@hunter2", "redis://..."),
        ("unix:///tmp/x.sock?username=me&password=hunter2", "unix:///tmp/x.sock"),
        ("rediss://me:hunter2@cache.example:6380/1", "rediss://cache.example:6380/1"),
        ("redis://:hunter2/a#b@cache:6379/0", "redis://cache:6379/0"),
        ("me:hunter2@cache:6379", "cache:6379"),
        ("unix:///tmp/x.sock", "unix:///tmp/x.sock"),
    ],
)
def test_an_address_is_shown_without_its_secret(address: str, said: str) -> None:
    assert redact_address(address) == said


@pytest.mark.parametrize(
    "address",
    [
        "",
        "cache:6379",
        "http://cache:6379",
        "redis://cache:port/0",
        "redis://:hunter2/a@cache:6379/0",
        "redis://cache?socket_timeout=hunter2",
        "redis://[::1/0",
    ],
)
def test_what_is_no_address_is_told_with_one_that_is(address: str) -> None:
    with pytest.raises(ConfigError, match="redis://HOST:PORT/DATABASE") as told:
        ValkeyLiveState(address, "n", 10)
    assert "hunter2" not in str(told.value)
    ValkeyLiveState("redis://127.0.0.1:6379/0", "n", 10)
