"""What a worker's failure means, and whether another try could end better."""

from __future__ import annotations

from collections.abc import Iterable

from plait.errors import PlaitError, RunFailed, StoreError


def plait_error(failure: BaseException) -> PlaitError | None:
    """Returns the PlaitError that `failure` is or was wrapped around by Ray, or None."""
    for candidate in (failure, getattr(failure, "cause", None), failure.__cause__):
        if isinstance(candidate, PlaitError):
            return candidate
    return None


def unrecoverable_error(failures: Iterable[BaseException]) -> PlaitError | None:
    """Returns the failure that every further try would meet again, or None.

    The data, the settings and the RNG streams of a run are the same each time. A store may
    answer later.
    """
    found = map(plait_error, failures)
    return next((e for e in found if e is not None and not isinstance(e, StoreError)), None)


def failure_cause(error: Exception) -> Exception:
    """Returns what went wrong on a worker as a PlaitError, where it is one."""
    failures = dict(getattr(error, "worker_failures", {}))
    stopped = getattr(error, "controller_failure", None)  # by the relay, see there
    for failure in [*failures.values(), *([stopped] if stopped else [])]:
        if found := plait_error(failure):
            return found
    if any(map(is_worker_loss, failures.values())):
        return RunFailed(
            "the run lost a worker, and may lose no more.",
            fix="`plait train --resume` goes on from the last checkpoint; with --max-failures N "
            "the run does so by itself.",
        )
    return error


def is_worker_loss(failure: Exception) -> bool:
    """Whether a worker died, or heard that another one did: who is noticed first varies."""
    from ray.exceptions import RayActorError

    if isinstance(getattr(failure, "health_check_failure", failure), RayActorError):
        return True
    return any(sign in str(failure) for sign in ("closed by peer", "reset by peer"))
