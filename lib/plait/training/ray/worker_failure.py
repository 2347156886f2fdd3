"""What a worker's failure says, and whether another try could end better."""

from __future__ import annotations

from collections.abc import Iterable

from plait.errors import PlaitError, StoreError


def plait_error(failure: BaseException) -> PlaitError | None:
    """Returns the PlaitError that `failure` is or was wrapped around by Ray, or None."""
    for candidate in (failure, getattr(failure, "cause", None), failure.__cause__):
        if isinstance(candidate, PlaitError):
            return candidate
    return None


def unrecoverable_error(failures: Iterable[BaseException]) -> PlaitError | None:
    """Returns the failure that every further try would meet again, or None.

    The data, the settings and the draws of a run are the same each time. A store may answer later.
    """
    found = map(plait_error, failures)
    return next((e for e in found if e is not None and not isinstance(e, StoreError)), None)
