"""Without requests there is no replica; the next request brings one."""

from __future__ import annotations

from .served import Served


def _replicas(served: Served) -> int:
    status = served.service()["status"]["activeServiceStatus"]["applicationStatuses"]
    return int(status["plait"]["serveDeploymentStatuses"]["plait"].get("replicas", 0))
