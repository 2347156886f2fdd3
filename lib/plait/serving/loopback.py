"""Closes the one door of a replica that Ray Serve offers no setting for."""

from __future__ import annotations

import os
from typing import Any

from plait.serving.haproxy import HOST_VARIABLE


def bind_replica_to_loopback() -> None:
    """Binds the port for calls between deployments to loopback, on `plait serve`'s machine.

    Ray Serve opens it on every interface, for other machines; it takes pickles from whoever
    connects. On a cluster it stays as it is: network policies close it there.
    """
    if HOST_VARIABLE not in os.environ:
        return
    from ray.serve._private import replica

    opened = replica.add_port_to_grpc_server

    def closed(server: Any, address: str) -> Any:
        return opened(server, address.replace("[::]", "127.0.0.1"))

    replica.add_port_to_grpc_server = closed
