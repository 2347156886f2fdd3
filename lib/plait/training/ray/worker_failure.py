"""The cause of a worker's failure, and whether a retry can succeed."""

from __future__ import annotations

from collections.abc import Iterable

from plait.errors import PlaitError, RunFailed, StoreError


def plait_error(failure: BaseException) -> PlaitError | None:
    """Returns the PlaitError that `failure` is or that Ray wrapped in it, or None."""
    for candidate in (failure, getattr(failure, "cause", None), failure.__cause__):
        if isinstance(candidate, PlaitError):
            return candidate
    return None


def unrecoverable_error(failures: Iterable[BaseException]) -> PlaitError | None:
    """Returns the failure that every retry would hit again, or None.

    The data, the settings and the RNG streams of a run are the same in each try. A StoreError
    is not unrecoverable, because the store may respond later.
    """
    found = map(plait_error, failures)
    return next((e for e in found if e is not None and not isinstance(e, StoreError)), None)


def failure_cause(error: Exception) -> Exception:
    """Returns the PlaitError behind a failed run; `error` itself if there is none."""
    failures = dict(getattr(error, "worker_failures", {}))
    stopped = getattr(error, "controller_failure", None)  # raised by ReportRelay
    for failure in [*failures.values(), *([stopped] if stopped else [])]:
        if found := plait_error(failure):
            return found
    if any(map(is_worker_loss, failures.values())):
        return RunFailed(
            "the run lost a worker more often than --max-failures allows.",
            fix="Run `plait train --resume` to continue from the last checkpoint, or give "
            "--max-failures N to let the run do so by itself.",
        )
    return error


def is_worker_loss(failure: Exception) -> bool:
    """Whether a worker died or lost the connection to one that died; either may come first."""
    from ray.exceptions import RayActorError

    if isinstance(getattr(failure, "health_check_failure", failure), RayActorError):
        return True
    return any(sign in str(failure) for sign in ("closed by peer", "reset by peer"))
