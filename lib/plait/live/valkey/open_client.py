"""Opens a client of Valkey that does not wait and does not repeat calls."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from plait.live.valkey.durability import invalid_address_error


def open_client(address: str, timeout_s: float) -> redis.Redis:
    """Returns a client with the timeout `timeout_s` and without retries after a timeout.

    Raises:
        ConfigError: `address` is malformed.
    """
    try:
        client: redis.Redis = redis.Redis.from_url(
            address,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # A connection that was dropped while idle is opened again. A call that timed out is
            # not repeated.
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
        )
    except ValueError:  # its message may contain the password
        raise invalid_address_error(address) from None
    return client
