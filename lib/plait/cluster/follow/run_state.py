"""How a run stands, read from its resource's status alone, and the exit code of its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from plait.cluster.cluster_verbs import Resource
from plait.cluster.render.render_resource import QUEUE


class Exit(IntEnum):
    """Exit codes of `plait submit`."""

    SUCCEEDED = 0
    FAILED = 1  # the job itself
    USAGE = 2  # what was asked cannot be had: arguments, templates, rules, rights
    INFRASTRUCTURE = 3  # the cluster could not start it, or not be asked
    DEADLINE = 4
    CANCELLED = 5
    IMAGE = 6  # it cannot be pulled
    UNSCHEDULABLE = 7  # no node is large enough, and none came
    DETACHED = 130  # Ctrl-C: the run goes on


@dataclass(frozen=True)
class State:
    """A run now: `exit` is null while it is under way; `active` while its job is running."""

    name: str
    active: bool = False
    exit: Exit | None = None
    why: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.exit is not None


CANCELLED = "plait/cancelled"  # the annotation that says why
EXIT = "plait/exit"  # with which code

_LOG = ", last available logs"

_RAY_REASONS = {
    "AppFailed": Exit.FAILED,
    "SubmissionFailed": Exit.INFRASTRUCTURE,
    "DeadlineExceeded": Exit.DEADLINE,
    "PreRunningDeadlineExceeded": Exit.DEADLINE,
    "JobDeploymentStatusTransitionGracePeriodExceeded": Exit.INFRASTRUCTURE,
    "JobStatusCheckTimeoutExceeded": Exit.INFRASTRUCTURE,
    "ValidationFailed": Exit.USAGE,
}


def state_of(resource: Resource) -> State:
    """Returns how the run of a custom resource stands."""
    if resource["metadata"].get("deletionTimestamp"):
        return State("deleting", exit=Exit.CANCELLED, why="It is being deleted.")
    kinds = {"RayJob": _ray_job, "SparkApplication": _spark, "RayService": _ray_service}
    return kinds[resource["kind"]](resource)


def _cancelled(resource: Resource) -> State:
    annotations = resource["metadata"].get("annotations") or {}
    code = Exit(int(annotations.get(EXIT, Exit.CANCELLED)))
    return State("cancelled", exit=code, why=annotations.get(CANCELLED, "It was suspended."))


def _queued(resource: Resource) -> bool:
    return QUEUE in (resource["metadata"].get("labels") or {})


def _was_cancelled(resource: Resource) -> bool:
    return CANCELLED in (resource["metadata"].get("annotations") or {})


def _ray_job(resource: Resource) -> State:
    status = resource.get("status") or {}
    deployed, job = status.get("jobDeploymentStatus") or "", status.get("jobStatus") or ""
    reason = status.get("reason") or ""
    message = _sentence(status.get("message") or "")
    if job == "SUCCEEDED" and deployed in ("Complete", "Running"):
        if deployed == "Complete":
            return State("succeeded", exit=Exit.SUCCEEDED)
        return State("running", active=True)
    if deployed == "Suspended" or (resource["spec"].get("suspend") and _was_cancelled(resource)):
        if _queued(resource) and not _was_cancelled(resource):
            return State("queued", why="Kueue holds it back.")
        if deployed in ("Suspended", ""):
            return _cancelled(resource)
        return State("cancelling")
    if deployed in ("Failed", "ValidationFailed", "Complete"):
        if job == "STOPPED":
            return State("stopped", exit=Exit.CANCELLED, why=message or "The job was stopped.")
        code = _RAY_REASONS.get(reason or deployed, Exit.FAILED)
        if code is Exit.FAILED and job not in ("FAILED", "") and deployed == "Failed":
            code = Exit.INFRASTRUCTURE
        return State("failed", exit=code, why=_named(reason, message))
    if deployed == "Running":
        return State("running" if job != "PENDING" else "starting", active=job != "PENDING")
    if deployed == "Retrying":
        return State("retrying", why=_named(reason, message))
    return State(deployed.lower() or "submitted")


def _spark(resource: Resource) -> State:
    status = resource.get("status") or {}
    application = status.get("applicationState") or {}
    state, message = (
        application.get("state") or "",
        _sentence(application.get("errorMessage") or ""),
    )
    if state == "COMPLETED":
        return State("succeeded", exit=Exit.SUCCEEDED)
    if state == "FAILED":
        ran = (status.get("driverInfo") or {}).get("podName") and status.get("executionAttempts")
        code = Exit.FAILED if ran else Exit.INFRASTRUCTURE
        return State("failed", exit=code, why=message)
    if state == "SUSPENDED" or (resource["spec"].get("suspend") and _was_cancelled(resource)):
        if _queued(resource) and not _was_cancelled(resource):
            return State("queued", why="Kueue holds it back.")
        return _cancelled(resource) if state in ("SUSPENDED", "") else State("cancelling")
    if state in ("SUBMISSION_FAILED", "PENDING_RERUN"):
        return State("retrying", why=message)
    name = {"SUCCEEDING": "finishing", "FAILING": "failing"}.get(state, state.lower())
    return State(name.replace("_", " ") or "submitted", active=state == "RUNNING")


def _ray_service(resource: Resource) -> State:
    status = resource.get("status") or {}
    conditions = {entry["type"]: entry for entry in status.get("conditions") or []}
    seen = status.get("observedGeneration") == resource["metadata"].get("generation")
    ready, moving = conditions.get("Ready", {}), conditions.get("UpgradeInProgress", {})
    if seen and ready.get("status") == "True" and moving.get("status") != "True":
        return State("ready", exit=Exit.SUCCEEDED)
    if ready.get("reason") == "InitializingTimeout":
        return State("failed", exit=Exit.DEADLINE, why=_sentence(ready.get("message") or ""))
    for part in ("pendingServiceStatus", "activeServiceStatus"):
        applications = ((status.get(part) or {}).get("applicationStatuses") or {}).values()
        for application in applications:
            if application.get("status") == "DEPLOY_FAILED":
                why = _sentence(application.get("message") or "")
                return State("failed", exit=Exit.FAILED, why=why)
    if moving.get("status") == "True":
        since = str(moving.get("lastTransitionTime") or "an unknown time")
        return State("upgrading", why=f"The new pods are not ready, since {since}.")
    return State("starting" if status else "submitted")


def _named(reason: str, message: str) -> str:
    return f"{reason}: {message}" if reason and message else message or reason


def _sentence(text: str) -> str:
    """Returns a message as one line, without the log that Ray puts behind it."""
    text = " ".join(text.split(_LOG)[0].split())
    return text if len(text) <= 400 else text[:397] + "..."
