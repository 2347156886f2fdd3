"""Follows a container's log until it ends, across lost connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from plait.cluster.client.api_errors import Forbidden, NotFound
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.cluster_verbs import Resource
from plait.cluster.follow.log_stitching import LogStitcher
from plait.cluster.follow.ray_log_filter import RayLogFilter
from plait.cluster.follow.run_pods import LogSource, find_log_source, list_pods
from plait.errors import ClusterDown, NoRun, PlaitError

_RETRY_PAUSE_S = 1.0
_MAX_DENIED = 3  # an API server that just restarted may not have loaded RBAC yet


def read_log(api: KubeApi, resource: Resource) -> Iterator[str]:
    """Yields the lines of a run's log up to now.

    Raises:
        NoRun: the run's pod has not started, or is gone.
        Refused, NoCluster, ClusterDown: the log cannot be read.
    """
    source = find_log_source(resource, list_pods(api, resource))
    if source is None:
        name = resource["metadata"]["name"]
        raise NoRun(
            f"{name} has no log: its pod has not started, or is gone.",
            fix=f"See why: plait status {name}",
        )
    chatter = RayLogFilter()
    path = api.core_path("pods", source.pod) + "/log"
    with api.stream(path, container=source.container) as lines:
        for line in lines:
            text = line.decode(errors="replace")
            if chatter.keeps(text):
                yield text


class LogFollower(threading.Thread):
    """Passes every line of a log to `emit`, until `drain` is called; then the remaining lines."""

    def __init__(self, api: KubeApi, source: LogSource, emit: Callable[[str], None]) -> None:
        super().__init__(name=f"log of {source.pod}", daemon=True)
        self.source = source
        self.error: PlaitError | None = None
        self._api, self._emit, self._stitcher = api, emit, LogStitcher()
        self._filter = RayLogFilter()
        self._ending = threading.Event()

    def run(self) -> None:
        """Reads the log, again and again: a stream may end before the job does."""
        denied = 0
        while True:
            ending = self._ending.is_set()
            try:
                self._read(follow=not ending)
                denied = 0
            except (Forbidden, NotFound) as error:
                denied += 1
                if denied == _MAX_DENIED or ending:
                    self.error = error
                    return
            if ending:
                return
            self._ending.wait(_RETRY_PAUSE_S)

    def drain(self, seconds: float = 10.0) -> None:
        """Passes on the last lines of the log. Waits at most `seconds` for them."""
        self._ending.set()
        self.join(seconds)

    def _read(self, follow: bool) -> None:
        self._stitcher.reconnect()
        query = {"container": self.source.container, "timestamps": "true"}
        if follow:
            query["follow"] = "true"
        if self._stitcher.since:
            query["sinceTime"] = self._stitcher.since
        try:
            path = self._api.core_path("pods", self.source.pod) + "/log"
            with self._api.stream(path, **query) as lines:
                for line in lines:
                    text = self._stitcher.accept(line.decode(errors="replace"))
                    if text is not None and self._filter.keeps(text):
                        self._emit(text)
                    if follow and self._ending.is_set():
                        return
        except (Forbidden, NotFound):
            raise
        except (ClusterDown, PlaitError):
            return  # the caller tries again
