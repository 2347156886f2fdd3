"""What keeps answering while Ray's head, Ray's Valkey or live state's Valkey is away."""

from __future__ import annotations

import time
from contextlib import suppress

from .kubectl import kubectl, wait_until
from .load import Load
from .pods import is_back, is_ready, restarts, uid
from .served import Served
from .steps import Steps


def test_no_command_line_shows_the_password_of_rays_valkey() -> None:
    found = {"ray-head": Served().pods("head")[0], "valkey": "plait-gcs-0"}
    for container, pod in found.items():
        pattern = '<(printf %s "$REDIS_PASSWORD$VALKEY_PASSWORD")'
        look = f"cd /proc; ls -d 1; grep -lFf {pattern} [0-9]*/cmdline; true"
        shown = kubectl("exec", pod, "-n", "plait", "-c", container, "--", "bash", "-c", look)
        assert shown == "1\n"


def test_the_workers_answer_while_the_head_is_away(steps: Steps) -> None:
    served = Served()
    served.wait_until_ready()
    (head,), workers = served.pods("head"), _restarts(served)
    with steps.step("Ray's head is deleted") as remarks:
        with Load(served.url, served.key) as load:
            served.delete_pod(head, "--grace-period=0", "--force")
            wait_until(lambda: served.pods("head") not in ([], [head]), 120, "a new head runs")
            _wait_for_the_head(served)
            time.sleep(10)
        remarks.append(load.counts.summary())
    assert not load.counts.failed, load.counts.failed[:10]
    assert _restarts(served) == workers


def _restarts(served: Served) -> dict[str, int]:
    """Returns how often each worker pod was started again."""
    return {pod: restarts(pod) for pod in served.pods("worker")}


def _wait_for_the_head(served: Served) -> None:
    def ready() -> bool:
        return any(map(is_ready, served.found("head")))

    wait_until(ready, 120, "the head is ready")


def test_rays_valkey_restarts(steps: Steps) -> None:
    _fault(steps, "plait-gcs-0", "Ray's Valkey is killed", set())


def test_live_states_valkey_is_away(steps: Steps) -> None:
    _fault(steps, "plait-live-state-0", "live state's Valkey is killed", {"state_unavailable"})


def _without(served: Served) -> str:
    """Returns why an answer did without live state, or ''; its list may be empty for all else."""
    fallback = served.recommend("u1")["fallback"] or ""
    return fallback if fallback.startswith("state_") else ""


def _fault(steps: Steps, pod: str, what: str, allowed: set[str]) -> None:
    """Kills `pod` at once while answers are asked for, which say no more than `allowed`."""
    served = Served()
    served.wait_until_ready()
    workers = _restarts(served)
    said: set[str] = set()
    with steps.step(what) as remarks:
        with Load(served.url, served.key) as load:
            before = uid(pod)
            served.delete_pod(pod, "--grace-period=0", "--force")
            until = time.monotonic() + 120
            while time.monotonic() < until:
                with suppress(AssertionError):  # Load tries again, this does not
                    said.add(_without(served))
                if is_back(pod, before):
                    break
                time.sleep(0.2)
            assert is_back(pod, before)
            wait_until(lambda: not _without(served), 60, "live state is read")
            time.sleep(10)  # a head whose Valkey went away ends, and starts anew
            _wait_for_the_head(served)
        remarks.append(load.counts.summary())
    assert said <= {""} | allowed
    assert not load.counts.failed, load.counts.failed[:10]
    assert _restarts(served) == workers
