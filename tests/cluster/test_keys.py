"""The API key is changed under load, as the page says."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from .document import Document
from .load import Load
from .served import Served, secret
from .steps import Steps


def _status(served: Served, key: str) -> int:
    with httpx.Client(base_url=served.url, headers={"X-API-Key": key}, timeout=60) as client:
        return client.get("/v1/recommend/shop/u1").status_code


def test_no_call_is_refused_while_the_key_changes(
    operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    served = Served()
    served.wait_until_ready()
    old = served.key
    with steps.step("under load: the API key is changed") as remarks:
        with Load(served.url, old) as early:
            operations.run("A second API key", desk, shell)
            time.sleep(2)  # replicas read their files again every second
            new = secret("plait-access", "api-key-next")
            assert new != old
            assert [_status(served, key) for key in (old, new)] == [200, 200]
        with Load(served.url, new) as late:
            operations.run("Only the new API key", desk, shell)
            time.sleep(2)
        remarks.append(f"old key: {early.counts.summary()}; new key: {late.counts.summary()}")
    for load in (early, late):
        assert not load.counts.failed
        assert "HTTP 401" not in load.counts.retried
    assert [_status(served, key) for key in (old, new)] == [401, 200]
    assert served.key == new
