"""A container's log, followed until it ends, across lost connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from plait.cluster.api import Api
from plait.cluster.chatter import Chatter
from plait.cluster.parts import Source, log_source, pods_of
from plait.cluster.refusal import Forbidden, Missing
from plait.cluster.stitch import Stitch
from plait.cluster.verbs import Resource
from plait.errors import ClusterDown, NoRun, PlaitError

_PAUSE_S = 1.0


def read_log(api: Api, resource: Resource) -> Iterator[str]:
    """Yields the lines of a run's log, as far as it has come.

    Raises:
        NoRun: it has not begun, or its pod is gone.
        Refused, NoCluster, ClusterDown: it cannot be read.
    """
    source = log_source(resource, pods_of(api, resource))
    if source is None:
        name = resource["metadata"]["name"]
        raise NoRun(
            f"{name} has no log: its pod has not begun, or is gone.",
            fix=f"See why: plait status {name}",
        )
    chatter = Chatter()
    path = api.core("pods", source.pod) + "/log"
    with api.stream(path, container=source.container) as lines:
        for line in lines:
            text = line.decode(errors="replace")
            if chatter.keeps(text):
                yield text


class LogFollower(threading.Thread):
    """Hands every line of a log to `say` until `finish` is called, then what is left."""

    def __init__(self, api: Api, source: Source, say: Callable[[str], None]) -> None:
        super().__init__(name=f"log of {source.pod}", daemon=True)
        self.source = source
        self.fault: PlaitError | None = None
        self._api, self._say, self._stitch = api, say, Stitch()
        self._chatter = Chatter()
        self._ending = threading.Event()

    def run(self) -> None:
        """Reads and reads again; the end of a stream says nothing of the job."""
        try:
            while not self._ending.is_set():
                self._read(follow=True)
                self._ending.wait(_PAUSE_S)
            self._read(follow=False)
        except (Forbidden, Missing) as error:
            self.fault = error

    def finish(self, seconds: float = 10.0) -> None:
        """Drains what was written last; waits for it so long at most."""
        self._ending.set()
        self.join(seconds)

    def _read(self, follow: bool) -> None:
        self._stitch.reconnect()
        query = {"container": self.source.container, "timestamps": "true"}
        if follow:
            query["follow"] = "true"
        if self._stitch.since:
            query["sinceTime"] = self._stitch.since
        try:
            path = self._api.core("pods", self.source.pod) + "/log"
            with self._api.stream(path, **query) as lines:
                for line in lines:
                    text = self._stitch.take(line.decode(errors="replace"))
                    if text is not None and self._chatter.keeps(text):
                        self._say(text)
                    if follow and self._ending.is_set():
                        return
        except (Forbidden, Missing):
            raise
        except (ClusterDown, PlaitError):
            return  # asked again
