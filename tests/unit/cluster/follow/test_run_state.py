from __future__ import annotations

from typing import Any

import pytest

from plait.cluster.follow.run_state import ExitCode, read_run_state

QUEUED = {"kueue.x-k8s.io/queue-name": "team"}


def ray_job(deployed: str, job: str = "", reason: str = "", **spec: Any) -> dict[str, Any]:
    status = {"jobDeploymentStatus": deployed, "jobStatus": job, "reason": reason}
    return {"kind": "RayJob", "metadata": {}, "spec": spec, "status": status}


def spark(state: str, pod: str = "", attempts: int = 0, **spec: Any) -> dict[str, Any]:
    status = {"applicationState": {"state": state}, "executionAttempts": attempts}
    status["driverInfo"] = {"podName": pod} if pod else {}
    return {"kind": "SparkApplication", "metadata": {}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("resource", "name", "code"),
    [
        (ray_job(""), "submitted", None),
        (ray_job("Initializing"), "initializing", None),
        (ray_job("Running", "PENDING"), "starting", None),
        (ray_job("Running", "RUNNING"), "running", None),
        (ray_job("Running", "SUCCEEDED"), "running", None),  # not ended before it is Complete
        (ray_job("Complete", "SUCCEEDED"), "succeeded", ExitCode.SUCCEEDED),
        (ray_job("Failed", "FAILED", "AppFailed"), "failed", ExitCode.FAILED),
        (ray_job("Complete", "FAILED"), "failed", ExitCode.FAILED),
        (ray_job("Retrying", "FAILED"), "retrying", None),
        (ray_job("Complete", "STOPPED"), "stopped", ExitCode.CANCELLED),
        (ray_job("Failed", "", "SubmissionFailed"), "failed", ExitCode.INFRASTRUCTURE),
        (ray_job("Failed", "RUNNING", "JobStatusCheckTimeoutExceeded"), "failed",
         ExitCode.INFRASTRUCTURE),
        (ray_job("Failed", "RUNNING", "DeadlineExceeded"), "failed", ExitCode.DEADLINE),
        (ray_job("Failed", "", "PreRunningDeadlineExceeded"), "failed", ExitCode.DEADLINE),
        (ray_job("ValidationFailed"), "failed", ExitCode.USAGE),
        (ray_job("Suspended", suspend=True), "cancelled", ExitCode.CANCELLED),
        (spark(""), "submitted", None),
        (spark("RUNNING", "d", 1), "running", None),
        (spark("SUBMISSION_FAILED"), "retrying", None),
        (spark("PENDING_RERUN"), "retrying", None),
        (spark("SUCCEEDING", "d", 1), "finishing", None),
        (spark("FAILING", "d", 1), "failing", None),
        (spark("COMPLETED", "d", 1), "succeeded", ExitCode.SUCCEEDED),
        (spark("FAILED", "d", 1), "failed", ExitCode.FAILED),
        (spark("FAILED"), "failed", ExitCode.INFRASTRUCTURE),  # there never was a driver
        (spark("SUSPENDED", suspend=True), "cancelled", ExitCode.CANCELLED),
    ],
)  # fmt: skip
def test_a_status_is_a_state_and_an_exit_code(
    resource: dict[str, Any], name: str, code: ExitCode | None
) -> None:
    state = read_run_state(resource)
    assert (state.name, state.exit) == (name, code)


def test_what_kueue_suspends_waits_and_what_a_person_suspended_has_ended() -> None:
    held = ray_job("Suspended", suspend=True)
    held["metadata"]["labels"] = QUEUED
    assert read_run_state(held).exit is None
    held["metadata"]["annotations"] = {"plait/cancelled": "no image", "plait/exit": "3"}
    state = read_run_state(held)
    assert (state.exit, state.why) == (ExitCode.INFRASTRUCTURE, "no image")


def test_a_run_that_is_being_cancelled_has_not_ended() -> None:
    running = ray_job("Running", "RUNNING", suspend=True)
    running["metadata"]["annotations"] = {"plait/cancelled": "no image"}
    assert read_run_state(running).name == "cancelling"


def test_a_run_that_is_being_deleted_has_ended() -> None:
    running = ray_job("Running", "RUNNING")
    running["metadata"]["deletionTimestamp"] = "2026-11-25T12:00:00Z"
    assert read_run_state(running).exit is ExitCode.CANCELLED


def test_the_log_that_ray_adds_to_its_message_is_left_out() -> None:
    failed = ray_job("Failed", "FAILED", "AppFailed")
    failed["status"]["message"] = "It failed with exit code 1, last available logs (all):\n secret"
    assert read_run_state(failed).why == "AppFailed: It failed with exit code 1"


def service(*conditions: tuple[str, str], seen: int = 2, **status: Any) -> dict[str, Any]:
    listed = [{"type": kind, "status": value} for kind, value in conditions]
    status |= {"observedGeneration": seen, "conditions": listed}
    return {"kind": "RayService", "metadata": {"generation": 2}, "spec": {}, "status": status}


def test_a_service_is_ready_when_its_newest_form_is() -> None:
    assert read_run_state(service(("Ready", "True"))).exit is ExitCode.SUCCEEDED
    assert read_run_state(service(("Ready", "True"), seen=1)).exit is None
    assert read_run_state(service(("Ready", "True"), ("UpgradeInProgress", "True"))).exit is None
    broken = {"applicationStatuses": {"plait": {"status": "DEPLOY_FAILED", "message": "no module"}}}
    state = read_run_state(service(("Ready", "False"), activeServiceStatus=broken))
    assert (state.exit, state.why) == (ExitCode.FAILED, "no module")
