from __future__ import annotations

import pytest
from ray.exceptions import ActorDiedError
from ray.train.v2._internal.exceptions import WorkerHealthCheckFailedError
from ray.train.v2.api.exceptions import WorkerGroupError

from plait.errors import RunFailed, TooFewEvents
from plait.training.ray.worker_failure import failure_cause

DIED = WorkerHealthCheckFailedError("rank 1", ActorDiedError())
HEARD = RuntimeError("[pair.cc:547] Connection closed by peer [127.0.0.1]:31337")


@pytest.mark.parametrize("failures", [{1: DIED}, {0: HEARD}, {0: HEARD, 1: DIED}])
def test_a_lost_worker_says_how_to_go_on(failures: dict[int, Exception]) -> None:
    found = failure_cause(WorkerGroupError("two", failures))
    assert isinstance(found, RunFailed)
    assert "--resume" in found.fix


def test_a_fault_of_the_data_or_the_code_is_no_loss() -> None:
    few = TooFewEvents("3 events can be trained on.")
    assert failure_cause(WorkerGroupError("few", {0: HEARD, 1: few})) is few
    bug = WorkerGroupError("bug", {0: ZeroDivisionError("division by zero")})
    assert failure_cause(bug) is bug
