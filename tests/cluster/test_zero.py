"""Without requests there is no replica; the next request brings one."""

from __future__ import annotations

import time
from pathlib import Path

from .document import Document
from .kubectl import wait_until
from .served import Served
from .steps import Steps


def _replicas(served: Served) -> int:
    status = served.service()["status"]["activeServiceStatus"]["applicationStatuses"]
    return int(status["plait"]["serveDeploymentStatuses"]["plait"].get("replicas", 0))
