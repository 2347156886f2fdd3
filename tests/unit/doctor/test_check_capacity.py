from __future__ import annotations

from plait.doctor.check_capacity import free_resources, service_requests
from tests.cluster.templates import ray_service

NODE = {
    "metadata": {"name": "a"},
    "spec": {},
    "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}},
}
CLOSED = {**NODE, "metadata": {"name": "b"}, "spec": {"unschedulable": True}}


def pod(node: str) -> dict[str, object]:
    resources = {"requests": {"cpu": "1500m", "memory": "1Gi"}}
    return {"spec": {"nodeName": node, "containers": [{"name": "c", "resources": resources}]}}


def test_an_upgrade_asks_for_the_whole_service_once_more() -> None:
    service = ray_service()
    service["spec"]["rayClusterConfig"]["workerGroupSpecs"][0]["replicas"] = 3
    assert service_requests(service) == {"cpu": 0.2 * 4, "memory": 4 * 2**30}


def test_room_is_what_pods_leave_on_open_nodes() -> None:
    assert free_resources([NODE, CLOSED], [pod("a"), pod("b")]) == {"cpu": 2.5, "memory": 7 * 2**30}
