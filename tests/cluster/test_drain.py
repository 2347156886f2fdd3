"""A node is drained: what a drain evicts goes, comes back, and no call is lost."""

from __future__ import annotations

from pathlib import Path

from .document import Document
from .kubectl import get, wait_until
from .load import Load
from .pods import evict, is_back, is_ready, uid
from .served import Served
from .steps import Steps


def test_everything_on_a_node_may_be_evicted(
    operations: Document, desk: Path, shell: dict[str, str], steps: Steps
) -> None:
    served = Served()
    served.wait_until_ready()
    (node,) = [one["metadata"]["name"] for one in get("nodes")["items"]]
    with Load(served.url, served.key) as load:
        with steps.step("a second worker pod, so that a node can be drained"):
            printed = operations.run("Drain a node", desk, shell | {"NODE": node})
        assert f"node/{node} drained (server dry run)" in printed  # nothing stands in its way
        with steps.step("under load: head, Ray's Valkey and a worker pod are evicted") as remarks:
            (head,), workers = served.pods("head"), served.pods("worker")
            before = uid("plait-gcs-0")
            for pod in (head, "plait-gcs-0", workers[0]):
                assert evict(pod) == "", pod
            assert "disruption budget" in evict(workers[1])  # until the other one is back
            wait_until(lambda: is_back("plait-gcs-0", before), 90, "Ray's Valkey is back")
            wait_until(lambda: _ready(served, "head") - {head}, 180, "a new head is ready")
            wait_until(lambda: len(_ready(served, "worker") - {workers[0]}) > 1, 180, "two workers")
            remarks.append(load.counts.summary())
    assert not load.counts.failed, load.counts.failed[:10]


def _ready(served: Served, kind: str) -> set[str]:
    return {pod["metadata"]["name"] for pod in served.found(kind) if is_ready(pod)}
