"""A run's state and exit code, derived only from its resource's status."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from plait.cluster.cluster_verbs import Resource
from plait.cluster.render.render_resource import QUEUE_LABEL


class ExitCode(IntEnum):
    """Exit codes of `plait submit`."""

    SUCCEEDED = 0
    FAILED = 1  # the job itself
    USAGE = 2  # invalid request: arguments, templates, rules, rights
    INFRASTRUCTURE = 3  # the cluster could not start it, or does not respond
    DEADLINE = 4
    CANCELLED = 5
    IMAGE = 6  # it cannot be pulled
    UNSCHEDULABLE = 7  # no node is large enough, and none was added
    DETACHED = 130  # Ctrl-C: the run continues


@dataclass(frozen=True)
class RunState:
    """A run's state. `exit` is None until the run ends; `active` is true while its job runs."""

    name: str
    active: bool = False
    exit: ExitCode | None = None
    why: str = ""

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.exit is not None


CANCELLED = "plait/cancelled"  # annotation: why it was cancelled
EXIT_CODE_ANNOTATION = "plait/exit"  # annotation: the exit code

_LOG_MARKER = ", last available logs"

_RAY_EXIT_CODES = {
    "AppFailed": ExitCode.FAILED,
    "SubmissionFailed": ExitCode.INFRASTRUCTURE,
    "DeadlineExceeded": ExitCode.DEADLINE,
    "PreRunningDeadlineExceeded": ExitCode.DEADLINE,
    "JobDeploymentStatusTransitionGracePeriodExceeded": ExitCode.INFRASTRUCTURE,
    "JobStatusCheckTimeoutExceeded": ExitCode.INFRASTRUCTURE,
    "ValidationFailed": ExitCode.USAGE,
}


def read_run_state(resource: Resource) -> RunState:
    """Returns the state of the run of a custom resource."""
    if resource["metadata"].get("deletionTimestamp"):
        return RunState("deleting", exit=ExitCode.CANCELLED, why="It is being deleted.")
    kinds = {
        "RayJob": _ray_job_state,
        "SparkApplication": _spark_state,
        "RayService": _ray_service_state,
    }
    return kinds[resource["kind"]](resource)


def _cancelled_state(resource: Resource) -> RunState:
    annotations = resource["metadata"].get("annotations") or {}
    code = ExitCode(int(annotations.get(EXIT_CODE_ANNOTATION, ExitCode.CANCELLED)))
    return RunState("cancelled", exit=code, why=annotations.get(CANCELLED, "It was suspended."))


def _is_queued(resource: Resource) -> bool:
    return QUEUE_LABEL in (resource["metadata"].get("labels") or {})


def _was_cancelled(resource: Resource) -> bool:
    return CANCELLED in (resource["metadata"].get("annotations") or {})


def _ray_job_state(resource: Resource) -> RunState:
    status = resource.get("status") or {}
    deployed, job = status.get("jobDeploymentStatus") or "", status.get("jobStatus") or ""
    reason = status.get("reason") or ""
    message = _one_line(status.get("message") or "")
    if job == "SUCCEEDED" and deployed in ("Complete", "Running"):
        if deployed == "Complete":
            return RunState("succeeded", exit=ExitCode.SUCCEEDED)
        return RunState("running", active=True)
    if deployed == "Suspended" or (resource["spec"].get("suspend") and _was_cancelled(resource)):
        if _is_queued(resource) and not _was_cancelled(resource):
            return RunState("queued", why="It waits in its Kueue queue.")
        if deployed in ("Suspended", ""):
            return _cancelled_state(resource)
        return RunState("cancelling")
    if deployed in ("Failed", "ValidationFailed", "Complete"):
        if job == "STOPPED":
            return RunState(
                "stopped", exit=ExitCode.CANCELLED, why=message or "The job was stopped."
            )
        code = _RAY_EXIT_CODES.get(reason or deployed, ExitCode.FAILED)
        if code is ExitCode.FAILED and job not in ("FAILED", "") and deployed == "Failed":
            code = ExitCode.INFRASTRUCTURE
        return RunState("failed", exit=code, why=_join_reason(reason, message))
    if deployed == "Running":
        return RunState("running" if job != "PENDING" else "starting", active=job != "PENDING")
    if deployed == "Retrying":
        return RunState("retrying", why=_join_reason(reason, message))
    return RunState(deployed.lower() or "submitted")


def _spark_state(resource: Resource) -> RunState:
    status = resource.get("status") or {}
    application = status.get("applicationState") or {}
    state, message = (
        application.get("state") or "",
        _one_line(application.get("errorMessage") or ""),
    )
    if state == "COMPLETED":
        return RunState("succeeded", exit=ExitCode.SUCCEEDED)
    if state == "FAILED":
        ran = (status.get("driverInfo") or {}).get("podName") and status.get("executionAttempts")
        code = ExitCode.FAILED if ran else ExitCode.INFRASTRUCTURE
        return RunState("failed", exit=code, why=message)
    if state == "SUSPENDED" or (resource["spec"].get("suspend") and _was_cancelled(resource)):
        if _is_queued(resource) and not _was_cancelled(resource):
            return RunState("queued", why="It waits in its Kueue queue.")
        return _cancelled_state(resource) if state in ("SUSPENDED", "") else RunState("cancelling")
    if state in ("SUBMISSION_FAILED", "PENDING_RERUN"):
        return RunState("retrying", why=message)
    name = {"SUCCEEDING": "finishing", "FAILING": "failing"}.get(state, state.lower())
    return RunState(name.replace("_", " ") or "submitted", active=state == "RUNNING")


def _ray_service_state(resource: Resource) -> RunState:
    status = resource.get("status") or {}
    conditions = {entry["type"]: entry for entry in status.get("conditions") or []}
    seen = status.get("observedGeneration") == resource["metadata"].get("generation")
    ready, moving = conditions.get("Ready", {}), conditions.get("UpgradeInProgress", {})
    if seen and ready.get("status") == "True" and moving.get("status") != "True":
        return RunState("ready", exit=ExitCode.SUCCEEDED)
    if ready.get("reason") == "InitializingTimeout":
        return RunState("failed", exit=ExitCode.DEADLINE, why=_one_line(ready.get("message") or ""))
    for part in ("pendingServiceStatus", "activeServiceStatus"):
        applications = ((status.get(part) or {}).get("applicationStatuses") or {}).values()
        for application in applications:
            if application.get("status") == "DEPLOY_FAILED":
                why = _one_line(application.get("message") or "")
                return RunState("failed", exit=ExitCode.FAILED, why=why)
    if moving.get("status") == "True":
        since = str(moving.get("lastTransitionTime") or "an unknown time")
        return RunState("upgrading", why=f"The new pods are not ready, since {since}.")
    return RunState("starting" if status else "submitted")


def _join_reason(reason: str, message: str) -> str:
    return f"{reason}: {message}" if reason and message else message or reason


def _one_line(text: str) -> str:
    """Returns a message as one line, without the log that Ray appends."""
    text = " ".join(text.split(_LOG_MARKER)[0].split())
    return text if len(text) <= 400 else text[:397] + "..."
