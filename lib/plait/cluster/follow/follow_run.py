"""Follows a run to its end: its state, why it waits, its log. Only its status tells the end."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Protocol

from plait.cluster.cancel_run import cancel_run
from plait.cluster.client.api_errors import Forbidden
from plait.cluster.client.kube_api import KubeApi
from plait.cluster.client.watch_resource import ResourceSeen, ServerSilent, watch_resource
from plait.cluster.cluster_verbs import KINDS, Resource
from plait.cluster.diagnose.job_failure import diagnose_failure
from plait.cluster.diagnose.pending_reasons import (
    PendingReason,
    UnrecoverableCause,
    diagnose_pending,
)
from plait.cluster.follow.container_log import LogFollower
from plait.cluster.follow.run_pods import LogSource, find_log_source, list_events, list_pods
from plait.cluster.follow.run_state import ExitCode, RunState, read_run_state
from plait.errors import ClusterDown, PlaitError

POLL_S, POLL_ACTIVE_S = 2.0, 10.0  # between two polls of the pods
API_DOWN_TIMEOUT_S = 600.0  # following ends if the API server is silent for this long
START_TIMEOUT_S = 30.0
SCHEDULING_TIMEOUT_S = 600.0  # a node pool scaled to zero adds a node within minutes
_EXIT_CODES = {
    UnrecoverableCause.IMAGE: ExitCode.IMAGE,
    UnrecoverableCause.SCHEDULING: ExitCode.UNSCHEDULABLE,
}
LAST_LINES = 20
MAX_DENIED = 3
CANCEL_RETRY_S = 12.0  # between two attempts to cancel


class RunObserver(Protocol):
    """Shows the progress of a run to the user."""

    def state(self, state: RunState) -> None:
        """Called when the state changes."""

    def note(self, text: str) -> None:
        """Called with a message, such as why the run waits."""

    def log(self, line: str) -> None:
        """Called with each line of the job's log."""


@dataclass(frozen=True)
class FollowTimeouts:
    """Timeouts in seconds; None: no limit.

    Args:
        total: for the whole run. After it, the run continues but is no longer followed.
        start: for a run that cannot start. After it, the run is cancelled.
        scheduling: as `start`, if no node is large enough but one may still be added.
        down: for an API server that does not respond.
    """

    total: float | None = None
    start: float | None = START_TIMEOUT_S
    scheduling: float | None = SCHEDULING_TIMEOUT_S
    down: float = API_DOWN_TIMEOUT_S

    def for_cause(self, obstacle: UnrecoverableCause) -> float | None:
        """Returns the timeout for a run that `obstacle` keeps from starting."""
        return self.scheduling if obstacle is UnrecoverableCause.SCHEDULING else self.start


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended, or why it is no longer followed."""

    name: str
    state: str
    exit: ExitCode
    why: str = ""
    fix: str = ""
    seconds: float = 0.0
    last_lines: tuple[str, ...] = ()


@dataclass
class _RunFollower:
    api: KubeApi
    resource: Resource
    observer: RunObserver
    timeouts: FollowTimeouts
    stop: threading.Event = field(default_factory=threading.Event)
    updates: queue.SimpleQueue[ResourceSeen | ServerSilent | PlaitError | str] = field(
        default_factory=queue.SimpleQueue
    )
    log: LogFollower | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    state: RunState = field(default_factory=lambda: RunState(""))
    started_at: float = field(default_factory=time.monotonic)
    polled_at: float = 0.0
    blocked: tuple[UnrecoverableCause, float] | None = None  # (cause, since when)
    noted: set[str] = field(default_factory=set)
    denied: int = 0  # consecutive polls that were forbidden

    @property
    def name(self) -> str:
        return str(self.resource["metadata"]["name"])

    def run(self) -> RunOutcome:
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        try:
            self._update_resource(self.resource)
            while True:
                outcome = self._handle_next()
                if outcome is not None:
                    return outcome
        finally:
            self.stop.set()

    def _watch(self) -> None:
        kind = KINDS[self.resource["kind"]]
        path = self.api.resource_path(kind, api_version=self.resource["apiVersion"])
        try:
            for event in watch_resource(self.api, path, self.name, self.stop, wait=self.stop.wait):
                self.updates.put(event)
        except PlaitError as error:
            self.updates.put(error)

    def _handle_next(self) -> RunOutcome | None:
        if self.state.ended:
            return self._finish(self.state)
        try:
            news = self.updates.get(timeout=0.2)
        except queue.Empty:
            pass
        else:
            if isinstance(news, str):
                self._log_line(news)
                return None  # handle the other queued lines first
            if isinstance(news, PlaitError):
                raise news
            if isinstance(news, ServerSilent):
                self._on_silence(news)
            elif news.resource is None:
                return self._finish(
                    RunState("deleted", exit=ExitCode.CANCELLED, why="It was deleted.")
                )
            elif news.resource["metadata"]["uid"] == self.resource["metadata"].get("uid"):
                self._update_resource(news.resource)
            else:
                return self._finish(
                    RunState("deleted", exit=ExitCode.CANCELLED, why="It was replaced.")
                )
            if self.state.ended:
                return None
        if self.timeouts.total is not None and self._seconds() > self.timeouts.total:
            return self._finish(
                RunState(self.state.name, exit=ExitCode.DEADLINE),
                f"It did not end within {self.timeouts.total:g} s (--timeout). It keeps running.",
                f"plait logs {self.name} -f, or plait cancel {self.name}",
            )
        every = POLL_ACTIVE_S if self.state.active and self.log else POLL_S
        if time.monotonic() - self.polled_at > every and self.denied < MAX_DENIED:
            return self._poll_pods()
        return None

    def _update_resource(self, resource: Resource) -> None:
        self.resource = {"kind": self.resource["kind"], **resource}
        state = read_run_state(self.resource)
        if state != self.state:
            if (state.name, state.why) != (self.state.name, self.state.why):
                self.observer.state(state)
            self.state, self.polled_at = state, 0.0

    def _on_silence(self, news: ServerSilent) -> None:
        if not news.seconds:
            self.observer.note("The API server responds again.")
            self.noted.discard("silent")
            return
        if news.seconds > self.timeouts.down:
            raise ClusterDown(
                f"the API server has not responded for {news.seconds:.0f} s: {news.reason}",
                fix=f"The run continues without this command: plait status {self.name}",
            )
        if "silent" not in self.noted:
            self.noted.add("silent")
            self.observer.note("The API server does not respond. The run continues; retrying ...")

    def _poll_pods(self) -> RunOutcome | None:
        """Checks the pods: why the run waits, and where its log is."""
        try:
            pods = list_pods(self.api, self.resource)
            if self.resource["kind"] != "RayService":
                self._switch_log(pods)
            waits = diagnose_pending(
                pods, list_events(self.api, self.resource, pods), self._nodes()
            )
        except Forbidden as error:
            self.denied += 1  # an API server that just restarted may not have loaded RBAC yet
            if self.denied == MAX_DENIED:
                self._note_once(f"Why it waits, and its log, cannot be shown: {error.seen}")
            return None
        except PlaitError:
            return None  # the watch reports it
        finally:
            self.polled_at = time.monotonic()
        self.denied = 0
        for reason in waits:
            self._note_once(reason.sentence)
        return self._check_unrecoverable(waits, pods)

    def _check_unrecoverable(
        self, waits: list[PendingReason], pods: list[Resource]
    ) -> RunOutcome | None:
        executors = [p for p in pods if (p["metadata"].get("labels") or {}).get("spark-role")]
        works = self.state.active and (
            self.resource["kind"] != "SparkApplication"
            or any(
                p["metadata"]["labels"]["spark-role"] == "executor"
                and (p.get("status") or {}).get("phase") == "Running"
                for p in executors
            )
        )
        obstacle = waits[0].cause if waits else None
        if works or obstacle is None:
            self.blocked = None
            return None
        timeout, now = self.timeouts.for_cause(obstacle), time.monotonic()
        if self.blocked is None or self.blocked[0] is not obstacle:
            self.blocked = obstacle, now
            if obstacle is UnrecoverableCause.SCHEDULING and timeout:
                self._note_once(f"A node may be added: waiting up to {timeout:g} s (--patience).")
        if timeout is None or now - self.blocked[1] < timeout:
            return None
        code = _EXIT_CODES.get(obstacle, ExitCode.INFRASTRUCTURE)
        if self.resource["kind"] == "RayService":  # a failed upgrade must not stop the service
            why = f"{waits[0].sentence} It is left as it is."
        else:
            cancel_run(
                replace(self.api, retry_s=CANCEL_RETRY_S),
                self.resource,
                waits[0].sentence,
                code,
            )
            why = f"{waits[0].sentence} The run was cancelled."
        return self._finish(RunState("cannot start", exit=code), why, waits[0].fix)

    def _nodes(self) -> list[Resource] | None:
        if "nodes" in self.noted:
            return None
        try:
            return list(self.api.get("/api/v1/nodes")["items"])
        except Forbidden:
            self.noted.add("nodes")
            return None

    def _switch_log(self, pods: list[Resource]) -> None:
        source = find_log_source(self.resource, pods)
        if self.log is not None and self.log.error is not None:
            if isinstance(self.log.error, Forbidden):
                self._note_once(f"Its log cannot be read: {self.log.error.seen}")
                return
            self.log = None
        if source is None or (self.log is not None and self.log.source == source):
            return
        if self.log is not None:
            self.log.drain()
            self._note_once(f"The log continues in pod {source.pod}.")
        self.log = self._follow_log(source)

    def _follow_log(self, source: LogSource) -> LogFollower:
        follower = LogFollower(self.api, source, self.updates.put)
        follower.start()
        return follower

    def _log_line(self, line: str) -> None:
        self.lines.append(line)
        self.observer.log(line)

    def _note_once(self, text: str) -> None:
        if text not in self.noted:
            self.noted.add(text)
            self.observer.note(text)

    def _seconds(self) -> float:
        return time.monotonic() - self.started_at

    def _finish(self, state: RunState, why: str = "", fix: str = "") -> RunOutcome:
        pods: list[Resource] = []
        if state.name not in ("deleted", "deleting") and self.denied < MAX_DENIED:
            try:
                pods = list_pods(self.api, self.resource)
                if state.exit is not ExitCode.DEADLINE or state.ended:
                    self._switch_log(pods)
            except PlaitError:
                pass
        if self.log is not None:
            self.log.drain()
        while True:
            try:
                news = self.updates.get_nowait()
            except queue.Empty:
                break
            if isinstance(news, str):
                self._log_line(news)
        assert state.exit is not None
        if state.exit in (ExitCode.FAILED, ExitCode.INFRASTRUCTURE) and not why:
            what, mend = diagnose_failure(self.resource, pods, list(self.lines))
            why, fix = f"{what} {state.why}".strip() if what else state.why, fix or mend
        return RunOutcome(
            self.name,
            state.name,
            state.exit,
            why or state.why,
            fix,
            round(self._seconds(), 1),
            tuple(self.lines)[-LAST_LINES:],
        )


def follow_run(
    api: KubeApi, resource: Resource, observer: RunObserver, timeouts: FollowTimeouts
) -> RunOutcome:
    """Follows the run `resource` until it ends, cannot start, or a timeout passes.

    Args:
        api: the cluster.
        resource: the run, as the API server has it.
        observer: shows the progress.
        timeouts: how long to wait.

    Raises:
        ClusterDown: the API server was silent for longer than `timeouts.down`.
        Refused, NoCluster: watching the run is not allowed.
    """
    return _RunFollower(api.without_retries(), resource, observer, timeouts).run()
